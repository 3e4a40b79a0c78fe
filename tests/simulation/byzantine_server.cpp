// SPDX-License-Identifier: Apache-2.0
/// What the adversary's server answers: what a server answers, or a lie.
#include "byzantine_hall.h"
#include "crypto/box.h"

namespace piaojue::simulation::byzantine {

namespace wire = server::wire;
using meeting::kServer;
using meeting::Record;
using meeting::RelayKind;

namespace {

constexpr Refusal kLies[] = {Refusal::kStorage, Refusal::kWrongPhase, Refusal::kConflict, Refusal::kBusy,
                             Refusal::kInternal};

}  // namespace

void Hall::serve() {
  for (auto const& [person, laptop] : laptops) {
    if (!laptop->connected()) {
      if (dice.chance(0.7)) laptop->connect();
      continue;
    }
    if (deviations.now(Deviation::kCut)) {
      laptop->disconnect();
      continue;
    }
    if (deviations.now(Deviation::kPowerCut)) {
      laptop->power_cut();
      continue;
    }
    if (!laptop->old_requests.empty() && deviations.now(Deviation::kRepeatRequest)) {
      laptop->requests.push_back(dice.pick(laptop->old_requests));
    }
    while (!laptop->requests.empty()) {
      auto const request = std::move(laptop->requests.front());
      laptop->requests.pop_front();
      if (deviations.allowed(Deviation::kRepeatRequest) && dice.chance(0.2)) laptop->old_requests.push_back(request);
      bool const hello = std::holds_alternative<wire::Hello>(request.what);
      if (!hello && deviations.now(Deviation::kDropRequest)) continue;
      handle(*laptop, request);
    }
  }
}

void Hall::handle(HonestLaptop& laptop, Request const& request) {
  enter(*laptop.log);
  auto const id = request.id;
  if (auto const* in = std::get_if<wire::Hello>(&request.what)) return hello(laptop, id, in->next_index);
  if (auto const* in = std::get_if<wire::Submit>(&request.what)) return submit(laptop, id, *in);
  if (auto const* in = std::get_if<wire::Countersign>(&request.what)) return countersign(laptop, id, *in);
  if (auto const* in = std::get_if<wire::Cosign>(&request.what)) return cosign(laptop, id, in->cosignature);
  if (auto const* in = std::get_if<wire::Relay>(&request.what)) return relay(laptop, id, *in);
  if (std::holds_alternative<wire::Ping>(request.what)) return send(laptop, wire::pong(id));
  send(laptop, wire::refused(id, Refusal::kWrongPhase));
}

void Hall::hello(HonestLaptop& laptop, std::uint64_t const id, std::uint64_t const next) {
  auto size = meeting.entries.size();
  if (next > 0 && deviations.now(Deviation::kWelcomeShort)) size = dice.below(next);
  send(laptop, wire::welcome(id, meeting.manifest.meeting_id, size, laptop.person(), 1, {}));
  laptop.known = std::min(next, static_cast<std::uint64_t>(meeting.entries.size()));
  laptop.cosignatures_known.clear();
  flush_to(laptop);
  for (auto const& delivery : laptop.log->deliveries) {
    if (delivery.to == laptop.person()) send(laptop, delivery.frame);
  }
  for (auto& [proposal, one] : laptop.log->proposals) one.shown.erase(laptop.person());
  std::vector<PersonId> everybody;
  for (PersonId p = 1; p < meeting.screen(); ++p) everybody.push_back(p);
  send(laptop, wire::status_push(everybody, everybody));
}

/// @return it was answered with something that is not so.
bool Hall::lie(HonestLaptop& laptop, std::uint64_t const id) {
  auto const size = meeting.entries.size();
  if (deviations.now(Deviation::kRefuseUnlogged)) {
    send(laptop, wire::refused(id, kLies[dice.below(std::size(kLies))]));
  } else if (deviations.now(Deviation::kAcceptLogged)) {
    send(laptop, wire::accepted(id, dice.below(size)));
  } else if (deviations.now(Deviation::kAcceptFuture)) {
    send(laptop, wire::accepted(id, size + dice.below(4)));
  } else if (deviations.now(Deviation::kPendingLie)) {
    send(laptop, wire::pending(id, crypto::sha256({as_bytes("nothing")})));
  } else {
    return false;
  }
  return true;
}

void Hall::submit(HonestLaptop& laptop, std::uint64_t const id, wire::Submit const& in) {
  auto& log = *laptop.log;
  if (lie(laptop, id)) return;
  auto const at = std::ranges::find(meeting.entries, in.entry);
  if (at != meeting.entries.end()) {
    return send(laptop, wire::accepted(id, static_cast<std::uint64_t>(at - meeting.entries.begin())));
  }
  auto const entry = meeting::decode_entry(in.entry);
  if (!entry) return send(laptop, wire::refused(id, entry.error()));
  if (auto const allowed = meeting.record.check(*entry); allowed) {
    if (auto const taken = append(log, in.entry, in.payload); !taken) {
      return send(laptop, wire::refused(id, taken.error()));
    }
    if (deviations.now(Deviation::kRefuseLogged)) {
      return send(laptop, wire::refused(id, kLies[dice.below(std::size(kLies))]));
    }
    return send(laptop, wire::accepted(id, meeting.entries.size() - 1));
  } else if (!meeting.record.check(*entry, Record::Signatures::kPartial)) {
    return send(laptop, wire::refused(id, allowed.error()));
  }
  auto const proposal = meeting::proposal_id(entry->type(), entry->body_bytes);
  auto& waiting = log.proposals[proposal];
  waiting.body = entry->body;
  waiting.type = entry->type();
  waiting.body_bytes = entry->body_bytes;
  for (auto const& one : entry->signatures) waiting.signatures[one.signer] = one.signature;
  send(laptop, wire::pending(id, proposal));
}

void Hall::countersign(HonestLaptop& laptop, std::uint64_t const id, wire::Countersign const& in) {
  auto& log = *laptop.log;
  auto const at = log.proposals.find(in.proposal);
  if (at == log.proposals.end()) return send(laptop, wire::refused(id, Refusal::kConflict));
  if (lie(laptop, id)) return;
  at->second.signatures[in.signer] = in.signature;
  if (complete(log, in.proposal)) return send(laptop, wire::accepted(id, meeting.entries.size() - 1));
  send(laptop, wire::pending(id, in.proposal));
}

void Hall::cosign(HonestLaptop& laptop, std::uint64_t const id, log::Cosignature const& in) {
  auto& log = *laptop.log;
  if (meeting.seen.add(meeting.record, in)) log.cosigned[in.tree_size].emplace(in.person, in);
  send(laptop, wire::accepted(id, in.tree_size));
}

// ---- From laptop to laptop ----------------------------------------------------------------------------------------

void Hall::relay(HonestLaptop& laptop, std::uint64_t const id, wire::Relay const& in) {
  if (in.to == kServer || corrupt.contains(in.to)) {
    send(laptop, wire::relayed(id));
    return relay_to_corrupt(laptop, in);
  }
  auto const other = laptops.find(in.to);
  if (other == laptops.end() || !other->second->connected()) return send(laptop, wire::refused(id, Refusal::kBusy));
  send(laptop, wire::relayed(id));
  send(*other->second, wire::relay_push(laptop.person(), in.kind, in.body));
}

void Hall::relay_to_corrupt(HonestLaptop& laptop, wire::Relay const& in) {
  auto const holder = in.to;
  auto const owner = laptop.person();
  auto const& own = meeting.people.at(holder);
  auto& halves = halves_[holder];
  if (in.kind == RelayKind::kDeposit) {
    auto const identity = meeting.record.identity_key(owner);
    auto const box = meeting.record.box_key(owner);
    auto const deposit = meeting::parse_deposit(in.body);
    if (!identity || !box || !deposit) return;
    auto half = meeting::open_deposit({meeting.record.meeting(), owner, holder}, *identity, own.box, *deposit);
    if (!half || !halves.take(owner, *box, deposit->of, std::move(*half))) return;
    return send(laptop, wire::relay_push(holder, RelayKind::kHeld, meeting::encode_half_of(deposit->of)));
  }
  if (in.kind == RelayKind::kWithdraw) {
    auto const of = meeting::parse_half_of(in.body);
    if (!of) return;
    auto returned = halves.give_back(owner, *of);
    if (deviations.now(Deviation::kWithholdHalf)) returned.sealed.clear();
    if (auto const box = meeting.record.box_key(owner); box && deviations.now(Deviation::kFalseHalf)) {
      returned.sealed = crypto::seal_to(*box, Bytes(32, 9)).value();
    }
    return send(laptop, wire::relay_push(holder, RelayKind::kReturn, meeting::encode_returned(returned)));
  }
  if (in.kind == RelayKind::kSpoil) {
    if (auto const bytes = crypto::open(own.box, in.body)) spoils.emplace_back(holder, to_bytes(bytes->view()));
  }
}

}  // namespace piaojue::simulation::byzantine
