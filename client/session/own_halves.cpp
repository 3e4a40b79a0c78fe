// SPDX-License-Identifier: Apache-2.0
#include "client/session/own_halves.h"

#include <charconv>

namespace piaojue::client {

using meeting::HalfOf;
using meeting::RelayKind;

namespace {

/// The two numbers at the end of "attempt/<batch>/<attempt>" and "trustee/keys/<trustee>/<batch>/<attempt>".
std::optional<HalfOf> half_of_name(std::string_view name) {
  HalfOf out;
  for (auto* const number : {&out.attempt, &out.batch}) {
    auto const slash = name.rfind('/');
    if (slash == std::string_view::npos) return std::nullopt;
    auto const digits = name.substr(slash + 1);
    auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), *number);
    if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    name = name.substr(0, slash);
  }
  return out;
}

}  // namespace

void OwnHalves::find_kept() {
  for (auto const* prefix : {"attempt/", "trustee/keys/", "trustee/mix/"}) {
    auto const names = keeper_.names(prefix);
    if (!names) {
      keeper_.kept(names.error());
      return;
    }
    for (auto const& name : *names) {
      if (auto const of = half_of_name(name)) own_[*of].names.push_back(name);
    }
  }
}

// ==================================================================================================== Sealing

bool OwnHalves::is_lost(Own const& own) const {
  // Who holds halves is not known before the log is.
  if (own.half || own.names.empty() || !log_.synced()) return false;
  return std::ranges::all_of(holders(), [&](PersonId holder) {
    auto const at = own.holders.find(holder);
    return at != own.holders.end() && at->second.none;
  });
}

bool OwnHalves::pending(HalfOf const& of) const {
  auto const own = own_.find(of);
  return own != own_.end() && !own->second.half && !own->second.names.empty() && !is_lost(own->second);
}

bool OwnHalves::lost(HalfOf const& of) const {
  auto const own = own_.find(of);
  return own != own_.end() && is_lost(own->second);
}

Result<Bytes> OwnHalves::seal(HalfOf const& of, std::string const& name, ByteView plain) {
  Own& own = own_[of];
  if (!own.half && !own.names.empty()) return is_lost(own) ? Refusal::kUnknown : Refusal::kBusy;
  if (!own.half) own.half = Secret::random(crypto::kSealKeyBytes);
  return crypto::seal(crypto::combine_keys(keys_.own_key, *own.half), plain, as_bytes(name));
}

Result<Secret> OwnHalves::unseal(HalfOf const& of, std::string const& name, ByteView sealed) {
  Own const& own = own_[of];
  if (!own.half) return is_lost(own) || own.names.empty() ? Refusal::kUnknown : Refusal::kBusy;
  auto plain = crypto::unseal(crypto::combine_keys(keys_.own_key, *own.half), sealed, as_bytes(name));
  if (!plain) return Refusal::kStorage;
  return plain;
}

bool OwnHalves::is_held(HalfOf const& of) const {
  auto const own = own_.find(of);
  if (own == own_.end() || !own->second.half) return false;
  return std::ranges::any_of(own->second.holders, [](auto const& one) { return one.second.held; });
}

std::vector<PersonId> OwnHalves::waits_for() const {
  std::set<PersonId> out;
  for (auto const& [of, own] : own_) {
    if (own.half || own.names.empty() || !meeting::has_halves(log_.record(), of)) continue;
    for (PersonId const holder : holders()) {
      auto const at = own.holders.find(holder);
      if (at == own.holders.end() || !at->second.none) out.insert(holder);
    }
  }
  return {out.begin(), out.end()};
}

// ==================================================================================================== Holders

/// The server, and for whoever guards others' votes the other guards.
std::vector<PersonId> OwnHalves::holders() const {
  std::vector<PersonId> out{meeting::kServer};
  auto const& slots = log_.record().slots();
  if (!log_.record().slot_of(me_)) return out;
  for (PersonId const person : slots) {
    if (person != meeting::kServer && person != me_) out.push_back(person);
  }
  return out;
}

void OwnHalves::take_held(PersonId from, HalfOf const& of) {
  auto const own = own_.find(of);
  if (own == own_.end() || !own->second.half) return;
  changed_ = !std::exchange(own->second.holders[from].held, true) || changed_;
}

void OwnHalves::take_returned(PersonId from, meeting::ReturnedHalf const& returned) {
  auto const at = own_.find(returned.of);
  if (at == own_.end() || at->second.half || at->second.names.empty()) return;
  Own& own = at->second;
  auto half = meeting::open_returned(keys_.box, returned.sealed);
  changed_ = true;
  if (half) adopt(own, from, std::move(*half));
  // Anybody can seal something to a public key: what opens nothing is none.
  if (!own.half) own.holders[from].none = true;
}

void OwnHalves::adopt(Own& own, PersonId from, Secret half) {
  Secret const key = crypto::combine_keys(keys_.own_key, half);
  bool const opens = std::ranges::any_of(own.names, [&](std::string const& name) {
    auto const sealed = keeper_.load(name);
    return sealed && *sealed && crypto::unseal(key, **sealed, as_bytes(name));
  });
  if (!opens) return;
  own.half = std::move(half);
  own.kept = true;
  own.names.clear();
  own.holders.clear();
  own.holders[from].held = true;
}

Requests::Done OwnHalves::handed_over(HalfOf const& of, PersonId holder) {
  return [this, of, holder](Answer& answer) {
    auto const own = own_.find(of);
    if (own == own_.end() || answer) return;
    own->second.holders[holder].asked = false;
    own->second.holders[holder].again_ms = clock_.now_ms + limits_.relay_retry_ms;
  };
}

void OwnHalves::deposit(HalfOf const& of, Own& own, PersonId holder) {
  auto const key = log_.record().box_key(holder);
  if (!key) return;
  auto const made = meeting::make_deposit({log_.record().meeting(), me_, holder}, keys_.identity, *key, of, *own.half);
  if (!made) return;
  own.holders[holder].asked =
      requests_.relay(holder, RelayKind::kDeposit, meeting::encode_deposit(*made), handed_over(of, holder));
}

void OwnHalves::withdraw(HalfOf const& of, Own& own, PersonId holder) {
  own.holders[holder].asked =
      requests_.relay(holder, RelayKind::kWithdraw, meeting::encode_half_of(of), handed_over(of, holder));
}

bool OwnHalves::act() {
  if (!log_.synced() || !log_.current()) return false;
  bool const anew = std::exchange(welcomes_, requests_.welcomes()) != requests_.welcomes();
  // The attempt has ended: nothing lies under it any more, and its holders forget too.
  std::erase_if(own_, [&](auto const& one) { return !meeting::has_halves(log_.record(), one.first); });
  for (auto& [of, own] : own_) {
    bool const withdraws = !own.half && !own.names.empty();
    if (!withdraws && !(own.half && own.kept)) continue;
    for (PersonId const person : holders()) {
      Holder& holder = own.holders[person];
      // Whoever was away may have forgotten; whoever has come may know.
      if (anew || !online_.is(person)) holder.asked = false;
      if (holder.asked || !online_.is(person) || holder.again_ms > clock_.now_ms) continue;
      if (!withdraws) {
        deposit(of, own, person);
      } else if (!holder.none) {
        withdraw(of, own, person);
      }
    }
  }
  return std::exchange(changed_, false);
}

}  // namespace piaojue::client
