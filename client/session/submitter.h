// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Private to this room: an entry that this person asks for: signed if his signature is one of those that it wants,
/// checked against this person's own record, submitted, and the command that asked for it answered.
#include "client/session/command.h"
#include "client/session/log_follower.h"

namespace piaojue::client {

class Submitter {
 public:
  Submitter(PersonId me, crypto::SigningKey const& identity, SessionLimits const& limits, Clock const& clock,
            LogFollower const& log, Requests& requests)
      : me_(me), identity_(identity), limits_(limits), clock_(clock), log_(log), requests_(requests) {}

  void put(Reply const& reply, meeting::Body const& body);

  using Draft = std::function<Result<meeting::Body>()>;
  /// For entries that say how things stand (who is present, which envelopes are the last ones): what somebody else does
  /// in the same moment makes them wrong, so they are drawn up again, a bounded number of times.
  void put_drafted(Reply const& reply, Draft const& draft) { put_drafted(reply, draft, 0); }
  /// For entries that name results as unwitnessed: the last cosignatures are on their way when they are asked for, and
  /// whoever has them does not sign what was drawn up without them. Drawn up when `settled`, or after a while without.
  void put_settled(Reply const& reply, std::function<bool()> const& settled, Draft const& draft);
  /// An entry with all its signatures, checked already.
  void submit(Reply const& reply, meeting::Made const& made);

  /// Draws up again what waited for its time. @return whether there was anything.
  bool tick();

 private:
  void put_drafted(Reply const& reply, Draft const& draft, std::uint32_t tries);
  void settle(Reply const& reply, std::function<bool()> const& settled, Draft const& draft, std::uint64_t until_ms);
  /// Whoever is signed in may ask office or committee for an entry that he does not sign himself (specification §9.2).
  [[nodiscard]] Result<meeting::Made> make(meeting::Body const& body) const;
  static void answer(Reply const& reply, std::optional<std::uint64_t> const& index, Hash const& proposal);

  PersonId const me_;
  crypto::SigningKey const& identity_;
  SessionLimits const& limits_;
  Clock const& clock_;
  LogFollower const& log_;
  Requests& requests_;
  std::vector<std::pair<std::uint64_t, std::function<void()>>> later_;  ///< by time
};

}  // namespace piaojue::client
