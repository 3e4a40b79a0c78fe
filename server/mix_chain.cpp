// SPDX-License-Identifier: Apache-2.0
#include "server/mix_chain.h"

#include "server/wire.h"

namespace piaojue::server {

using meeting::BatchPhase;

MixChain::MixChain(meeting::Record const& record, Shelf<Table::kMixOutput> rows, Post& post)
    : record_(record), rows_(rows), post_(post) {}

void MixChain::begin() {
  kept_.emplace();
  kept_->open = record_.attempt()->open_hash;
}

void MixChain::end() {
  if (!kept_) return;
  rows_.erase_prefix(key_of(kept_->open));
  rows_.leave_no_trace();
  kept_.reset();
}

Result<void> MixChain::load(Contents const& contents) {
  if (!kept_) return {};
  auto const& attempt = *record_.attempt();
  for_each_row(contents[Table::kMixOutput], kept_->open,
               [&](auto hop, auto, auto const& raw) { kept_->outputs[hop] = raw; });
  for (std::uint32_t hop = 0; hop < attempt.mixes.size(); ++hop) {
    if (!kept_->outputs.contains(hop)) return Refusal::kStorage;
  }
  if (attempt.hops.empty() || attempt.mixes.size() != attempt.hops.size()) return {};
  auto const last = kept_->outputs.extract(static_cast<std::uint32_t>(attempt.hops.size() - 1));
  auto mixed = meeting::parse_mix_payload(last.mapped());
  if (!mixed) return Refusal::kStorage;
  kept_->last = std::make_shared<meeting::MixItems const>(std::move(mixed->items));
  return {};
}

Result<void> MixChain::check(meeting::MixStep const& body, meeting::MixPayload const& mixed) const {
  auto const& attempt = *record_.attempt();
  auto const layers = attempt.hops.size() - 1 - attempt.mixes.size();
  auto const item_bytes = attempt.shape.bytes() + layers * crypto::onion::kLayerBytes;
  if (mixed.salt.size() != 32 || mixed.items.size() != body.counts.size()) return Refusal::kConflict;
  for (auto const& [question, items] : mixed.items) {
    auto const count = body.counts.find(question);
    if (count == body.counts.end()) return Refusal::kConflict;
    if (count->second.out != items.size()) return Refusal::kMixSize;
    for (auto const& item : items) {
      if (item.size() != item_bytes) return Refusal::kMixSize;
    }
  }
  if (meeting::mix_output_hash(body.batch_open, body.trustee, mixed.salt, mixed.items) != body.output_hash) {
    return Refusal::kConflict;
  }
  return {};
}

void MixChain::take_in(meeting::MixStep const&, std::uint64_t, Parcel<meeting::MixStep>* parcel) {
  if (!kept_ || !parcel) return;
  auto const& attempt = *record_.attempt();
  auto const hop = static_cast<std::uint32_t>(attempt.mixes.size() - 1);
  rows_.put(key_of(kept_->open, hop), parcel->raw);
  if (hop + 1 == attempt.hops.size()) {
    kept_->last = std::make_shared<meeting::MixItems const>(std::move(parcel->value.items));
    return;
  }
  auto const next = attempt.hops[hop + 1];
  post_.to_person(record_.manifest().trustees[next], share(wire::mix_work(kept_->open, next, parcel->raw)));
  kept_->outputs[hop] = std::move(parcel->raw);
}

std::optional<Frame> MixChain::work_of(TrusteeId trustee) const {
  if (!kept_) return std::nullopt;
  auto const& attempt = *record_.attempt();
  auto const hop = attempt.hop_of(trustee);
  if (!hop || *hop == 0 || attempt.phase != BatchPhase::kMixing || attempt.mixes.size() != *hop) return std::nullopt;
  return share(wire::mix_work(kept_->open, trustee, kept_->outputs.at(*hop - 1)));
}

std::shared_ptr<meeting::MixItems const> MixChain::box_input() {
  if (!kept_ || !kept_->last || record_.attempt()->phase != BatchPhase::kMixing) return nullptr;
  auto live = record_.attempt()->live();
  if (kept_->boxed == live) return nullptr;
  kept_->boxed = std::move(live);
  return kept_->last;
}

}  // namespace piaojue::server
