// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Private to this room: the halves that this person's program holds for other trustees while it holds a slot itself
/// (specification §9.3). In memory only: gone with the process, and the owners deposit again.
#include "client/session/log_follower.h"
#include "protocol/meeting/halves.h"

namespace piaojue::client {

class HalvesOfOthers {
 public:
  HalvesOfOthers(PersonId me, Keys const& keys, LogFollower const& log, Requests& requests)
      : me_(me), keys_(keys), log_(log), requests_(requests) {}

  void take_deposit(PersonId from, meeting::Deposit const& deposit);
  void take_withdrawal(PersonId from, meeting::HalfOf const& of);
  void act() { held_.forget_ended(log_.record()); }

 private:
  /// Both hold slots; the server always does.
  bool holds_for(PersonId owner) const;
  void answer(PersonId to, meeting::RelayKind kind, Bytes const& body);

  PersonId const me_;
  Keys const& keys_;
  LogFollower const& log_;
  Requests& requests_;
  meeting::HeldHalves held_;
};

}  // namespace piaojue::client
