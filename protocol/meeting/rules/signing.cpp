// SPDX-License-Identifier: Apache-2.0
#include "protocol/meeting/rules/signing.h"

#include "crypto/sign.h"
#include "protocol/meeting/rules/counting.h"
#include "protocol/meeting/rules/manifest.h"
#include "protocol/meeting/rules/opening.h"
#include "protocol/meeting/rules/people.h"
#include "protocol/meeting/rules/voting.h"

namespace piaojue::meeting::rules {

namespace {

bool fits(WayToSign const& way, Manifest const& manifest, std::vector<PersonId> const& signers, bool complete) {
  std::vector<std::size_t> filled(way.roles.size(), 0);
  std::size_t named = 0;
  for (PersonId const signer : signers) {
    if (contains(way.each, signer)) {
      ++named;
      continue;
    }
    if (signer == kServer || signer > manifest.people.size()) return false;
    std::uint32_t const has = manifest.people[signer - 1].roles;
    bool placed = false;
    for (std::size_t i = 0; i < way.roles.size() && !placed; ++i) {
      RoleWanted const& wanted = way.roles[i];
      if ((has & wanted.role) == 0 || signer == wanted.except || filled[i] == wanted.max) continue;
      ++filled[i];
      placed = true;
    }
    if (!placed) return false;
  }
  if (!complete) return true;
  if (named != way.each.size()) return false;
  for (std::size_t i = 0; i < way.roles.size(); ++i) {
    if (filled[i] < way.roles[i].min) return false;
  }
  return true;
}

}  // namespace

bool fits(WaysToSign const& ways, Manifest const& manifest, std::vector<PersonId> const& signers, bool complete) {
  return std::ranges::any_of(ways, [&](WayToSign const& way) { return fits(way, manifest, signers, complete); });
}

std::vector<PersonId> signers_of(Entry const& entry) {
  std::vector<PersonId> out;
  for (EntrySignature const& signature : entry.signatures) out.push_back(signature.signer);
  return out;
}

Result<void> check_signatures(State const& state, Entry const& entry, WaysToSign const& ways, bool complete) {
  auto const* opening = std::get_if<Manifest>(&entry.body);
  Manifest const& manifest = opening != nullptr ? *opening : state.manifest;
  if (!fits(ways, manifest, signers_of(entry), complete)) return Refusal::kNotAuthorised;
  Bytes const input = crypto::entry_signing_input(name(entry.type()), entry.body_bytes);
  for (EntrySignature const& signature : entry.signatures) {
    auto const key = opening == nullptr            ? state.identity_key(signature.signer)
                     : signature.signer == kServer ? std::optional(manifest.server_key)
                                                   : manifest.people[signature.signer - 1].identity_key;
    if (!key) return Refusal::kNotOnRoll;
    if (!crypto::verify(*key, {input}, signature.signature)) return Refusal::kBadSignature;
  }
  return {};
}

std::size_t count_role(Manifest const& manifest, Role role) {
  return static_cast<std::size_t>(
      std::ranges::count_if(manifest.people, [&](Person const& person) { return (person.roles & role) != 0; }));
}

// ---- The table ----------------------------------------------------------------------------------------------------

namespace {

WaysToSign by(PersonId person) { return {{{person}, {}}}; }
WaysToSign by(std::vector<RoleWanted> roles) { return {{{}, std::move(roles)}}; }
WaysToSign by_trustee(State const& s, TrusteeId trustee) { return by(s.manifest.trustees[trustee]); }

RoleWanted one(Role role, PersonId except = 0) { return {role, 1, 1, except}; }
RoleWanted every(Manifest const& m, Role role) { return {role, count_role(m, role), count_role(m, role), 0}; }
RoleWanted at_least(Manifest const& m, Role role, std::size_t n) { return {role, n, count_role(m, role), 0}; }

/// The chair, and as many supervisors as the rules of the meeting ask for.
WaysToSign by_chair_and_supervisors(Manifest const& m) {
  return by({one(kChair), at_least(m, kSupervisor, m.rules.supervisors_needed)});
}

}  // namespace

// 10.1 Meeting and people

WaysToSign Rule<Manifest>::signers(State const&, Manifest const& e) {
  return by({at_least(e, kClerk, 1), at_least(e, kChair, 1), every(e, kSupervisor)});
}
WaysToSign Rule<SignIn>::signers(State const&, SignIn const& e) { return by(e.person); }
WaysToSign Rule<SignOut>::signers(State const&, SignOut const& e) {
  return e.reason.empty() ? by(e.person) : by({one(kClerk), one(kChair)});
}
WaysToSign Rule<Recuse>::signers(State const&, Recuse const& e) {
  return {{{e.person}, {}}, {{}, {one(kClerk), one(kChair)}}};
}
WaysToSign Rule<KeyChange>::signers(State const& s, KeyChange const& e) {
  WaysToSign out = by({one(kChair, e.person)});
  if (s.has_role(e.person, kChair)) out.push_back({{}, {one(kSupervisor)}});
  return out;
}
WaysToSign Rule<Interview>::signers(State const&, Interview const&) { return by({one(kClerk)}); }
WaysToSign Rule<MeetingClose>::signers(State const& s, MeetingClose const&) {
  return by_chair_and_supervisors(s.manifest);
}

// 10.2 Opening

WaysToSign Rule<BatchKeys>::signers(State const& s, BatchKeys const& e) { return by_trustee(s, e.trustee); }
WaysToSign Rule<BatchOpen>::signers(State const&, BatchOpen const&) { return by({one(kChair)}); }

// 10.3 Voting, closing, mixing

WaysToSign Rule<TokenRequest>::signers(State const&, TokenRequest const& e) { return by(e.person); }
WaysToSign Rule<TokensIssued>::signers(State const& s, TokensIssued const& e) { return by_trustee(s, e.trustee); }
WaysToSign Rule<EnvelopeCast>::signers(State const&, EnvelopeCast const& e) { return by(e.person); }
WaysToSign Rule<BatchClose>::signers(State const&, BatchClose const&) { return by({one(kChair)}); }
WaysToSign Rule<IssuanceClosed>::signers(State const& s, IssuanceClosed const& e) { return by_trustee(s, e.trustee); }
WaysToSign Rule<MixStep>::signers(State const& s, MixStep const& e) { return by_trustee(s, e.trustee); }
WaysToSign Rule<BallotBox>::signers(State const&, BallotBox const&) { return by(kServer); }
WaysToSign Rule<Incident>::signers(State const&, Incident const&) { return by(kServer); }

// 10.4 Confirming, opening, declaring

WaysToSign Rule<Confirm>::signers(State const&, Confirm const& e) { return by(e.person); }
WaysToSign Rule<Override>::signers(State const& s, Override const& e) {
  return by({one(kChair), e.missing.empty() ? at_least(s.manifest, kSupervisor, 1) : every(s.manifest, kSupervisor)});
}
WaysToSign Rule<TallyShare>::signers(State const& s, TallyShare const& e) { return by_trustee(s, e.trustee); }
WaysToSign Rule<Declaration>::signers(State const& s, Declaration const&) {
  return by_chair_and_supervisors(s.manifest);
}
WaysToSign Rule<Void>::signers(State const& s, Void const& e) {
  return e.shares_lost ? by({one(kChair), every(s.manifest, kSupervisor)}) : by({one(kChair)});
}
WaysToSign Rule<PaperTally>::signers(State const& s, PaperTally const&) { return by_chair_and_supervisors(s.manifest); }
WaysToSign Rule<Erased>::signers(State const& s, Erased const& e) { return by_trustee(s, e.trustee); }

}  // namespace piaojue::meeting::rules
