// SPDX-License-Identifier: Apache-2.0
#include "protocol/meeting/rules/people.h"

#include "crypto/sign.h"
#include "protocol/meeting/codec.h"
#include "protocol/meeting/rules/seen.h"

namespace piaojue::meeting::rules {

// ---- SignIn --------------------------------------------------------------------------------------------------------

Result<void> Rule<SignIn>::check(State const& s, SignIn const& e) {
  if (s.has_role(e.person, kScreen)) return Refusal::kNotAuthorised;
  Presence const now = s.presence(e.person);
  if (now.signed_in || e.sequence != now.sequence) return Refusal::kConflict;
  if (!now.out_by_others && now.sign_ins >= kSignInsMax) return Refusal::kTooLarge;
  return {};
}

void Rule<SignIn>::take(State& s, SignIn const& e, Place const&) {
  Presence& presence = s.presences[e.person];
  // Whoever comes back may vote after all. Were the word still his, the vote could be lost without a mark.
  if (s.in_progress() && s.attempt->shares.empty()) {
    if (auto const voter = s.attempt->voters.find(e.person); voter != s.attempt->voters.end()) {
      voter->second.signed_out_not_cast.reset();
    }
  }
  if (!presence.out_by_others) ++presence.sign_ins;
  presence.signed_in = true;
  presence.out_by_others = false;
  presence.sequence = e.sequence + 1;
  if (!s.has_role(e.person, kExpert) || !s.has_first_key(e.person)) return;
  s.committee_pool.insert(e.person);
  s.came.insert(e.person);
}

// ---- SignOut -------------------------------------------------------------------------------------------------------

Result<void> Rule<SignOut>::check(State const& s, SignOut const& e) {
  Presence const now = s.presence(e.person);
  if (!now.signed_in || e.sequence != now.sequence) return Refusal::kConflict;
  bool const by_others = !e.reason.empty();
  if (by_others && (e.batch_open || e.size != 0 || e.root)) return Refusal::kMalformed;
  if (e.not_cast && !e.batch_open) return Refusal::kMalformed;
  // Signed over another log, it would take its signer out of W in a log that he has never seen.
  if (!by_others && (e.size == 0 || e.size > s.tree.size() || e.root != s.tree.root(e.size))) {
    return Refusal::kLogInconsistent;
  }
  if (!e.batch_open) return {};
  // What is said of an attempt is said while it can still be asked for, and before anybody knows a sum.
  if (!s.in_progress() || s.attempt->open_hash != *e.batch_open || !s.attempt->shares.empty()) {
    return Refusal::kWrongPhase;
  }
  if (!s.key_as_old_as_attempt(e.person)) return Refusal::kNotOnRoll;
  if (!e.not_cast) return {};
  if (!s.attempt->entitled(e.person)) return Refusal::kNotOnRoll;
  Voter const* const voter = s.attempt->voter(e.person);
  if (voter != nullptr && voter->envelope) return Refusal::kConflict;
  return {};
}

void Rule<SignOut>::take(State& s, SignOut const& e, Place const& place) {
  bool const by_others = !e.reason.empty();
  Presence& presence = s.presences[e.person];
  presence.signed_in = false;
  presence.out_by_others = by_others;
  presence.sequence = e.sequence + 1;
  if (e.batch_open) s.attempt->voters[e.person].signed_out_not_cast = e.not_cast;
  // A sign-out under a key that the office brought would let the office make the guards fewer.
  if (by_others || !s.has_first_key(e.person)) return;
  s.committee_pool.erase(e.person);
  if (!s.attempt || !s.key_as_old_as_attempt(e.person)) return;
  auto const witness = s.attempt->witnesses.find(e.person);
  if (witness != s.attempt->witnesses.end() && !witness->second.left) witness->second.left = place.index;
}

// ---- Recuse --------------------------------------------------------------------------------------------------------

namespace {

/// A key that the office brought would let the office speak for the person.
bool attests(State const& s, Recuse const& e, Signing const& signing) {
  return signing.by == By::kCommittee || (signing.by == By::kOne && s.has_first_key(e.person));
}

/// Who stepped back by himself may come back by himself; a body that holds it for needed says so too, and he does not.
bool adds_its_word(RecusalNote const& note, By by) {
  return !note.by_committee && (by == By::kCommittee || (by == By::kOffice && !note.by_office));
}

/// Neither decided, nor live in an attempt in progress: whoever steps back from it, or comes back, changes nobody's
/// vote.
bool is_between_attempts(State const& s, QuestionId q) {
  return !s.questions.at(q).decided() && !(s.in_progress() && contains(s.attempt->live(), q));
}

}  // namespace

Result<void> Rule<Recuse>::check(State const& s, Recuse const& e, Signing const& signing) {
  if (!s.has_role(e.person, kExpert)) return Refusal::kNotAuthorised;
  if (e.reason.empty()) return Refusal::kMalformed;
  if (!is_between_attempts(s, e.question)) return Refusal::kWrongPhase;
  // Of one that was taken back nobody who holds the old entry makes a new one.
  if (e.sequence != s.recuse_backs_of(e.person, e.question)) return Refusal::kConflict;
  RecusalNote const* const before = s.recusal(e.person, e.question);
  if (before == nullptr || adds_its_word(*before, signing.by)) return {};
  // What the office entered may still be attested, so that the question can be opened.
  if (before->attested || !attests(s, e, signing)) return Refusal::kConflict;
  return {};
}

void Rule<Recuse>::take(State& s, Recuse const& e, Place const& place) {
  RecusalNote& note = s.recusals[e.person][e.question];
  bool const attested = attests(s, e, place.signing);
  if (note.reason.empty() || attested) note.reason = e.reason;
  note.attested = note.attested || attested;
  // Who attests what others entered does not make it his own word alone.
  note.by_office = note.by_office || place.signing.by == By::kOffice;
  note.by_committee = note.by_committee || place.signing.by == By::kCommittee;
  if (place.signing.by == By::kOne) note.own_key = s.current_keys(e.person)->index;
}

// ---- RecuseBack ----------------------------------------------------------------------------------------------------

Result<void> Rule<RecuseBack>::check(State const& s, RecuseBack const& e) {
  if (e.reason.empty()) return Refusal::kMalformed;
  std::uint32_t const before = s.recuse_backs_of(e.person, e.question);
  if (e.sequence != before) return Refusal::kConflict;
  if (before >= kRecuseBacksMax) return Refusal::kTooLarge;
  // Who stood back while nobody knew a sum does not come back when somebody does: he would decide, or be told apart.
  QuestionState const& question = s.questions.at(e.question);
  if (!is_between_attempts(s, e.question) || question.opened || question.tallied) return Refusal::kWrongPhase;
  return {};
}

void Rule<RecuseBack>::take(State& s, RecuseBack const& e, Place const&) {
  auto const of_person = s.recusals.find(e.person);
  s.taken_back = std::move(of_person->second.at(e.question));
  of_person->second.erase(e.question);
  if (of_person->second.empty()) s.recusals.erase(of_person);
  ++s.recuse_backs[{e.person, e.question}];
}

// ---- KeyChange -----------------------------------------------------------------------------------------------------

namespace {

constexpr std::size_t kKeysOfAPerson = 3;

std::set<Hash> keys_of(KeyChange const& e) {
  return {seen_key(e.identity_key.view()), seen_key(e.witness_key.view()), seen_key(e.box_key)};
}

void drop_pending_keys(State& s, TrusteeId trustee) {
  std::erase_if(s.pending_keys, [&](auto const& item) { return item.first.second == trustee; });
}

}  // namespace

Result<void> Rule<KeyChange>::check(State const& s, KeyChange const& e, Signing const& signing) {
  if (e.reason.empty()) return Refusal::kMalformed;
  if (!valid_people_keys(e.identity_key, e.witness_key, e.box_key)) return Refusal::kOutOfRange;
  std::set<Hash> const keys = keys_of(e);
  if (keys.size() != kKeysOfAPerson) return Refusal::kConflict;
  if (std::ranges::any_of(keys, [&](Hash const& key) { return s.seen_keys.contains(key); })) return Refusal::kConflict;
  if (!crypto::verify(e.identity_key,
                      {possession_input(s.manifest.meeting_id, e.person, e.identity_key, e.witness_key, e.box_key)},
                      e.possession)) {
    return Refusal::kBadSignature;
  }
  if (s.has_slot(e.person) && s.in_progress()) return Refusal::kWrongPhase;
  // The office could otherwise take the committee away, key by key.
  if (signing.by == By::kOffice && s.has_first_key(e.person) && !enough_first_keys(s, e.person)) {
    return Refusal::kFirstKeys;
  }
  return {};
}

void Rule<KeyChange>::take(State& s, KeyChange const& e, Place const& place) {
  s.keys[e.person].push_back(
      {e.identity_key, e.witness_key, e.box_key, place.signing.by == By::kCommittee, place.index});
  for (Hash const& key : keys_of(e)) s.seen_keys.insert(key);
  for (TrusteeId t = 1; t < s.slots.size(); ++t) {
    if (s.slots[t] == e.person) drop_pending_keys(s, t);
  }
}

// ---- TrusteeChange -------------------------------------------------------------------------------------------------

Result<void> Rule<TrusteeChange>::check(State const& s, TrusteeChange const& e) {
  if (e.reason.empty()) return Refusal::kMalformed;
  if (s.in_progress()) return Refusal::kWrongPhase;
  if (e.trustee == 0) return Refusal::kUnknown;
  if (s.slots[e.trustee] == e.person) return Refusal::kConflict;
  if (!s.presence(e.person).signed_in) return Refusal::kNotOnRoll;
  if (s.has_role(e.person, kScreen) || !s.has_first_key(e.person) || s.has_slot(e.person)) {
    return Refusal::kNotAuthorised;
  }
  return {};
}

void Rule<TrusteeChange>::take(State& s, TrusteeChange const& e, Place const&) {
  s.slots[e.trustee] = e.person;
  drop_pending_keys(s, e.trustee);
}

// ---- Interview -----------------------------------------------------------------------------------------------------

Result<void> Rule<Interview>::check(State const& s, Interview const& e) {
  if (s.manifest.candidates[e.question - 1].channel != Channel::kExceptional) return Refusal::kOutOfRange;
  if (s.interviews.contains(e.question)) return Refusal::kConflict;
  return {};
}

void Rule<Interview>::take(State& s, Interview const& e, Place const&) {
  s.interviews[e.question] = e;
  s.questions.at(e.question).interview = true;
}

}  // namespace piaojue::meeting::rules
