// SPDX-License-Identifier: Apache-2.0
#include "server/delivery.h"

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

Delivery::Delivery(meeting::Record const& record, AttemptSeal const& seal, Shelves shelves, Post& post,
                   ToOwnTrustee to_own)
    : record_(record), seal_(seal), shelves_(shelves), post_(post), to_own_(std::move(to_own)) {}

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
  shelves_.envelopes.leave_no_trace();
  kept_.reset();
}

// ---- Recovery

Result<void> Delivery::load(Contents const& contents) {
  if (!kept_) return {};
  for (auto const& [person, voter] : record_.attempt()->voters) {
    if (!voter.request) continue;
    if (auto const loaded = load(kept_->voters[person], person, contents); !loaded) return loaded;
  }
  return {};
}

Result<void> Delivery::load(Voter& voter, PersonId person, Contents const& contents) {
  auto const& logged = *record_.attempt()->voter(person);
  auto request = open(contents[Table::kTokenPayload], key_of(kept_->open, person, logged.cast));
  if (!request) return request.error();
  auto messages = meeting::parse_token_payload(*request);
  if (!messages) return Refusal::kStorage;
  voter.request = std::move(*request);
  to_own_({person, logged.cast, kept_->open, std::move(*messages)});
  for (TrusteeId const t : logged.issued) {
    auto answer = open(contents[Table::kIssuedPayload], key_of(kept_->open, person, logged.cast, t));
    if (!answer) return answer.error();
    voter.answers[t] = std::move(*answer);
  }
  if (!logged.envelope) return {};
  auto const raw = open(contents[Table::kEnvelope], key_of(kept_->open, person, logged.cast));
  if (!raw) return raw.error();
  auto envelope = read_envelope(*raw);
  if (!envelope) return Refusal::kStorage;
  keep(person, std::move(*envelope));
  return {};
}

Result<Bytes> Delivery::open(Rows const& rows, Bytes const& row) const {
  auto const it = rows.find(row);
  if (it == rows.end()) return Refusal::kStorage;
  auto plain = seal_.open(row, it->second);
  if (!plain) return Refusal::kStorage;
  return plain;
}

// ---- TokenRequest

Result<void> Delivery::check(meeting::TokenRequest const& body, meeting::BlindedMsgs const& messages) const {
  auto const& attempt = *record_.attempt();
  if (!has_questions(messages, attempt.questions_of(body.person))) return Refusal::kConflict;
  for (auto const& [question, list] : messages) {
    if (list.size() != attempt.holders.size()) return Refusal::kConflict;
    for (std::size_t hop = 0; hop < list.size(); ++hop) {
      if (!blinded_in_range(list[hop], attempt.keys[hop].token_keys.at(question))) return Refusal::kOutOfRange;
    }
  }
  if (meeting::token_request_digest(body.batch_open, body.person, body.cast, messages) != body.digest) {
    return Refusal::kConflict;
  }
  return {};
}

void Delivery::take_in(meeting::TokenRequest const& body, std::uint64_t index, Parcel<meeting::TokenRequest>* parcel) {
  if (!kept_ || !parcel) return;
  auto row = key_of(kept_->open, body.person, body.cast);
  auto sealed = seal_.seal(row, parcel->raw);
  shelves_.tokens.put(std::move(row), std::move(sealed));
  auto const frame = share(wire::token_work(index, parcel->raw));
  auto const& holders = record_.attempt()->holders;
  for (TrusteeId t = 1; t < holders.size(); ++t) post_.to_person(holders[t], frame);
  kept_->voters[body.person].request = std::move(parcel->raw);
  to_own_({body.person, body.cast, kept_->open, std::move(parcel->value)});
}

