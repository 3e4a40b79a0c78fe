// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The Merkle tree of RFC 6962 §2.1: SHA-256(0x00 ‖ entry) for leaves, SHA-256(0x01 ‖ left ‖ right) for nodes, left
/// subtrees the largest power of two below the size. The tree of no entries has the root SHA-256("").
#include <cstdint>
#include <vector>

#include "base/refusal.h"
#include "crypto/types.h"

namespace piaojue::log {

using crypto::Hash;

Hash leaf_hash(ByteView entry);
Hash node_hash(Hash const& left, Hash const& right);

/// An append-only tree that keeps its leaf hashes and the roots of all complete subtrees (2n hashes in all), so that a
/// root or a proof of any earlier size costs O(log n).
class Tree {
 public:
  void append(Hash const& leaf);
  std::uint64_t size() const;
  Hash const& leaf(std::uint64_t index) const;  ///< index < size()
  Hash root() const { return root(size()); }
  /// Root of the first `size` leaves, size ≤ size().
  Hash root(std::uint64_t size) const;
  /// RFC 6962 §2.1.1: PATH(index, D[size]), index < size ≤ size().
  std::vector<Hash> inclusion_proof(std::uint64_t index, std::uint64_t size) const;
  /// RFC 6962 §2.1.2: PROOF(from, D[to]), 0 < from ≤ to ≤ size(). Empty when from = to.
  std::vector<Hash> consistency_proof(std::uint64_t from, std::uint64_t to) const;

 private:
  Hash range(std::uint64_t begin, std::uint64_t end) const;
  std::vector<std::vector<Hash>> levels_;  ///< levels_[h][i] = root of leaves [i·2^h, (i+1)·2^h)
};

/// Only the roots of the complete subtrees on the right edge: O(log n) memory, for a verifier that streams.
class Frontier {
 public:
  void append(Hash const& leaf);
  std::uint64_t size() const { return size_; }
  Hash root() const;

 private:
  std::uint64_t size_ = 0;
  std::vector<Hash> peaks_;  ///< largest first
};

/// @return kLogInconsistent if the proof does not connect `leaf` at `index` to `root` of `size`.
[[nodiscard]] Result<void> verify_inclusion(Hash const& leaf, std::uint64_t index, std::uint64_t size, Hash const& root,
                                            std::vector<Hash> const& proof);
/// @return kLogInconsistent if the tree of `from` leaves is not shown to be a prefix of the tree of `to` leaves.
[[nodiscard]] Result<void> verify_consistency(std::uint64_t from, Hash const& from_root, std::uint64_t to,
                                              Hash const& to_root, std::vector<Hash> const& proof);

}  // namespace piaojue::log
