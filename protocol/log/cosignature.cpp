// SPDX-License-Identifier: Apache-2.0
#include "protocol/log/cosignature.h"

namespace piaojue::log {
namespace {

constexpr std::uint8_t kTypeCosignatureV1 = 0x04;
/// What every program can count in (specification §4.3).
constexpr std::uint64_t kTimeMax_s = (std::uint64_t{1} << 53) - 1;

/// What a witness signs: neither a note nor an entry can begin like this, so a witness key's signature means only this.
std::string signing_input(Checkpoint const& checkpoint, std::uint64_t time_s) {
  return "cosignature/v1\ntime " + std::to_string(time_s) + "\n" + checkpoint.body();
}

}  // namespace

Cosignature cosign(Checkpoint const& checkpoint, std::uint32_t person, std::uint64_t time_s,
                   crypto::SigningKey const& witness_key) {
  return {checkpoint.size, checkpoint.root, person, time_s,
          witness_key.sign({as_bytes(signing_input(checkpoint, time_s))})};
}

Result<void> verify_cosignature(Cosignature const& cosignature, std::string_view origin,
                                crypto::SigningPublicKey const& witness_key) {
  // What live programs kept and no verifier takes would spoil the record.
  if (cosignature.time_s > kTimeMax_s) return Refusal::kOutOfRange;
  Checkpoint const checkpoint{std::string(origin), cosignature.tree_size, cosignature.root};
  std::string const input = signing_input(checkpoint, cosignature.time_s);
  if (!crypto::verify(witness_key, {as_bytes(input)}, cosignature.signature)) {
    return Refusal::kBadSignature;
  }
  return {};
}

std::string cosignature_line(Cosignature const& cosignature, std::string_view witness_name,
                             crypto::SigningPublicKey const& witness_key) {
  Bytes blob;
  piaojue::append(blob, key_id(witness_name, kTypeCosignatureV1, witness_key));
  append_u64be(blob, cosignature.time_s);
  piaojue::append(blob, cosignature.signature.view());
  return "\xE2\x80\x94 " + std::string(witness_name) + ' ' + to_base64(blob) + '\n';
}

}  // namespace piaojue::log
