// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Private to this room: the time that the chair gives for a vote, shown to everybody. It closes nothing, no rule knows
/// it, and the server that hands it on could show any: nothing rests on it.
#include "client/session/command.h"
#include "client/session/log_follower.h"

namespace piaojue::client {

class Countdown {
 public:
  Countdown(Profile const& profile, LogFollower const& log, Requests& requests, Clock const& clock)
      : profile_(profile), log_(log), requests_(requests), clock_(clock) {}

  /// As the server tells; nothing: none is shown.
  void told(std::optional<std::uint32_t> left_s);
  void lost() { end_ms_.reset(); }

  /// Answers when the server has. kNotAuthorised: no chair. kWrongPhase: nothing is being voted on. kOutOfRange.
  void operate(Reply const& reply, command::Countdown const& in);

  /// As `now.countdown_s`: seconds that are left, 0 when they are over; null: none. @param times whether by the clock;
  /// otherwise the moment of its end, which is another only when another was set.
  boost::json::value describe(bool times) const;

 private:
  bool voting() const;

  Profile const& profile_;
  LogFollower const& log_;
  Requests& requests_;
  Clock const& clock_;
  std::optional<std::uint64_t> end_ms_;
};

}  // namespace piaojue::client
