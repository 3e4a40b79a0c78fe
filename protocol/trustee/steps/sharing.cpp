// SPDX-License-Identifier: Apache-2.0
#include "protocol/trustee/steps/sharing.h"

#include "protocol/trustee/plan.h"

namespace piaojue::trustee {

using meeting::Attempt;
using meeting::Record;

namespace {

Pledges::Given given_now(Attempt const& attempt) {
  return {attempt.open.batch, attempt.open.attempt, attempt.open_hash, attempt.box_hash};
}

}  // namespace

void Sharing::due(Jobs& jobs, Record const& record, meeting::Witnesses const& witnesses, Held const& held) {
  Attempt const& attempt = *record.attempt();
  if (attempt.shares.contains(seat_.id) || !held.keys->tally_key || !attempt.box) return;
  Duty const duty = duty_of(DutyKind::kShare, slot_of(attempt));
  HandedOut const what{duty, attempt.box_hash, attempt.live()};

  // Ballots are checked while people confirm, so that nobody waits for it afterwards.
  bool const checked = verdict_ && verdict_->of == what;
  if (!checked) check_box(jobs, record, what);

  waiting_ = closed(record, witnesses);
  // Time cures these two; of the others somebody should hear.
  bool const loud = waiting_ && *waiting_ != Refusal::kLogSplit && *waiting_ != Refusal::kGateUnconfirmed;
  if (loud) {
    seat_.book.note(duty, *waiting_);
  } else if (noted_) {
    seat_.book.clear(duty);
  }
  noted_ = loud;
  if (waiting_ || !checked) return;
  waiting_ = verdict_->refusal;
  if (waiting_) return;
  if (auto const turn = is_turn_to_share(record, witnesses, seat_.id); !turn) {
    waiting_ = turn.error();
    return;
  }
  if (!may_leave(record)) return;
  if (!seat_.book.handed_out(what)) make(jobs, record, held, what);
}

/// Why nobody can give a share now, as far as pledges, log and witnesses decide it.
std::optional<Refusal> Sharing::closed(Record const& record, meeting::Witnesses const& witnesses) const {
  Attempt const& attempt = *record.attempt();
  // Somebody who holds back this share, or a log that lacks it, would have the question voted again for a second sum.
  if (!seat_.pledges.allows(attempt.live(), given_now(attempt))) return Refusal::kGateReopened;
  if (auto const ready = detail::check_gate_by_log(record, witnesses); !ready) return ready.error();
  return std::nullopt;
}

/// The last word before a share leaves. @return kWrongPhase: its person has said stop, or may still say so.
Result<void> Sharing::may_leave(Record const& now) const {
  Attempt const& attempt = *now.attempt();
  if (seat_.pledges.stopped(attempt.open_hash)) return Refusal::kWrongPhase;
  if (protest_.left_ms(attempt, now.manifest().rules.protest_s) > 0) return Refusal::kWrongPhase;
  return now.gate();
}

void Sharing::check_box(Jobs& jobs, Record const& record, HandedOut const& what) {
  Attempt const& attempt = *record.attempt();
  Duty const duty = duty_of(DutyKind::kCheckBox, slot_of(what.duty));
  auto const look = look_at_box_ ? look_at_box_(what.of, what.questions) : BoxLook{};
  if (look.running) return;
  std::shared_ptr<detail::BoxInput> own;
  if (seat_.id + 1 == attempt.holders.size()) {
    if (seat_.book.runs(duty)) return;
    auto kept = seat_.mixes.load(slot_of(attempt));
    if (!kept || !*kept) return;  // not yet; or lost, and then it is not asked
    own = std::make_shared<detail::BoxInput>(detail::plan_ballot_box(record, (*kept)->result.items));
    detail::wipe((*kept)->result.items);
  }
  auto const checked = std::make_shared<Result<void>>(Refusal::kInternal);
  seat_.book.add(
      jobs, record, duty,
      [checked, own, known = look.verdict, plan = detail::plan_box(record), each = parallel_] {
        if (own != nullptr && known && *known) detail::mark_checked(*own, plan);
        // What was made again is what it is compared with, so that its ballots are not checked twice.
        bool const same = own != nullptr && detail::is_box_of(plan, detail::run_ballot_box(*own, each));
        if (same) {
          *checked = {};
          return;
        }
        *checked = known ? *known : detail::check_ballots(plan, each);
        if (*checked && own != nullptr) *checked = Refusal::kConflict;
      },
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
      now.attempt()->live() != what.questions || !may_leave(now)) {
    return Submissions{};
  }
  auto const pledged = seat_.pledges.give(what.questions, given_now(*now.attempt()));
  if (!pledged) return pledged.error();
  seat_.book.hand_out(what);
  return one(seat_.submission(body));
}

}  // namespace piaojue::trustee
