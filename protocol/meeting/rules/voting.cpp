// SPDX-License-Identifier: Apache-2.0
#include "protocol/meeting/rules/voting.h"

#include "crypto/sign.h"
#include "protocol/meeting/rules/seen.h"

namespace piaojue::meeting::rules {

namespace elgamal = crypto::elgamal;

// ---- TokenRequest --------------------------------------------------------------------------------------------------

Result<void> Rule<TokenRequest>::check(State const& s, TokenRequest const& e) {
  if (!s.voting()) return Refusal::kWrongPhase;
  if (!s.attempt->present(e.person) || !s.key_as_old_as_attempt(e.person)) return Refusal::kNotOnRoll;
  if (s.attempt->questions_of(e.person).empty()) return Refusal::kRecused;
  if (e.cast != s.attempt->cast_of(e.person)) return Refusal::kConflict;
  if (Voter const* const voter = s.attempt->voter(e.person)) {
    if (voter->request) return Refusal::kAlreadyIssued;
    // Whoever looked at the spoiled ballot says first what he saw.
    if (!voter->spoils.empty() && voter->spoils.back().supervisor != 0 && !voter->spoils.back().verdict) {
      return Refusal::kWrongPhase;
    }
  }
  auto const differs = s.differs.find(e.person);
  if (differs != s.differs.end() && differs->second > s.current_keys(e.person)->index) return Refusal::kCheckDiffers;
  return {};
}

void Rule<TokenRequest>::take(State& s, TokenRequest const& e, Place const& place) {
  Voter& voter = s.attempt->voters[e.person];
  voter.request = e;
  voter.request_index = place.index;
}

// ---- TokensIssued --------------------------------------------------------------------------------------------------

Result<void> Rule<TokensIssued>::check(State const& s, TokensIssued const& e) {
  if (!s.voting()) return Refusal::kWrongPhase;
  if (!s.attempt->takes_part(e.trustee)) return Refusal::kNotAuthorised;
  if (!s.attempt->present(e.person)) return Refusal::kWrongPhase;
  if (e.cast != s.attempt->cast_of(e.person)) return Refusal::kConflict;
  Voter const* const voter = s.attempt->voter(e.person);
  if (voter == nullptr || !voter->request) return Refusal::kWrongPhase;
  if (voter->issued.contains(e.trustee)) return Refusal::kAlreadyIssued;
  return {};
}

void Rule<TokensIssued>::take(State& s, TokensIssued const& e, Place const&) {
  s.attempt->voters[e.person].issued.insert(e.trustee);
  for (QuestionId const q : s.attempt->questions_of(e.person)) ++s.attempt->issued[e.trustee][q];
}

// ---- EnvelopeCast --------------------------------------------------------------------------------------------------

Result<void> Rule<EnvelopeCast>::check(State const& s, EnvelopeCast const& e) {
  if (!s.voting()) return Refusal::kWrongPhase;
  if (!s.attempt->present(e.person) || !s.key_as_old_as_attempt(e.person)) return Refusal::kNotOnRoll;
  if (e.cast != s.attempt->cast_of(e.person)) return Refusal::kConflict;
  Voter const* const voter = s.attempt->voter(e.person);
  if (voter == nullptr || voter->issued.size() != s.attempt->holders.size()) return Refusal::kWrongPhase;
  // A paper that was put into the box is not taken out again.
  if (voter->envelope) return Refusal::kConflict;
  return {};
}

void Rule<EnvelopeCast>::take(State& s, EnvelopeCast const& e, Place const& place) {
  Voter& voter = s.attempt->voters[e.person];
  voter.envelope = e;
  voter.envelope_leaf = place.leaf;
  voter.signed_out_not_cast.reset();  // also if others end this envelope later
}

// ---- BatchClose ----------------------------------------------------------------------------------------------------

Result<void> Rule<BatchClose>::check(State const& s, BatchClose const& e) {
  if (!s.voting()) return Refusal::kWrongPhase;
  if (e.envelopes != s.attempt->envelopes() || e.without != s.attempt->without()) return Refusal::kConflict;
  return {};
}

void Rule<BatchClose>::take(State& s, BatchClose const& e, Place const&) {
  s.attempt->counted = e.envelopes;
  s.attempt->phase = BatchPhase::kClosing;
}

// ---- IssuanceClosed ------------------------------------------------------------------------------------------------

Result<void> Rule<IssuanceClosed>::check(State const& s, IssuanceClosed const& e) {
  if (s.attempt->issuance_closed.contains(e.trustee)) return Refusal::kConflict;
  if (!s.in({BatchPhase::kClosing})) return Refusal::kWrongPhase;
  if (!s.attempt->takes_part(e.trustee)) return Refusal::kNotAuthorised;
  if (e.issued != s.attempt->issued[e.trustee]) return Refusal::kConflict;
  return {};
}

void Rule<IssuanceClosed>::take(State& s, IssuanceClosed const& e, Place const&) {
  Attempt& a = *s.attempt;
  a.issuance_closed.insert(e.trustee);
  if (a.issuance_closed.size() == a.holders.size()) a.phase = BatchPhase::kMixing;
}

// ---- MixStep -------------------------------------------------------------------------------------------------------

Result<void> Rule<MixStep>::check(State const& s, MixStep const& e) {
  Attempt const& a = *s.attempt;
  if (a.phase != BatchPhase::kMixing) return Refusal::kWrongPhase;
  if (!a.takes_part(e.trustee)) return Refusal::kNotAuthorised;
  if (e.trustee != a.mixes.size()) return Refusal::kWrongPhase;
  if (!covers(e.counts, a.live())) return Refusal::kConflict;
  for (auto const& [q, count] : e.counts) {
    if (count.in != (a.mixes.empty() ? a.counted_for(q) : a.mixes.back().counts.at(q).out)) return Refusal::kMixSize;
    if (count.out > count.in) return Refusal::kOutOfRange;
  }
  return {};
}

void Rule<MixStep>::take(State& s, MixStep const& e, Place const&) { s.attempt->mixes.push_back(e); }

// ---- BallotBox -----------------------------------------------------------------------------------------------------

namespace {

Result<void> check_question_box(State const& s, QuestionId q, QuestionBox const& box,
                                std::unordered_set<Hash, FixedBytesHash<Hash>>& here,
                                Rule<BallotBox>::Prepared& prepared) {
  std::vector<Point> a, b;
  Bytes const* before = nullptr;
  for (Bytes const& bytes : box.ballots) {
    auto const ballot = parse_ballot(s.attempt->shape, bytes);
    if (!ballot) return ballot.error();
    if (!crypto::is_valid(ballot->pk_v)) return Refusal::kBallotEncoding;
    if (ballot->question != q) return Refusal::kBallotContext;
    // An order that is not by bytes could tell who voted when.
    if (before != nullptr && *before >= bytes) return Refusal::kBallotEncoding;
    before = &bytes;
    if (!crypto::is_valid(ballot->pk_v)) return Refusal::kBallotEncoding;
    if (s.spent_ballots.contains(seen_ballot_key(ballot->pk_v))) return Refusal::kBallotSpent;
    for (Hash const& hash : {seen_ballot_key(ballot->pk_v), seen_vote(ballot->vote)}) {
      if (s.seen_ballots.contains(hash) || !here.insert(hash).second) return Refusal::kBallotDuplicate;
    }
    a.push_back(ballot->vote.a);
    b.push_back(ballot->vote.b);
  }
  // Adding them up refuses every point that is not valid, and the identity.
  auto const sum_a = elgamal::sum(a);
  auto const sum_b = elgamal::sum(b);
  if (!sum_a || !sum_b) return Refusal::kBallotEncoding;
  prepared.sums[q] = {*sum_a, *sum_b};
  return {};
}

}  // namespace

auto Rule<BallotBox>::check(State const& s, BallotBox const& e) -> Result<Prepared> {
  Prepared prepared;
  Attempt const& a = *s.attempt;
  if (a.phase != BatchPhase::kMixing || a.mixes.size() != a.holders.size()) return Refusal::kWrongPhase;
  if (!covers(e.boxes, a.live())) return Refusal::kConflict;
  // First what costs nothing.
  for (auto const& [q, box] : e.boxes) {
    std::uint64_t total = box.ballots.size();
    for (auto const& [code, count] : box.refused) {
      auto const refusal = static_cast<Refusal>(code);
      bool const of_a_ballot = (refusal >= Refusal::kBallotToken && refusal <= Refusal::kBallotDuplicate) ||
                               refusal == Refusal::kBallotSpent;
      if (code > 0xffff || !of_a_ballot || count == 0) {
        return Refusal::kOutOfRange;
      }
      total += count;
    }
    if (total != a.mixes.back().counts.at(q).out) return Refusal::kGateCount;
  }
  std::unordered_set<Hash, FixedBytesHash<Hash>> here;
  for (auto const& [q, box] : e.boxes) {
    if (auto const ok = check_question_box(s, q, box, here, prepared); !ok) return ok.error();
  }
  prepared.seen.assign(here.begin(), here.end());
  return prepared;
}

void Rule<BallotBox>::take(State& s, BallotBox const& e, Place const& place, Prepared prepared) {
  Attempt& a = *s.attempt;
  a.box = std::make_shared<BallotBox const>(e);
  a.box_hash = place.leaf;
  a.box_index = place.index;
  a.sums = std::move(prepared.sums);
  a.phase = BatchPhase::kConfirming;
  s.seen_ballots.insert(prepared.seen.begin(), prepared.seen.end());
}

// ---- Incident ------------------------------------------------------------------------------------------------------

Result<void> Rule<Incident>::check(State const& s, Incident const& e) {
  if (e.code == 0 || e.code > static_cast<std::uint32_t>(kLastRefusal)) return Refusal::kOutOfRange;
  if (s.attempt->incidents.contains({e.person, e.code})) return Refusal::kConflict;
  return {};
}

void Rule<Incident>::take(State& s, Incident const& e, Place const&) {
  s.attempt->incidents.insert({e.person, e.code});
}

}  // namespace piaojue::meeting::rules
