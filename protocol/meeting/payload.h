// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Payloads (specification §9): what travels beside an entry and is in the log as a hash only, as bytes and back. The
/// server's store and a laptop's journal keep these bytes.
#include "protocol/log/cosignature.h"
#include "protocol/meeting/digest.h"

namespace piaojue::meeting {

// Parsing refuses with kTooLarge: more questions or items than a batch can have; and with kMalformed: does not parse,
// a field that is not of the message, a field of a wrong length, questions not strictly ascending.

Bytes encode_token_payload(BlindedMsgs const& msgs);
[[nodiscard]] Result<BlindedMsgs> parse_token_payload(ByteView bytes);

Bytes encode_issued_payload(BlindSigs const& sigs);
[[nodiscard]] Result<BlindSigs> parse_issued_payload(ByteView bytes);

Bytes encode_envelope_payload(Onions const& onions);
[[nodiscard]] Result<Onions> parse_envelope_payload(ByteView bytes);

struct MixPayload {
  Bytes salt;
  MixItems items;
};
Bytes encode_mix_payload(ByteView salt, MixItems const& items);
[[nodiscard]] Result<MixPayload> parse_mix_payload(ByteView bytes);

Bytes encode_cosignature(log::Cosignature const& cosignature);
[[nodiscard]] Result<log::Cosignature> parse_cosignature(ByteView bytes);

}  // namespace piaojue::meeting
