// SPDX-License-Identifier: Apache-2.0
#include "protocol/meeting/rules/counting.h"

#include "protocol/meeting/arithmetic.h"
#include "protocol/meeting/digest.h"

namespace piaojue::meeting::rules {

namespace elgamal = crypto::elgamal;

namespace {

Figures figures(Attempt const& a, QuestionId q) {
  Figures out;
  out.present = static_cast<std::uint32_t>(a.open.present.size());
  out.left = a.left;
  out.recused = a.recused_from(q);
  if (a.open.paper) return out;
  out.cast = a.counted_for(q);
  out.box = static_cast<std::uint32_t>(a.box->boxes.at(q).ballots.size());
  out.confirmed = a.said_by(q, ConfirmVerdict::kOk);
  out.not_cast = a.said_by(q, ConfirmVerdict::kNotCast);
  return out;
}

void end(Attempt& a, BatchPhase phase) {
  a.phase = phase;
  a.box.reset();
}

void void_questions(Attempt& a, std::vector<QuestionId> const& questions) {
  a.voided.insert(questions.begin(), questions.end());
  if (a.voided.size() == a.open.questions.size()) end(a, BatchPhase::kVoided);
}

}  // namespace

// ---- Confirm -------------------------------------------------------------------------------------------------------

Result<void> Rule<Confirm>::check(State const& s, Confirm const& e) {
  Attempt const& a = *s.attempt;
  if (a.phase != BatchPhase::kConfirming) return Refusal::kWrongPhase;
  if (!a.entitled(e.person) || !s.key_as_old_as_attempt(e.person)) return Refusal::kNotOnRoll;
  if (e.box != a.box_hash) return Refusal::kUnknown;
  if (a.confirms.contains(e.person)) return Refusal::kConflict;
  if (!covers(e.rows, a.live_questions_of(e.person))) return Refusal::kConflict;
  bool const counts = a.counted.contains(e.person);
  for (auto const& [q, verdict] : e.rows) {
    if (verdict == ConfirmVerdict::kOk && !counts) return Refusal::kConflict;
    if (verdict == ConfirmVerdict::kNotCast && counts) return Refusal::kConflict;
  }
  return {};
}

void Rule<Confirm>::take(State& s, Confirm const& e, Place const&) { s.attempt->confirms[e.person] = e; }

// ---- Override ------------------------------------------------------------------------------------------------------

Result<void> Rule<Override>::check(State const& s, Override const& e) {
  Attempt const& a = *s.attempt;
  if (a.phase != BatchPhase::kConfirming) return Refusal::kWrongPhase;
  if (e.box != a.box_hash) return Refusal::kUnknown;
  if (e.reason.empty() || e.people.empty()) return Refusal::kMalformed;
  std::set<PersonId> counted = a.overridden_counted;
  for (auto const& [person, missing] : e.people) {
    if (!s.is_person(person)) return Refusal::kUnknown;
    if (!a.entitled(person) || a.covered(person)) return Refusal::kConflict;
    bool const says_missing = a.said_missing(person);
    if (missing != says_missing || (!says_missing && a.said_anything(person))) return Refusal::kConflict;
    if (a.counted.contains(person)) counted.insert(person);
  }
  if (counted.size() > s.manifest.rules.max_unconfirmed) return Refusal::kGateOverride;
  return {};
}

void Rule<Override>::take(State& s, Override const& e, Place const& place) {
  Attempt& a = *s.attempt;
  a.override_index = place.index;
  for (auto const& [person, missing] : e.people) {
    a.overridden[person] = missing;
    if (a.counted.contains(person)) a.overridden_counted.insert(person);
  }
}

// ---- TallyShare ----------------------------------------------------------------------------------------------------

Result<void> gate(Attempt const& a) {
  std::vector<PersonId> const waiting = a.unconfirmed();
  if (!std::ranges::all_of(waiting, [&](PersonId person) { return a.said_missing(person); })) {
    return Refusal::kGateUnconfirmed;
  }
  if (!waiting.empty()) return Refusal::kGateMissing;
  for (QuestionId const q : a.live()) {
    std::size_t const ballots = a.box->boxes.at(q).ballots.size();
    auto const attested = a.attested.find(q);
    std::size_t const could_vote =
        a.open.present.size() + a.kept_out - (attested == a.attested.end() ? 0 : attested->second);
    if (ballots > a.counted_for(q)) return Refusal::kGateCount;
    // Few votes among many who could vote tell whose they are, whoever kept the others away; and whom only the office
    // recused was kept away.
    if (ballots < kBallotsMin || 3 * (ballots + a.said_by(q, ConfirmVerdict::kNotCast)) < 2 * could_vote) {
      return Refusal::kGateTooFew;
    }
  }
  return {};
}

auto Rule<TallyShare>::check(State const& s, TallyShare const& e) -> Result<Prepared> {
  Prepared prepared;
  Attempt const& a = *s.attempt;
  if (a.shares.contains(e.trustee)) return Refusal::kConflict;
  if (!s.in({BatchPhase::kConfirming, BatchPhase::kOpening})) return Refusal::kWrongPhase;
  if (!a.takes_part(e.trustee)) return Refusal::kNotAuthorised;
  if (e.box != a.box_hash) return Refusal::kUnknown;
  if (a.shares.empty()) {
    // The server's comes first and is witnessed before another is given: a share that is held back shows nobody a sum.
    if (e.trustee != 0) return Refusal::kWrongPhase;
    if (auto const open = gate(a); !open) return open.error();
  }
  if (!covers(e.shares, a.live())) return Refusal::kConflict;
  for (auto const& [q, share] : e.shares) {
    if (!elgamal::verify_tally_share(a.keys[e.trustee].tally_key, a.sums.at(q).a, share,
                                     dleq_binding(a.contexts->at(q).ctx, a.box_hash, e.trustee))) {
      return Refusal::kProof;
    }
  }
  if (a.shares.size() + 1 < a.holders.size()) return prepared;
  for (auto const& [q, share] : e.shares) {
    std::vector<Point> points{share.d};
    for (auto const& [trustee, other] : a.shares) points.push_back(other.shares.at(q).d);
    Figures of = figures(a, q);
    auto const sums = elgamal::decode_sum(a.sums.at(q).b, points, of.box);
    if (!sums) return Refusal::kThresholdRule;
    of.agree = sums->agree;
    of.disagree = sums->disagree;
    auto const row = make_row(s.manifest.rules, of);
    if (!row) return row.error();
    prepared.rows[q] = *row;
  }
  return prepared;
}

void Rule<TallyShare>::take(State& s, TallyShare const& e, Place const& place, Prepared prepared) {
  Attempt& a = *s.attempt;
  if (a.shares.empty()) a.first_share_index = place.index;
  a.phase = BatchPhase::kOpening;
  a.shares[e.trustee] = e;
  for (QuestionId const q : a.live()) s.questions.at(q).opened = true;
  if (a.shares.size() == a.holders.size()) {
    a.rows = std::move(prepared.rows);
    a.phase = BatchPhase::kCounted;
  }
}

// ---- Declaration ---------------------------------------------------------------------------------------------------

Result<void> Rule<Declaration>::check(State const& s, Declaration const& e) {
  Attempt const& a = *s.attempt;
  if (a.phase != BatchPhase::kCounted) return Refusal::kWrongPhase;
  if (!covers(e.rows, a.live())) return Refusal::kConflict;
  for (auto const& [q, row] : e.rows) {
    if (!balances(row)) return Refusal::kUnbalancedRow;
  }
  if (e.rows != a.rows) return Refusal::kThresholdRule;
  return {};
}

void Rule<Declaration>::take(State& s, Declaration const& e, Place const& place) {
  for (auto const& [q, row] : e.rows) {
    QuestionState& question = s.questions.at(q);
    question.declared = row;
    question.paper = s.attempt->open.paper;
    question.by_committee = s.attempt->paper_by_committee;
  }
  s.attempt->declared_index = place.index;
  s.results.emplace(place.leaf, false);
  end(*s.attempt, BatchPhase::kDeclared);
}

// ---- Void ----------------------------------------------------------------------------------------------------------

Result<void> Rule<Void>::check(State const& s, Void const& e) {
  Attempt const& a = *s.attempt;
  if (!s.in({BatchPhase::kVoting, BatchPhase::kClosing, BatchPhase::kMixing, BatchPhase::kConfirming,
             BatchPhase::kOpening})) {
    return Refusal::kWrongPhase;
  }
  if (e.reason.empty()) return Refusal::kMalformed;
  for (QuestionId const q : e.questions) {
    if (!contains(a.open.questions, q)) return Refusal::kUnknown;
    if (a.voided.contains(q)) return Refusal::kConflict;
  }
  // A lost trustee is lost to all questions; to leave out only those whose result displeases is no one's right.
  bool const opening = a.phase == BatchPhase::kOpening;
  if (opening && !e.questions.empty() && e.questions != a.live()) return Refusal::kConflict;
  return {};
}

void Rule<Void>::take(State& s, Void const& e, Place const&) {
  std::vector<QuestionId> const out = e.questions.empty() ? s.attempt->live() : e.questions;
  void_questions(*s.attempt, out);
}

// ---- PaperTally ----------------------------------------------------------------------------------------------------

auto Rule<PaperTally>::check(State const& s, PaperTally const& e) -> Result<Prepared> {
  Prepared prepared;
  Attempt const& a = *s.attempt;
  if (!a.open.paper || a.phase != BatchPhase::kVoting) return Refusal::kWrongPhase;
  if (!covers(e.rows, a.live())) return Refusal::kConflict;
  for (auto const& [q, paper] : e.rows) {
    // More papers than were given out: this question's round is void, whatever they say.
    if (paper.returned > paper.issued) continue;
    auto const row = make_paper_row(s.manifest.rules, figures(a, q), paper);
    if (!row) return row.error();
    prepared.rows[q] = *row;
  }
  return prepared;
}

void Rule<PaperTally>::take(State& s, PaperTally const& e, Place const& place, Prepared prepared) {
  Attempt& a = *s.attempt;
  a.paper_index = place.index;
  a.paper_by_committee = place.signing.by == By::kCommittee;
  s.results.emplace(place.leaf, false);
  std::vector<QuestionId> out;
  for (auto const& [q, paper] : e.rows) {
    s.questions.at(q).tallied = true;
    if (!prepared.rows.contains(q)) out.push_back(q);
  }
  a.rows = std::move(prepared.rows);
  a.phase = BatchPhase::kCounted;
  void_questions(a, out);
}

// ---- Erased --------------------------------------------------------------------------------------------------------

Result<void> Rule<Erased>::check(State const& s, Erased const& e) {
  bool const current = e.batch_open == s.attempt->open_hash;
  if (current && s.in_progress()) return Refusal::kWrongPhase;
  auto const& holders = current ? s.attempt->holders : s.past_attempts.at(e.batch_open).holders;
  auto const& erased = current ? s.attempt->erased : s.past_attempts.at(e.batch_open).erased;
  if (e.trustee >= holders.size()) return Refusal::kNotAuthorised;
  if (erased.contains(e.trustee)) return Refusal::kConflict;
  return {};
}

void Rule<Erased>::take(State& s, Erased const& e, Place const&) {
  bool const current = e.batch_open == s.attempt->open_hash;
  (current ? s.attempt->erased : s.past_attempts.at(e.batch_open).erased).insert(e.trustee);
}

}  // namespace piaojue::meeting::rules
