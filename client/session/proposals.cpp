// SPDX-License-Identifier: Apache-2.0
#include "client/session/proposals.h"

#include "protocol/meeting/codec.h"
#include "strings/client.h"

namespace piaojue::client {

using meeting::EntryType;
using meeting::Record;
namespace text = strings::client;

namespace {

/// "approve all" is no word for these (specification §9.2).
bool is_signed_alone(meeting::Entry const& entry) {
  switch (entry.type()) {
    case EntryType::kBatchOpen:
    case EntryType::kKeyChange:
    case EntryType::kTrusteeChange:
    case EntryType::kOverride:
    case EntryType::kVoid:
    case EntryType::kPaperTally:
    case EntryType::kSignOut:  // one that waits is by others
    case EntryType::kRecuse:
    case EntryType::kRecuseBack:
      return true;
    default:
      return false;
  }
}

/// What an entry names as results that its signers accept unwitnessed; nothing: it names none.
std::vector<Hash> const* unwitnessed_in(meeting::Entry const& entry) {
  if (auto const* open = std::get_if<meeting::BatchOpen>(&entry.body)) return &open->unwitnessed;
  if (auto const* close = std::get_if<meeting::MeetingClose>(&entry.body)) return &close->unwitnessed;
  return nullptr;
}

}  // namespace

// ==================================================================================================== To look at

bool Proposals::wanted(Proposal const& proposal) const {
  if (proposal.refused || log_.halted()) return false;
  if (!std::holds_alternative<meeting::Manifest>(proposal.entry.body) && !log_.current()) return false;
  return log_.record().wants_signature(proposal.entry, profile_.person);
}

facts::object Proposals::describe(Hash const& id, Proposal const& proposal) const {
  facts::object out;
  out["id"] = to_hex(id.view());
  out["type"] = meeting::name(proposal.entry.type());
  facts::array signers;
  for (auto const& signature : proposal.entry.signatures) signers.emplace_back(signature.signer);
  out["signed"] = std::move(signers);
  out["yours"] = wanted(proposal);
  if (proposal.refused) out["refused"] = piaojue::name(*proposal.refused);
  facts::add_entry(out, log_.record(), proposal.entry, events_.lang());
  if (auto const vouch = facts::vouch(log_.record(), proposal.entry)) out["vouch"] = events_.say(*vouch);
  return out;
}

facts::array Proposals::list() const {
  facts::array out;
  for (auto const& [id, proposal] : waiting_) out.push_back(describe(id, proposal));
  return out;
}

std::set<PersonId> Proposals::wanted_people() const {
  std::set<PersonId> out;
  auto const& record = log_.record();
  for (auto const& [id, proposal] : waiting_) {
    if (proposal.refused) continue;
    auto const ways = record.ways_to_sign(proposal.entry);
    if (ways.empty()) continue;
    auto const has_signed = [&, &signatures = proposal.entry.signatures](PersonId person) {
      return std::ranges::count(signatures, person, &meeting::EntrySignature::signer) != 0;
    };
    // The first way is the one that people take when they can.
    for (PersonId const person : ways.front().each) {
      if (!has_signed(person)) out.insert(person);
    }
    for (auto const& group : ways.front().groups) {
      auto const given = static_cast<std::size_t>(std::ranges::count_if(group.members, has_signed));
      if (given >= group.min && std::ranges::all_of(group.must, has_signed)) continue;
      for (PersonId const person : group.must.empty() ? group.members : group.must) {
        if (!has_signed(person)) out.insert(person);
      }
    }
  }
  return out;
}

// ==================================================================================================== In

std::optional<Refusal> Proposals::check_own_keys(meeting::Manifest const& opening) const {
  auto const me = profile_.person;
  bool const here = me >= 1 && me <= opening.people.size();
  if (opening.meeting_id != profile_.meeting_id || !here) return Refusal::kUnknown;
  auto const& person = opening.people[me - 1];
  bool const mine = person.identity_key == keys_.identity.public_key() &&
                    person.witness_key == keys_.witness.public_key() && person.box_key == keys_.box.public_key();
  return mine ? std::nullopt : std::optional(Refusal::kNotOnRoll);
}

std::optional<Refusal> Proposals::refusal_of(meeting::Entry const& entry) const {
  auto const& record = log_.record();
  if (auto const* opening = std::get_if<meeting::Manifest>(&entry.body)) {
    if (auto const refused = check_own_keys(*opening)) return refused;
  }
  if (auto const allowed = record.check(entry, Record::Signatures::kPartial); !allowed) return allowed.error();
  auto const* const named = unwitnessed_in(entry);
  // Another list would call a result witnessed that is not, or the other way round.
  if (named != nullptr && *named != meeting::unwitnessed(record, log_.witnesses())) return Refusal::kWitnesses;
  return std::nullopt;
}

void Proposals::emit(Hash const& id, Proposal const& proposal) {
  auto out = facts::event("proposal");
  facts::add(out, describe(id, proposal));
  events_.emit(out);
}

void Proposals::take(wire::Proposal const& in) {
  auto entry = meeting::decode_entry(in.entry);
  if (!entry || meeting::proposal_id(entry->type(), entry->body_bytes) != in.id) return;
  if (!waiting_.contains(in.id) && waiting_.size() >= limits_.proposals_max) return;
  if (auto const* opening = std::get_if<meeting::Manifest>(&entry->body)) sheet_.take_draft(*opening);
  auto const refused = refusal_of(*entry);
  emit(in.id, waiting_.insert_or_assign(in.id, Proposal{std::move(*entry), refused}).first->second);
}

void Proposals::take(wire::ProposalClosed const& in) {
  waiting_.erase(in.id);
  auto out = facts::event("proposal-closed");
  out["id"] = to_hex(in.id.view());
  out["ok"] = !in.refused;
  if (in.refused) out["code"] = piaojue::name(*in.refused);
  events_.emit(out);
}

void Proposals::took_in(meeting::Entry const& entry) {
  waiting_.erase(meeting::proposal_id(entry.type(), entry.body_bytes));
}

bool Proposals::act() {
  if (std::exchange(heard_, log_.heard()) == log_.heard()) return false;
  bool changed = false;
  for (auto& [id, proposal] : waiting_) {
    auto const refused = refusal_of(proposal.entry);
    if (refused == proposal.refused) continue;
    proposal.refused = refused;
    emit(id, proposal);
    changed = true;
  }
  return changed;
}

// ==================================================================================================== Approving

void Proposals::operate(Reply const& reply, command::Proposals const&) const {
  facts::object more;
  more["proposals"] = list();
  reply.ok(std::move(more));
}

struct Proposals::Approval {
  explicit Approval(Reply to) : reply(std::move(to)) {}

