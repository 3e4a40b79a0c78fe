// SPDX-License-Identifier: Apache-2.0
#include "protocol/trustee/mixer.h"

#include <sodium.h>

#include <set>

#include "protocol/meeting/ballot.h"
#include "protocol/trustee/plan.h"

namespace piaojue::trustee {

using meeting::Attempt;
using meeting::BatchPhase;
using meeting::MixItems;

namespace detail {

void for_each(ParallelFor const& parallel, std::size_t n, std::function<void(std::size_t)> const& fn) {
  if (parallel) return parallel(n, fn);
  for (std::size_t i = 0; i < n; ++i) fn(i);
}

Result<MixPlan> plan_mix(meeting::Record const& record, TrusteeId trustee) {
  if (!record.in_progress()) return Refusal::kWrongPhase;
  Attempt const& attempt = *record.attempt();
  auto const hop = attempt.hop_of(trustee);
  if (attempt.phase != BatchPhase::kMixing || !hop || attempt.mixes.size() != *hop) return Refusal::kWrongPhase;
  MixPlan plan;
  plan.batch_open = attempt.open_hash;
  plan.trustee = trustee;
  plan.hop = *hop;
  for (QuestionId const q : attempt.live()) {
    plan.contexts.emplace(q, meeting::context(attempt.open_hash, q));
    if (*hop == 0) plan.input_counts.emplace(q, attempt.cast(q));
  }
  if (*hop > 0) {
    // The hop before may have mixed a question that was voided since; its hash covers that one too.
    plan.before = attempt.mixes.back();
    for (auto const& [q, count] : plan.before->counts) plan.input_counts.emplace(q, count.out);
  }
  plan.item_bytes = attempt.shape.bytes() + (attempt.hops.size() - *hop) * crypto::onion::kLayerBytes;
  return plan;
}

void shuffle(std::vector<Bytes>& items) {
  for (std::size_t left = items.size(); left > 1; --left) {
    std::swap(items[left - 1], items[randombytes_uniform(static_cast<std::uint32_t>(left))]);
  }
}

void wipe(MixItems& items) {
  for (auto& [q, list] : items) {
    for (Bytes& item : list) sodium_memzero(item.data(), item.size());
  }
  items.clear();
}

namespace {

Result<void> check_input(MixPlan const& plan, MixItems const& items, ByteView salt) {
  for (auto const& [q, list] : items) {
    // Hop 0's input may still hold a question that was voided after it was put together.
    if (!plan.input_counts.contains(q) && plan.before) return Refusal::kConflict;
  }
  for (auto const& [q, count] : plan.input_counts) {
    auto const list = items.find(q);
    if (list == items.end()) return Refusal::kConflict;
    if (list->second.size() != count) return Refusal::kMixSize;
    std::set<ByteView, decltype([](ByteView a, ByteView b) { return std::ranges::lexicographical_compare(a, b); })>
        seen;
    for (Bytes const& item : list->second) {
      if (item.size() != plan.item_bytes) return Refusal::kMixSize;
      if (!seen.insert(item).second) return Refusal::kMixDuplicate;
    }
  }
  if (plan.before &&
      meeting::mix_output_hash(plan.batch_open, plan.before->trustee, salt, items) != plan.before->output_hash) {
    return Refusal::kConflict;
  }
  return {};
}

}  // namespace

Result<MixResult> run_mix(MixPlan const& plan, crypto::onion::MixKey const& key, MixItems const& input_items,
                          ByteView input_salt) {
  auto const checked = check_input(plan, input_items, input_salt);
  if (!checked) return checked.error();
  MixResult result;
  result.step.batch_open = plan.batch_open;
  result.step.trustee = plan.trustee;
  for (auto const& [q, ctx] : plan.contexts) {
    std::vector<Bytes> const& input = input_items.at(q);
    std::vector<Bytes>& output = result.items[q];
    output.reserve(input.size());
    for (Bytes const& item : input) {
      auto inner = crypto::onion::peel(key, plan.hop, ctx, item);
      if (inner) output.push_back(std::move(*inner));  // else MIX_OPEN: it falls out, and the counts show it
    }
    shuffle(output);
    result.step.counts[q] = {static_cast<std::uint32_t>(input.size()), static_cast<std::uint32_t>(output.size())};
  }
  result.salt.resize(32);
  randombytes_buf(result.salt.data(), result.salt.size());
  result.step.output_hash = meeting::mix_output_hash(plan.batch_open, plan.trustee, result.salt, result.items);
  return result;
}

MixResult restricted(MixResult const& whole, std::vector<QuestionId> const& questions) {
  MixResult out;
  out.step.batch_open = whole.step.batch_open;
  out.step.trustee = whole.step.trustee;
  out.salt = whole.salt;
  for (QuestionId const q : questions) {
    if (auto const count = whole.step.counts.find(q); count != whole.step.counts.end()) out.step.counts.insert(*count);
    if (auto const items = whole.items.find(q); items != whole.items.end()) out.items.insert(*items);
  }
  out.step.output_hash = meeting::mix_output_hash(out.step.batch_open, out.step.trustee, out.salt, out.items);
  return out;
}

}  // namespace detail

Result<MixResult> mix(meeting::Record const& record, AttemptKeys const& keys, TrusteeId trustee,
                      MixItems const& input_items, ByteView input_salt) {
  auto const plan = detail::plan_mix(record, trustee);
  if (!plan) return plan.error();
  meeting::BatchOpen const& open = record.attempt()->open;
  if (keys.batch != open.batch || keys.attempt != open.attempt || !keys.mix_key) return Refusal::kWrongPhase;
  return detail::run_mix(*plan, *keys.mix_key, input_items, input_salt);
}

Result<MixItems> onions_to_items(meeting::Record const& record, std::map<PersonId, meeting::Onions> const& envelopes) {
  if (!record.in_progress()) return Refusal::kWrongPhase;
  Attempt const& attempt = *record.attempt();
  MixItems items;
  std::vector<QuestionId> const live = attempt.live();
  for (QuestionId const q : live) items[q];  // a question that nobody cast for has an empty list, not none
  for (auto const& [person, leaf] : attempt.counted) {
    auto const envelope = envelopes.find(person);
    auto const cast = attempt.casts.find(person);
    if (envelope == envelopes.end() || cast == attempt.casts.end()) return Refusal::kConflict;
    if (meeting::envelope_digest(attempt.open_hash, person, cast->second.sequence, envelope->second) !=
        cast->second.digest) {
      return Refusal::kConflict;
    }
    // The digest is hers, but nobody has looked behind it before: it may cover other questions than it must.
    std::vector<QuestionId> const questions = attempt.questions_of(person);
    for (QuestionId const q : live) {
      if (std::ranges::find(questions, q) == questions.end()) continue;
      auto const onion = envelope->second.find(q);
      if (onion == envelope->second.end()) return Refusal::kConflict;
      items[q].push_back(onion->second);
    }
  }
  return items;
}

Hash input_digest(MixItems const& input_items, ByteView input_salt) {
  Bytes head;
  crypto_hash_sha256_state state;
  crypto_hash_sha256_init(&state);
  auto const number = [&](std::size_t value) {
    head.clear();
    append_u32be(head, static_cast<std::uint32_t>(value));
    crypto_hash_sha256_update(&state, head.data(), head.size());
  };
  auto const bytes = [&](ByteView view) {
    number(view.size());
    crypto_hash_sha256_update(&state, view.data(), view.size());
  };
  bytes(input_salt);
  number(input_items.size());
  for (auto const& [q, list] : input_items) {
    number(q);
    number(list.size());
    for (Bytes const& item : list) bytes(item);
  }
  Hash out;
  crypto_hash_sha256_final(&state, out.data.data());
  return out;
}

meeting::BallotBox make_ballot_box(meeting::Record const& record, MixItems const& last_items,
                                   ParallelFor const& parallel) {
  meeting::BallotBox out;
  if (!record.attempt()) return out;
  Attempt const& attempt = *record.attempt();
  out.batch_open = attempt.open_hash;
  std::set<crypto::SigningPublicKey> ballot_keys;
  std::set<crypto::elgamal::Ciphertext> votes;
  for (QuestionId const q : attempt.live()) {
    meeting::QuestionBox& box = out.boxes[q];
    auto const items = last_items.find(q);
    if (items == last_items.end()) continue;
    // Sorted before anything is decided, so that which of two ballots with one key stays does not depend on the order
    // in which they came out of the mix.
    std::vector<Bytes> sorted = items->second;
    std::ranges::sort(sorted);
    meeting::BallotContext const& context = record.ballot_context(q);
    std::vector<std::optional<meeting::BallotRefusal>> verdicts(sorted.size());
    detail::for_each(parallel, sorted.size(),
                     [&](std::size_t i) { verdicts[i] = meeting::check_ballot(context, sorted[i]); });
    auto const refuse = [&box](Refusal code) { ++box.refused[static_cast<std::uint32_t>(code)]; };
    for (std::size_t i = 0; i < sorted.size(); ++i) {
      if (verdicts[i]) {
        refuse(verdicts[i]->code);
        continue;
      }
      auto const ballot = meeting::parse_ballot(context.shape, sorted[i]);
      if (!ballot) {
        refuse(Refusal::kBallotEncoding);
        continue;
      }
      if (record.ballot_seen(ballot->pk_v, ballot->vote) || ballot_keys.contains(ballot->pk_v) ||
          votes.contains(ballot->vote)) {
        refuse(Refusal::kBallotDuplicate);
        continue;
      }
      ballot_keys.insert(ballot->pk_v);
      votes.insert(ballot->vote);
      box.ballots.push_back(std::move(sorted[i]));
    }
  }
  return out;
}

}  // namespace piaojue::trustee
