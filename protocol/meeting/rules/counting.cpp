// SPDX-License-Identifier: Apache-2.0
#include "protocol/meeting/rules/counting.h"

#include "protocol/meeting/arithmetic.h"
#include "protocol/meeting/digest.h"

namespace piaojue::meeting::rules {

namespace elgamal = crypto::elgamal;

namespace {

bool signed_missing(Attempt const& a, PersonId person) {
  auto const confirm = a.confirms.find(person);
  return confirm != a.confirms.end() && std::ranges::any_of(confirm->second.rows, [&](auto const& row) {
           return !row.second && !a.voided.contains(row.first);
         });
}

Figures figures(Attempt const& a, QuestionId q) {
  Figures out;
  out.present = static_cast<std::uint32_t>(a.open.present.size());
  out.left = a.left;
  out.recused = static_cast<std::uint32_t>(
      std::ranges::count_if(a.open.recusals, [&](Recusal const& recusal) { return recusal.question == q; }));
  if (a.open.paper) return out;
  out.cast = a.cast(q);
  out.box = static_cast<std::uint32_t>(a.box->boxes.at(q).ballots.size());
  out.confirmed = a.confirmed(q);
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
  if (!a.counted.contains(e.person)) return Refusal::kNotOnRoll;
  if (e.box != a.box_hash) return Refusal::kUnknown;
  if (a.confirms.contains(e.person)) return Refusal::kConflict;
  if (!covers(e.rows, a.live_questions_of(e.person))) return Refusal::kConflict;
  return {};
}

void Rule<Confirm>::take(State& s, Confirm const& e, Place const&) { s.attempt->confirms[e.person] = e; }

// ---- Override ------------------------------------------------------------------------------------------------------

Result<void> Rule<Override>::check(State const& s, Override const& e) {
  Attempt const& a = *s.attempt;
  if (a.phase != BatchPhase::kConfirming) return Refusal::kWrongPhase;
  if (e.box != a.box_hash) return Refusal::kUnknown;
  if (e.reason.empty() || (e.silent.empty() && e.missing.empty())) return Refusal::kMalformed;
  std::set<PersonId> named;
  for (PersonId const person : e.silent) {
    if (!a.counted.contains(person)) return Refusal::kNotOnRoll;
    if (a.confirms.contains(person) || a.overridden.contains(person) || !named.insert(person).second) {
      return Refusal::kConflict;
    }
  }
  for (PersonId const person : e.missing) {
    if (!a.counted.contains(person)) return Refusal::kNotOnRoll;
    // Who was passed over as silent may have signed MISSING since: only this kind of override lifts that.
    if (!signed_missing(a, person) || a.overridden_missing.contains(person) || !named.insert(person).second) {
      return Refusal::kConflict;
    }
  }
  named.insert(a.overridden.begin(), a.overridden.end());
  if (named.size() > s.manifest.rules.max_unconfirmed) return Refusal::kGateOverride;
  return {};
}

void Rule<Override>::take(State& s, Override const& e, Place const&) {
  s.attempt->overridden.insert(e.silent.begin(), e.silent.end());
  s.attempt->overridden.insert(e.missing.begin(), e.missing.end());
  s.attempt->overridden_missing.insert(e.missing.begin(), e.missing.end());
}

// ---- TallyShare ----------------------------------------------------------------------------------------------------

Result<void> gate(Attempt const& a) {
  if (!a.unconfirmed().empty()) return Refusal::kGateUnconfirmed;
  for (auto const& [person, envelope] : a.counted) {
    if (signed_missing(a, person) && !a.overridden_missing.contains(person)) return Refusal::kGateMissing;
  }
  for (QuestionId const q : a.live()) {
    std::size_t const ballots = a.box->boxes.at(q).ballots.size();
    if (ballots < kBallotsMin) return Refusal::kGateTooFew;
    if (ballots > a.cast(q)) return Refusal::kGateCount;
  }
  return {};
}

auto Rule<TallyShare>::check(State const& s, TallyShare const& e) -> Result<Prepared> {
  Prepared prepared;
  Attempt const& a = *s.attempt;
  if (!s.in({BatchPhase::kConfirming, BatchPhase::kOpening})) return Refusal::kWrongPhase;
  auto const hop = a.hop_of(e.trustee);
  if (!hop) return Refusal::kNotAuthorised;
  if (e.box != a.box_hash) return Refusal::kUnknown;
  if (auto const open = gate(a); !open) return open.error();
  if (a.shares.contains(e.trustee)) return Refusal::kConflict;
  if (!covers(e.shares, a.live())) return Refusal::kConflict;
  for (auto const& [q, share] : e.shares) {
    if (!elgamal::verify_tally_share(a.keys[*hop].tally_key, a.sums.at(q).a, share,
                                     dleq_binding(a.contexts->at(q).ctx, a.box_hash, e.trustee))) {
      return Refusal::kProof;
    }
  }
  if (a.shares.size() + 1 < a.hops.size()) return prepared;
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

void Rule<TallyShare>::take(State& s, TallyShare const& e, Place const&, Prepared prepared) {
  Attempt& a = *s.attempt;
  a.phase = BatchPhase::kOpening;
  a.shares[e.trustee] = e;
  for (QuestionId const q : a.live()) s.questions.at(q).opened = true;
  if (a.shares.size() == a.hops.size()) {
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

void Rule<Declaration>::take(State& s, Declaration const& e, Place const&) {
  for (auto const& [q, row] : e.rows) s.questions.at(q).declared = row;
  end(*s.attempt, BatchPhase::kDeclared);
}

// ---- Void ----------------------------------------------------------------------------------------------------------

Result<void> Rule<Void>::check(State const& s, Void const& e) {
  Attempt const& a = *s.attempt;
  bool const opening = a.phase == BatchPhase::kOpening;
  if (e.shares_lost
          ? !opening
          : !s.in({BatchPhase::kVoting, BatchPhase::kClosing, BatchPhase::kMixing, BatchPhase::kConfirming})) {
    return Refusal::kWrongPhase;
  }
  if (e.reason.empty()) return Refusal::kMalformed;
  for (QuestionId const q : e.questions) {
    if (!contains(a.open.questions, q)) return Refusal::kUnknown;
    if (a.voided.contains(q)) return Refusal::kConflict;
  }
  // A lost trustee is lost to all questions; to leave out only those whose result displeases is no one's right.
  if (e.shares_lost && !e.questions.empty() && e.questions != a.live()) return Refusal::kConflict;
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

void Rule<PaperTally>::take(State& s, PaperTally const& e, Place const&, Prepared prepared) {
  Attempt& a = *s.attempt;
  std::vector<QuestionId> out;
  for (auto const& [q, paper] : e.rows) {
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
  auto const& hops = current ? s.attempt->hops : s.past_attempts.at(e.batch_open).hops;
  auto const& erased = current ? s.attempt->erased : s.past_attempts.at(e.batch_open).erased;
  if (!contains(hops, e.trustee)) return Refusal::kNotAuthorised;
  if (erased.contains(e.trustee)) return Refusal::kConflict;
  return {};
}

void Rule<Erased>::take(State& s, Erased const& e, Place const&) {
  bool const current = e.batch_open == s.attempt->open_hash;
  (current ? s.attempt->erased : s.past_attempts.at(e.batch_open).erased).insert(e.trustee);
}

}  // namespace piaojue::meeting::rules
