// SPDX-License-Identifier: Apache-2.0
#include "server/meeting_cards.h"

#include "protocol/meeting/slip.h"

namespace piaojue::server {

using store::MeetingNumber;

MeetingCards::MeetingCards(std::shared_ptr<store::PostgresPool> pool, std::shared_ptr<ServiceKeys const> keys)
    : pool_(std::move(pool)), keys_(std::move(keys)) {}

Explained<std::vector<MeetingNumber>> MeetingCards::refresh() {
  auto const listed = store::list_meetings(*pool_);
  if (!listed) return listed.error();
  std::vector<MeetingNumber> shut;
  std::map<MeetingNumber, bool> known;  ///< and whether it opens
  {
    std::lock_guard const lock(mutex_);
    // They come ascending, and a handshake waits for this lock.
    std::erase_if(cards_, [&](auto const& one) {
      return !std::ranges::binary_search(*listed, one.first, {}, &store::ListedMeeting::meeting);
    });
    for (auto const& [number, card] : cards_) known[number] = card.opens;
  }
  for (auto const& one : *listed) {
    auto const before = known.find(one.meeting);
    // One that did not open may have been put under this key since.
    if (before != known.end() && before->second) continue;
    auto sealed = store::sealed_keys(*pool_, one.meeting);
    if (!sealed) return sealed.error();
    Card card;
    if (*sealed) card.sealed = std::move(**sealed);
    card.opens = keys_->open(one.meeting, card.sealed).has_value();
    if (!card.opens && before == known.end()) shut.push_back(one.meeting);
    std::lock_guard const lock(mutex_);
    cards_.insert_or_assign(one.meeting, std::move(card));
  }
  return shut;
}

std::optional<net::TlsContext> MeetingCards::find(std::string_view server_name) {
  auto const number = meeting::parse_meeting_name(server_name);
  if (!number) return std::nullopt;
  std::lock_guard const lock(mutex_);
  auto const found = cards_.find(*number);
  if (found == cards_.end()) return std::nullopt;
  auto& card = found->second;
  if (!card.context && card.opens) {
    auto const keys = keys_->open(*number, card.sealed);
    if (!keys) return std::nullopt;
    auto context = net::TlsContext::server(keys->tls, keys->authority.certificate_pem);
    if (context) card.context = std::move(*context);
  }
  return card.context;
}

bool MeetingCards::has(MeetingNumber meeting) const {
  std::lock_guard const lock(mutex_);
  return cards_.contains(meeting);
}

bool MeetingCards::none_opens() const {
  std::lock_guard const lock(mutex_);
  return !cards_.empty() && std::ranges::none_of(cards_, [](auto const& one) { return one.second.opens; });
}

}  // namespace piaojue::server
