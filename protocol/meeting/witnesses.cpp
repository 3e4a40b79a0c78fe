// SPDX-License-Identifier: Apache-2.0
#include "protocol/meeting/witnesses.h"

#include "protocol/meeting/arithmetic.h"

namespace piaojue::meeting {

Result<void> Witnesses::add(Record const& record, log::Cosignature const& cosignature) {
  auto const key = record.witness_key(cosignature.person);
  if (!key) return Refusal::kNotOnRoll;
  // The signature first: only what the person really signed may raise the alarm of a split.
  auto const valid = log::verify_cosignature(cosignature, record.manifest().origin(), *key);
  if (!valid) return valid;
  if (cosignature.tree_size == 0 || cosignature.tree_size > record.size()) return Refusal::kOutOfRange;
  if (cosignature.root != record.tree().root(cosignature.tree_size)) return Refusal::kLogInconsistent;
  std::uint64_t& largest = largest_[cosignature.person];
  largest = std::max(largest, cosignature.tree_size);
  return {};
}

std::uint32_t Witnesses::count(std::uint64_t index, std::vector<PersonId> const& among) const {
  return static_cast<std::uint32_t>(std::ranges::count_if(among, [&](PersonId person) {
    auto const found = largest_.find(person);
    return found != largest_.end() && found->second > index;
  }));
}

bool Witnesses::enough(std::uint64_t index, std::vector<PersonId> const& among) const {
  return count(index, among) >= cosignatures_needed(static_cast<std::uint32_t>(among.size()));
}

}  // namespace piaojue::meeting
