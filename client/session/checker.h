// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Private to this room: checks every ballot of the box, looks for this person's own, says at once what it found, and
/// signs it (specification §8, §10.4). Everybody's program checks the box; whoever is entitled confirms, also without
/// an envelope: then its person is asked whether that was meant.
#include "client/session/jobs.h"
#include "client/session/own_attempt.h"
#include "protocol/trustee/trustee.h"

namespace piaojue::client {

class Checker {
 public:
  using Rows = std::map<QuestionId, meeting::ConfirmVerdict>;

  Checker(PersonId me, crypto::SigningKey const& identity, ParallelFor const& parallel, OwnAttempt& own,
          LogFollower const& log, Requests& requests, Jobs& jobs, Events& events);

  /// Another attempt than before.
  void begin() { mine_ = Mine{}; }
  /// Looks while there is a box that was not opened, or, who has no word to say, when it was. @param prepared whether
  /// one's own state, where there is one, is known.
  void act(bool prepared);
  /// 「您没有投票，是您自己的决定吗？」 @return kWrongPhase: nobody asked.
  [[nodiscard]] Result<void> answer(bool own_decision);

  // ---- To look at
  /// The person has to say whether not to vote was meant.
  bool asks() const;
  /// Live questions in which something else than one's own ballot was found, or one's own was not; also before it is
  /// signed, and whether or not the log has it.
  std::vector<QuestionId> missing() const;
  /// What was found of the ballots of this box for these questions, whoever's they are.
  trustee::BoxLook found(Hash const& box, std::vector<QuestionId> const& live) const;
  /// A ballot of the box that may not be there.
  std::optional<QuestionId> invalid() const;

 private:
  struct Check;

  bool entitled() const;
  /// An envelope of this person counts, or was sealed here and may have been sent.
  bool has_envelope() const;
  /// It signed a Spoil of this cast that its log does not hold.
  bool spoil_unlogged() const;
  std::map<QuestionId, OwnBallots> own_ballots(std::vector<QuestionId> const& live) const;
  void look(std::vector<QuestionId> live);
  void take_checked(Check const& done);
  /// What this person says of each live question. Nothing: not known yet, or never by this program.
  std::optional<Rows> rows() const;
  void tell();
  void confirm();

  PersonId const me_;
  crypto::SigningKey const& identity_;
  ParallelFor const& parallel_;
  OwnAttempt& own_;
  LogFollower const& log_;
  Requests& requests_;
  Jobs& jobs_;
  Events& events_;

  struct Mine {
    bool checking = false;
    bool prepared = false;
    std::optional<Hash> box;       ///< that was checked
    std::vector<QuestionId> live;  ///< for these questions
    BoxVerdict verdict;
    std::optional<bool> own_decision;       ///< not to vote
    std::vector<QuestionId> confirmed_for;  ///< live questions that a Confirm was made for
    std::optional<Rows> told;
  };
  Mine mine_;  ///< of the running attempt
};

}  // namespace piaojue::client
