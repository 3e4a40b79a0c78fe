// SPDX-License-Identifier: Apache-2.0
#include "protocol/trustee/steps/erasing.h"

namespace piaojue::trustee {

using meeting::Attempt;
using meeting::Record;

void Erasing::due(Jobs& jobs, Record const& record) {
  for (auto const& [hash, past] : record.past_attempts()) {
    due(jobs, record, {hash, {past.batch, past.attempt}, past.hops, past.erased});
  }
  if (!record.attempt()) return;
  Attempt const& attempt = *record.attempt();
  if (!record.in_progress()) {
    due(jobs, record, {attempt.open_hash, slot_of(attempt), attempt.hops, attempt.erased});
  } else if (!attempt.hop_of(seat_.id)) {
    sweep(slot_of(attempt));  // opened without this trustee, or on paper
  }
}

void Erasing::due(Jobs& jobs, Record const& record, Ended const& attempt) {
  issuing_.forget(attempt.batch_open);
  mixing_.forget(attempt.batch_open);
  seat_.book.attempt_ended(attempt.slot);
  bool const took_part = std::ranges::find(attempt.hops, seat_.id) != attempt.hops.end();
  if (!took_part || attempt.erased.contains(seat_.id)) return sweep(attempt.slot);
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
