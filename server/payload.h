// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Payloads (specification §9): what travels beside an entry, which has its hash only. A payload is read once, checked
/// against its entry, and goes with it into the log: its bytes are kept and pushed, the value is worked with.
///
/// A row a payload kind, by the entry that it belongs to: what it is read to. All else of a kind is a `check` and a
/// `take_in` of the part that it names, to which Payloads hands it.
#include <variant>

#include "protocol/meeting/payload.h"
#include "protocol/trustee/trustee.h"
#include "server/outbox.h"

namespace piaojue::server {

/// What somebody casts: an onion a question, and SHA-256 of each, in order of questions.
struct Envelope {
  meeting::Onions onions;
  std::vector<Hash> hashes;
};
/// @return kMalformed.
[[nodiscard]] Result<Envelope> read_envelope(ByteView raw);

template <class Body>
struct PayloadKind;  // No other entry has a payload.
template <>
struct PayloadKind<meeting::TokenRequest> {  // Delivery
  using Value = meeting::BlindedMsgs;
  static constexpr auto kRead = meeting::parse_token_payload;
};
template <>
struct PayloadKind<meeting::TokensIssued> {  // Delivery
  using Value = meeting::BlindSigs;
  static constexpr auto kRead = meeting::parse_issued_payload;
};
template <>
struct PayloadKind<meeting::EnvelopeCast> {  // Delivery
  using Value = Envelope;
  static constexpr auto kRead = read_envelope;
};
template <>
struct PayloadKind<meeting::MixStep> {  // MixChain
  using Value = meeting::MixPayload;
  static constexpr auto kRead = meeting::parse_mix_payload;
};
template <class Body>
concept HasPayload = requires {
  typename PayloadKind<Body>::Value;
};

template <HasPayload Body>
struct Parcel {
  Bytes raw;
  typename PayloadKind<Body>::Value value;
};
/// Nothing: an entry without payload, or one that is replayed.
using Payload = std::variant<std::monostate, Parcel<meeting::TokenRequest>, Parcel<meeting::TokensIssued>,
                             Parcel<meeting::EnvelopeCast>, Parcel<meeting::MixStep>>;
/// Of an entry that trustee 0 of this very program has made.
Payload payload_of(trustee::Submission::Payload made);

}  // namespace piaojue::server
