// SPDX-License-Identifier: Apache-2.0
#include "protocol/meeting/rules/people.h"

#include "crypto/sign.h"
#include "protocol/meeting/codec.h"

namespace piaojue::meeting::rules {

// ---- SignIn --------------------------------------------------------------------------------------------------------

Result<void> Rule<SignIn>::check(State const& s, SignIn const& e) {
  if (s.has_role(e.person, kScreen)) return Refusal::kNotAuthorised;
  Presence const now = s.presence(e.person);
  if (now.signed_in || e.sequence != now.sequence) return Refusal::kConflict;
  return {};
}

void Rule<SignIn>::take(State& s, SignIn const& e, Place const&) { s.presences[e.person] = {true, e.sequence + 1}; }

// ---- SignOut -------------------------------------------------------------------------------------------------------

Result<void> Rule<SignOut>::check(State const& s, SignOut const& e) {
  Presence const now = s.presence(e.person);
  if (!now.signed_in || e.sequence != now.sequence) return Refusal::kConflict;
  return {};
}

void Rule<SignOut>::take(State& s, SignOut const& e, Place const&) { s.presences[e.person] = {false, e.sequence + 1}; }

// ---- Recuse --------------------------------------------------------------------------------------------------------

Result<void> Rule<Recuse>::check(State const& s, Recuse const& e) {
  if (!s.has_role(e.person, kExpert)) return Refusal::kNotAuthorised;
  if (e.reason.empty()) return Refusal::kMalformed;
  if (s.questions.at(e.question).declared) return Refusal::kWrongPhase;
  if (s.in_progress() && contains(s.attempt->live(), e.question)) return Refusal::kWrongPhase;
  auto const has = s.recusals.find(e.person);
  if (has != s.recusals.end() && has->second.contains(e.question)) return Refusal::kConflict;
  return {};
}

void Rule<Recuse>::take(State& s, Recuse const& e, Place const&) { s.recusals[e.person][e.question] = e.reason; }

// ---- KeyChange -----------------------------------------------------------------------------------------------------

Result<void> Rule<KeyChange>::check(State const& s, KeyChange const& e) {
  if (e.reason.empty()) return Refusal::kMalformed;
  if (e.identity_key == e.witness_key || s.seen_people_keys.contains(e.identity_key) ||
      s.seen_people_keys.contains(e.witness_key)) {
    return Refusal::kConflict;
  }
  if (!crypto::verify(e.identity_key,
                      {possession_input(s.manifest.meeting_id, e.person, e.identity_key, e.witness_key)},
                      e.possession)) {
    return Refusal::kBadSignature;
  }
  return {};
}

void Rule<KeyChange>::take(State& s, KeyChange const& e, Place const&) {
  s.keys[e.person] = {e.identity_key, e.witness_key};
  s.seen_people_keys.insert(e.identity_key);
  s.seen_people_keys.insert(e.witness_key);
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
