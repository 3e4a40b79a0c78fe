// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Private to this room: looks for this person's own ballots in the box, checks every other one, and signs what it
/// found (specification §8, §10.4). Which paper counts, the log says; what stood on it, only this program knows, and
/// only by its hash.
#include "client/session/jobs.h"
#include "client/session/own_attempt.h"

namespace piaojue::client {

class Checker {
 public:
  Checker(PersonId me, crypto::SigningKey const& identity, ParallelFor const& parallel, OwnAttempt& own,
          LogFollower const& log, Requests& requests, Jobs& jobs);

  /// Another attempt than before.
  void begin() { mine_ = Mine{}; }
  /// While confirming, once there is a state.
  void act();

 private:
  struct Check;

  /// What this person's last paper must have put into the box.
  std::map<QuestionId, OwnBallot> own_ballots(Contexts const& live) const;
  void take_checked(Check const& done);

  PersonId const me_;
  crypto::SigningKey const& identity_;
  ParallelFor const& parallel_;
  OwnAttempt& own_;
  LogFollower const& log_;
  Requests& requests_;
  Jobs& jobs_;

  struct Mine {
    bool checking = false;
    std::vector<QuestionId> confirmed_for;  ///< live questions that a Confirm was made for
  };
  Mine mine_;  ///< of the running attempt
};

}  // namespace piaojue::client
