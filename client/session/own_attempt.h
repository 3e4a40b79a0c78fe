// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Private to this room: what this program keeps of the running attempt for its person: the sealed state of
/// specification §14, what its last envelope can be opened with, and whether the attempt can not go on here. It is
/// forgotten, in memory and on disk, as soon as nothing of it can be wanted any more.
#include "client/session/ballot_state.h"
#include "client/session/own_halves.h"

namespace piaojue::client {

class OwnAttempt {
 public:
  OwnAttempt(PersonId me, LogFollower const& log, Keeper& keeper, OwnHalves& halves, Events& events)
      : me_(me), log_(log), keeper_(keeper), halves_(halves), events_(events) {}

  /// At the start: erases the states of attempts that ended while this program was not running.
  void sweep();
  /// The log has an attempt. @return whether it is another than before; that one is forgotten then.
  bool begin();
  /// @return false: it was forgotten already.
  bool forget();
  /// The attempt can not go on here: an event says so, with `more`.
  void fail(Refusal code, facts::object more = {});

  /// Looks for a state that was kept before a restart, and follows the log into the next cast.
  /// @return false: its half has not come back yet, failed, or the wallet failed.
  bool prepare();
  /// Fresh secrets of this cast. @return whether they are durable.
  bool adopt(std::vector<QuestionSecret> secrets);
  bool save();
  /// What rests on the state may leave: somebody else holds its half.
  bool may_leave() const { return halves_.is_held(of_); }

  Hash const& open() const { return open_; }
  /// It is still this attempt, and it is not forgotten: what was begun for `open` is still wanted.
  bool is(Hash const& open) const { return open_ == open && !forgotten_; }
  bool is(Hash const& open, std::uint32_t cast) const { return is(open) && state_ && state_->cast == cast; }
  std::optional<Refusal> const& failed() const { return failed_; }
  /// Shared with jobs that read it. Nothing: not looked for yet, or nothing was begun in this attempt.
  std::shared_ptr<BallotState> const& state() const { return state_; }
  bool ready() const { return state_ && state_->ready(); }
  bool sealed() const { return state_ && state_->envelope; }
  /// An envelope was sealed, may have been sent, and is not in the log.
  bool unsent() const;

  // ---- What its person said on leaving
  /// Before a SignOut is signed that says that not to vote is its person's own decision. @return whether it is durable.
  bool say_not_cast(std::uint32_t sequence);
  /// That SignOut may be logged at any time, and no SignIn is behind it: a vote cast now could be taken for none.
  bool said_not_cast() const;

  // ---- What opens the last envelope: in memory only
  void keep_open(OpenPaper paper) { paper_.emplace(std::move(paper)); }
  OpenPaper const* paper() const { return paper_ ? &*paper_ : nullptr; }
  void wipe_paper() { paper_.reset(); }

  /// Those that this person may vote on; none on paper, or when nothing is in progress.
  std::vector<QuestionId> questions() const;
  Contexts contexts(std::vector<QuestionId> const& questions) const;
  meeting::Voter const* voter() const { return log_.record().attempt()->voter(me_); }

 private:
  std::string name() const;
  bool requested() const { return voter() != nullptr && voter()->request; }
  /// @return false: not known yet.
  bool look_for_state();
  void lose_state();
  void load_word();
  void begin_cast();

  PersonId const me_;
  LogFollower const& log_;
  Keeper& keeper_;
  OwnHalves& halves_;
  Events& events_;

  Hash open_;  ///< the attempt that all of this is about
  meeting::HalfOf of_;
  bool forgotten_ = false;
  std::optional<Refusal> failed_;
  bool looked_ = false;  ///< in the wallet
  std::shared_ptr<BallotState> state_;
  std::optional<OpenPaper> paper_;
  std::optional<std::uint32_t> not_cast_;  ///< `sequence` of the SignOut of this attempt that says so
};

}  // namespace piaojue::client
