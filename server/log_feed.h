// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The log as it is kept and handed out: entries as bytes, frames of them that sessions share, checkpoints. What may
/// be in it, Record decides.
#include <array>
#include <map>
#include <set>
#include <unordered_map>

#include "server/config.h"
#include "server/wire.h"

namespace piaojue::server {

class LogFeed {
 public:
  struct Identity {
    std::string origin;
    crypto::SigningKey const& checkpoint_key;
  };
  /// @param push_bytes of entries in one frame, or one entry if that is larger.
  LogFeed(meeting::Record const& record, Identity identity, std::size_t push_bytes, Shelf<Table::kEntry> entries,
          Shelf<Table::kCheckpoint> checkpoints);

  /// The entry that `record` has just taken in. @return its index.
  std::uint64_t add(meeting::Entry const& entry, ByteView bytes);
  /// After the entries. @return kLogInconsistent: one that is not of this log.
  [[nodiscard]] Result<void> load_checkpoints(Contents const& contents);

  std::optional<std::uint64_t> index_of_leaf(Hash const& leaf) const { return find(by_leaf_, leaf); }
  /// By type and body, whoever signed it.
  std::optional<std::uint64_t> index_of_proposal(Hash const& id) const { return find(by_proposal_, id); }

  bool is_signed_by(std::uint64_t index, PersonId person) const {
    return std::ranges::find(signers_[index], person) != signers_[index].end();
  }

  /// A checkpoint of the log as it is, if there is none yet.
  void sign();
  /// There is a checkpoint of this size.
  bool has_checkpoint(std::uint64_t size) const { return sizes_.contains(size); }
  /// From `first` to the end, with the newest checkpoint in the last one.
  std::vector<Frame> frames(std::uint64_t first);
  /// How many frames of push_bytes that is, about.
  std::size_t chunks(std::uint64_t first) const;

 private:
  struct HashOf {
    std::size_t operator()(Hash const& hash) const { return FixedBytesHash<Hash>{}(hash); }
  };
  using Index = std::unordered_map<Hash, std::uint64_t, HashOf>;
  static std::optional<std::uint64_t> find(Index const& index, Hash const& hash) {
    auto const it = index.find(hash);
    return it == index.end() ? std::nullopt : std::optional(it->second);
  }

  meeting::Record const& record_;
  Identity identity_;
  std::size_t push_bytes_;
  Shelf<Table::kEntry> entry_rows_;
  Shelf<Table::kCheckpoint> checkpoint_rows_;
  std::vector<wire::EntryBytes> entries_;
  std::vector<std::vector<PersonId>> signers_;  ///< of each
  std::vector<std::uint64_t> chunk_starts_;     ///< where full frames begin, so that sessions share them
  std::size_t chunk_bytes_ = 0;
  /// By first and end, and the size that its checkpoint is of, 0: it has none. Laptops that come back one by one to a
  /// log that has not grown hold one frame, and the last may be the largest of all.
  std::map<std::array<std::uint64_t, 3>, std::weak_ptr<Bytes const>> frames_;
  std::size_t look_through_at_ = 64;
  Index by_leaf_, by_proposal_;
  std::set<std::uint64_t> sizes_;  ///< with a signed note
  std::uint64_t noted_size_ = 0;
  std::string note_;  ///< of noted_size_
};

}  // namespace piaojue::server
