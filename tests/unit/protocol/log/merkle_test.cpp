// SPDX-License-Identifier: Apache-2.0
#include "protocol/log/merkle.h"

#include <gtest/gtest.h>

namespace piaojue::log {
namespace {

constexpr std::uint64_t kSizes = 66;

// ---- RFC 6962 §2.1, word for word: slow, recursive, and independent of the code under test --------------------------

std::uint64_t largest_power_below(std::uint64_t n) {
  std::uint64_t k = 1;
  while (2 * k < n) k *= 2;
  return k;
}

Hash naive_root(std::span<Hash const> leaves) {
  if (leaves.empty()) return crypto::sha256({});
  if (leaves.size() == 1) return leaves[0];
  auto const k = largest_power_below(leaves.size());
  Hash const left = naive_root(leaves.first(k));
  Hash const right = naive_root(leaves.subspan(k));
  std::uint8_t const prefix = 1;
  return crypto::sha256({ByteView(&prefix, 1), left.view(), right.view()});
}

std::vector<Hash> naive_path(std::uint64_t m, std::span<Hash const> leaves) {
  if (leaves.size() == 1) return {};
  auto const k = largest_power_below(leaves.size());
  std::vector<Hash> path;
  if (m < k) {
    path = naive_path(m, leaves.first(k));
    path.push_back(naive_root(leaves.subspan(k)));
  } else {
    path = naive_path(m - k, leaves.subspan(k));
    path.push_back(naive_root(leaves.first(k)));
  }
  return path;
}

std::vector<Hash> naive_subproof(std::uint64_t m, std::span<Hash const> leaves, bool complete) {
  if (m == leaves.size()) return complete ? std::vector<Hash>{} : std::vector<Hash>{naive_root(leaves)};
  auto const k = largest_power_below(leaves.size());
  std::vector<Hash> proof;
  if (m <= k) {
    proof = naive_subproof(m, leaves.first(k), complete);
    proof.push_back(naive_root(leaves.subspan(k)));
  } else {
    proof = naive_subproof(m - k, leaves.subspan(k), false);
    proof.push_back(naive_root(leaves.first(k)));
  }
  return proof;
}

Hash leaf_number(std::uint64_t i) {
  Bytes entry;
  append_u64be(entry, i);
  return leaf_hash(entry);
}

struct MerkleTree : testing::Test {
  MerkleTree() {
    for (std::uint64_t i = 0; i < kSizes; ++i) {
      leaves.push_back(leaf_number(i));
      tree.append(leaves.back());
    }
  }
  std::span<Hash const> first(std::uint64_t n) const { return std::span(leaves).first(n); }
  std::vector<Hash> leaves;
  Tree tree;
};

Hash flipped(Hash h) {
  h.data[17] ^= 0x10;
  return h;
}

void expect_refused(Result<void> const& result) {
  ASSERT_TRUE(result.has_error());
  EXPECT_EQ(result.error(), Refusal::kLogInconsistent);
}

// ---- Known answers ------------------------------------------------------------------------------------------------

// The reference tree of the Certificate Transparency project. A tree of our own kind would make our record unreadable
// for every other verifier.
TEST(Merkle, ReferenceTreeOfCertificateTransparencyHasItsPublishedRoots) {
  std::vector<std::string> const entries = {
      "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"};
  std::vector<std::string> const roots = {"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                                          "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                                          "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                                          "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                                          "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                                          "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                                          "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                                          "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                                          "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
  Tree tree;
  EXPECT_EQ(to_hex(tree.root().view()), roots[0]);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    tree.append(leaf_hash(*from_hex(entries[i])));
    EXPECT_EQ(to_hex(tree.root().view()), roots[i + 1]);
  }
  auto const hex = [](std::vector<Hash> const& proof) {
    std::vector<std::string> out;
    for (Hash const& h : proof) out.push_back(to_hex(h.view()));
    return out;
  };
  EXPECT_EQ(hex(tree.inclusion_proof(0, 8)),
            (std::vector<std::string>{"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                                      "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                                      "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"}));
  EXPECT_EQ(hex(tree.consistency_proof(6, 8)),
            (std::vector<std::string>{"0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                                      "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                                      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}));
  EXPECT_EQ(hex(tree.consistency_proof(2, 5)),
            (std::vector<std::string>{"5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                                      "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"}));
}

// A leaf that can pass for a node lets a server present a subtree as an entry.
TEST(Merkle, LeafAndNodeHashesAreOfDifferentDomains) {
  Hash const a = leaf_number(1);
  Hash const b = leaf_number(2);
  Bytes both = to_bytes(a.view());
  piaojue::append(both, b.view());
  EXPECT_NE(leaf_hash(both), node_hash(a, b));
  EXPECT_NE(node_hash(a, b), node_hash(b, a));
}

// ---- Against the definition, every size ---------------------------------------------------------------------------

TEST_F(MerkleTree, RootOfEverySizeIsThatOfTheRfc) {
  for (std::uint64_t n = 0; n <= kSizes; ++n) EXPECT_EQ(tree.root(n), naive_root(first(n))) << n;
}

TEST_F(MerkleTree, FrontierHasTheRootOfTheTreeAtEverySize) {
  Frontier frontier;
  EXPECT_EQ(frontier.root(), tree.root(0));
  for (std::uint64_t n = 1; n <= kSizes; ++n) {
    frontier.append(leaves[n - 1]);
    EXPECT_EQ(frontier.size(), n);
    EXPECT_EQ(frontier.root(), tree.root(n)) << n;
  }
}

TEST_F(MerkleTree, InclusionProofOfEveryLeafInEverySizeIsThatOfTheRfcAndVerifies) {
  for (std::uint64_t n = 1; n <= kSizes; ++n) {
    for (std::uint64_t i = 0; i < n; ++i) {
      auto const proof = tree.inclusion_proof(i, n);
      ASSERT_EQ(proof, naive_path(i, first(n))) << i << " of " << n;
      ASSERT_TRUE(verify_inclusion(leaves[i], i, n, tree.root(n), proof)) << i << " of " << n;
    }
  }
}

TEST_F(MerkleTree, ConsistencyProofOfEveryPairOfSizesIsThatOfTheRfcAndVerifies) {
  for (std::uint64_t to = 1; to <= kSizes; ++to) {
    for (std::uint64_t from = 1; from <= to; ++from) {
      auto const proof = tree.consistency_proof(from, to);
      ASSERT_EQ(proof, naive_subproof(from, first(to), true)) << from << " in " << to;
      ASSERT_TRUE(verify_consistency(from, tree.root(from), to, tree.root(to), proof)) << from << " in " << to;
    }
  }
}

// ---- Refusals -----------------------------------------------------------------------------------------------------

// A server that can pass an altered proof can show an entry that is not in the log.
TEST_F(MerkleTree, AlteredInclusionProofIsRefused) {
  for (std::uint64_t n = 1; n <= 33; ++n) {
    Hash const root = tree.root(n);
    for (std::uint64_t i = 0; i < n; ++i) {
      auto const proof = tree.inclusion_proof(i, n);
      expect_refused(verify_inclusion(flipped(leaves[i]), i, n, root, proof));
      expect_refused(verify_inclusion(leaves[i], i, n, flipped(root), proof));
      for (std::size_t at = 0; at < proof.size(); ++at) {
        auto altered = proof;
        altered[at] = flipped(altered[at]);
        expect_refused(verify_inclusion(leaves[i], i, n, root, altered));
      }
      auto longer = proof;
      longer.push_back(root);
      expect_refused(verify_inclusion(leaves[i], i, n, root, longer));
      // Harm: the root of a larger tree is taken for that of a tree of this size.
      expect_refused(verify_inclusion(leaves[i], i, n, node_hash(root, root), longer));
      longer = proof;
      longer.insert(longer.begin(), leaves[i]);
      expect_refused(verify_inclusion(leaves[i], i, n, root, longer));
      if (!proof.empty()) {
        expect_refused(verify_inclusion(leaves[i], i, n, root, {proof.begin(), proof.end() - 1}));
        expect_refused(verify_inclusion(leaves[i], i, n, root, {proof.begin() + 1, proof.end()}));
      }
      for (std::uint64_t other = 0; other < n; ++other) {
        if (other != i) expect_refused(verify_inclusion(leaves[i], other, n, root, proof));
      }
    }
  }
}

TEST_F(MerkleTree, InclusionBeyondTheTreeIsRefused) {
  Hash const root = tree.root(8);
  expect_refused(verify_inclusion(leaves[7], 8, 8, root, tree.inclusion_proof(7, 8)));
  expect_refused(verify_inclusion(leaves[7], ~std::uint64_t{0}, 8, root, tree.inclusion_proof(7, 8)));
  expect_refused(verify_inclusion(leaves[0], 0, 0, crypto::sha256({}), {}));
  // Any number of nodes, and sizes that no tree has, end in a refusal, not in an overrun.
  expect_refused(verify_inclusion(leaves[0], 0, ~std::uint64_t{0}, root, std::vector<Hash>(64, root)));
  expect_refused(verify_inclusion(leaves[0], ~std::uint64_t{0} - 1, ~std::uint64_t{0}, root, std::vector<Hash>(1000)));
}

// A server that can pass an altered proof can rewrite the past of the log.
TEST_F(MerkleTree, AlteredConsistencyProofIsRefused) {
  for (std::uint64_t to = 1; to <= 33; ++to) {
    for (std::uint64_t from = 1; from <= to; ++from) {
      auto const proof = tree.consistency_proof(from, to);
      Hash const from_root = tree.root(from);
      Hash const to_root = tree.root(to);
      expect_refused(verify_consistency(from, flipped(from_root), to, to_root, proof));
      expect_refused(verify_consistency(from, from_root, to, flipped(to_root), proof));
      for (std::size_t at = 0; at < proof.size(); ++at) {
        auto altered = proof;
        altered[at] = flipped(altered[at]);
        expect_refused(verify_consistency(from, from_root, to, to_root, altered));
      }
      auto longer = proof;
      longer.push_back(to_root);
      expect_refused(verify_consistency(from, from_root, to, to_root, longer));
      expect_refused(verify_consistency(from, node_hash(to_root, from_root), to, node_hash(to_root, to_root), longer));
      longer = proof;
      longer.insert(longer.begin(), from_root);
      expect_refused(verify_consistency(from, from_root, to, to_root, longer));
      if (!proof.empty()) {
        expect_refused(verify_consistency(from, from_root, to, to_root, {proof.begin(), proof.end() - 1}));
        expect_refused(verify_consistency(from, from_root, to, to_root, {proof.begin() + 1, proof.end()}));
      }
      // Swapping the two roots, or a root for another size of the same tree.
      if (from != to) {
        expect_refused(verify_consistency(from, to_root, to, from_root, proof));
        expect_refused(verify_consistency(to, to_root, from, from_root, proof));
      }
    }
  }
}

// Two histories that differ in one old entry are two logs, whatever follows.
TEST_F(MerkleTree, RewrittenHistoryHasNoConsistencyProof) {
  for (std::uint64_t changed = 0; changed < 13; ++changed) {
    Tree other;
    for (std::uint64_t i = 0; i < 21; ++i) other.append(i == changed ? flipped(leaves[i]) : leaves[i]);
    expect_refused(verify_consistency(13, tree.root(13), 21, other.root(21), other.consistency_proof(13, 21)));
    expect_refused(verify_consistency(13, tree.root(13), 21, other.root(21), tree.consistency_proof(13, 21)));
  }
}

TEST_F(MerkleTree, EqualSizesWithTwoRootsAreRefused) {
  expect_refused(verify_consistency(5, tree.root(5), 5, tree.root(6), {}));
  expect_refused(verify_consistency(0, tree.root(0), 0, tree.root(6), {}));
  expect_refused(verify_consistency(0, tree.root(1), 6, tree.root(6), {}));
  expect_refused(verify_consistency(0, tree.root(1), 0, tree.root(1), {}));
  EXPECT_TRUE(verify_consistency(0, tree.root(0), 6, tree.root(6), {}));
}

}  // namespace
}  // namespace piaojue::log
