// SPDX-License-Identifier: Apache-2.0
#include "protocol/meeting/witnesses.h"

#include "protocol/meeting/arithmetic.h"

namespace piaojue::meeting {

namespace {

Standing standing_at(Attempt const& attempt, std::uint64_t size, HasCosigned const& has_cosigned) {
  Standing out;
  std::size_t people = 0, experts = 0;
  for (auto const& [person, witness] : attempt.witnesses) {
    if (witness.left && *witness.left < size) continue;
    ++people;
    experts += witness.expert;
    if (!witness.key) continue;
    if (has_cosigned(person, *witness.key, size)) {
      ++out.have;
      out.have_experts += witness.expert;
    } else {
      out.missing.push_back(person);
    }
  }
  out.needed = two_thirds(people);
  out.needed_experts = two_thirds(experts);
  return out;
}

/// Cosignatures that are still to come.
std::size_t distance(Standing const& s) {
  std::size_t const all = s.needed - std::min(s.needed, s.have);
  std::size_t const experts = s.needed_experts - std::min(s.needed_experts, s.have_experts);
  return std::max(all, experts);
}

}  // namespace

Standing standing(Attempt const& attempt, std::uint64_t index, HasCosigned const& has_cosigned, std::uint64_t last) {
  // W(s) changes only where somebody has left; between two such places the smaller s asks for less.
  std::set<std::uint64_t> sizes{index + 1};
  for (auto const& [person, witness] : attempt.witnesses) {
    if (witness.left && *witness.left > index && *witness.left + 1 <= last) sizes.insert(*witness.left + 1);
  }
  std::optional<Standing> nearest;
  for (std::uint64_t const size : sizes) {
    Standing here = standing_at(attempt, size, has_cosigned);
    if (!nearest || distance(here) < distance(*nearest)) nearest = std::move(here);
  }
  return *nearest;
}

bool is_milestone(Body const& body) {
  switch (type_of(body)) {
    case EntryType::kMeetingOpen:
    case EntryType::kBatchOpen:
    case EntryType::kEnvelopeSpoil:
    case EntryType::kBallotBox:
    case EntryType::kOverride:
    case EntryType::kDeclaration:
    case EntryType::kPaperTally:
    case EntryType::kKeyChange:
    case EntryType::kTrusteeChange:
    case EntryType::kMeetingClose:
      return true;
    case EntryType::kTallyShare:
      return std::get<TallyShare>(body).trustee == 0;
    default:
      return false;
  }
}

Result<void> Witnesses::add(Record const& record, log::Cosignature const& cosignature) {
  if (cosignature.tree_size == 0 || cosignature.tree_size > record.size()) return Refusal::kOutOfRange;
  auto const key = record.witness_key_at(cosignature.person, cosignature.tree_size);
  if (!key) return Refusal::kNotOnRoll;
  // The signature first: only what the person really signed may raise the alarm of a split.
  auto const valid = log::verify_cosignature(cosignature, record.manifest().origin(), *key);
  if (!valid) return valid;
  if (cosignature.root != record.tree().root(cosignature.tree_size)) return Refusal::kLogInconsistent;
  std::uint64_t& largest = largest_[{cosignature.person, *key}];
  largest = std::max(largest, cosignature.tree_size);
  return {};
}

Standing Witnesses::of(Attempt const& attempt, std::uint64_t index) const {
  return standing(attempt, index, [&](PersonId person, SigningPublicKey const& key, std::uint64_t size) {
    auto const found = largest_.find({person, key});
    return found != largest_.end() && found->second >= size;
  });
}

std::vector<PersonId> Witnesses::who(std::uint64_t index, std::vector<PersonId> const& among) const {
  std::vector<PersonId> out;
  std::ranges::copy_if(among, std::back_inserter(out), [&](PersonId person) {
    return std::ranges::any_of(largest_,
                               [&](auto const& item) { return item.first.first == person && item.second > index; });
  });
  return out;
}

std::vector<Hash> unwitnessed(Record const& record, Witnesses const& witnesses) {
  std::vector<Hash> out;
  if (!record.attempt()) return out;
  Attempt const& attempt = *record.attempt();
  for (auto const& index : {attempt.paper_index, attempt.declared_index}) {
    if (!index || witnesses.witnessed(attempt, *index)) continue;
    Hash const leaf = record.tree().leaf(*index);
    if (record.can_be_named_unwitnessed(leaf)) out.push_back(leaf);
  }
  std::ranges::sort(out);
  return out;
}

}  // namespace piaojue::meeting