std::vector<Frame> Delivery::token_work(TrusteeId trustee) const {
  std::vector<Frame> out;
  if (!kept_) return out;
  auto const& attempt = *record_.attempt();
  if (attempt.phase != BatchPhase::kVoting || !attempt.takes_part(trustee)) return out;
  for (auto const& [person, voter] : kept_->voters) {
    auto const& logged = *attempt.voter(person);
    if (!voter.request || logged.issued.contains(trustee)) continue;
    out.push_back(share(wire::token_work(logged.request_index, *voter.request)));
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
  if (meeting::tokens_issued_digest(body.batch_open, body.trustee, body.person, body.cast, sigs) != body.digest) {
    return Refusal::kConflict;
  }
  return {};
}

void Delivery::take_in(meeting::TokensIssued const& body, std::uint64_t index, Parcel<meeting::TokensIssued>* parcel) {
  if (!kept_) return;
  auto& voter = kept_->voters[body.person];
  voter.answer_index[body.trustee] = index;
  if (!parcel) return;
  auto row = key_of(kept_->open, body.person, body.cast, body.trustee);
  auto sealed = seal_.seal(row, parcel->raw);
  shelves_.answers.put(std::move(row), std::move(sealed));
  post_.to_person(body.person, share(wire::issued_push(index, parcel->raw)));
  voter.answers[body.trustee] = std::move(parcel->raw);
}

std::vector<Frame> Delivery::answers(PersonId person) const {
  std::vector<Frame> out;
  if (!kept_) return out;
  auto const voter = kept_->voters.find(person);
  if (voter == kept_->voters.end()) return out;
  for (auto const& [trustee, raw] : voter->second.answers) {
    out.push_back(share(wire::issued_push(voter->second.answer_index.at(trustee), raw)));
  }
  return out;
}

// ---- EnvelopeCast

Result<void> Delivery::check(meeting::EnvelopeCast const& body, Envelope const& envelope) const {
  auto const& attempt = *record_.attempt();
  if (!has_questions(envelope.onions, attempt.questions_of(body.person))) return Refusal::kConflict;
  auto const onion_bytes = attempt.shape.bytes() + attempt.holders.size() * crypto::onion::kLayerBytes;
  std::set<Hash> own;
  std::size_t at = 0;
  for (auto const& [question, onion] : envelope.onions) {
    if (onion.size() != onion_bytes) return Refusal::kMixSize;
    auto const& hash = envelope.hashes[at++];
    // A copied onion would make the first hop refuse the whole batch.
    if (!own.insert(hash).second || kept_->onions.contains(hash)) return Refusal::kConflict;
  }
  if (meeting::envelope_digest(body.batch_open, body.person, body.cast, envelope.onions) != body.digest) {
    return Refusal::kConflict;
  }
  return {};
}

void Delivery::take_in(meeting::EnvelopeCast const& body, std::uint64_t, Parcel<meeting::EnvelopeCast>* parcel) {
  if (!kept_ || !parcel) return;
  auto row = key_of(kept_->open, body.person, body.cast);
  auto sealed = seal_.seal(row, parcel->raw);
  shelves_.envelopes.put(std::move(row), std::move(sealed));
  keep(body.person, std::move(parcel->value));
}

void Delivery::keep(PersonId person, Envelope envelope) {
  for (auto const& hash : envelope.hashes) kept_->onions.insert(hash);
  kept_->voters[person].onions = std::move(envelope.hashes);
  kept_->envelopes[person] = std::move(envelope.onions);
}

std::optional<Result<meeting::MixItems>> Delivery::hop0_input() {
  if (!kept_ || !seal_.is_here()) return std::nullopt;
  auto const& attempt = *record_.attempt();
  if (attempt.phase != BatchPhase::kMixing || !attempt.mixes.empty() || kept_->fed == attempt.live()) {
    return std::nullopt;
  }
  kept_->fed = attempt.live();
  return trustee::onions_to_items(record_, kept_->envelopes);
}

// ---- EnvelopeSpoil

void Delivery::take_in(meeting::EnvelopeSpoil const& body) {
  if (!kept_) return;
  auto const prefix = key_of(kept_->open, body.person);
  shelves_.tokens.erase_prefix(prefix);
  shelves_.answers.erase_prefix(prefix);
  shelves_.envelopes.erase_prefix(prefix);
  shelves_.envelopes.leave_no_trace();
  auto const voter = kept_->voters.extract(body.person);
  kept_->envelopes.erase(body.person);
  if (voter.empty()) return;
  for (auto const& hash : voter.mapped().onions) kept_->onions.erase(hash);
}

}  // namespace piaojue::server
