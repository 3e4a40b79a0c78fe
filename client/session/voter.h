// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Private to this room: the expert's part (specification §6–§8, §10.4, §14): tokens, the paper, the check of one's own
/// laptop, the check of the box, and forgetting, each a class of its own. What is due is decided from the log and the
/// sealed state alone, again after every change, so that a restart at any instant goes on where both stand.
#include "client/session/ballot_paper.h"
#include "client/session/checker.h"
#include "client/session/own_check.h"
#include "client/session/tokens.h"

namespace piaojue::client {

class Voter {
 public:
  Voter(PersonId me, Keys const& keys, ParallelFor const& parallel, SessionLimits const& limits, Clock const& clock,
        Online const& online, LogFollower const& log, Keeper& keeper, OwnHalves& halves, Requests& requests, Jobs& jobs,
        Events& events);

  /// At the start, once the log is replayed.
  void sweep() { own_.sweep(); }
  void take(wire::Issued issued) { tokens_.take(std::move(issued)); }
  /// Tells of this person's own envelope and Confirm.
  void took_in(meeting::Entry const& entry);
  void act();

  void operate(Reply const& reply, command::Vote const& in);
  void operate(Reply const& reply, command::Marks const& in) { paper_.operate(reply, in); }
  void operate(Reply const& reply, command::Unmark const& in) { paper_.operate(reply, in); }
  void operate(Reply const& reply, command::Cast const& in) { paper_.operate(reply, in); }
  void operate(Reply const& reply, command::Check const& in) { check_.operate(reply, in); }
  void operate(Reply const& reply, command::NotVoted const& in);

  // ---- To look at
  std::vector<QuestionId> questions() const { return own_.questions(); }
  /// How many are marked, never which.
  std::uint32_t marked() const { return paper_.marked(); }
  /// The word of docs/client-door.md; only while this person is on the roll of the last attempt.
  std::string_view stage() const;
  /// As `now` tells it, on the same condition.
  facts::object describe() const;
  /// Trustees whose tokens for the last attempt were not what they signed for.
  std::set<meeting::TrusteeId> mismatched() const;
  /// An envelope is sealed, or is being sealed, and not in the log.
  bool unsent() const { return here() && (own_.unsent() || paper_.is_sealing()); }
  /// Before a SignOut says so of the attempt in progress; see `OwnAttempt`. @return whether it is durable.
  bool say_not_cast(std::uint32_t sequence);
  /// Questions in which this program found something missing; see `Checker`.
  std::vector<QuestionId> missing() const { return here() ? checker_.missing() : std::vector<QuestionId>(); }
  trustee::BoxLook look_at_box(Hash const& box, std::vector<QuestionId> const& live) const {
    return here() ? checker_.found(box, live) : trustee::BoxLook{};
  }
  std::optional<QuestionId> invalid_ballot() const { return here() ? checker_.invalid() : std::nullopt; }

 private:
  /// The log has an attempt: follows it, if it is another than before.
  void begin();
  void forget();
  /// Whether anything that is kept for this attempt can still be wanted.
  bool needed_still() const;
  /// What the parts know is about the last attempt.
  bool here() const { return log_.record().attempt() && own_.open() == log_.record().attempt()->open_hash; }
  void act_in_voting();

  PersonId const me_;
  LogFollower const& log_;
  Keeper const& keeper_;
  Events& events_;
  OwnAttempt own_;
  Tokens tokens_;
  BallotPaper paper_;
  OwnCheck check_;
  Checker checker_;
};

}  // namespace piaojue::client
