// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Private to this room: the paper that an expert fills in and casts (specification §7). Marks are kept in locked
/// memory only, until they are sealed; what was marked is told to whoever asked for it by `marks`, and in no event.
#include "client/session/command.h"
#include "client/session/jobs.h"
#include "client/session/own_attempt.h"

namespace piaojue::client {

class BallotPaper {
 public:
  BallotPaper(PersonId me, crypto::SigningKey const& identity, OwnAttempt& own, LogFollower const& log,
              Requests& requests, Jobs& jobs);

  /// Another attempt than before.
  void begin() { mine_ = Mine{}; }
  /// Marks that were never cast.
  void wipe() { mine_.choices.wipe(); }
  std::uint32_t marked() const;

  void operate(Reply const& reply, command::Vote const& in);
  void operate(Reply const& reply, command::Marks const&) const;
  void operate(Reply const& reply, command::Unmark const&);
  void operate(Reply const& reply, command::Cast const&);

 private:
  struct Sealing;

  /// @return why nothing can be marked or cast now.
  [[nodiscard]] Result<void> check_open() const;
  std::string unmarked(std::vector<QuestionId> const& questions) const;
  void take_sealed(Reply const& reply, Sealing const& done);
  /// Keeps what the new paper's ballots look like beside those that can still count. @return whether it is durable.
  bool keep_paper(std::uint32_t sequence, Hash const& digest, std::map<QuestionId, Hash> const& ballots);

  PersonId const me_;
  crypto::SigningKey const& identity_;
  OwnAttempt& own_;
  LogFollower const& log_;
  Requests& requests_;
  Jobs& jobs_;

  struct Mine {
    Secret choices;  ///< one byte a question: 0 none, 1 abstain, 2 agree, 3 disagree
    bool casting = false;
    std::uint32_t next_sequence = 0;
  };
  Mine mine_;  ///< of the running attempt
};

}  // namespace piaojue::client
