// SPDX-License-Identifier: Apache-2.0
#include "server/own_halves.h"

#include "server/wire.h"

namespace piaojue::server {

using meeting::HalfOf;
using meeting::RelayKind;

OwnHalves::OwnHalves(meeting::Record const& record, Keys keys, Post& post, Notices& notices)
    : record_(record), keys_(keys), post_(post), notices_(notices) {}

std::vector<PersonId> OwnHalves::holders() const {
  auto out = record_.slots();
  if (!out.empty()) out.erase(out.begin());
  return out;
}

bool OwnHalves::is_holder(PersonId person) const {
  auto const all = holders();
  return std::ranges::find(all, person) != all.end();
}

bool OwnHalves::is_lost(Half const& half) const {
  return !half.half && std::ranges::all_of(holders(), [&](PersonId holder) { return half.without.contains(holder); });
}

void OwnHalves::await(HalfOf const& of, Opens opens) {
  if (is_alone()) return;
  halves_[of].opens = std::move(opens);
  notices_.add({Event::kHalfAway, {}, of.batch});
}

Result<Secret const*> OwnHalves::key(HalfOf const& of) const {
  if (is_alone()) return &keys_.own;
  auto const it = halves_.find(of);
  if (it == halves_.end()) return Refusal::kUnknown;
  if (it->second.half) return &it->second.key;
  return is_lost(it->second) ? Refusal::kUnknown : Refusal::kBusy;
}

Result<Secret const*> OwnHalves::draw(HalfOf const& of) {
  auto const known = key(of);
  if (known || known.error() == Refusal::kBusy) return known;
  Half fresh;
  fresh.half = Secret::random(crypto::kSealKeyBytes);
  fresh.key = crypto::combine_keys(keys_.own, *fresh.half);
  auto& half = halves_[of] = std::move(fresh);
  for (PersonId const holder : holders()) deposit(holder, of, half);
  return &half.key;
}

bool OwnHalves::is_held(HalfOf const& of) const {
  if (is_alone()) return true;
  auto const it = halves_.find(of);
  return it != halves_.end() && it->second.half && !it->second.held_by.empty();
}

bool OwnHalves::is_away(HalfOf const& of) const {
  auto const found = key(of);
  return !found && found.error() == Refusal::kBusy;
}

void OwnHalves::deposit(PersonId holder, HalfOf const& of, Half const& half) {
  auto const box = record_.box_key(holder);
  if (!box) return;
  auto const made =
      meeting::make_deposit({record_.meeting(), meeting::kServer, holder}, keys_.signing, *box, of, *half.half);
  if (!made) return;
  post_.to_person(holder,
                  share(wire::relay_push(meeting::kServer, RelayKind::kDeposit, meeting::encode_deposit(*made))));
}

void OwnHalves::greet(PersonId person) {
  if (record_.phase() != meeting::MeetingPhase::kOpen || !is_holder(person)) return;
  for (auto const& [of, half] : halves_) {
    if (half.half) {
      deposit(person, of, half);
    } else {
      post_.to_person(person,
                      share(wire::relay_push(meeting::kServer, RelayKind::kWithdraw, meeting::encode_half_of(of))));
    }
  }
}

void OwnHalves::take_held(PersonId from, HalfOf const& of) {
  auto const it = halves_.find(of);
  if (it != halves_.end() && it->second.half && is_holder(from)) it->second.held_by.insert(from);
}

bool OwnHalves::take_returned(PersonId from, meeting::ReturnedHalf const& returned) {
  auto const it = halves_.find(returned.of);
  if (it == halves_.end() || it->second.half || !is_holder(from)) return false;
  auto& half = it->second;
  if (auto opened = meeting::open_returned(keys_.box, returned.sealed)) {
    auto key = crypto::combine_keys(keys_.own, *opened);
    if (half.opens(key)) {
      half.half = std::move(*opened);
      half.key = std::move(key);
      half.held_by.insert(from);
      notices_.add({Event::kHalfBack, {}, returned.of.batch});
      for (PersonId const holder : holders()) {
        if (holder != from) deposit(holder, returned.of, half);
      }
      return true;
    }
  }
  bool const is_new = half.without.insert(from).second;
  if (!is_new || !is_lost(half)) return false;
  notices_.add({Event::kHalfLost, {}, returned.of.batch});
  return true;
}

void OwnHalves::forget_ended() {
  std::erase_if(halves_, [&](auto const& one) { return !meeting::has_halves(record_, one.first); });
}

std::vector<PersonId> OwnHalves::awaited() const {
  std::vector<PersonId> out;
  for (PersonId const holder : holders()) {
    bool const may_have = std::ranges::any_of(halves_, [&](auto const& one) {
      return !one.second.half && !is_lost(one.second) && !one.second.without.contains(holder);
    });
    if (may_have) out.push_back(holder);
  }
  std::ranges::sort(out);
  return out;
}

}  // namespace piaojue::server
