// SPDX-License-Identifier: Apache-2.0
#include "server/delivery.h"

#include "crypto/seal.h"
#include "server/wire.h"

namespace piaojue::server {

using meeting::BatchPhase;

namespace {

/// 1 < z < n − 1, both big-endian and of n's length. A token request outside it is refused before it is in the log,
/// because it is the only one that this expert can make in this attempt.
bool blinded_in_range(ByteView z, ByteView n) {
  if (z.size() != n.size() || z.empty()) return false;
  auto const is_small = std::all_of(z.begin(), z.end() - 1, [](auto b) { return b == 0; }) && z.back() <= 1;
  // n is odd, so n − 1 differs from n in the last bit only.
  auto limit = to_bytes(n);
  limit.back() &= 0xfe;
  return !is_small && std::lexicographical_compare(z.begin(), z.end(), limit.begin(), limit.end());
}

/// Exactly these questions, in order.
template <class ByQuestion>
bool has_questions(ByQuestion const& map, std::vector<QuestionId> const& questions) {
  return std::ranges::equal(map, questions, {}, [](auto const& pair) { return pair.first; });
}

}  // namespace

Delivery::Delivery(meeting::Record const& record, Secret const& seal_key, Shelves shelves, Post& post,
                   ToOwnTrustee to_own)
    : record_(record), seal_key_(seal_key), shelves_(shelves), post_(post), to_own_(std::move(to_own)) {}

void Delivery::begin() {
  kept_.emplace();
  kept_->open = record_.attempt()->open_hash;
}

void Delivery::end() {
  if (!kept_) return;
  auto const prefix = key_of(kept_->open);
  shelves_.tokens.erase_prefix(prefix);
  shelves_.answers.erase_prefix(prefix);
  shelves_.envelopes.erase_prefix(prefix);
  shelves_.seal_keys.erase_prefix(prefix);
  shelves_.seal_keys.leave_no_trace();
  kept_.reset();
}

// ---- Recovery

Result<void> Delivery::load(Contents const& contents) {
  if (!kept_) return {};
  auto const& attempt = *record_.attempt();
  auto const each = [&](Table table, auto const& take) { for_each_row(contents[table], kept_->open, take); };
  bool intact = true;
  each(Table::kTokenPayload, [&](auto p, auto, auto const& raw) {
    kept_->requests[p] = raw;
    if (auto messages = meeting::parse_token_payload(raw)) to_own_(p, kept_->open, std::move(*messages));
  });
  each(Table::kIssuedPayload, [&](auto p, auto t, auto const& raw) { kept_->answers[{p, t}] = raw; });
  each(Table::kEnvelope, [&](auto p, auto, auto const& raw) {
    auto envelope = read_envelope(raw);
    intact = intact && envelope.has_value();
    if (envelope) keep(p, std::move(*envelope));
  });
  each(Table::kSealKey, [&](auto p, auto, auto const& sealed) {
    auto key = crypto::unseal(seal_key_, sealed, key_of(kept_->open, p));
    intact = intact && key.has_value();
    if (key) kept_->seal_keys.insert_or_assign(p, std::move(*key));
  });
  for (auto const& [p, request] : attempt.requests) intact = intact && kept_->requests.contains(p);
  for (auto const& [p, cast] : attempt.casts) intact = intact && kept_->envelopes.contains(p);
  if (!intact) return Refusal::kStorage;
  return {};
}

// ---- TokenRequest

Result<void> Delivery::check(meeting::TokenRequest const& body, meeting::BlindedMsgs const& messages) const {
  auto const& attempt = *record_.attempt();
  if (!has_questions(messages, attempt.questions_of(body.person))) return Refusal::kConflict;
  for (auto const& [question, list] : messages) {
    if (list.size() != attempt.hops.size()) return Refusal::kConflict;
    for (std::size_t hop = 0; hop < list.size(); ++hop) {
      if (!blinded_in_range(list[hop], attempt.keys[hop].token_keys.at(question))) return Refusal::kOutOfRange;
    }
  }
  if (meeting::token_request_digest(body.batch_open, body.person, messages) != body.digest) return Refusal::kConflict;
  return {};
}

void Delivery::take_in(meeting::TokenRequest const& body, std::uint64_t index, Parcel<meeting::TokenRequest>* parcel) {
  if (!kept_ || !parcel) return;
  shelves_.tokens.put(key_of(kept_->open, body.person), parcel->raw);
  kept_->requests[body.person] = parcel->raw;
  auto const frame = share(wire::token_work(index, parcel->raw));
  for (auto const t : record_.attempt()->hops) {
    if (t != 0) post_.to_person(record_.manifest().trustees[t], frame);
  }
  to_own_(body.person, kept_->open, std::move(parcel->value));
}

std::vector<Frame> Delivery::token_work(TrusteeId trustee) const {
  std::vector<Frame> out;
  if (!kept_) return out;
  auto const& attempt = *record_.attempt();
  if (attempt.phase != BatchPhase::kVoting || !attempt.hop_of(trustee)) return out;
  for (auto const& [p, raw] : kept_->requests) {
    auto const issued = attempt.issued.find(p);
    if (issued != attempt.issued.end() && issued->second.contains(trustee)) continue;
    out.push_back(share(wire::token_work(attempt.request_index.at(p), raw)));
  }
  return out;
}

// ---- TokensIssued

Result<void> Delivery::check(meeting::TokensIssued const& body, meeting::BlindSigs const& sigs) const {
  auto const& attempt = *record_.attempt();
  if (!has_questions(sigs, attempt.questions_of(body.person))) return Refusal::kConflict;
  for (auto const& [question, sig] : sigs) {
    if (sig.size() != attempt.shape.modulus_bytes) return Refusal::kOutOfRange;
  }
  if (meeting::tokens_issued_digest(body.batch_open, body.trustee, body.person, sigs) != body.digest) {
    return Refusal::kConflict;
  }
  return {};
}

void Delivery::take_in(meeting::TokensIssued const& body, std::uint64_t index, Parcel<meeting::TokensIssued>* parcel) {
  if (!kept_) return;
  kept_->answer_index[{body.person, body.trustee}] = index;
  if (!parcel) return;
  shelves_.answers.put(key_of(kept_->open, body.person, body.trustee), parcel->raw);
  post_.to_person(body.person, share(wire::issued_push(index, parcel->raw)));
  kept_->answers[{body.person, body.trustee}] = std::move(parcel->raw);
}

std::vector<Frame> Delivery::answers(PersonId person) const {
  std::vector<Frame> out;
  if (!kept_) return out;
  auto it = kept_->answers.lower_bound({person, 0});
  for (; it != kept_->answers.end() && it->first.first == person; ++it) {
    out.push_back(share(wire::issued_push(kept_->answer_index.at(it->first), it->second)));
  }
  return out;
}

// ---- EnvelopeCast

Result<void> Delivery::check(meeting::EnvelopeCast const& body, Envelope const& envelope) const {
  auto const& attempt = *record_.attempt();
  if (!has_questions(envelope.onions, attempt.questions_of(body.person))) return Refusal::kConflict;
  auto const onion_bytes = attempt.shape.bytes() + attempt.hops.size() * crypto::onion::kLayerBytes;
  std::set<Hash> own;
  std::size_t at = 0;
  for (auto const& [question, onion] : envelope.onions) {
    if (onion.size() != onion_bytes) return Refusal::kMixSize;
    auto const& hash = envelope.hashes[at++];
    auto const owner = kept_->onion_owner.find(hash);
    // A copied onion would make every hop refuse the whole batch.
    if (!own.insert(hash).second || (owner != kept_->onion_owner.end() && owner->second != body.person)) {
      return Refusal::kMixDuplicate;
    }
  }
  if (meeting::envelope_digest(body.batch_open, body.person, body.sequence, envelope.onions) != body.digest) {
    return Refusal::kConflict;
  }
  return {};
}

void Delivery::take_in(meeting::EnvelopeCast const& body, std::uint64_t, Parcel<meeting::EnvelopeCast>* parcel) {
  if (!kept_ || !parcel) return;
  shelves_.envelopes.put(key_of(kept_->open, body.person), std::move(parcel->raw));
  keep(body.person, std::move(parcel->value));
}

void Delivery::keep(PersonId person, Envelope envelope) {
  for (auto const& hash : kept_->onions[person]) kept_->onion_owner.erase(hash);
  for (auto const& hash : envelope.hashes) kept_->onion_owner[hash] = person;
  kept_->onions[person] = std::move(envelope.hashes);
  kept_->envelopes[person] = std::move(envelope.onions);
}

std::optional<Result<meeting::MixItems>> Delivery::hop0_input() {
  if (!kept_) return std::nullopt;
  auto const& attempt = *record_.attempt();
  if (attempt.phase != BatchPhase::kMixing || !attempt.mixes.empty() || kept_->fed == attempt.live()) {
    return std::nullopt;
  }
  kept_->fed = attempt.live();
  return trustee::onions_to_items(record_, kept_->envelopes);
}

// ---- Seal keys

Result<ByteView> Delivery::seal_key(PersonId person, Hash const& batch_open) {
  if (!kept_ || kept_->open != batch_open) return Refusal::kUnknown;
  auto const& attempt = *record_.attempt();
  if (!attempt.present(person)) return Refusal::kNotOnRoll;
  if (attempt.open.paper || attempt.confirms.contains(person)) return Refusal::kWrongPhase;
  auto it = kept_->seal_keys.find(person);
  if (it == kept_->seal_keys.end()) {
    it = kept_->seal_keys.emplace(person, Secret::random(crypto::kSealKeyBytes)).first;
    auto const key = key_of(kept_->open, person);
    shelves_.seal_keys.put(key, crypto::seal(seal_key_, it->second.view(), key));
  }
  return it->second.view();
}

void Delivery::take_in(meeting::Confirm const& body) {
  if (kept_ && kept_->seal_keys.erase(body.person) > 0) shelves_.seal_keys.erase(key_of(kept_->open, body.person));
}

}  // namespace piaojue::server
