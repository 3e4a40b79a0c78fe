// SPDX-License-Identifier: Apache-2.0
#include "protocol/trustee/steps/kept_mix.h"

#include "base/state.h"
#include "protocol/trustee/plan.h"

namespace piaojue::trustee {

Secret KeptMix::serialise() const {
  return state::written([&](state::Writer& out) {
    out.fixed(result.step.batch_open.view());
    out.u32(result.step.trustee);
    out.bytes(result.salt);
    out.u32(static_cast<std::uint32_t>(inputs.size()));
    for (auto const& [q, digest] : inputs) {
      meeting::MixCount const& count = result.step.counts.at(q);
      out.u32(q);
      out.fixed(digest.view());
      out.u32(count.in);
      out.u32(count.out);
      for (Bytes const& item : result.items.at(q)) out.bytes(item);
    }
  });
}

Result<KeptMix> KeptMix::parse(Secret const& bytes) {
  state::Reader in(bytes.view());
  KeptMix out;
  out.result.step.batch_open = in.fixed_as<Hash>();
  out.result.step.trustee = in.u32();
  out.result.salt = to_bytes(in.bytes());
  std::uint32_t const questions = in.u32();
  for (std::uint32_t i = 0; i < questions && !in.broken(); ++i) {
    QuestionId const q = in.u32();
    out.inputs[q] = in.fixed_as<Hash>();
    meeting::MixCount count;
    count.in = in.u32();
    count.out = in.u32();
    std::vector<Bytes>& items = out.result.items[q];
    for (std::uint32_t k = 0; k < count.out && !in.broken(); ++k) items.push_back(to_bytes(in.bytes()));
    out.result.step.counts[q] = count;
  }
  if (!in.done()) return Refusal::kMalformed;
  return out;
}

Result<std::optional<KeptMix>> KeptMixes::load(Slot const& slot) const {
  auto const bytes = store_.load(name(slot));
  if (!bytes) return bytes.error();
  if (!*bytes) return std::optional<KeptMix>{};
  auto mix = KeptMix::parse(**bytes);
  if (!mix) return mix.error();
  return std::optional<KeptMix>{std::move(*mix)};
}

Result<void> KeptMixes::save(Slot const& slot, KeptMix const& mix) { return store_.save(name(slot), mix.serialise()); }

namespace {

bool is_behind(MixResult const& kept, meeting::MixStep const& logged) {
  if (kept.step.batch_open != logged.batch_open) return false;
  std::vector<QuestionId> questions;
  for (auto const& [q, count] : logged.counts) questions.push_back(q);
  MixResult part = detail::restricted(kept, questions);
  bool const same = part.step.counts == logged.counts && part.step.output_hash == logged.output_hash;
  detail::wipe(part.items);
  return same;
}

}  // namespace

KeptMixes::Behind KeptMixes::behind(meeting::Attempt const& attempt) {
  if (attempt.mixes.size() <= id_) return Behind::kNoStep;
  if (Behind const known = found(attempt); known != Behind::kUnknown) return known;
  auto mix = load(slot_of(attempt));
  if (!mix && mix.error() != Refusal::kMalformed) return Behind::kUnknown;
  bool same = false;
  if (mix && *mix) {
    same = is_behind((*mix)->result, attempt.mixes[id_]);
    detail::wipe((*mix)->result.items);
  }
  found_ = {attempt.open_hash, same ? Behind::kThere : Behind::kLost};
  return found_->second;
}

KeptMixes::Behind KeptMixes::found(meeting::Attempt const& attempt) const {
  if (attempt.mixes.size() <= id_) return Behind::kNoStep;
  return found_ && found_->first == attempt.open_hash ? found_->second : Behind::kUnknown;
}

}  // namespace piaojue::trustee
