// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Makes keys ahead of need and hands them out (specification §10.2, BatchKeys).
#include "protocol/trustee/steps/seat.h"

namespace piaojue::trustee {

class KeyMaking {
 public:
  /// @param lookahead batches in the manifest's order for which keys are made ahead.
  KeyMaking(Seat& seat, TokenKeySource source, std::uint32_t lookahead)
      : seat_(seat), source_(std::move(source)), lookahead_(lookahead) {}

  void due(Jobs& jobs, meeting::Record const& record);

 private:
  std::vector<QuestionId> wanted(meeting::Record const& record, BatchId batch) const;
  void due(Jobs& jobs, meeting::Record const& record, Slot const& slot, std::vector<QuestionId> const& questions);
  bool can_be_used(meeting::Record const& record, Held const& held) const;
  void make(Jobs& jobs, meeting::Record const& record, Slot const& slot, std::vector<QuestionId> const& questions);
  Result<Submissions> take_made(meeting::Record const& now, Slot const& slot, AttemptKeys made);
  Result<Submissions> hand_out(Held const& held);

  Seat& seat_;
  TokenKeySource source_;
  std::uint32_t lookahead_;
};

}  // namespace piaojue::trustee
