// SPDX-License-Identifier: Apache-2.0
#include "protocol/meeting/state.h"

namespace piaojue::meeting {

PersonKeys const* State::current_keys(PersonId person) const {
  auto const found = keys.find(person);
  return found == keys.end() ? nullptr : &found->second.back();
}

std::optional<SigningPublicKey> State::identity_key(PersonId person) const {
  if (person == kServer) return phase == MeetingPhase::kBeforeOpen ? std::nullopt : std::optional(manifest.server_key);
  PersonKeys const* const found = current_keys(person);
  return found == nullptr ? std::nullopt : std::optional(found->identity);
}

std::optional<SigningPublicKey> State::witness_key(PersonId person) const {
  PersonKeys const* const found = current_keys(person);
  return found == nullptr ? std::nullopt : std::optional(found->witness);
}

std::optional<SigningPublicKey> State::witness_key_at(PersonId person, std::uint64_t size) const {
  auto const found = keys.find(person);
  if (found == keys.end()) return std::nullopt;
  std::optional<SigningPublicKey> out;
  for (PersonKeys const& each : found->second) {
    if (each.index < size) out = each.witness;
  }
  return out;
}

bool State::has_first_key(PersonId person) const {
  PersonKeys const* const found = current_keys(person);
  return found != nullptr && found->first;
}

bool State::key_as_old_as_attempt(PersonId person) const {
  if (person == kServer) return true;
  PersonKeys const* const found = current_keys(person);
  return found != nullptr && found->index < attempt->open_index;
}

bool State::has_role(PersonId person, Role role) const {
  return is_person(person) && (manifest.people[person - 1].roles & role) != 0;
}

bool State::has_slot(PersonId person) const { return std::ranges::find(slots, person) != slots.end(); }

Presence State::presence(PersonId person) const {
  auto const found = presences.find(person);
  return found == presences.end() ? Presence{} : found->second;
}

RecusalNote const* State::recusal(PersonId person, QuestionId q) const {
  auto const has = recusals.find(person);
  if (has == recusals.end()) return nullptr;
  auto const note = has->second.find(q);
  return note == has->second.end() ? nullptr : &note->second;
}

std::uint32_t State::recuse_backs_of(PersonId person, QuestionId q) const {
  auto const found = recuse_backs.find({person, q});
  return found == recuse_backs.end() ? 0 : found->second;
}

std::vector<PersonId> State::people_with(Role role) const {
  std::vector<PersonId> out;
  for (PersonId p = 1; p <= manifest.people.size(); ++p) {
    if (has_role(p, role)) out.push_back(p);
  }
  return out;
}

std::vector<PersonId> State::experts_present() const {
  std::vector<PersonId> out = signed_in();
  std::erase_if(out, [&](PersonId person) { return !has_role(person, kExpert); });
  return out;
}

std::vector<PersonId> State::signed_in() const {
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
                       [&](QuestionId q) { return !questions.at(q).decided(); });
  return out;
}

}  // namespace piaojue::meeting
