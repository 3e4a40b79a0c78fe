// SPDX-License-Identifier: Apache-2.0
#include "server/relays.h"

namespace piaojue::server {

using meeting::RelayKind;

Relays::Relays(meeting::Record const& record, Means means, OwnHalves& own, Post& post, std::function<void()> on_half)
    : record_(record), means_(std::move(means)), own_(own), post_(post), on_half_(std::move(on_half)) {}

void Relays::answer(Asked const& asked, wire::Relay const& in) {
  auto const handed_on = [&]() -> Result<void> {
    if (record_.phase() != meeting::MeetingPhase::kOpen) return Refusal::kWrongPhase;
    if (in.to > record_.manifest().people.size() || in.to == asked.person()) return Refusal::kUnknown;
    if (auto const allowed = check_rate(asked.person(), in.body.size()); !allowed) return allowed;
    if (in.to == meeting::kServer) return take(asked.person(), in);
    if (!post_.to_person(in.to, share(wire::relay_push(asked.person(), in.kind, in.body)))) return Refusal::kBusy;
    return {};
  }();
  if (!handed_on) return asked.refuse(handed_on.error());
  asked.reply(wire::relayed(asked.id()));
}

Result<void> Relays::check_rate(PersonId from, std::size_t bytes) {
  auto const now = means_.now_ms();
  auto const& limits = means_.limits;
  auto& rates = rates_
                    .try_emplace(from, Rates{Allowance(limits.relays_per_person, now),
                                             Allowance(limits.relay_bytes_per_person, now)})
                    .first->second;
  auto const amount = static_cast<double>(bytes);
  if (!rates.messages.has(now) || !rates.bytes.take(now, amount)) return Refusal::kBusy;
  rates.messages.take(now);
  return {};
}

Result<void> Relays::take(PersonId from, wire::Relay const& in) {
  switch (in.kind) {
    case RelayKind::kDeposit:
      return take_deposit(from, in.body);
    case RelayKind::kWithdraw: {
      auto const of = meeting::parse_half_of(in.body);
      if (!of) return of.error();
      push(from, RelayKind::kReturn, meeting::encode_returned(held_.give_back(from, *of)));
      return {};
    }
    case RelayKind::kHeld: {
      auto const of = meeting::parse_half_of(in.body);
      if (!of) return of.error();
      own_.take_held(from, *of);
      on_half_();
      return {};
    }
    case RelayKind::kReturn: {
      auto const returned = meeting::parse_returned(in.body);
      if (!returned) return returned.error();
      if (own_.take_returned(from, *returned)) on_half_();
      return {};
    }
    case RelayKind::kSpoil:
    case RelayKind::kOpening:
      break;
  }
  return Refusal::kNotAuthorised;
}

Result<void> Relays::take_deposit(PersonId from, ByteView body) {
  auto const deposit = meeting::parse_deposit(body);
  if (!deposit) return deposit.error();
  if (!record_.has_role(from, meeting::kExpert) && !record_.slot_of(from)) return Refusal::kNotAuthorised;
  if (!meeting::has_halves(record_, deposit->of)) return Refusal::kWrongPhase;
  auto half = meeting::open_deposit({record_.meeting(), from, meeting::kServer}, *record_.identity_key(from),
                                    means_.box, *deposit);
  if (!half) return half.error();
  if (auto const kept = held_.take(from, *record_.box_key(from), deposit->of, std::move(*half)); !kept) return kept;
  push(from, RelayKind::kHeld, meeting::encode_half_of(deposit->of));
  return {};
}

void Relays::push(PersonId to, RelayKind kind, ByteView body) {
  post_.to_person(to, share(wire::relay_push(meeting::kServer, kind, body)));
}

}  // namespace piaojue::server
