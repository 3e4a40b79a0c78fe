// SPDX-License-Identifier: Apache-2.0
#include "client/session/halves_of_others.h"

namespace piaojue::client {

using meeting::RelayKind;

bool HalvesOfOthers::holds_for(PersonId owner) const {
  return log_.opened() && log_.current() && owner != me_ && log_.record().slot_of(me_) && log_.record().slot_of(owner);
}

void HalvesOfOthers::answer(PersonId to, RelayKind kind, Bytes const& body) {
  // Not there, or the server has enough: the owner asks again.
  requests_.answer_relay(to, kind, body);
}

void HalvesOfOthers::take_deposit(PersonId from, meeting::Deposit const& deposit) {
  auto const& record = log_.record();
  if (!holds_for(from) || !meeting::has_halves(record, deposit.of)) return;
  auto const key = from == meeting::kServer ? record.manifest().server_key : record.identity_key(from);
  auto const box = record.box_key(from);
  if (!key || !box) return;
  auto half = meeting::open_deposit({record.meeting(), from, me_}, *key, keys_.box, deposit);
  if (!half || !held_.take(from, *box, deposit.of, std::move(*half))) return;
  answer(from, RelayKind::kHeld, meeting::encode_half_of(deposit.of));
}

void HalvesOfOthers::take_withdrawal(PersonId from, meeting::HalfOf const& of) {
  // It goes out sealed to whoever deposited it, whoever asks.
  if (!holds_for(from)) return;
  answer(from, RelayKind::kReturn, meeting::encode_returned(held_.give_back(from, of)));
}

}  // namespace piaojue::client
