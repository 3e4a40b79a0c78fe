// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Checks the ballots while people confirm, waits for the gate, for its turn and for its person, and gives the share
/// (specification §10.4: TallyShare).
#include "protocol/trustee/steps/protest.h"
#include "protocol/trustee/steps/seat.h"

namespace piaojue::trustee {

class Sharing {
 public:
  Sharing(Seat& seat, NowMs now_ms, LookAtBox look_at_box)
      : seat_(seat), protest_(std::move(now_ms)), look_at_box_(std::move(look_at_box)) {}
  void set_parallel(ParallelFor parallel) { parallel_ = std::move(parallel); }

  /// The record has changed: an Override may have come in.
  void look(meeting::Attempt const& attempt) { protest_.look(attempt); }
  void due(Jobs& jobs, meeting::Record const& record, meeting::Witnesses const& witnesses, Held const& held);
  /// Why the gate was still closed when it was last looked at.
  std::optional<Refusal> const& waiting() const { return waiting_; }
  void look_again() { waiting_.reset(); }
  ProtestTime const& protest() const { return protest_; }

 private:
  struct Verdict {
    HandedOut of;  ///< box and live questions
    std::optional<Refusal> refusal;
  };

  std::optional<Refusal> closed(meeting::Record const& record, meeting::Witnesses const& witnesses) const;
  void check_box(Jobs& jobs, meeting::Record const& record, HandedOut const& what);
  Result<void> may_leave(meeting::Record const& now) const;
  void make(Jobs& jobs, meeting::Record const& record, Held const& held, HandedOut const& what);
  Result<Submissions> take_made(meeting::Record const& now, HandedOut const& what, meeting::TallyShare const& body);

  Seat& seat_;
  ProtestTime protest_;
  LookAtBox look_at_box_;
  ParallelFor parallel_;
  std::optional<Verdict> verdict_;  ///< on the ballots of the last box
  std::optional<Refusal> waiting_;
  bool noted_ = false;  ///< the book says why the gate is closed
};

}  // namespace piaojue::trustee
