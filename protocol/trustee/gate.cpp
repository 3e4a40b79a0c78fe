// SPDX-License-Identifier: Apache-2.0
#include "protocol/trustee/gate.h"

#include "protocol/meeting/digest.h"
#include "protocol/trustee/plan.h"

namespace piaojue::trustee {

using meeting::Attempt;
using meeting::BatchPhase;

namespace detail {

Result<void> check_gate_by_log(meeting::Record const& record, meeting::Witnesses const& witnesses) {
  if (!record.in_progress()) return Refusal::kWrongPhase;
  Attempt const& attempt = *record.attempt();
  if (attempt.phase != BatchPhase::kConfirming && attempt.phase != BatchPhase::kOpening) return Refusal::kWrongPhase;
  // Two boxes shown to two halves of the hall would let each half confirm its own.
  if (!witnesses.witnessed(attempt, attempt.box_index)) return Refusal::kLogSplit;
  // After the first share the flag is set by this attempt itself; BatchOpen has looked at those before.
  for (QuestionId const q : attempt.live()) {
    if (attempt.shares.empty() && record.question(q).opened) return Refusal::kGateReopened;
  }
  return record.gate();
}

BoxPlan plan_box(meeting::Record const& record) {
  Attempt const& attempt = *record.attempt();
  BoxPlan plan;
  plan.box_hash = attempt.box_hash;
  plan.box = attempt.box;
  for (QuestionId const q : attempt.live()) plan.contexts.push_back(record.ballot_context(q));
  return plan;
}

Result<void> check_ballots(BoxPlan const& plan, ParallelFor const& parallel) {
  for (meeting::BallotContext const& context : plan.contexts) {
    auto const box = plan.box->boxes.find(context.question);
    if (box == plan.box->boxes.end()) return Refusal::kGateTooFew;
    std::vector<Bytes> const& ballots = box->second.ballots;
    std::vector<std::optional<meeting::BallotRefusal>> verdicts(ballots.size());
    for_each(parallel, ballots.size(),
             [&](std::size_t i) { verdicts[i] = meeting::check_ballot(context, ballots[i]); });
    for (auto const& verdict : verdicts) {
      if (verdict) return verdict->code;
    }
  }
  return {};
}

void mark_checked(BoxInput& input, BoxPlan const& plan) {
  for (auto& [q, items] : input.items) {
    auto const box = plan.box->boxes.find(q);
    if (box == plan.box->boxes.end()) continue;
    // Strictly ascending, or the box would not be in the log.
    for (auto& item : items) item.checked = std::ranges::binary_search(box->second.ballots, item.bytes);
  }
}

bool is_box_of(BoxPlan const& plan, meeting::BallotBox const& own) {
  return std::ranges::all_of(plan.contexts, [&](meeting::BallotContext const& context) {
    auto const there = plan.box->boxes.find(context.question);
    auto const here = own.boxes.find(context.question);
    return there != plan.box->boxes.end() && here != own.boxes.end() && there->second.ballots == here->second.ballots &&
           there->second.refused == here->second.refused;
  });
}

Result<SharePlan> plan_share(meeting::Record const& record, TrusteeId trustee) {
  if (!record.in_progress() || !record.attempt()->box) return Refusal::kWrongPhase;
  Attempt const& attempt = *record.attempt();
  if (!attempt.takes_part(trustee)) return Refusal::kNotAuthorised;
  SharePlan plan;
  plan.body.batch_open = attempt.open_hash;
  plan.body.trustee = trustee;
  plan.body.box = attempt.box_hash;
  for (QuestionId const q : attempt.live()) {
    auto const sum = attempt.sums.find(q);
    if (sum == attempt.sums.end()) return Refusal::kWrongPhase;
    plan.sums_a.emplace(q, sum->second.a);
    plan.contexts.emplace(q, meeting::context(attempt.open_hash, q));
  }
  return plan;
}

Result<meeting::TallyShare> run_share(SharePlan const& plan, crypto::elgamal::TallyKey const& key) {
  meeting::TallyShare body = plan.body;
  for (auto const& [q, sum_a] : plan.sums_a) {
    auto const share = crypto::elgamal::make_tally_share(
        key, sum_a, meeting::dleq_binding(plan.contexts.at(q), body.box, body.trustee));
    if (!share) return share.error();
    body.shares.emplace(q, *share);
  }
  return body;
}

}  // namespace detail

Result<void> gate(meeting::Record const& record, meeting::Witnesses const& witnesses, ParallelFor const& parallel) {
  auto const ready = detail::check_gate_by_log(record, witnesses);
  if (!ready) return ready.error();
  return detail::check_ballots(detail::plan_box(record), parallel);
}

Result<void> is_turn_to_share(meeting::Record const& record, meeting::Witnesses const& witnesses, TrusteeId trustee) {
  if (!record.in_progress()) return Refusal::kWrongPhase;
  if (trustee == 0) return {};
  Attempt const& attempt = *record.attempt();
  if (!attempt.shares.contains(0) || !witnesses.witnessed(attempt, attempt.first_share_index)) {
    return Refusal::kLogSplit;
  }
  return {};
}

Result<meeting::TallyShare> make_share(meeting::Record const& record, AttemptKeys const& keys, TrusteeId trustee) {
  auto const plan = detail::plan_share(record, trustee);
  if (!plan) return plan.error();
  meeting::BatchOpen const& open = record.attempt()->open;
  if (keys.batch != open.batch || keys.attempt != open.attempt || !keys.tally_key) return Refusal::kWrongPhase;
  return detail::run_share(*plan, *keys.tally_key);
}

}  // namespace piaojue::trustee
