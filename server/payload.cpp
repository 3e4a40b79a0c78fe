// SPDX-License-Identifier: Apache-2.0
#include "server/payload.h"

namespace piaojue::server {

Payload payload_of(trustee::Submission submission) {
  if (auto* sigs = std::get_if<meeting::BlindSigs>(&submission.payload)) {
    auto raw = meeting::encode_issued_payload(*sigs);
    return AnswerParcel{std::move(raw), std::move(*sigs)};
  }
  if (auto* mixed = std::get_if<trustee::MixResult>(&submission.payload)) {
    auto raw = meeting::encode_mix_payload(mixed->salt, mixed->items);
    return MixParcel{std::move(raw), {std::move(mixed->salt), std::move(mixed->items)}};
  }
  return std::monostate();
}

}  // namespace piaojue::server
