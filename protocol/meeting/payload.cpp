// SPDX-License-Identifier: Apache-2.0
#include "protocol/meeting/payload.h"

#include "protocol/meeting/wire.h"

namespace piaojue::meeting {

using protobuf::encode;
using protobuf::parse;
using protobuf::parse_within;
using wire::add;
using wire::get;
using wire::set;

namespace {

/// Elements that the largest lawful payload has.
constexpr std::size_t kQuestionsMax = kQuestionsPerBatchMax;
constexpr std::size_t kTokensMax = kQuestionsMax * (1 + kTrusteesMax);
constexpr std::size_t kMixMax = kQuestionsMax * (1 + kExpertsMax);

}  // namespace

Bytes encode_token_payload(BlindedMsgs const& msgs) {
  v2::TokenPayload out;
  for (auto const& [question, list] : msgs) {
    auto& to = *out.add_questions();
    to.set_question(question);
    for (auto const& msg : list) set(to.add_blinded_msgs(), msg);
  }
  return encode(out);
}

Result<BlindedMsgs> parse_token_payload(ByteView bytes) {
  v2::TokenPayload in;
  if (auto const parsed = parse_within(bytes, in, kTokensMax); !parsed) return parsed.error();
  BlindedMsgs out;
  for (auto const& question : in.questions()) {
    std::vector<Bytes> messages;
    for (auto const& message : question.blinded_msgs()) messages.push_back(get(message));
    if (!add(out, question.question(), std::move(messages))) return Refusal::kMalformed;
  }
  return out;
}

Bytes encode_issued_payload(BlindSigs const& sigs) {
  v2::IssuedPayload out;
  for (auto const& [question, sig] : sigs) {
    auto& to = *out.add_questions();
    to.set_question(question);
    set(to.mutable_blind_sig(), sig);
  }
  return encode(out);
}

Result<BlindSigs> parse_issued_payload(ByteView bytes) {
  v2::IssuedPayload in;
  if (auto const parsed = parse_within(bytes, in, kQuestionsMax); !parsed) return parsed.error();
  BlindSigs out;
  for (auto const& question : in.questions()) {
    if (!add(out, question.question(), get(question.blind_sig()))) return Refusal::kMalformed;
  }
  return out;
}

Bytes encode_envelope_payload(Onions const& onions) {
  v2::EnvelopePayload out;
  for (auto const& [question, onion] : onions) {
    auto& to = *out.add_onions();
    to.set_question(question);
    set(to.mutable_onion(), onion);
  }
  return encode(out);
}

Result<Onions> parse_envelope_payload(ByteView bytes) {
  v2::EnvelopePayload in;
  if (auto const parsed = parse_within(bytes, in, kQuestionsMax); !parsed) return parsed.error();
  Onions out;
  for (auto const& onion : in.onions()) {
    if (!add(out, onion.question(), get(onion.onion()))) return Refusal::kMalformed;
  }
  return out;
}

Bytes encode_mix_payload(ByteView salt, MixItems const& items) {
  v2::MixPayload out;
  set(out.mutable_salt(), salt);
  for (auto const& [question, list] : items) {
    auto& to = *out.add_questions();
    to.set_question(question);
    for (auto const& item : list) set(to.add_items(), item);
  }
  return encode(out);
}

Result<MixPayload> parse_mix_payload(ByteView bytes) {
  v2::MixPayload in;
  if (auto const parsed = parse_within(bytes, in, kMixMax); !parsed) return parsed.error();
  MixPayload out;
  out.salt = get(in.salt());
  for (auto const& question : in.questions()) {
    std::vector<Bytes> items;
    items.reserve(static_cast<std::size_t>(question.items_size()));
    for (auto const& item : question.items()) items.push_back(get(item));
    if (!add(out.items, question.question(), std::move(items))) return Refusal::kMalformed;
  }
  return out;
}

Bytes encode_cosignature(log::Cosignature const& cosignature) {
  v2::Cosignature out;
  wire::fill(out, cosignature);
  return encode(out);
}

Result<log::Cosignature> parse_cosignature(ByteView bytes) {
  v2::Cosignature in;
  log::Cosignature out;
  if (!parse(bytes, in) || !wire::take(out, in)) return Refusal::kMalformed;
  return out;
}

}  // namespace piaojue::meeting
