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
  if (attempt.phase != BatchPhase::kMixing || !attempt.takes_part(trustee) || attempt.mixes.size() != trustee) {
    return Refusal::kWrongPhase;
  }
  MixPlan plan;
  plan.batch_open = attempt.open_hash;
  plan.trustee = trustee;
  for (QuestionId const q : attempt.live()) {
    plan.contexts.emplace(q, meeting::context(attempt.open_hash, q));
    if (trustee == 0) plan.input_counts.emplace(q, attempt.counted_for(q));
  }
  if (trustee > 0) {
    // The hop before may have mixed a question that was voided since; its hash covers that one too.
    plan.before = attempt.mixes.back();
    for (auto const& [q, count] : plan.before->counts) plan.input_counts.emplace(q, count.out);
  }
  plan.item_bytes = attempt.shape.bytes() + (attempt.holders.size() - trustee) * crypto::onion::kLayerBytes;
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

struct BytesLess {
  bool operator()(ByteView a, ByteView b) const { return std::ranges::lexicographical_compare(a, b); }
};
using Distinct = std::set<ByteView, BytesLess>;

/// Equal ones last: only an input that is the logged one says who is at fault for them.
Result<void> check_input(MixPlan const& plan, MixItems const& items, ByteView salt) {
  for (auto const& [q, list] : items) {
    // Hop 0's input may still hold a question that was voided after it was put together.
    if (!plan.input_counts.contains(q) && plan.before) return Refusal::kConflict;
  }
  for (auto const& [q, count] : plan.input_counts) {
    auto const list = items.find(q);
    if (list == items.end()) return Refusal::kConflict;
    if (list->second.size() != count) return Refusal::kMixSize;
    for (Bytes const& item : list->second) {
      if (item.size() != plan.item_bytes) return Refusal::kMixSize;
    }
  }
  if (plan.before &&
      meeting::mix_output_hash(plan.batch_open, plan.before->trustee, salt, items) != plan.before->output_hash) {
    return Refusal::kConflict;
  }
  for (auto const& [q, count] : plan.input_counts) {
    Distinct const seen(items.at(q).begin(), items.at(q).end());
    if (seen.size() != count) return Refusal::kMixDuplicate;
  }
  return {};
}

/// What opens, each once, in the order of the input.
std::vector<Bytes> peel_all(MixPlan const& plan, crypto::onion::MixKey const& key, Hash const& ctx,
                            std::vector<Bytes> const& input) {
  std::vector<Bytes> output;
  output.reserve(input.size());  // so that the views below stay good
  Distinct seen;
  for (Bytes const& item : input) {
    auto inner = crypto::onion::peel(key, plan.trustee, ctx, item);
    if (!inner || seen.contains(*inner)) continue;  // MIX_OPEN, or a copy: it falls out, and the counts show it
    output.push_back(std::move(*inner));
    seen.insert(output.back());
  }
  return output;
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
    output = peel_all(plan, key, ctx, input);
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
    meeting::Voter const* const voter = attempt.voter(person);
    if (envelope == envelopes.end() || voter == nullptr || !voter->envelope) return Refusal::kConflict;
    if (meeting::envelope_digest(attempt.open_hash, person, voter->cast, envelope->second) != voter->envelope->digest) {
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

namespace detail {

namespace {

/// What the record has seen of ballots, without those of the box that lies open: they are in no earlier one, or the
/// state machine would have refused it.
class SeenBefore {
 public:
  explicit SeenBefore(meeting::Record const& record) : record_(record) {
    if (!record.attempt()->box) return;
    for (auto const& [q, box] : record.attempt()->box->boxes) {
      for (Bytes const& bytes : box.ballots) {
        auto const ballot = meeting::parse_ballot(record.attempt()->shape, bytes);
        if (!ballot) continue;
        keys_here_.insert(ballot->pk_v);
        votes_here_.insert(ballot->vote);
      }
    }
  }
  std::optional<Refusal> operator()(meeting::BallotView const& ballot) const {
    if (record_.ballot_spent(ballot.pk_v)) return Refusal::kBallotSpent;
    bool const key = record_.ballot_seen(ballot.pk_v) && !keys_here_.contains(ballot.pk_v);
    bool const vote = record_.ballot_seen(ballot.vote) && !votes_here_.contains(ballot.vote);
    return key || vote ? std::optional(Refusal::kBallotDuplicate) : std::nullopt;
  }

 private:
  meeting::Record const& record_;
  std::set<crypto::SigningPublicKey> keys_here_;
  std::set<crypto::elgamal::Ciphertext> votes_here_;
};

}  // namespace

BoxInput plan_ballot_box(meeting::Record const& record, MixItems const& last_items) {
  Attempt const& attempt = *record.attempt();
  BoxInput out;
  out.batch_open = attempt.open_hash;
  std::vector<QuestionId> questions = attempt.live();
  if (attempt.box) {
    questions.clear();
    for (auto const& [q, box] : attempt.box->boxes) questions.push_back(q);
  }
  SeenBefore const seen_before(record);
  for (QuestionId const q : questions) {
    out.contexts.push_back(record.ballot_context(q));
    std::vector<BoxInput::Item>& items = out.items[q];
    auto const from = last_items.find(q);
    if (from == last_items.end()) continue;
    for (Bytes const& bytes : from->second) {
      auto const ballot = meeting::parse_ballot(attempt.shape, bytes);
      items.push_back({bytes, ballot ? seen_before(*ballot) : std::nullopt});
    }
    // Before anything is decided, so that which of two ballots with one key stays does not depend on the order in which
    // they came out of the mix.
    std::ranges::sort(items, {}, &BoxInput::Item::bytes);
  }
  return out;
}

meeting::BallotBox run_ballot_box(BoxInput const& input, ParallelFor const& parallel) {
  meeting::BallotBox out;
  out.batch_open = input.batch_open;
  std::set<crypto::SigningPublicKey> ballot_keys;
  std::set<crypto::elgamal::Ciphertext> votes;
  for (meeting::BallotContext const& context : input.contexts) {
    meeting::QuestionBox& box = out.boxes[context.question];
    std::vector<BoxInput::Item> const& items = input.items.at(context.question);
    std::vector<std::optional<meeting::BallotRefusal>> verdicts(items.size());
    for_each(parallel, items.size(), [&](std::size_t i) {
      if (!items[i].checked) verdicts[i] = meeting::check_ballot(context, items[i].bytes);
    });
    for (std::size_t i = 0; i < items.size(); ++i) {
      std::optional<Refusal> refusal = verdicts[i] ? std::optional(verdicts[i]->code) : items[i].known;
      auto const ballot = meeting::parse_ballot(context.shape, items[i].bytes);
      if (!refusal && (ballot_keys.contains(ballot->pk_v) || votes.contains(ballot->vote))) {
        refusal = Refusal::kBallotDuplicate;
      }
      if (refusal) {
        ++box.refused[static_cast<std::uint32_t>(*refusal)];
        continue;
      }
      ballot_keys.insert(ballot->pk_v);
      votes.insert(ballot->vote);
      box.ballots.push_back(items[i].bytes);
    }
  }
  return out;
}

}  // namespace detail

meeting::BallotBox make_ballot_box(meeting::Record const& record, MixItems const& last_items,
                                   ParallelFor const& parallel) {
  if (!record.attempt()) return {};
  return detail::run_ballot_box(detail::plan_ballot_box(record, last_items), parallel);
}

}  // namespace piaojue::trustee
