// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Private to this room: an expert has his own laptop checked (抽查, specification §8.4). It signs the Spoil of its
/// envelope, sealed to a supervisor of his choice; when the log holds it and it is witnessed, the supervisor is shown
/// how the envelope was made. What is shown counts nowhere any more.
#include "client/session/command.h"
#include "client/session/own_attempt.h"

namespace piaojue::client {

class OwnCheck {
 public:
  OwnCheck(PersonId me, crypto::SigningKey const& identity, SessionLimits const& limits, Clock const& clock,
           Online const& online, OwnAttempt& own, LogFollower const& log, Requests& requests, Events& events)
      : me_(me),
        identity_(identity),
        limits_(limits),
        clock_(clock),
        online_(online),
        own_(own),
        log_(log),
        requests_(requests),
        events_(events) {}

  /// Another attempt than before.
  void begin() { mine_ = Mine{}; }
  /// While voting, once the attempt is prepared: opens what may be opened, and says what has changed.
  void act();

  void operate(Reply const& reply, command::Check const& in);

  /// As `now.ballot.check`; null: nothing was checked since the envelope that counts.
  boost::json::value describe() const;

 private:
  /// The last Spoil in the log; nothing: none.
  meeting::Spoil const* spoil() const;
  std::string_view state() const;
  void open_envelope();

  PersonId const me_;
  crypto::SigningKey const& identity_;
  SessionLimits const& limits_;
  Clock const& clock_;
  Online const& online_;
  OwnAttempt& own_;
  LogFollower const& log_;
  Requests& requests_;
  Events& events_;

  struct Mine {
    PersonId asked = 0;  ///< the supervisor who was asked last
    bool sending = false;
    std::uint64_t again_ms = 0;
    std::optional<std::uint32_t> sent;  ///< the cast that was opened
    std::string said;
  };
  Mine mine_;  ///< of the running attempt
};

}  // namespace piaojue::client
