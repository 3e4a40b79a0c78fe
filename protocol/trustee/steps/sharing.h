// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Checks the ballots while people confirm, waits for the gate, and gives the share (specification §10.4: TallyShare).
#include "protocol/trustee/steps/seat.h"

namespace piaojue::trustee {

class Sharing {
 public:
  explicit Sharing(Seat& seat) : seat_(seat) {}
  void set_parallel(ParallelFor parallel) { parallel_ = std::move(parallel); }

  void due(Jobs& jobs, meeting::Record const& record, meeting::Witnesses const& witnesses, Held const& held);
  /// Why the gate was still closed when it was last looked at.
  std::optional<Refusal> const& waiting() const { return waiting_; }
  void look_again() { waiting_.reset(); }

 private:
  struct Verdict {
    HandedOut of;  ///< box and live questions
    std::optional<Refusal> refusal;
  };

  void check_ballots(Jobs& jobs, meeting::Record const& record, HandedOut const& what);
  void make(Jobs& jobs, meeting::Record const& record, Held const& held, HandedOut const& what);
  Result<Submissions> take_made(meeting::Record const& now, HandedOut const& what, meeting::TallyShare const& body);

  Seat& seat_;
  ParallelFor parallel_;
  std::optional<Verdict> verdict_;  ///< on the ballots of the last box
  std::optional<Refusal> waiting_;
};

}  // namespace piaojue::trustee
