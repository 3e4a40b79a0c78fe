// SPDX-License-Identifier: Apache-2.0
#include "protocol/meeting/state.h"

namespace piaojue::meeting {

std::optional<SigningPublicKey> State::identity_key(PersonId person) const {
  if (person == kServer) return phase == MeetingPhase::kBeforeOpen ? std::nullopt : std::optional(manifest.server_key);
  auto const found = keys.find(person);
  if (found == keys.end()) return std::nullopt;
  return found->second.identity;
}

std::optional<SigningPublicKey> State::witness_key(PersonId person) const {
  auto const found = keys.find(person);
  if (found == keys.end()) return std::nullopt;
  return found->second.witness;
}

bool State::has_role(PersonId person, Role role) const {
  return is_person(person) && (manifest.people[person - 1].roles & role) != 0;
}

Presence State::presence(PersonId person) const {
  auto const found = presences.find(person);
  return found == presences.end() ? Presence{} : found->second;
}

std::vector<PersonId> State::experts_present() const {
  std::vector<PersonId> out;
  for (auto const& [person, presence] : presences) {
    if (presence.signed_in && has_role(person, kExpert)) out.push_back(person);
  }
  return out;
}

std::vector<PersonId> State::witnesses() const {
  std::vector<PersonId> out;
  for (auto const& [person, presence] : presences) {
    if (presence.signed_in) out.push_back(person);
  }
  return out;
}

bool State::in_progress() const {
  return attempt && attempt->phase != BatchPhase::kDeclared && attempt->phase != BatchPhase::kVoided;
}

bool State::in(std::initializer_list<BatchPhase> phases) const {
  return std::ranges::find(phases, attempt->phase) != phases.end();
}

bool State::voting() const { return attempt && attempt->phase == BatchPhase::kVoting && !attempt->open.paper; }

std::uint32_t State::attempts(BatchId batch) const {
  auto const found = attempts_of.find(batch);
  return found == attempts_of.end() ? 0 : found->second;
}

std::vector<QuestionId> State::undecided(BatchId id) const {
  std::vector<QuestionId> out;
  if (!is_batch(id)) return out;
  std::ranges::copy_if(batch(id).candidates, std::back_inserter(out),
                       [&](QuestionId q) { return !questions.at(q).declared; });
  return out;
}

}  // namespace piaojue::meeting
