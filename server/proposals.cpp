// SPDX-License-Identifier: Apache-2.0
#include "server/proposals.h"

#include "protocol/meeting/codec.h"
#include "server/wire.h"

namespace piaojue::server {

using meeting::Entry;
using meeting::EntrySignature;
using meeting::Record;
using meeting::WayToSign;

namespace {

/// In place of who has asked for an entry, once that is not known any more: nobody's number.
constexpr PersonId kForgotten = std::numeric_limits<PersonId>::max();

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

Entry with(Entry const& entry, std::vector<EntrySignature> signatures) {
  return {entry.body_bytes, entry.body, std::move(signatures)};
}

Bytes encode(Entry const& entry) { return meeting::encode_entry(entry.type(), entry.body_bytes, entry.signatures); }

/// The place that a person has in a way of signing: 0 among `each`, then group by group. Nothing: none.
std::optional<std::size_t> place(WayToSign const& way, PersonId person) {
  if (std::ranges::find(way.each, person) != way.each.end()) return 0;
  for (std::size_t i = 0; i < way.groups.size(); ++i) {
    auto const& members = way.groups[i].members;
    if (std::ranges::find(members, person) != members.end()) return i + 1;
  }
  return std::nullopt;
}

/// Those of the entry's signatures that go together in this way.
std::vector<EntrySignature> signatures_of(WayToSign const& way, Entry const& entry) {
  std::vector<EntrySignature> out;
  std::vector<std::size_t> filled(way.groups.size() + 1, 0);
  for (auto const& signature : entry.signatures) {
    auto const at = place(way, signature.signer);
    if (!at || (*at > 0 && filled[*at] >= way.groups[*at - 1].max)) continue;
    ++filled[*at];
    out.push_back(signature);
  }
  return out;
}

/// The entry as a person is to see it: with the signatures that go with his, or, where he is not asked, with those of
/// the way that has most.
Entry seen_by(PersonId person, Entry const& entry, meeting::WaysToSign const& ways) {
  std::vector<EntrySignature> best;
  for (auto const& way : ways) {
    auto signatures = signatures_of(way, entry);
    if (place(way, person)) return with(entry, std::move(signatures));
    if (signatures.size() > best.size()) best = std::move(signatures);
  }
  return with(entry, std::move(best));
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
    // Who asked without signing is forgotten; changes of keys are proposed by this server, whoever has signed since.
    PersonId const signed_by = entry->signatures.empty() ? kForgotten : entry->signatures.front().signer;
    PersonId const by = entry->type() == meeting::EntryType::kKeyChange ? meeting::kServer : signed_by;
    proposals_.emplace(*id, Proposal{std::move(*entry), by});
  }
  recheck_due_ = true;
  return {};
}

bool Proposals::contains(meeting::EntryType type) const {
  return std::ranges::any_of(proposals_, [&](auto const& one) { return one.second.entry.type() == type; });
}

Result<void> Proposals::check(Entry const& entry) const {
  if (auto allowed = policy_(entry); !allowed) return allowed;
  return record_.check(entry, Record::Signatures::kPartial);
}

Result<void> Proposals::make_room(std::size_t bytes, PersonId by) {
  if (by == meeting::kServer) return {};
  std::map<PersonId, std::size_t> count;
  std::size_t total = bytes;
  std::size_t of_people = 0;
  for (auto const& [other, proposal] : proposals_) {
    total += proposal.entry.body_bytes.size();
    if (proposal.by == meeting::kServer) continue;  // one for each who enrols late, of whom there may be many
    ++count[proposal.by];
    ++of_people;
  }
  if (count[by] >= limits_.proposals_per_person_max || total > limits_.proposal_bytes_max) return Refusal::kBusy;
  if (of_people < limits_.proposals_max) return {};
  auto const most = std::ranges::max_element(count, {}, [](auto const& one) { return one.second; });
  if (most->second <= count[by] + 1) return Refusal::kBusy;
  give_way(most->first);
  return {};
}

/// The one that is furthest from being signed.
void Proposals::give_way(PersonId by) {
  std::optional<Hash> least;
  for (auto const& [id, proposal] : proposals_) {
    if (proposal.by != by) continue;
    bool const less = !least || proposal.entry.signatures.size() < proposals_.at(*least).entry.signatures.size();
    if (less) least = id;
  }
  if (least) close(*least, Refusal::kBusy);
}

Result<void> Proposals::propose(Hash const& id, Entry entry, PersonId by) {
  if (proposals_.contains(id)) return {};
  auto const allowed = check(entry);
  bool const waits = by == meeting::kServer && !allowed && allowed.error() == Refusal::kNotAuthorised;
  if (!allowed && !waits) return allowed;
  if (auto room = make_room(entry.body_bytes.size(), by); !room) return room;
  keep(id, entry);
  proposals_.emplace(id, Proposal{std::move(entry), by});
  return {};
}

Result<std::optional<Proposals::Complete>> Proposals::sign(Hash const& id, std::vector<EntrySignature> const& more) {
  if (recheck_due_) recheck();
  auto const it = proposals_.find(id);
  if (it == proposals_.end()) return Refusal::kUnknown;
  auto entry = it->second.entry;
  if (!merge(entry, more)) return std::optional<Complete>();
  for (auto const& signature : more) {
    if (auto const allowed = record_.check(with(entry, {signature}), Record::Signatures::kPartial); !allowed) {
      return allowed.error();
    }
  }
  for (auto const& way : record_.ways_to_sign(entry)) {
    auto whole = with(entry, signatures_of(way, entry));
    if (!record_.signatures_complete(whole)) continue;
    auto bytes = encode(whole);
    return std::optional(Complete{std::move(whole), std::move(bytes)});
  }
  keep(id, entry);
  it->second.entry = std::move(entry);
  return std::optional<Complete>();
}

void Proposals::keep(Hash const& id, Entry const& entry) {
  rows_.put(key_of(id), encode(entry));
  push(id, entry);
}

void Proposals::push(Hash const& id, Entry const& entry) {
  auto const ways = record_.ways_to_sign(entry);
  std::map<std::size_t, Frame> frames;  // whoever sees the same signatures is sent the same frame
  post_.to_each([&](PersonId person) {
    auto const track = std::ranges::find_if(ways, [&](auto const& way) { return place(way, person).has_value(); });
    auto& frame = frames[static_cast<std::size_t>(track - ways.begin())];
    if (!frame) frame = share(wire::proposal_push(id, encode(seen_by(person, entry, ways))));
    return frame;
  });
}

void Proposals::close(Hash const& id, std::optional<Refusal> refused) {
  if (proposals_.erase(id) == 0) return;
  rows_.erase(key_of(id));
  // Who signed what came to nothing stands nowhere else, and concerns nobody any more.
  if (refused) rows_.leave_no_trace();
  post_.to_all(share(wire::proposal_closed(id, refused)));
}

std::vector<Frame> Proposals::frames_for(PersonId person) const {
  std::vector<Frame> out;
  for (auto const& [id, proposal] : proposals_) {
    auto const seen = seen_by(person, proposal.entry, record_.ways_to_sign(proposal.entry));
    out.push_back(share(wire::proposal_push(id, encode(seen))));
  }
  return out;
}

bool Proposals::drop_void_signatures(Entry& entry) const {
  auto const is_void = [&](EntrySignature const& signature) {
    auto const allowed = record_.check(with(entry, {signature}), Record::Signatures::kPartial);
    return !allowed && (allowed.error() == Refusal::kBadSignature || allowed.error() == Refusal::kNotOnRoll);
  };
  return std::erase_if(entry.signatures, is_void) > 0;
}

void Proposals::recheck() {
  recheck_due_ = false;
  bool const signatures = std::exchange(signatures_due_, false);
  std::vector<std::pair<Hash, Refusal>> outdated;
  for (auto& [id, proposal] : proposals_) {
    // Of a recusal it depends on who signs whether it still can follow.
    bool const by_signers = proposal.entry.type() == meeting::EntryType::kRecuse;
    auto const allowed = check(by_signers ? proposal.entry : with(proposal.entry, {}));
    // Nobody can sign it just now: somebody who can may come back.
    bool const waits = !allowed && allowed.error() == Refusal::kNotAuthorised;
    if (!allowed && !waits) {
      outdated.emplace_back(id, allowed.error());
    } else if (signatures && drop_void_signatures(proposal.entry)) {
      keep(id, proposal.entry);
    }
  }
  for (auto const& [id, code] : outdated) close(id, code);
}

}  // namespace piaojue::server
