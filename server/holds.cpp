// SPDX-License-Identifier: Apache-2.0
#include "server/holds.h"

namespace piaojue::server {

using meeting::EntryType;

bool Holds::holds_back(EntryType type) {
  switch (type) {
    case EntryType::kSignIn:
    case EntryType::kSignOut:
      return is_held(EntryType::kBatchOpen);
    case EntryType::kRecuse:
    case EntryType::kRecuseBack:
      return is_held(EntryType::kBatchOpen) || is_held(EntryType::kMeetingClose);
    case EntryType::kTokenRequest:
    case EntryType::kEnvelopeCast:
      return is_held(EntryType::kBatchClose);
    default:
      return false;
  }
}

void Holds::proposed(EntryType type) {
  bool const holds =
      type == EntryType::kBatchOpen || type == EntryType::kBatchClose || type == EntryType::kMeetingClose;
  if (holds) static_cast<void>(is_held(type));
}

bool Holds::is_held(EntryType proposed) {
  if (!proposals_.contains(proposed)) return false;
  auto const now = now_ms_();
  auto& since = since_ms_.try_emplace(proposed, now).first->second;
  if (now >= since + 2 * limits_.hold_ms) since = now;
  return now < since + limits_.hold_ms;
}

}  // namespace piaojue::server
