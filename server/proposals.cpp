// SPDX-License-Identifier: Apache-2.0
#include "server/proposals.h"

#include "protocol/meeting/codec.h"

namespace piaojue::server {

using meeting::Entry;
using meeting::EntrySignature;
using meeting::Record;

namespace {

/// Adds signatures of `more`, in order of signers. @return false: nothing new.
bool merge(Entry& entry, std::vector<EntrySignature> const& more) {
  bool added = false;
  for (auto const& signature : more) {
    auto const at = std::ranges::lower_bound(entry.signatures, signature.signer, {}, &EntrySignature::signer);
    if (at != entry.signatures.end() && at->signer == signature.signer) continue;
    entry.signatures.insert(at, signature);
    added = true;
  }
  return added;
}

}  // namespace

Proposals::Proposals(Record const& record, Policy policy, Limits const& limits, Shelf<Table::kProposal> rows,
                     Post& post)
    : record_(record), policy_(std::move(policy)), limits_(limits), rows_(rows), post_(post) {}

Result<void> Proposals::load(Contents const& contents) {
  for (auto const& [key, bytes] : contents[Table::kProposal]) {
    auto const id = Hash::from(key);
    auto entry = meeting::decode_entry(bytes);
    if (!id || !entry) return Refusal::kStorage;
    PersonId const by = entry->signatures.empty() ? meeting::kServer : entry->signatures.front().signer;
    proposals_.emplace(*id, Proposal{std::move(*entry), bytes, by});
  }
  recheck_due_ = true;
  return {};
}

Result<void> Proposals::check(Entry const& entry) const {
  if (auto allowed = policy_(entry); !allowed) return allowed;
  return record_.check(entry, Record::Signatures::kPartial);
}

Result<void> Proposals::check_bounds(std::size_t bytes, PersonId by) const {
  if (by == meeting::kServer) return {};
  std::size_t of_person = 0;
  std::size_t total = bytes;
  for (auto const& [other, proposal] : proposals_) {
    total += proposal.bytes.size();
    if (proposal.by == by) ++of_person;
  }
  if (proposals_.size() >= limits_.proposals_max || of_person >= limits_.proposals_per_person_max ||
      total > limits_.proposal_bytes_max) {
    return Refusal::kBusy;
  }
  return {};
}

Result<void> Proposals::propose(Hash const& id, Entry entry, Bytes bytes, PersonId by) {
  if (proposals_.contains(id)) return {};
  if (auto allowed = check(entry); !allowed) return allowed;
  if (auto allowed = check_bounds(bytes.size(), by); !allowed) return allowed;
  rows_.put(key_of(id), bytes);
  post_.to_all(share(wire::proposal_push(id, bytes)));
  proposals_.emplace(id, Proposal{std::move(entry), std::move(bytes), by});
  return {};
}

Result<std::optional<Proposals::Complete>> Proposals::sign(Hash const& id, std::vector<EntrySignature> const& more) {
  auto const it = proposals_.find(id);
  if (it == proposals_.end()) return Refusal::kUnknown;
  auto entry = it->second.entry;
  if (!merge(entry, more)) return std::optional<Complete>();
  auto bytes = meeting::encode_entry(entry.type(), entry.body_bytes, entry.signatures);
  if (auto const allowed = record_.check(entry, Record::Signatures::kPartial); !allowed) return allowed.error();
  if (record_.signatures_complete(entry)) return std::optional(Complete{std::move(entry), std::move(bytes)});
  rows_.put(key_of(id), bytes);
  post_.to_all(share(wire::proposal_push(id, bytes)));
  it->second.entry = std::move(entry);
  it->second.bytes = std::move(bytes);
  return std::optional<Complete>();
}

void Proposals::close(Hash const& id, std::optional<Refusal> refused) {
  if (proposals_.erase(id) == 0) return;
  rows_.erase(key_of(id));
  post_.to_all(share(wire::proposal_closed(id, refused)));
}

std::vector<Frame> Proposals::frames() const {
  std::vector<Frame> out;
  for (auto const& [id, proposal] : proposals_) out.push_back(share(wire::proposal_push(id, proposal.bytes)));
  return out;
}

void Proposals::recheck() {
  recheck_due_ = false;
  std::vector<std::pair<Hash, Refusal>> outdated;
  for (auto const& [id, proposal] : proposals_) {
    if (auto const allowed = check(proposal.entry); !allowed) outdated.emplace_back(id, allowed.error());
  }
  for (auto const& [id, code] : outdated) close(id, code);
}

}  // namespace piaojue::server
