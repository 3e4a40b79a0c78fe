// SPDX-License-Identifier: Apache-2.0
#include "server/claims.h"

#include <algorithm>

namespace piaojue::server {

using meeting::EntryType;

void Claims::follow(meeting::Record const& record, meeting::Entry const& entry) {
  auto const index = record.size();
  switch (entry.type()) {
    case EntryType::kTokensIssued:
      return close(Rest::kTokens, record);
    case EntryType::kBatchClose:
      return close(Rest::kClose, record);
    case EntryType::kEnvelopeSpoil:
      return open(Rest::kClose, index);
    case EntryType::kBallotBox:
      return open(Rest::kFirstShare, index);
    case EntryType::kTallyShare:
      if (!record.attempt()->shares.empty()) return close(Rest::kSecondShare, record);
      close(Rest::kFirstShare, record);
      return open(Rest::kSecondShare, index);
    case EntryType::kDeclaration:
    case EntryType::kPaperTally:
      return open(Rest::kNext, index);
    case EntryType::kBatchOpen:
      close(Rest::kNext, record, std::get<meeting::BatchOpen>(entry.body).unwitnessed);
      open_.clear();
      return open(Rest::kTokens, index);
    case EntryType::kMeetingClose:
      close(Rest::kNext, record, std::get<meeting::MeetingClose>(entry.body).unwitnessed);
      return open_.clear();
    default:
      return;
  }
}

void Claims::close(Rest rest, meeting::Record const& record, std::vector<meeting::Hash> const& named) {
  auto const [begin, end] = open_.equal_range(rest);
  for (auto it = begin; it != end; ++it) {
    bool const accepted = std::ranges::find(named, record.tree().leaf(it->second)) != named.end();
    meeting::Attempt kept;
    kept.witnesses = record.attempt()->witnesses;
    list_.push_back({it->second, record.size(), std::move(kept), rest != Rest::kClose && !accepted});
  }
  open_.erase(begin, end);
}

void Shown::add(meeting::Record const& record, meeting::PersonId person, std::uint64_t size) {
  auto const key = record.witness_key_at(person, size);
  if (!key) return;
  auto& largest = largest_[{person, *key}];
  largest = std::max(largest, size);
}

bool Shown::shows(meeting::PersonId person, crypto::SigningPublicKey const& key, std::uint64_t size) const {
  auto const it = largest_.find({person, key});
  return it != largest_.end() && it->second >= size;
}

meeting::Standing Shown::of(Claim const& claim, Shown const& more) const {
  auto const has_cosigned = [&](meeting::PersonId person, crypto::SigningPublicKey const& key, std::uint64_t size) {
    return shows(person, key, size) || more.shows(person, key, size);
  };
  return meeting::standing(claim.witnesses, claim.index, has_cosigned, claim.before);
}

}  // namespace piaojue::server
