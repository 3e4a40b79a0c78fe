// SPDX-License-Identifier: Apache-2.0
#include "protocol/meeting/rules/signing.h"

#include "crypto/sign.h"
#include "protocol/meeting/rules/checking.h"
#include "protocol/meeting/rules/counting.h"
#include "protocol/meeting/rules/manifest.h"
#include "protocol/meeting/rules/opening.h"
#include "protocol/meeting/rules/people.h"
#include "protocol/meeting/rules/voting.h"

namespace piaojue::meeting::rules {

bool fits(WayToSign const& way, std::vector<PersonId> const& signers, bool complete) {
  std::vector<std::size_t> filled(way.groups.size(), 0);
  std::size_t named = 0;
  for (PersonId const signer : signers) {
    if (contains(way.each, signer)) {
      ++named;
      continue;
    }
    auto const at = std::ranges::find_if(way.groups, [&](Group const& g) { return contains(g.members, signer); });
    if (at == way.groups.end()) return false;
    std::size_t& count = filled[static_cast<std::size_t>(at - way.groups.begin())];
    if (++count > at->max) return false;
  }
  if (!complete) return true;
  if (named != way.each.size()) return false;
  for (std::size_t i = 0; i < way.groups.size(); ++i) {
    Group const& group = way.groups[i];
    if (filled[i] < group.min) return false;
    if (!std::ranges::all_of(group.must, [&](PersonId person) { return contains(signers, person); })) return false;
  }
  return true;
}

std::vector<PersonId> signers_of(Entry const& entry) {
  std::vector<PersonId> out;
  for (EntrySignature const& signature : entry.signatures) out.push_back(signature.signer);
  return out;
}

Result<void> check_signatures(State const& state, Entry const& entry) {
  auto const* opening = std::get_if<Manifest>(&entry.body);
  Bytes const input = crypto::entry_signing_input(name(entry.type()), entry.body_bytes);
  for (EntrySignature const& signature : entry.signatures) {
    auto const key = opening == nullptr            ? state.identity_key(signature.signer)
                     : signature.signer == kServer ? std::optional(opening->server_key)
                                                   : opening->people[signature.signer - 1].identity_key;
    if (!key) return Refusal::kNotOnRoll;
    if (!crypto::verify(*key, {input}, signature.signature)) return Refusal::kBadSignature;
  }
  return {};
}

// ---- The table ----------------------------------------------------------------------------------------------------

namespace {

WaysToSign by(PersonId person) { return {{By::kOne, {person}, {}}}; }
WaysToSign by_slot(State const& s, TrusteeId trustee) { return by(s.slots[trustee]); }

void add_office(WaysToSign& ways, State const& s, PersonId concerned) {
  Office const o = office(s, concerned);
  if (!o.exists()) return;
  ways.push_back({By::kOffice, {}, {{o.chairs}, {o.supervisors, 1, o.supervisors.size(), o.present_supervisors}}});
}
void add_committee(WaysToSign& ways, State const& s, PersonId concerned, std::vector<PersonId> must = {}) {
  Committee const c = committee(s, concerned);
  if (!c.exists()) return;
  ways.push_back({By::kCommittee, {}, {{c.members, c.needed, c.members.size(), std::move(must)}}});
}
/// Wherever the table says office, the committee may sign instead.
WaysToSign by_office(State const& s, PersonId concerned = kNobody) {
  WaysToSign out;
  add_office(out, s, concerned);
  add_committee(out, s, concerned);
  return out;
}
WaysToSign by_committee(State const& s, PersonId concerned = kNobody) {
  WaysToSign out;
  add_committee(out, s, concerned);
  return out;
}
/// A chair and a supervisor are out of the office's reach, whatever else they are.
bool is_officer(State const& s, PersonId person) {
  return s.has_role(person, kChair) || s.has_role(person, kSupervisor);
}
WaysToSign& operator+=(WaysToSign& out, WaysToSign more) {
  std::ranges::move(more, std::back_inserter(out));
  return out;
}

}  // namespace

// 10.1 Meeting and people

WaysToSign Rule<Manifest>::signers(State const&, Manifest const& e) {
  WayToSign out{By::kOpeners, {}, {}};
  for (PersonId p = 1; p <= e.people.size(); ++p) {
    Person const& person = e.people[p - 1];
    bool const opens = (person.roles & (kChair | kClerk | kSupervisor)) != 0 || contains(e.trustees, p);
    if (opens && person.identity_key) out.each.push_back(p);
  }
  return {out};
}
WaysToSign Rule<SignIn>::signers(State const&, SignIn const& e) { return by(e.person); }
WaysToSign Rule<SignOut>::signers(State const& s, SignOut const& e) {
  if (e.reason.empty()) return by(e.person);
  return is_officer(s, e.person) ? by_committee(s, e.person) : by_office(s, e.person);
}
WaysToSign Rule<Recuse>::signers(State const& s, Recuse const& e) {
  WaysToSign out = by(e.person);
  out += is_officer(s, e.person) ? by_committee(s, e.person) : by_office(s, e.person);
  return out;
}
WaysToSign Rule<RecuseBack>::signers(State const& s, RecuseBack const& e) {
  RecusalNote const& note = *s.recusal(e.person, e.question);
  // What a person said himself is not undone with a key that the office brought him afterwards.
  PersonKeys const* const keys = s.current_keys(e.person);
  if (note.own_key && (keys == nullptr || (!keys->first && keys->index != *note.own_key))) return {};
  if (!note.by_office && !note.by_committee) return by(e.person);
  WaysToSign out = note.by_committee ? by_committee(s, e.person) : by_office(s, e.person);
  for (WayToSign& way : out) way.each.push_back(e.person);
  return out;
}
WaysToSign Rule<KeyChange>::signers(State const& s, KeyChange const& e) {
  return is_officer(s, e.person) || s.has_slot(e.person) ? by_committee(s, e.person) : by_office(s, e.person);
}
WaysToSign Rule<TrusteeChange>::signers(State const& s, TrusteeChange const& e) {
  PersonId const outgoing = s.slots[e.trustee];
  Committee const c = committee(s, outgoing);
  if (contains(c.members, e.person)) {
    WaysToSign out;
    add_committee(out, s, outgoing, {e.person});
    return out;
  }
  WaysToSign out = by_committee(s, outgoing);
  for (WayToSign& way : out) way.each.push_back(e.person);
  return out;
}
WaysToSign Rule<Interview>::signers(State const& s, Interview const&) {
  return {{By::kOne, {}, {{s.people_with(kClerk)}}}};
}
WaysToSign Rule<MeetingClose>::signers(State const& s, MeetingClose const&) {
  WaysToSign out;
  // People sign and then leave: here no supervisor need be signed in.
  Office const o = office(s, kNobody);
  if (!o.chairs.empty() && !o.supervisors.empty()) {
    out.push_back({By::kOffice, {}, {{o.chairs}, {o.supervisors, 1, o.supervisors.size(), o.present_supervisors}}});
  }
  add_committee(out, s, kNobody);
  for (auto const& [one, other] : {std::pair{kChair, kClerk}, {kChair, kSupervisor}, {kClerk, kSupervisor}}) {
    out.push_back({By::kTwo, {}, {{s.people_with(one)}, {s.people_with(other)}}});
  }
  return out;
}

// 10.2 Opening

WaysToSign Rule<BatchKeys>::signers(State const& s, BatchKeys const& e) { return by_slot(s, e.trustee); }
WaysToSign Rule<BatchOpen>::signers(State const& s, BatchOpen const&) { return by_office(s); }

// 10.3 Voting, checking, closing, mixing

WaysToSign Rule<TokenRequest>::signers(State const&, TokenRequest const& e) { return by(e.person); }
WaysToSign Rule<TokensIssued>::signers(State const& s, TokensIssued const& e) { return by_slot(s, e.trustee); }
WaysToSign Rule<EnvelopeCast>::signers(State const&, EnvelopeCast const& e) { return by(e.person); }
WaysToSign Rule<EnvelopeSpoil>::signers(State const& s, EnvelopeSpoil const& e) {
  if (e.supervisor == 0) return by_office(s, e.person);
  if (!s.has_role(e.supervisor, kSupervisor)) return {};
  return {{By::kPersonAndSupervisor, {e.person, e.supervisor}, {}}};
}
WaysToSign Rule<CheckResult>::signers(State const& s, CheckResult const& e) {
  WaysToSign out;
  Spoil const* const spoil = latest_spoil(s, e.person);
  if (spoil != nullptr && spoil->supervisor != 0) out = by(spoil->supervisor);
  if (e.verdict == CheckVerdict::kUnopened) out += by_office(s);
  return out;
}
WaysToSign Rule<BatchClose>::signers(State const& s, BatchClose const&) { return by_office(s); }
WaysToSign Rule<IssuanceClosed>::signers(State const& s, IssuanceClosed const& e) { return by_slot(s, e.trustee); }
WaysToSign Rule<MixStep>::signers(State const& s, MixStep const& e) { return by_slot(s, e.trustee); }
WaysToSign Rule<BallotBox>::signers(State const&, BallotBox const&) { return by(kServer); }
WaysToSign Rule<Incident>::signers(State const&, Incident const&) { return by(kServer); }

// 10.4 Confirming, opening, declaring

WaysToSign Rule<Confirm>::signers(State const&, Confirm const& e) { return by(e.person); }
WaysToSign Rule<Override>::signers(State const& s, Override const&) { return by_office(s); }
WaysToSign Rule<TallyShare>::signers(State const& s, TallyShare const& e) { return by_slot(s, e.trustee); }
WaysToSign Rule<Declaration>::signers(State const& s, Declaration const&) { return by_office(s); }
WaysToSign Rule<Void>::signers(State const& s, Void const&) {
  return s.attempt->shares.empty() ? by_office(s) : by_committee(s);
}
WaysToSign Rule<PaperTally>::signers(State const& s, PaperTally const&) { return by_office(s); }
WaysToSign Rule<Erased>::signers(State const& s, Erased const& e) {
  bool const current = e.batch_open == s.attempt->open_hash;
  auto const& holders = current ? s.attempt->holders : s.past_attempts.at(e.batch_open).holders;
  return e.trustee < holders.size() ? by(holders[e.trustee]) : WaysToSign{};
}

}  // namespace piaojue::meeting::rules
