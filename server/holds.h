// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What is held back for a while, so that what was just drawn up for signing still fits when the last signature comes
/// (specification §9.2):
///
///     while there is proposed   these wait (kBusy)
///     BatchOpen                 SignIn, SignOut, Recuse, RecuseBack
///     BatchClose                TokenRequest, EnvelopeCast
///     MeetingClose              Recuse, RecuseBack
///
/// For `hold_ms` at most, and then as long nothing is held back: nobody is kept out by proposing again and again. What
/// was proposed and has got into the log begins anew.
#include <map>

#include "server/proposals.h"

namespace piaojue::server {

class Holds {
 public:
  Holds(Proposals const& proposals, Limits const& limits, NowMs now_ms)
      : proposals_(proposals), limits_(limits), now_ms_(std::move(now_ms)) {}

  /// An entry of this type has to wait.
  bool holds_back(meeting::EntryType type);
  /// An entry has been proposed, or has been taken in by the log.
  void proposed(meeting::EntryType type);
  void logged(meeting::EntryType type) { since_ms_.erase(type); }

 private:
  bool is_held(meeting::EntryType proposed);

  Proposals const& proposals_;
  Limits const& limits_;
  NowMs now_ms_;
  std::map<meeting::EntryType, std::uint64_t> since_ms_;  ///< by what is proposed
};

}  // namespace piaojue::server
