// SPDX-License-Identifier: Apache-2.0
#include "protocol/trustee/steps/erasing.h"

namespace piaojue::trustee {

using meeting::Attempt;
using meeting::Record;

void Erasing::due(Jobs& jobs, Record const& record, bool may_sign) {
  for (auto const& [hash, past] : record.past_attempts()) {
    due(jobs, record, {hash, {past.batch, past.attempt}, past.holders, past.erased}, may_sign);
  }
  if (!record.attempt()) return;
  Attempt const& attempt = *record.attempt();
  if (!record.in_progress()) {
    due(jobs, record, {attempt.open_hash, slot_of(attempt), attempt.holders, attempt.erased}, may_sign);
  } else if (!held(attempt.holders)) {
    sweep(slot_of(attempt));  // somebody else holds the slot, or it is on paper
  }
}

void Erasing::due(Jobs& jobs, Record const& record, Ended const& attempt, bool may_sign) {
  issuing_.forget(attempt.batch_open);
  mixing_.forget(attempt.batch_open);
  seat_.book.attempt_ended(attempt.slot);
  if (!may_sign || !held(attempt.holders) || attempt.erased.contains(seat_.id)) return sweep(attempt.slot);
  Duty const duty = duty_of(DutyKind::kErase, attempt.slot);
  if (seat_.book.handed_out({duty}) || seat_.book.busy(attempt.slot)) return;
  seat_.book.add(jobs, record, duty, nothing_heavy,
                 [this, duty, open = attempt.batch_open](Record const&) -> Result<Submissions> {
                   auto const gone = seat_.keys.erase(slot_of(duty));
                   if (!gone) return gone.error();
                   swept_.insert(slot_of(duty));
                   seat_.book.hand_out({duty});
                   return one(seat_.submission(meeting::Erased{open, seat_.id}));
                 });
}

void Erasing::sweep(Slot const& slot) {
  if (swept_.contains(slot) || seat_.book.busy(slot)) return;
  if (seat_.keys.erase(slot)) swept_.insert(slot);
}

void Erasing::meeting_closed(Record const& record) {
  issuing_.forget_all();
  mixing_.forget_all();
  if (all_swept_ || seat_.book.busy()) return;
  all_swept_ = true;
  for (BatchId batch = 1; batch <= record.manifest().batches.size(); ++batch) {
    for (std::uint32_t attempt = 1; attempt <= record.attempts(batch) + 1; ++attempt) {
      if (!swept_.contains({batch, attempt}) && !seat_.keys.erase({batch, attempt})) all_swept_ = false;
    }
  }
}

}  // namespace piaojue::trustee
