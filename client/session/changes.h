// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Private to this room: what is told when it changes (docs/client-door.md): the event `state`, keys that are all
/// there, a box that everybody has confirmed, and one that somebody does not.
#include "client/session/voter.h"

namespace piaojue::client {

class Changes {
 public:
  Changes(PersonId me, SessionLimits const& limits, Clock const& clock, LogFollower const& log, Voter const& voter,
          Events& events)
      : me_(me), limits_(limits), clock_(clock), log_(log), voter_(voter), events_(events) {}

  /// @return whether something changed that `now` shows.
  bool act();
  /// The event `state` as it would be told now, without `size` and `voted`.
  facts::object state() const;
  /// Whether somebody was long in confirming the running box, and that was said.
  bool told_unconfirmed() const;

 private:
  bool say_state();
  void say_keys();
  bool say_confirming();

  PersonId const me_;
  SessionLimits const& limits_;
  Clock const& clock_;
  LogFollower const& log_;
  Voter const& voter_;
  Events& events_;

  std::string state_said_;
  std::set<std::pair<meeting::BatchId, std::uint32_t>> keys_said_;
  std::optional<Hash> unconfirmed_said_;  ///< of a box
  std::optional<Hash> box_;               ///< the one that is being confirmed
  std::uint64_t confirming_since_ms_ = 0;
};

}  // namespace piaojue::client
