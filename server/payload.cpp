// SPDX-License-Identifier: Apache-2.0
#include "server/payload.h"

namespace piaojue::server {
namespace {

Payload parcel(std::monostate) { return {}; }

Payload parcel(meeting::BlindSigs sigs) {
  auto raw = meeting::encode_issued_payload(sigs);
  return Parcel<meeting::TokensIssued>{std::move(raw), std::move(sigs)};
}

Payload parcel(trustee::MixResult mixed) {
  auto raw = meeting::encode_mix_payload(mixed.salt, mixed.items);
  return Parcel<meeting::MixStep>{std::move(raw), {std::move(mixed.salt), std::move(mixed.items)}};
}

}  // namespace

Result<Envelope> read_envelope(ByteView raw) {
  auto onions = meeting::parse_envelope_payload(raw);
  if (!onions) return onions.error();
  Envelope out{std::move(*onions), {}};
  for (auto const& [question, onion] : out.onions) out.hashes.push_back(crypto::sha256({onion}));
  return out;
}

Payload payload_of(trustee::Submission::Payload made) {
  return std::visit([](auto& of_kind) { return parcel(std::move(of_kind)); }, made);
}

}  // namespace piaojue::server
