// SPDX-License-Identifier: Apache-2.0
#include "server/trustee_seat.h"

#include "crypto/seal.h"

namespace piaojue::server {

using meeting::HalfOf;
using trustee::StoreName;

namespace {

constexpr std::uint64_t kNearlyOverMs = 200;

HalfOf half_of(StoreName const& name) { return {name.batch, name.attempt}; }

/// kind ‖ batch ‖ attempt, each u32be. The trustee is always 0.
Bytes row_of(StoreName const& name) {
  Bytes row;
  append_u32be(row, static_cast<std::uint32_t>(name.kind));
  append_u32be(row, name.batch);
  append_u32be(row, name.attempt);
  return row;
}
std::optional<StoreName> parse_row(ByteView row) {
  StoreName const name{static_cast<trustee::StoreKind>(number_at(row, 0)), 0, number_at(row, 4), number_at(row, 8)};
  bool const known = name.kind <= trustee::StoreKind::kPledges && std::ranges::equal(row, row_of(name));
  return known ? std::optional(name) : std::nullopt;
}

}  // namespace

TrusteeSeat::TrusteeSeat(Means means, OwnHalves& halves, Shelf<Table::kTrustee> rows)
    : seal_key_(means.seal_key),
      halves_(halves),
      rows_(rows),
      stop_asked_(std::move(means.stop_asked)),
      trustee_(0, meeting::kServer, means.key, *this,
               {std::move(means.token_keys), std::move(means.now_ms), means.lookahead}) {
  trustee_.set_parallel(std::move(means.parallel));
}

Result<void> TrusteeSeat::load(meeting::Record const& record, Contents const& contents) {
  std::set<HalfOf> kept;
  for (auto const& [row, sealed] : contents[Table::kTrustee]) {
    auto const name = parse_row(row);
    if (!name) return Refusal::kStorage;
    sealed_[*name] = sealed;
    if (name->of_attempt() && meeting::has_halves(record, half_of(*name))) kept.insert(half_of(*name));
  }
  for (auto const& of : kept) halves_.await(of, [this, of](Secret const& key) { return opens(of, key); });
  return {};
}

bool TrusteeSeat::opens(HalfOf const& of, Secret const& key) const {
  auto const row = std::ranges::find_if(
      sealed_, [&](auto const& one) { return one.first.of_attempt() && half_of(one.first) == of; });
  return row != sealed_.end() && crypto::unseal(key, row->second, row_of(row->first)).has_value();
}

void TrusteeSeat::on_request(Delivery::TokenWork work) {
  trustee_.on_token_work(work.person, work.cast, work.batch_open, std::move(work.messages));
}

void TrusteeSeat::on_mix_input(Hash const& open, meeting::MixItems items) {
  trustee_.on_mix_input(open, std::move(items), {});
}

std::vector<trustee::Trustee::Job> TrusteeSeat::due(meeting::Record const& record,
                                                    meeting::Witnesses const& witnesses) {
  waits_for_word_ = !knows_its_persons_word(record);
  if (waits_for_word_) return {};
  return trustee_.due(record, witnesses);
}

/// Whether a share may be given now, if that is what is due. Nothing else that is due in this phase is missed.
bool TrusteeSeat::knows_its_persons_word(meeting::Record const& record) {
  if (!stop_asked_ || !record.in_progress() || record.attempt()->overridden.empty()) return true;
  if (record.attempt()->phase != meeting::BatchPhase::kConfirming) return true;
  HalfOf const attempt{record.attempt()->open.batch, record.attempt()->open.attempt};
  if (stopped_.contains(attempt)) return true;
  auto const protest = trustee_.status(record).protest;
  bool const due = protest && protest->left_ms == 0;
  // It may run out between this look and the trustee's own.
  if (protest && !due && protest->left_ms < kNearlyOverMs) return false;
  auto const asked = stop_asked_(attempt, due ? record.attempt()->override_index : std::nullopt);
  if (!asked) return false;
  if (!*asked) return true;
  stopped_.insert(attempt);
  // Whatever it returns, the share is not given by this process.
  static_cast<void>(trustee_.stop(record));
  return true;
}

Result<void> TrusteeSeat::save(StoreName const& name, Secret const& plain) {
  auto const key = name.of_attempt() ? halves_.draw(half_of(name)) : Result<Secret const*>(&seal_key_);
  if (!key) return key.error();
  auto row = row_of(name);
  auto sealed = crypto::seal(**key, plain.view(), row);
  // What it replaces may hold keys that are destroyed by this very write.
  if (sealed_.contains(name)) rows_.leave_no_trace();
  sealed_[name] = sealed;
  rows_.put(std::move(row), std::move(sealed));
  return {};
}

Result<std::optional<Secret>> TrusteeSeat::load(StoreName const& name) {
  auto const it = sealed_.find(name);
  if (it == sealed_.end()) return std::optional<Secret>();
  auto const key = name.of_attempt() ? halves_.key(half_of(name)) : Result<Secret const*>(&seal_key_);
  // Lost: nobody has the half any more, and with it goes what it sealed.
  if (!key && key.error() == Refusal::kUnknown) return std::optional<Secret>();
  if (!key) return key.error();
  auto plain = crypto::unseal(**key, it->second, row_of(name));
  // Of an attempt: sealed under a half before this one, which is lost.
  if (!plain && name.of_attempt()) return std::optional<Secret>();
  if (!plain) return Refusal::kStorage;
  return std::optional<Secret>(std::move(*plain));
}

Result<void> TrusteeSeat::erase(StoreName const& name) {
  if (sealed_.erase(name) == 0) return {};
  rows_.erase(row_of(name));
  rows_.leave_no_trace();
  return {};
}

}  // namespace piaojue::server
