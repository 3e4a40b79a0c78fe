// SPDX-License-Identifier: Apache-2.0
#include "protocol/trustee/steps/sharing.h"

#include "protocol/trustee/plan.h"

namespace piaojue::trustee {

using meeting::Attempt;
using meeting::Record;

void Sharing::due(Jobs& jobs, Record const& record, meeting::Witnesses const& witnesses, Held const& held) {
  Attempt const& attempt = *record.attempt();
  if (attempt.shares.contains(seat_.id) || !held.keys->tally_key || !attempt.box) return;
  Duty const duty = duty_of(DutyKind::kShare, slot_of(attempt));
  HandedOut const what{duty, attempt.box_hash, attempt.live()};

  // Ballots are checked while people confirm, so that nobody waits for it afterwards.
  bool const checked = verdict_ && verdict_->of == what;
  if (!checked) check_ballots(jobs, record, what);

  auto const ready = detail::check_gate_by_log(record, witnesses);
  if (!ready) {
    waiting_ = ready.error();
    // Time cures these two; of the others somebody should hear.
    if (*waiting_ != Refusal::kLogSplit && *waiting_ != Refusal::kGateUnconfirmed) seat_.book.note(duty, *waiting_);
    return;
  }
  seat_.book.clear(duty);
  if (!checked) return;
  if (verdict_->refusal) {
    waiting_ = verdict_->refusal;
    return;
  }
  if (!seat_.book.handed_out(what)) make(jobs, record, held, what);
}

void Sharing::check_ballots(Jobs& jobs, Record const& record, HandedOut const& what) {
  auto const checked = std::make_shared<Result<void>>(Refusal::kInternal);
  seat_.book.add(
      jobs, record, duty_of(DutyKind::kCheckBox, slot_of(what.duty)),
      [checked, plan = detail::plan_box(record), each = parallel_] { *checked = detail::check_ballots(plan, each); },
      [this, checked, what](Record const&) -> Result<Submissions> {
        verdict_ = Verdict{what, std::nullopt};
        if (*checked) return Submissions{};
        verdict_->refusal = checked->error();
        return checked->error();
      });
}

void Sharing::make(Jobs& jobs, Record const& record, Held const& held, HandedOut const& what) {
  auto plan = detail::plan_share(record, seat_.id);
  if (!plan) return;
  auto const made = std::make_shared<Result<meeting::TallyShare>>(Refusal::kInternal);
  seat_.book.add(
      jobs, record, what.duty,
      [made, keys = held.keys, plan = std::move(*plan)] { *made = detail::run_share(plan, *keys->tally_key); },
      [this, made, what](Record const& now) -> Result<Submissions> {
        if (!*made) return made->error();
        return take_made(now, what, made->value());
      });
}

Result<Submissions> Sharing::take_made(Record const& now, HandedOut const& what, meeting::TallyShare const& body) {
  if (!is_current(now, body.batch_open) || now.attempt()->box_hash != what.of ||
      now.attempt()->live() != what.questions) {
    return Submissions{};
  }
  Slot const slot = slot_of(what.duty);
  std::vector<Held>* const all = seat_.keys.load(slot);
  if (all == nullptr) return Refusal::kStorage;
  for (Held& held : *all) {
    // After a restart somebody may show another log, with another box under the same keys.
    if (held.shared_box && *held.shared_box != body.box) return Refusal::kGateReopened;
    held.shared_box = body.box;
  }
  auto const saved = seat_.keys.save(slot);
  if (!saved) return saved.error();
  seat_.book.hand_out(what);
  return one(seat_.submission(body));
}

}  // namespace piaojue::trustee
