// SPDX-License-Identifier: Apache-2.0
#include "server/mix_chain.h"

#include "server/wire.h"

namespace piaojue::server {

using meeting::BatchPhase;

MixChain::MixChain(meeting::Record const& record, AttemptSeal const& seal, Shelf<Table::kMixOutput> rows, Post& post)
    : record_(record), seal_(seal), rows_(rows), post_(post) {}

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
  auto const& rows = contents[Table::kMixOutput];
  for (std::uint32_t hop = 0; hop < attempt.mixes.size(); ++hop) {
    auto const row = key_of(kept_->open, hop);
    auto const sealed = rows.find(row);
    if (sealed == rows.end()) return Refusal::kStorage;
    auto raw = seal_.open(row, sealed->second);
    if (!raw) return Refusal::kStorage;
    kept_->outputs[hop] = std::move(*raw);
  }
  if (attempt.mixes.empty() || attempt.mixes.size() != attempt.holders.size()) return {};
  auto const last = kept_->outputs.extract(static_cast<std::uint32_t>(attempt.holders.size() - 1));
  auto mixed = meeting::parse_mix_payload(last.mapped());
  if (!mixed) return Refusal::kStorage;
  kept_->last = std::make_shared<meeting::MixItems const>(std::move(mixed->items));
  return {};
}

Result<void> MixChain::check(meeting::MixStep const& body, meeting::MixPayload const& mixed) const {
  auto const& attempt = *record_.attempt();
  auto const layers = attempt.holders.size() - 1 - attempt.mixes.size();
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
  // The largest payload that there is: no more of it at a time than must be.
  auto items = std::move(parcel->value.items);
  TrusteeId const next = hop + 1;
  if (next == attempt.holders.size()) {
    kept_->last = std::make_shared<meeting::MixItems const>(std::move(items));
  } else {
    items.clear();
    post_.to_person(attempt.holders[next], share(wire::mix_work(kept_->open, next, parcel->raw)));
  }
  auto row = key_of(kept_->open, hop);
  auto sealed = seal_.seal(row, parcel->raw);
  rows_.put(std::move(row), std::move(sealed));
  if (!kept_->last) kept_->outputs[hop] = std::move(parcel->raw);
}

std::optional<Frame> MixChain::work_of(TrusteeId trustee) const {
  if (!kept_) return std::nullopt;
  auto const& attempt = *record_.attempt();
  if (trustee == 0 || !attempt.takes_part(trustee) || attempt.phase != BatchPhase::kMixing ||
      attempt.mixes.size() != trustee) {
    return std::nullopt;
  }
  auto const input = kept_->outputs.find(trustee - 1);  // not there while the attempt's half is away
  if (input == kept_->outputs.end()) return std::nullopt;
  return share(wire::mix_work(kept_->open, trustee, input->second));
}

std::shared_ptr<meeting::MixItems const> MixChain::box_input() {
  if (!kept_ || !kept_->last || record_.attempt()->phase != BatchPhase::kMixing) return nullptr;
  auto live = record_.attempt()->live();
  if (kept_->boxed == live) return nullptr;
  kept_->boxed = std::move(live);
  return kept_->last;
}

}  // namespace piaojue::server
