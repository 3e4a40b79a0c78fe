// SPDX-License-Identifier: Apache-2.0
#include "protocol/trustee/steps/mixing.h"

#include "protocol/trustee/plan.h"

namespace piaojue::trustee {

using meeting::Attempt;
using meeting::BatchPhase;
using meeting::Record;

namespace {

/// By question, so that a question voided between two deliveries does not make the others look like another input.
Hash question_digest(meeting::MixItems const& items, QuestionId q, ByteView salt) {
  return input_digest({{q, items.at(q)}}, salt);
}

}  // namespace

Mixing::Input::~Input() { detail::wipe(items); }

void Mixing::deliver(Hash const& batch_open, meeting::MixItems items, Bytes salt) {
  auto const input = std::make_shared<Input>();
  input->batch_open = batch_open;
  input->items = std::move(items);
  input->salt = std::move(salt);
  input_ = input;
}

void Mixing::forget(Hash const& batch_open) {
  if (input_ && input_->batch_open == batch_open) input_.reset();
}

void Mixing::due(Jobs& jobs, Record const& record, meeting::Witnesses const& witnesses, Held const& held) {
  Attempt const& attempt = *record.attempt();
  if (!input_ || input_->batch_open != attempt.open_hash || !held.keys->mix_key) return;
  // A hall that only some were shown has too few ballots to hide one among.
  if (!witnesses.witnessed(attempt, attempt.open_index)) return;
  Slot const slot = slot_of(attempt);
  Duty const duty = duty_of(DutyKind::kMix, slot);
  if (seat_.book.runs(duty)) return;
  bool const logged = attempt.mixes.size() > seat_.id;
  if (logged && !input_->fresh) return input_.reset();
  if (!logged && (attempt.phase != BatchPhase::kMixing || attempt.mixes.size() != seat_.id)) return;

  HandedOut what{duty, {}, {}};
  if (logged) {
    for (auto const& [q, count] : attempt.mixes[seat_.id].counts) what.questions.push_back(q);
  } else {
    what.questions = attempt.live();
  }
  if (!input_->fresh && seat_.book.handed_out(what)) return;

  auto kept = seat_.mixes.load(slot);
  if (!kept && kept.error() != Refusal::kMalformed) {
    if (kept.error() != Refusal::kBusy) seat_.book.note(duty, kept.error());
    return;
  }
  if (kept && !*kept && !logged) return mix(jobs, record, held, duty);
  // It was mixed already; without what was kept nobody can tell whether this is the same input.
  if (!kept || !*kept || (*kept)->result.step.batch_open != attempt.open_hash || !is_input_of(**kept, what.questions)) {
    return refuse(jobs, record, duty);
  }
  hand_out_again(jobs, record, what, std::move(**kept));
}

bool Mixing::is_input_of(KeptMix const& kept, std::vector<QuestionId> const& questions) const {
  return std::ranges::all_of(questions, [&](QuestionId q) {
    auto const before = kept.inputs.find(q);
    return before != kept.inputs.end() && input_->items.contains(q) &&
           question_digest(input_->items, q, input_->salt) == before->second;
  });
}

void Mixing::mix(Jobs& jobs, Record const& record, Held const& held, Duty const& duty) {
  auto plan = detail::plan_mix(record, seat_.id);
  if (!plan) return;
  auto const mixed = std::make_shared<Mixed>(Refusal::kInternal);
  bool const added = seat_.book.add(
      jobs, record, duty,
      [mixed, keys = held.keys, plan = std::move(*plan), from = input_] {
        *mixed = detail::run_mix(plan, *keys->mix_key, from->items, from->salt);
      },
      [this, mixed, duty, from = input_](Record const& now) { return take_mixed(now, from, duty, std::move(*mixed)); },
      input_->fresh);
  if (added) input_->fresh = false;
}

Result<Submissions> Mixing::take_mixed(Record const& now, std::shared_ptr<Input> const& from, Duty const& duty,
                                       Mixed mixed) {
  at_fault_.reset();
  if (!mixed) {
    if (input_ == from) input_.reset();
    if (mixed.error() == Refusal::kMixDuplicate) at_fault_ = made_input(seat_.id);
    return mixed.error();
  }
  if (!is_current(now, from->batch_open)) {
    detail::wipe(mixed->items);
    return Submissions{};
  }
  KeptMix kept;
  kept.result = std::move(*mixed);
  for (auto const& [q, items] : kept.result.items) {
    kept.inputs.emplace(q, question_digest(from->items, q, from->salt));
  }
  auto const saved = seat_.mixes.save(slot_of(duty), kept);
  if (!saved) return saved.error();
  std::vector<QuestionId> const live = now.attempt()->live();
  seat_.book.hand_out({duty, {}, live});
  return one(submission(detail::restricted(kept.result, live)));
}

void Mixing::hand_out_again(Jobs& jobs, Record const& record, HandedOut const& what, KeptMix kept) {
  auto const shared = std::make_shared<KeptMix>(std::move(kept));
  bool const added = seat_.book.add(
      jobs, record, what.duty, nothing_heavy,
      [this, shared, what](Record const&) -> Result<Submissions> {
        seat_.book.hand_out(what);
        return one(submission(detail::restricted(shared->result, what.questions)));
      },
      input_->fresh);
  if (added) input_->fresh = false;
}

void Mixing::refuse(Jobs& jobs, Record const& record, Duty const& duty) {
  bool const added = seat_.book.add(
      jobs, record, duty, nothing_heavy, [](Record const&) -> Result<Submissions> { return Refusal::kMixAgain; },
      input_->fresh);
  if (added) input_.reset();
}

Submission Mixing::submission(MixResult result) const {
  Submission out = seat_.submission(result.step);
  out.payload = std::move(result);
  return out;
}

}  // namespace piaojue::trustee
