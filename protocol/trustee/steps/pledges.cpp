// SPDX-License-Identifier: Apache-2.0
#include "protocol/trustee/steps/pledges.h"

#include "base/state.h"

namespace piaojue::trustee {

namespace {

constexpr StoreName kName{StoreKind::kPledges, 0, 0, 0};

}  // namespace

Result<void> Pledges::load() {
  if (loaded_) return {};
  auto const bytes = store_.load(kName);
  if (!bytes) return bytes.error();
  // Unreadable is not the same as none: nobody knows any more what was promised.
  if (*bytes && !decode((*bytes)->view())) return Refusal::kStorage;
  loaded_ = true;
  return {};
}

bool Pledges::allows(std::vector<QuestionId> const& questions, Given const& now) const {
  return std::ranges::all_of(questions, [&](QuestionId q) {
    auto const before = given_.find(q);
    return before == given_.end() || before->second == now;
  });
}

Result<void> Pledges::give(std::vector<QuestionId> const& questions, Given const& now) {
  if (auto const known = load(); !known) return known.error();
  if (!allows(questions, now)) return Refusal::kGateReopened;
  for (QuestionId const q : questions) given_.emplace(q, now);
  return save();
}

Result<void> Pledges::stop(Hash const& batch_open) {
  auto const known = load();
  stopped_.insert(batch_open);
  // What could not be read must not be overwritten.
  return known ? save() : known;
}

// ---- As they are kept ----------------------------------------------------------------------------------------------

Result<void> Pledges::save() {
  return store_.save(kName, state::written([&](state::Writer& out) {
                       out.u32(static_cast<std::uint32_t>(given_.size()));
                       for (auto const& [q, given] : given_) {
                         out.u32(q);
                         out.u32(given.batch);
                         out.u32(given.attempt);
                         out.fixed(given.batch_open.view());
                         out.fixed(given.box.view());
                       }
                       out.u32(static_cast<std::uint32_t>(stopped_.size()));
                       for (Hash const& open : stopped_) out.fixed(open.view());
                     }));
}

bool Pledges::decode(ByteView bytes) {
  state::Reader in(bytes);
  std::map<QuestionId, Given> given;
  std::set<Hash> stopped = stopped_;
  for (std::uint32_t left = in.u32(); left > 0 && !in.broken(); --left) {
    Given& one = given[in.u32()];
    one.batch = in.u32();
    one.attempt = in.u32();
    one.batch_open = in.fixed_as<Hash>();
    one.box = in.fixed_as<Hash>();
  }
  for (std::uint32_t left = in.u32(); left > 0 && !in.broken(); --left) stopped.insert(in.fixed_as<Hash>());
  if (!in.done()) return false;
  given_ = std::move(given);
  stopped_ = std::move(stopped);
  return true;
}

}  // namespace piaojue::trustee
