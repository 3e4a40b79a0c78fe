// SPDX-License-Identifier: Apache-2.0
#include "protocol/trustee/steps/duty_book.h"

namespace piaojue::trustee {

bool DutyBook::add(Jobs& jobs, meeting::Record const& record, Duty const& duty, Run run, Finish finish, bool anew) {
  if (running_.contains(duty)) return false;
  if (auto const at = failed_.find(duty); at != failed_.end() && at->second == record.size() && !anew) return false;
  running_.insert(duty);
  auto finished = [this, duty, finish = std::move(finish)](meeting::Record const& now) {
    running_.erase(duty);
    auto out = finish(now);
    if (!out) {
      failed_[duty] = now.size();
      note(duty, out.error());
    } else {
      failed_.erase(duty);
      clear(duty);
    }
    return out;
  };
  jobs.push_back({duty, std::move(run), std::move(finished)});
  return true;
}

bool DutyBook::runs(DutyKind kind, Slot const& slot) const {
  return std::ranges::any_of(running_, [&](Duty const& duty) { return duty.kind == kind && slot_of(duty) == slot; });
}

bool DutyBook::busy(Slot const& slot) const {
  return std::ranges::any_of(running_, [&](Duty const& duty) { return slot_of(duty) == slot; });
}

void DutyBook::begin_again() {
  handed_out_.clear();
  failed_.clear();
}

std::optional<Refusal> DutyBook::failure() const { return failure_ ? std::optional(failure_->code) : std::nullopt; }

void DutyBook::clear(Duty const& duty) {
  if (failure_ && failure_->duty == duty) failure_.reset();
}

void DutyBook::attempt_ended(Slot const& slot) {
  if (failure_ && slot_of(failure_->duty) == slot && failure_->duty.kind != DutyKind::kErase) failure_.reset();
}

}  // namespace piaojue::trustee
