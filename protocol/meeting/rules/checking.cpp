// SPDX-License-Identifier: Apache-2.0
#include "protocol/meeting/rules/checking.h"

#include "crypto/sign.h"
#include "protocol/meeting/rules/seen.h"

namespace piaojue::meeting::rules {

Spoil const* latest_spoil(State const& s, PersonId person) {
  if (!s.attempt) return nullptr;
  Voter const* const voter = s.attempt->voter(person);
  return voter == nullptr || voter->spoils.empty() ? nullptr : &voter->spoils.back();
}

// ---- EnvelopeSpoil -------------------------------------------------------------------------------------------------

namespace {

Result<void> check_spent(State const& s, EnvelopeSpoil const& e) {
  if (!covers(e.spent, s.attempt->questions_of(e.person))) return Refusal::kConflict;
  std::set<SigningPublicKey> here;
  for (auto const& [q, pk_v] : e.spent) {
    if (!crypto::is_valid(pk_v)) return Refusal::kBallotEncoding;
    Hash const hash = seen_ballot_key(pk_v);
    if (s.seen_ballots.contains(hash) || s.spent_ballots.contains(hash) || !here.insert(pk_v).second) {
      return Refusal::kBallotDuplicate;
    }
  }
  return {};
}

/// Of those whom their person did not sign.
std::size_t unsigned_spoils(Voter const& voter) {
  return static_cast<std::size_t>(
      std::ranges::count_if(voter.spoils, [](Spoil const& spoil) { return spoil.supervisor == 0; }));
}

/// Everybody who signs alone, or for himself, does so under keys that were there when the attempt began.
bool keys_as_old_as_attempt(State const& s, std::vector<PersonId> const& signers) {
  return std::ranges::all_of(signers, [&](PersonId signer) { return s.key_as_old_as_attempt(signer); });
}

}  // namespace

Result<void> Rule<EnvelopeSpoil>::check(State const& s, EnvelopeSpoil const& e, Signing const& signing) {
  if (!s.manifest.rules.checks_allowed) return Refusal::kNotAuthorised;
  if (!s.voting()) return Refusal::kWrongPhase;
  Voter const* const voter = s.attempt->voter(e.person);
  if (voter == nullptr || !voter->envelope || e.cast != voter->cast) return Refusal::kWrongPhase;
  if (e.cast + 1 >= kCastsMax) return Refusal::kTooLarge;
  if (signing.by == By::kPersonAndSupervisor) {
    if (!keys_as_old_as_attempt(s, signing.signers)) return Refusal::kNotOnRoll;
    return check_spent(s, e);
  }
  if (!e.spent.empty() || unsigned_spoils(*voter) >= kUnsignedSpoilsMax) return Refusal::kConflict;
  return {};
}

void Rule<EnvelopeSpoil>::take(State& s, EnvelopeSpoil const& e, Place const& place) {
  Voter& voter = s.attempt->voters[e.person];
  Spoil spoil{e.cast, voter.envelope->digest, place.index, e.supervisor, e.spent, std::nullopt};
  if (e.supervisor == 0) spoil.verdict = CheckVerdict::kUnopened;
  for (auto const& [q, pk_v] : e.spent) s.spent_ballots.insert(seen_ballot_key(pk_v));
  voter.spoils.push_back(std::move(spoil));
  voter.cast = e.cast + 1;
  voter.request.reset();
  voter.issued.clear();
  voter.envelope.reset();
}

// ---- CheckResult ---------------------------------------------------------------------------------------------------

Result<void> Rule<CheckResult>::check(State const& s, CheckResult const& e, Signing const& signing) {
  if (!s.voting()) return Refusal::kWrongPhase;
  Spoil const* const spoil = latest_spoil(s, e.person);
  if (spoil == nullptr || spoil->cast != e.cast) return Refusal::kUnknown;
  if (spoil->verdict) return Refusal::kConflict;
  if (signing.by == By::kOne && !keys_as_old_as_attempt(s, signing.signers)) return Refusal::kNotOnRoll;
  return {};
}

void Rule<CheckResult>::take(State& s, CheckResult const& e, Place const&) {
  Spoil& spoil = s.attempt->voters[e.person].spoils.back();
  spoil.verdict = e.verdict;
  if (e.verdict == CheckVerdict::kDiffers) s.differs[e.person] = spoil.index;
}

}  // namespace piaojue::meeting::rules
