// SPDX-License-Identifier: Apache-2.0
#include "protocol/trustee/steps/kept_keys.h"

#include "base/state.h"
#include "protocol/meeting/codec.h"

namespace piaojue::trustee {

namespace {

Secret serialise(std::vector<Held> const& all) {
  std::vector<Secret> keys;
  keys.reserve(all.size());
  for (Held const& held : all) keys.push_back(held.keys->serialise());
  return state::written([&](state::Writer& out) {
    out.u32(static_cast<std::uint32_t>(all.size()));
    for (std::size_t i = 0; i < all.size(); ++i) {
      out.bytes(keys[i].view());
      out.bytes(all[i].body);
    }
  });
}

Result<std::vector<Held>> decode_held(Secret const& bytes, Slot const& slot) {
  state::Reader in(bytes.view());
  std::vector<Held> out;
  std::uint32_t const count = in.u32();
  for (std::uint32_t i = 0; i < count; ++i) {
    ByteView const plain = in.bytes();
    ByteView const body = in.bytes();
    if (in.broken()) return Refusal::kMalformed;
    auto keys = AttemptKeys::parse(Secret::copy_of(plain));
    if (!keys || Slot{keys->batch, keys->attempt} != slot) return Refusal::kMalformed;
    out.push_back({std::make_shared<AttemptKeys>(std::move(*keys)), to_bytes(body)});
  }
  if (!in.done()) return Refusal::kMalformed;
  return out;
}

}  // namespace

bool Held::covers(std::vector<QuestionId> const& questions) const {
  return std::ranges::all_of(questions, [&](QuestionId q) { return keys->token_keys.contains(q); });
}

void Held::destroy() const {
  keys->token_keys.clear();
  keys->mix_key.reset();
  keys->tally_key.reset();
}

std::vector<Held>* KeptKeys::load(Slot const& slot) {
  if (auto const known = slots_.find(slot); known != slots_.end()) return &known->second;
  Duty const duty = duty_of(DutyKind::kKeys, slot);
  auto const bytes = store_.load(name(StoreKind::kKeys, slot));
  if (!bytes) {
    // Waiting is no failure: nobody has to be told before the holders have been asked.
    if (bytes.error() == Refusal::kBusy) {
      busy_.insert(slot);
    } else {
      book_.note(duty, bytes.error());
    }
    return nullptr;
  }
  busy_.erase(slot);
  std::vector<Held>& out = slots_[slot];
  if (*bytes) {
    auto held = decode_held(**bytes, slot);
    // Unreadable is as good as lost, and cured in the same way: by new keys. The seal has kept strangers out.
    if (held) {
      out = std::move(*held);
    } else {
      book_.note(duty, held.error());
    }
  }
  return &out;
}

Result<void> KeptKeys::save(Slot const& slot) {
  return store_.save(name(StoreKind::kKeys, slot), serialise(slots_[slot]));
}

Result<void> KeptKeys::erase(Slot const& slot) {
  if (auto const known = slots_.find(slot); known != slots_.end()) {
    for (Held const& held : known->second) held.destroy();
    known->second.clear();
  }
  auto const mix = store_.erase(name(StoreKind::kMix, slot));
  if (!mix) return mix.error();
  auto const keys = store_.erase(name(StoreKind::kKeys, slot));
  if (!keys) return keys.error();
  slots_.erase(slot);
  busy_.erase(slot);
  return {};
}

Held* KeptKeys::current(meeting::Attempt const& attempt) {
  Slot const slot = slot_of(attempt);
  std::vector<Held>* const all = load(slot);
  if (all == nullptr) return nullptr;
  if (pruned_.contains(slot)) return all->empty() ? nullptr : &all->front();
  Bytes const logged = meeting::encode_body(attempt.keys[id_]);
  // A job that runs may hold keys that would be destroyed.
  if (!book_.busy(slot)) {
    std::size_t const before = all->size();
    std::erase_if(*all, [&](Held const& held) {
      if (held.body == logged) return false;
      held.destroy();
      return true;
    });
    if (all->size() == before || (all->empty() ? store_.erase(name(StoreKind::kKeys, slot)) : save(slot)))
      pruned_.insert(slot);
  }
  auto const held = std::ranges::find(*all, logged, &Held::body);
  return held == all->end() ? nullptr : &*held;
}

bool KeptKeys::lost(Slot const& slot) const {
  auto const known = slots_.find(slot);
  return known != slots_.end() && known->second.empty();
}

}  // namespace piaojue::trustee
