// SPDX-License-Identifier: Apache-2.0
// Messages and payloads from a stranger, before anything of them is known to be signed: any bytes give a value or a
// refusal, and a payload that is accepted says the same when it is written again.
#include <cstdlib>

#include "client/session/wire.h"
#include "message_mutator.h"
#include "server/wire.h"

namespace {

template <class Parse, class Encode>
void same_again(piaojue::ByteView bytes, Parse const& parse, Encode const& encode) {
  auto const payload = parse(bytes);
  if (!payload) return;
  auto const written = encode(*payload);
  auto const again = parse(written);
  if (!again || encode(*again) != written) std::abort();
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max, unsigned seed) {
  if (seed % 3 == 0) return LLVMFuzzerMutate(data, size, max);
  return piaojue::fuzz::mutate_behind(0, data, size, max, seed, piaojue::fuzz::mutate_message);
}

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  using namespace piaojue;
  using namespace piaojue::meeting;
  ByteView const bytes{data, size};
  if (auto const request = piaojue::server::wire::parse_request(bytes); request && request->id == 0) std::abort();
  static_cast<void>(piaojue::client::wire::parse(bytes));
  same_again(bytes, parse_token_payload, encode_token_payload);
  same_again(bytes, parse_issued_payload, encode_issued_payload);
  same_again(bytes, parse_envelope_payload, encode_envelope_payload);
  same_again(bytes, parse_mix_payload, [](MixPayload const& mix) { return encode_mix_payload(mix.salt, mix.items); });
  same_again(bytes, parse_cosignature, encode_cosignature);
  return 0;
}