  Reply reply;
  std::size_t open = 1;  ///< signatures under way, and the command itself
  std::uint32_t approved = 0;
  std::optional<Refusal> refused;
  std::optional<Sentence> detail;

  void refuse(Explanation const& why) {
    refused = why.code;
    detail = why.what;
  }
  void finish() {
    if (--open > 0) return;
    if (approved == 0 && refused && detail) return reply.no(*refused, *detail);
    if (approved == 0 && refused) return reply.no(*refused);
    facts::object more;
    more["approved"] = approved;
    reply.ok(std::move(more));
  }
};

std::optional<Explanation> Proposals::not_ready(meeting::Entry const& entry, command::Approve const& in) const {
  if (auto const* open = std::get_if<meeting::BatchOpen>(&entry.body)) {
    if (in.heads != open->present.size()) return Explanation(text::kHeads, {}, Refusal::kConflict);
  }
  auto const* opening = std::get_if<meeting::Manifest>(&entry.body);
  auto const left = opening != nullptr ? sheet_.left_to_tick(profile_.person, *opening) : std::vector<PersonId>();
  if (left.empty()) return std::nullopt;
  return Explanation({text::kNotTicked, {{"people", facts::comma_list(left)}}}, {}, Refusal::kWrongPhase);
}

void Proposals::operate(Reply const& reply, command::Approve const& in) {
  auto const approval = std::make_shared<Approval>(reply);
  std::vector<Hash> chosen;
  for (auto const& [id, proposal] : waiting_) {
    bool const named = !in.prefix.empty() && to_hex(id.view()).starts_with(in.prefix);
    if (!named && (!in.prefix.empty() || is_signed_alone(proposal.entry))) continue;
    if (!wanted(proposal)) {
      if (named) approval->refused = proposal.refused.value_or(Refusal::kNotAuthorised);
    } else if (auto const why = not_ready(proposal.entry, in)) {
      approval->refuse(*why);
    } else {
      chosen.push_back(id);
    }
  }
  if (!in.prefix.empty() && chosen.empty() && !approval->refused) return reply.no(Refusal::kUnknown);
  if (!in.prefix.empty() && chosen.size() > 1) return reply.no(Refusal::kConflict, text::kPrefixNotUnique);
  for (auto const& id : chosen) sign(id, approval);
  approval->finish();
}

void Proposals::sign(Hash const& id, std::shared_ptr<Approval> const& approval) {
  auto const me = profile_.person;
  auto const& entry = waiting_.at(id).entry;
  // Again, now: the log may have moved on since it was proposed.
  if (auto const refused = refusal_of(entry)) {
    approval->refused = refused;
    return;
  }
  auto const signature = meeting::sign_body(entry.type(), entry.body_bytes, me, keys_.identity).signature;
  ++approval->open;
  bool const queued = requests_.countersign(id, me, signature, [this, id, approval](auto const& index, Hash const&) {
    if (index) {
      ++approval->approved;
    } else {
      // Gone from the list: it became complete without this signature, or outdated, while it travelled.
      bool const late = index.error() == Refusal::kUnknown || index.error() == Refusal::kConflict;
      if (!late || waiting_.contains(id)) approval->refused = index.error();
    }
    approval->finish();
  });
  if (!queued) {
    --approval->open;
    approval->refused = Refusal::kBusy;
  }
}

}  // namespace piaojue::client
