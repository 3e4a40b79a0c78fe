// SPDX-License-Identifier: Apache-2.0
#pragma once
/// A payload that was read once and checked against its entry, on its way into the log with it: the bytes are kept and
/// pushed, the value is worked with.
#include <variant>

#include "protocol/meeting/payload.h"
#include "protocol/trustee/trustee.h"
#include "server/outbox.h"

namespace piaojue::server {

template <class Value>
struct Parcel {
  Bytes raw;
  Value value;
};
using TokenParcel = Parcel<meeting::BlindedMsgs>;
using AnswerParcel = Parcel<meeting::BlindSigs>;
using MixParcel = Parcel<meeting::MixPayload>;
struct EnvelopeParcel : Parcel<meeting::Onions> {
  std::vector<Hash> hashes;  ///< SHA-256 of each onion, in order of questions
};

/// Nothing: an entry without payload, or one that is replayed.
using Payload = std::variant<std::monostate, TokenParcel, AnswerParcel, EnvelopeParcel, MixParcel>;
/// Of an entry that trustee 0 of this very program has made.
Payload payload_of(trustee::Submission submission);

/// Exactly these questions, in order.
template <class ByQuestion>
bool has_questions(ByQuestion const& map, std::vector<QuestionId> const& questions) {
  return std::ranges::equal(map, questions, {}, [](auto const& pair) { return pair.first; });
}

}  // namespace piaojue::server
