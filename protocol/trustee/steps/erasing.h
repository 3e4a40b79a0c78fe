// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Destroys what is known of attempts that have ended, and says so (specification §10.4: Erased).
#include "protocol/trustee/steps/issuing.h"
#include "protocol/trustee/steps/mixing.h"

namespace piaojue::trustee {

class Erasing {
 public:
  Erasing(Seat& seat, Issuing& issuing, Mixing& mixing) : seat_(seat), issuing_(issuing), mixing_(mixing) {}

  /// @param may_sign the own key is in force; else what is known is destroyed without a word.
  void due(Jobs& jobs, meeting::Record const& record, bool may_sign);
  /// After MeetingClose nothing is signed, and nothing is kept.
  void meeting_closed(meeting::Record const& record);

 private:
  struct Ended {
    Hash const& batch_open;
    Slot slot;
    std::vector<PersonId> const& holders;
    std::set<TrusteeId> const& erased;
  };
  void due(Jobs& jobs, meeting::Record const& record, Ended const& attempt, bool may_sign);
  bool held(std::vector<PersonId> const& holders) const {
    return seat_.id < holders.size() && holders[seat_.id] == seat_.person;
  }
  void sweep(Slot const& slot);

  Seat& seat_;
  Issuing& issuing_;
  Mixing& mixing_;
  std::set<Slot> swept_;  ///< ended attempts whose state is gone
  bool all_swept_ = false;
};

}  // namespace piaojue::trustee
