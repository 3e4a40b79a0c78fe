// SPDX-License-Identifier: Apache-2.0
#include "protocol/log/merkle.h"

#include <bit>
#include <cassert>

namespace piaojue::log {
namespace {

constexpr std::uint8_t kLeafPrefix = 0x00;
constexpr std::uint8_t kNodePrefix = 0x01;

/// Largest power of two below n (RFC 6962's k), n ≥ 2.
std::uint64_t split(std::uint64_t n) { return std::bit_floor(n - 1); }

}  // namespace

Hash leaf_hash(ByteView entry) { return crypto::sha256({ByteView(&kLeafPrefix, 1), entry}); }

Hash node_hash(Hash const& left, Hash const& right) {
  return crypto::sha256({ByteView(&kNodePrefix, 1), left.view(), right.view()});
}

// ---- Tree ---------------------------------------------------------------------------------------------------------

void Tree::append(Hash const& leaf) {
  if (levels_.empty()) levels_.emplace_back();
  levels_[0].push_back(leaf);
  // Each level that has just become even completes one subtree of the level above.
  for (std::size_t height = 0; levels_[height].size() % 2 == 0; ++height) {
    auto const& level = levels_[height];
    Hash const parent = node_hash(level[level.size() - 2], level.back());
    if (height + 1 == levels_.size()) levels_.emplace_back();
    levels_[height + 1].push_back(parent);
  }
}

std::uint64_t Tree::size() const { return levels_.empty() ? 0 : levels_[0].size(); }

Hash const& Tree::leaf(std::uint64_t index) const {
  assert(index < size());
  return levels_[0][index];
}

Hash Tree::root(std::uint64_t size) const {
  assert(size <= this->size());
  return size == 0 ? crypto::sha256({}) : range(0, size);
}

/// MTH(D[begin:end]), begin < end, where begin is a multiple of the largest power of two below end − begin or of that
/// length itself: the only ranges that RFC 6962 ever cuts.
Hash Tree::range(std::uint64_t begin, std::uint64_t end) const {
  std::uint64_t const n = end - begin;
  if (std::has_single_bit(n)) {
    auto const height = static_cast<std::size_t>(std::countr_zero(n));
    return levels_[height][begin >> height];
  }
  std::uint64_t const k = split(n);
  return node_hash(range(begin, begin + k), range(begin + k, end));
}

std::vector<Hash> Tree::inclusion_proof(std::uint64_t index, std::uint64_t size) const {
  assert(index < size && size <= this->size());
  std::vector<Hash> siblings;  // from the root down
  std::uint64_t begin = 0;
  std::uint64_t end = size;
  while (end - begin > 1) {
    std::uint64_t const middle = begin + split(end - begin);
    if (index < middle) {
      siblings.push_back(range(middle, end));
      end = middle;
    } else {
      siblings.push_back(range(begin, middle));
      begin = middle;
    }
  }
  return {siblings.rbegin(), siblings.rend()};
}

std::vector<Hash> Tree::consistency_proof(std::uint64_t from, std::uint64_t to) const {
  assert(0 < from && from <= to && to <= size());
  std::vector<Hash> siblings;  // from the root down
  std::uint64_t begin = 0;
  std::uint64_t end = to;
  // SUBPROOF(m, D[n], b): b stays true as long as only left turns were taken, that is while begin = 0.
  while (end != from) {
    std::uint64_t const middle = begin + split(end - begin);
    if (from <= middle) {
      siblings.push_back(range(middle, end));
      end = middle;
    } else {
      siblings.push_back(range(begin, middle));
      begin = middle;
    }
  }
  if (begin != 0) siblings.push_back(range(begin, end));
  return {siblings.rbegin(), siblings.rend()};
}

// ---- Frontier -----------------------------------------------------------------------------------------------------

void Frontier::append(Hash const& leaf) {
  Hash node = leaf;
  // Like a binary increment: every trailing one bit of the size is a peak of the same height to merge with.
  for (std::uint64_t carry = size_; (carry & 1) != 0; carry >>= 1) {
    node = node_hash(peaks_.back(), node);
    peaks_.pop_back();
  }
  peaks_.push_back(node);
  ++size_;
}

Hash Frontier::root() const {
  if (peaks_.empty()) return crypto::sha256({});
  Hash node = peaks_.back();
  for (std::size_t i = peaks_.size() - 1; i-- > 0;) node = node_hash(peaks_[i], node);
  return node;
}

// ---- Verification (RFC 9162 §2.1.3.2 and §2.1.4.2, whose proofs are those of RFC 6962) ------------------------------

Result<void> verify_inclusion(Hash const& leaf, std::uint64_t index, std::uint64_t size, Hash const& root,
                              std::vector<Hash> const& proof) {
  if (index >= size) return Refusal::kLogInconsistent;
  std::uint64_t fn = index;
  std::uint64_t sn = size - 1;
  Hash node = leaf;
  for (Hash const& sibling : proof) {
    if (sn == 0) return Refusal::kLogInconsistent;  // longer than the path
    if ((fn & 1) != 0 || fn == sn) {
      node = node_hash(sibling, node);
      // A right edge that is not a full subtree has no sibling on these levels.
      while ((fn & 1) == 0 && fn != 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else {
      node = node_hash(node, sibling);
    }
    fn >>= 1;
    sn >>= 1;
  }
  if (sn != 0 || node != root) return Refusal::kLogInconsistent;
  return {};
}

Result<void> verify_consistency(std::uint64_t from, Hash const& from_root, std::uint64_t to, Hash const& to_root,
                                std::vector<Hash> const& proof) {
  if (from > to) return Refusal::kLogInconsistent;
  if (from == to || from == 0) {
    // Nothing to prove: only the roots can be wrong, and the empty tree has one root.
    bool const roots_fit = from == to ? from_root == to_root : from_root == crypto::sha256({});
    bool const empty_fits = to != 0 || to_root == crypto::sha256({});
    if (!proof.empty() || !roots_fit || !empty_fits) return Refusal::kLogInconsistent;
    return {};
  }
  if (proof.empty()) return Refusal::kLogInconsistent;

  // Where `from` is a full subtree its root is the first node, and the proof leaves it out.
  auto next = proof.begin();
  Hash const first = std::has_single_bit(from) ? from_root : *next++;
  std::uint64_t fn = from - 1;
  std::uint64_t sn = to - 1;
  while ((fn & 1) != 0) {
    fn >>= 1;
    sn >>= 1;
  }
  Hash old_node = first;
  Hash new_node = first;
  for (; next != proof.end(); ++next) {
    if (sn == 0) return Refusal::kLogInconsistent;
    if ((fn & 1) != 0 || fn == sn) {
      old_node = node_hash(*next, old_node);
      new_node = node_hash(*next, new_node);
      while ((fn & 1) == 0 && fn != 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else {
      new_node = node_hash(new_node, *next);
    }
    fn >>= 1;
    sn >>= 1;
  }
  if (sn != 0 || old_node != from_root || new_node != to_root) return Refusal::kLogInconsistent;
  return {};
}

}  // namespace piaojue::log
