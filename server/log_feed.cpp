// SPDX-License-Identifier: Apache-2.0
#include "server/log_feed.h"

#include "protocol/meeting/codec.h"

namespace piaojue::server {

LogFeed::LogFeed(meeting::Record const& record, Identity identity, std::size_t push_bytes, Shelf<Table::kEntry> entries,
                 Shelf<Table::kCheckpoint> checkpoints)
    : record_(record),
      identity_(std::move(identity)),
      push_bytes_(push_bytes),
      entry_rows_(entries),
      checkpoint_rows_(checkpoints) {}

std::uint64_t LogFeed::add(meeting::Entry const& entry, ByteView bytes) {
  auto const index = record_.size() - 1;
  auto owned = to_bytes(bytes);
  entry_rows_.add(key_of(index), owned);
  if (entries_.empty() || chunk_bytes_ + owned.size() > push_bytes_) {
    chunk_starts_.push_back(index);
    chunk_bytes_ = 0;
  }
  chunk_bytes_ += owned.size();
  entries_.push_back(std::make_shared<Bytes const>(std::move(owned)));
  auto& signers = signers_.emplace_back();
  for (auto const& signature : entry.signatures) signers.push_back(signature.signer);
  by_leaf_.emplace(record_.tree().leaf(index), index);
  by_proposal_.insert_or_assign(meeting::proposal_id(entry.type(), entry.body_bytes), index);
  return index;
}

Result<void> LogFeed::load_checkpoints(Contents const& contents) {
  for (auto const& [key, value] : contents[Table::kCheckpoint]) {
    std::string text(as_text(value));
    auto const checkpoint = log::open_checkpoint(text, identity_.origin, identity_.checkpoint_key.public_key());
    if (!checkpoint || key != key_of(checkpoint->size) || checkpoint->size > record_.size() ||
        checkpoint->root != record_.tree().root(checkpoint->size)) {
      return Refusal::kLogInconsistent;
    }
    sizes_.insert(checkpoint->size);
    noted_size_ = checkpoint->size;
    note_ = std::move(text);
  }
  return {};
}

void LogFeed::sign() {
  auto const& tree = record_.tree();
  if (tree.size() <= noted_size_) return;
  note_ = log::sign_checkpoint({identity_.origin, tree.size(), tree.root()}, identity_.checkpoint_key);
  noted_size_ = tree.size();
  sizes_.insert(tree.size());
  checkpoint_rows_.put(key_of(tree.size()), to_bytes(as_bytes(note_)));
}

std::vector<Frame> LogFeed::frames(std::uint64_t first) {
  std::vector<Frame> out;
  auto const size = record_.size();
  auto chunk = static_cast<std::size_t>(std::ranges::upper_bound(chunk_starts_, first) - chunk_starts_.begin());
  while (first < size) {
    auto const end = chunk < chunk_starts_.size() ? chunk_starts_[chunk] : size;
    std::span<wire::EntryBytes const> const list(entries_.data() + first, end - first);
    bool const last = end == size;
    auto& known = frames_[{first, end, last ? noted_size_ : 0}];
    Frame frame = known.lock();
    if (!frame) known = frame = share(wire::log_push(first, list, last ? note_ : std::string()));
    out.push_back(std::move(frame));
    first = end;
    ++chunk;
  }
  if (frames_.size() >= look_through_at_) {
    std::erase_if(frames_, [](auto const& one) { return one.second.expired(); });
    look_through_at_ = std::max<std::size_t>(64, 2 * frames_.size());
  }
  return out;
}

std::size_t LogFeed::chunks(std::uint64_t first) const {
  return static_cast<std::size_t>(chunk_starts_.end() - std::ranges::lower_bound(chunk_starts_, first));
}

}  // namespace piaojue::server
