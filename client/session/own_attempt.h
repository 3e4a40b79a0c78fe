// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Private to this room: what this program keeps of the running attempt for its person: the sealed state of
/// specification §14, the half of its key that the server gives, and whether the attempt can not go on here. It is
/// forgotten, key and file, as soon as nothing of it can be wanted any more.
#include "client/session/ballot_state.h"
#include "client/session/log_follower.h"

namespace piaojue::client {

class OwnAttempt {
 public:
  OwnAttempt(PersonId me, Secret const& attempt_key, LogFollower const& log, Keeper& keeper, Requests& requests,
             Events& events)
      : me_(me), attempt_key_(attempt_key), log_(log), keeper_(keeper), requests_(requests), events_(events) {}

  /// At the start: erases the states of attempts that ended while this program was not running.
  void sweep();
  /// The log has an attempt. @return whether it is another than before; that one is forgotten then.
  bool begin();
  /// @return false: it was forgotten already.
  bool forget();
  /// The attempt can not go on here: an event says so, with `more`.
  void fail(Refusal code, facts::object more = {});

  /// Asks for the key, then looks for a state that was kept before a restart.
  /// @return false: not there yet, failed, or the wallet failed.
  bool prepare();
  /// @return whether it is durable.
  bool adopt(BallotState state);
  bool save();

  Hash const& open() const { return open_; }
  /// It is still this attempt, and it is not forgotten: what was begun for `open` is still wanted.
  bool is(Hash const& open) const { return open_ == open && !forgotten_; }
  std::optional<Refusal> const& failed() const { return failed_; }
  /// Shared with jobs that read it.
  std::shared_ptr<BallotState> const& state() const { return state_; }
  bool ready() const { return state_ && state_->ready(); }

  /// Those that this person may vote on; none on paper, or when nothing is in progress.
  std::vector<QuestionId> questions() const;
  Contexts contexts(std::vector<QuestionId> const& questions) const;

 private:
  static std::string name_of(Hash const& open) { return "attempt/" + to_hex(open.view()); }
  void ask_key();
  void take_key(Answer& answer);
  void look_for_state();

  PersonId const me_;
  Secret const& attempt_key_;
  LogFollower const& log_;
  Keeper& keeper_;
  Requests& requests_;
  Events& events_;

  Hash open_;  ///< the attempt that all of this is about
  bool forgotten_ = false;
  std::optional<Refusal> failed_;
  bool asked_key_ = false;
  std::optional<Secret> key_;  ///< of the sealed state
  bool looked_ = false;        ///< in the wallet
  std::shared_ptr<BallotState> state_;
};

}  // namespace piaojue::client
