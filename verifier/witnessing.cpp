// SPDX-License-Identifier: Apache-2.0
#include "verifier/witnessing.h"

#include <algorithm>

namespace piaojue::verifier {

using namespace meeting;

namespace {

/// The results that an entry accepts; nothing: it is of a type that accepts none.
std::vector<Hash> const* unwitnessed_of(Entry const& entry) {
  if (auto const* open = std::get_if<BatchOpen>(&entry.body)) return &open->unwitnessed;
  if (auto const* close = std::get_if<MeetingClose>(&entry.body)) return &close->unwitnessed;
  return nullptr;
}

}  // namespace

void Witnessing::cosigned(PersonId person, SigningPublicKey const& key, std::uint64_t size) {
  std::uint64_t& largest = largest_[{person, key}];
  largest = std::max(largest, size);
}

bool Witnessing::has_cosigned(PersonId person, SigningPublicKey const& key, std::uint64_t size) const {
  auto const found = largest_.find({person, key});
  return found != largest_.end() && found->second >= size;
}

Standing Witnessing::standing(Attempt const& attempt, std::uint64_t index, std::uint64_t last) const {
  return meeting::standing(
      attempt, index,
      [this](PersonId person, SigningPublicKey const& key, std::uint64_t size) {
        return has_cosigned(person, key, size);
      },
      last);
}

std::vector<Unwitnessed> Witnessing::missing(Record const& before, Entry const& entry) const {
  std::vector<Unwitnessed> out;
  if (!before.attempt()) return out;
  Attempt const& attempt = *before.attempt();
  auto const ask = [&](std::uint64_t index, EntryType type) {
    Standing here = standing(attempt, index, before.size());
    if (!here.witnessed()) out.push_back({index, type, std::move(here)});
  };
  if (std::holds_alternative<TokensIssued>(entry.body) && !issued_) ask(attempt.open_index, EntryType::kBatchOpen);
  if (std::holds_alternative<TallyShare>(entry.body)) {
    if (attempt.shares.empty()) ask(attempt.box_index, EntryType::kBallotBox);
    if (attempt.shares.size() == 1) ask(attempt.first_share_index, EntryType::kTallyShare);
  }
  if (auto const* accepted = unwitnessed_of(entry)) {
    auto const ask_unless_accepted = [&](std::optional<std::uint64_t> const& index, EntryType type) {
      if (index && std::ranges::find(*accepted, before.tree().leaf(*index)) == accepted->end()) ask(*index, type);
    };
    ask_unless_accepted(attempt.paper_index, EntryType::kPaperTally);
    ask_unless_accepted(attempt.declared_index, EntryType::kDeclaration);
  }
  return out;
}

std::vector<AcceptedUnwitnessed> Witnessing::accepted(Entry const& entry) const {
  std::vector<AcceptedUnwitnessed> out;
  auto const* const leaves = unwitnessed_of(entry);
  if (leaves == nullptr) return out;
  for (Hash const& leaf : *leaves) {
    auto const found = results_.find(leaf);
    if (found == results_.end()) continue;  // the state machine has refused such an entry
    Result const& result = found->second;
    Standing const here = standing(result.witnesses, result.entry, result.entry + 1);
    out.push_back({result.entry, here.have, here.needed, here.have_experts, here.needed_experts});
  }
  return out;
}

void Witnessing::taken(Record const& after, Entry const& entry, Hash const& leaf) {
  if (std::holds_alternative<BatchOpen>(entry.body)) issued_ = false;
  if (std::holds_alternative<TokensIssued>(entry.body)) issued_ = true;
  if (std::holds_alternative<Declaration>(entry.body) || std::holds_alternative<PaperTally>(entry.body)) {
    Result& result = results_[leaf];
    result.entry = after.size() - 1;
    result.witnesses.witnesses = after.attempt()->witnesses;
  }
}

bool Witnessing::close_witnessed(Record const& closed, std::vector<PersonId> const& signers) const {
  return std::ranges::any_of(largest_, [&](auto const& item) {
    auto const& [person, key] = item.first;
    return item.second >= closed.size() && closed.has_first_key(person) && closed.witness_key(person) == key &&
           !closed.has_role(person, kScreen) && std::ranges::find(signers, person) == signers.end();
  });
}

}  // namespace piaojue::verifier
