// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Private to this room: the paper that an expert fills in and casts (specification §7, §8.2). Marks are kept in locked
/// memory only, until they are sealed; what was marked is told to whoever asked for it by `marks`, and in no event.
///
/// Cast once: the sealed envelope is durable before its first byte leaves, and from then on these bytes are sent and no
/// others, also after a restart, until the log holds it or the voting is over.
#include "client/session/command.h"
#include "client/session/jobs.h"
#include "client/session/own_attempt.h"

namespace piaojue::client {

class BallotPaper {
 public:
  BallotPaper(PersonId me, crypto::SigningKey const& identity, SessionLimits const& limits, Clock const& clock,
              OwnAttempt& own, LogFollower const& log, Requests& requests, Jobs& jobs);

  /// Another attempt than before.
  void begin() { mine_ = Mine{}; }
  /// While voting, once the attempt is prepared: sends what is sealed and not in the log.
  void act();
  /// Marks that were never cast.
  void wipe() { mine_.choices.wipe(); }
  std::uint32_t marked() const;
  /// It was said that this is cast; its envelope is being made.
  bool is_sealing() const { return mine_.sealing; }

  void operate(Reply const& reply, command::Vote const& in);
  void operate(Reply const& reply, command::Marks const&) const;
  void operate(Reply const& reply, command::Unmark const&);
  void operate(Reply const& reply, command::Cast const&);

 private:
  struct Sealing;

  /// @return why nothing can be marked or cast now.
  [[nodiscard]] Result<void> check_open() const;
  std::string unmarked(std::vector<QuestionId> const& questions) const;
  void take_sealed(Reply const& reply, Sealing& done);
  /// @param reply nothing: nobody waits for it.
  void send(std::optional<Reply> const& reply);

  PersonId const me_;
  crypto::SigningKey const& identity_;
  SessionLimits const& limits_;
  Clock const& clock_;
  OwnAttempt& own_;
  LogFollower const& log_;
  Requests& requests_;
  Jobs& jobs_;

  struct Mine {
    Secret choices;  ///< one byte a question: 0 none, 1 abstain, 2 agree, 3 disagree
    bool sealing = false;
    bool sending = false;
    std::uint64_t again_ms = 0;
  };
  Mine mine_;  ///< of the running attempt
};

}  // namespace piaojue::client
