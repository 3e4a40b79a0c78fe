// SPDX-License-Identifier: Apache-2.0
#include "client/session/proposals.h"

#include "protocol/meeting/codec.h"
#include "strings/client.h"

namespace piaojue::client {

using meeting::Record;

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
  return out;
}

facts::array Proposals::list() const {
  facts::array out;
  for (auto const& [id, proposal] : waiting_) out.push_back(describe(id, proposal));
  return out;
}

std::optional<Refusal> Proposals::check_own_keys(meeting::Manifest const& opening) const {
  auto const me = profile_.person;
  bool const here = me >= 1 && me <= opening.people.size();
  if (opening.meeting_id != profile_.meeting_id || !here) return Refusal::kUnknown;
  auto const& person = opening.people[me - 1];
  if (person.identity_key != keys_.identity.public_key() || person.witness_key != keys_.witness.public_key()) {
    return Refusal::kNotOnRoll;
  }
  return std::nullopt;
}

void Proposals::take(wire::Proposal const& in) {
  auto entry = meeting::decode_entry(in.entry);
  if (!entry || meeting::proposal_id(entry->type(), entry->body_bytes) != in.id) return;
  if (!waiting_.contains(in.id) && waiting_.size() >= limits_.proposals_max) return;
  Proposal proposal{std::move(*entry), std::nullopt};
  if (auto const allowed = log_.record().check(proposal.entry, Record::Signatures::kPartial); !allowed) {
    proposal.refused = allowed.error();
  }
  if (auto const* opening = std::get_if<meeting::Manifest>(&proposal.entry.body)) {
    if (auto const refused = check_own_keys(*opening)) proposal.refused = refused;
  }
  auto const& kept_one = waiting_.insert_or_assign(in.id, std::move(proposal)).first->second;
  auto out = facts::event("proposal");
  facts::add(out, describe(in.id, kept_one));
  events_.emit(out);
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

  void finish() {
    if (--open > 0) return;
    if (refused) return reply.no(*refused);
    facts::object more;
    more["approved"] = approved;
    reply.ok(std::move(more));
  }
};

void Proposals::operate(Reply const& reply, command::Approve const& in) {
  auto const approval = std::make_shared<Approval>(reply);
  std::vector<Hash> chosen;
  for (auto const& [id, proposal] : waiting_) {
    bool const named = !in.prefix.empty() && to_hex(id.view()).starts_with(in.prefix);
    if (!in.prefix.empty() && !named) continue;
    if (wanted(proposal)) {
      chosen.push_back(id);
    } else if (named) {
      approval->refused = proposal.refused ? *proposal.refused : Refusal::kNotAuthorised;
    }
  }
  if (!in.prefix.empty() && chosen.empty() && !approval->refused) return reply.no(Refusal::kUnknown);
  if (!in.prefix.empty() && chosen.size() > 1) {
    return reply.no(Refusal::kConflict, strings::client::kPrefixNotUnique);
  }
  for (auto const& id : chosen) sign(id, approval);
  approval->finish();
}

void Proposals::sign(Hash const& id, std::shared_ptr<Approval> const& approval) {
  auto const me = profile_.person;
  auto const& entry = waiting_.at(id).entry;
  // Again, now: the log may have moved on since it was proposed.
  if (auto const allowed = log_.record().check(entry, Record::Signatures::kPartial); !allowed) {
    approval->refused = allowed.error();
    return;
  }
  auto const signature = meeting::sign_body(entry.type(), entry.body_bytes, me, keys_.identity).signature;
  ++approval->open;
  bool const queued =
      requests_.ask([&](std::uint64_t request) { return wire::countersign(request, id, me, signature); },
                    [this, id, approval](Answer& answer) {
                      if (!answer) {
                        // UNKNOWN, and gone from the list: it became complete, or outdated, while this signature
                        // travelled.
                        bool const over = answer.error() == Refusal::kUnknown && !waiting_.contains(id);
                        if (!over) approval->refused = answer.error();
                        return approval->finish();
                      }
                      ++approval->approved;
                      auto const* accepted = std::get_if<wire::Accepted>(&answer->what);
                      if (accepted == nullptr) return approval->finish();
                      requests_.when_logged(accepted->index, [approval] { approval->finish(); });
                    });
  if (!queued) {
    --approval->open;
    approval->refused = Refusal::kBusy;
  }
}

}  // namespace piaojue::client
