// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Private to this room: what is shown in red (specification §10.5): that somebody has this person's key or slot,
/// passes over what he said, or that this batch is guarded by others than was agreed. Each is derived from the log and
/// from what this program knows of itself, and stands until it no longer holds.
#include "client/session/guards.h"
#include "client/session/trustee_seat.h"
#include "client/session/voter.h"

namespace piaojue::client {

class Alarms {
 public:
  Alarms(PersonId me, LogFollower const& log, Guards const& guards, Voter const& voter, TrusteeSeat const& seat,
         Events& events)
      : me_(me), log_(log), guards_(guards), voter_(voter), seat_(seat), events_(events) {}

  void took_in(meeting::Entry const& entry, std::uint64_t index);
  /// Says each new one. @return whether something changed.
  bool act();
  /// As `now.alarms`.
  facts::array const& list() const { return list_; }

 private:
  facts::array find() const;
  void add_of_attempt(facts::array& out) const;

  PersonId const me_;
  LogFollower const& log_;
  Guards const& guards_;
  Voter const& voter_;
  TrusteeSeat const& seat_;
  Events& events_;

  std::vector<PersonId> slots_;              ///< as of the last entry that was told
  std::uint64_t own_keys_ = 0;               ///< entry that brought this person's keys last
  std::optional<std::uint64_t> spoiled_;     ///< the office's EnvelopeSpoil of this person, until he casts again
  std::optional<std::uint64_t> slot_taken_;  ///< TrusteeChange that took this person's slot
  std::optional<std::uint64_t> override_;    ///< last Override of the attempt that calls this person silent
  facts::array list_;
};

}  // namespace piaojue::client
