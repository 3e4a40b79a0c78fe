// SPDX-License-Identifier: Apache-2.0
#include "crypto/onion.h"

#include "crypto/domain.h"
#include "crypto/keyed_hash.h"

namespace piaojue::crypto::onion {

static_assert(kLayerBytes == Hash::kSize + sizeof(std::uint32_t) + crypto_box_SEALBYTES);

namespace {

constexpr std::size_t kHeaderBytes = Hash::kSize + sizeof(std::uint32_t);

Bytes header(Hash const& ctx, std::size_t hop) {
  Bytes out;
  out.reserve(kHeaderBytes);
  append(out, ctx.view());
  append_u32be(out, static_cast<std::uint32_t>(hop));
  return out;
}

/// crypto_box_seal with an ephemeral secret that is given.
Result<Bytes> seal_layer(MixPublicKey const& key, Secret const& esk, ByteView plain) {
  if (esk.size() != kX25519SecretBytes) return Refusal::kMalformed;
  Bytes out(plain.size() + crypto_box_SEALBYTES);
  crypto_scalarmult_base(out.data(), esk.data());
  std::array<std::uint8_t, crypto_box_NONCEBYTES> nonce;
  crypto_generichash_state state;
  crypto_generichash_init(&state, nullptr, 0, nonce.size());
  crypto_generichash_update(&state, out.data(), crypto_box_PUBLICKEYBYTES);
  crypto_generichash_update(&state, key.data.data(), MixPublicKey::kSize);
  crypto_generichash_final(&state, nonce.data(), nonce.size());
  // libsodium refuses a key of small order: anyone could open a box sealed to it.
  if (crypto_box_easy(out.data() + crypto_box_PUBLICKEYBYTES, plain.data(), plain.size(), nonce.data(), key.data.data(),
                      esk.data()) != 0) {
    return Refusal::kKeyParam;
  }
  return out;
}

}  // namespace

std::vector<Secret> layer_secrets(Secret const& seed, Hash const& ctx, std::size_t hops) {
  std::vector<Secret> out;
  out.reserve(hops);
  for (std::size_t hop = 0; hop < hops; ++hop) {
    out.push_back(blake2b_256(seed, {as_bytes(domain::kOnion), domain::kEnd, header(ctx, hop)}));
  }
  return out;
}

Result<Bytes> wrap(std::span<MixPublicKey const> hops, Secret const& seed, Hash const& ctx, ByteView ballot) {
  return wrap_with(hops, layer_secrets(seed, ctx, hops.size()), ctx, ballot);
}

Result<Bytes> wrap_with(std::span<MixPublicKey const> hops, std::span<Secret const> secrets, Hash const& ctx,
                        ByteView ballot) {
  if (secrets.size() != hops.size()) return Refusal::kMalformed;
  Bytes inner = to_bytes(ballot);
  for (std::size_t hop = hops.size(); hop-- > 0;) {
    Bytes plain = header(ctx, hop);
    plain.reserve(kHeaderBytes + inner.size());
    append(plain, inner);
    // What lies under a layer would link the onion with what the next hop receives.
    WipeOnExit const wipe_plain(plain);
    sodium_memzero(inner.data(), inner.size());
    auto layer = seal_layer(hops[hop], secrets[hop], plain);
    if (!layer) return layer.error();
    inner = std::move(*layer);
  }
  return inner;
}

Result<Bytes> peel(MixKey const& key, std::uint32_t hop, Hash const& ctx, ByteView onion) {
  if (onion.size() < kLayerBytes) return Refusal::kMixSize;
  Bytes plain(onion.size() - crypto_box_SEALBYTES);
  WipeOnExit const wipe_plain(plain);
  if (crypto_box_seal_open(plain.data(), onion.data(), onion.size(), key.public_key().data.data(),
                           key.secret().data()) != 0) {
    return Refusal::kMixOpen;
  }
  if (!std::ranges::equal(header(ctx, hop), ByteView(plain).first(kHeaderBytes))) return Refusal::kMixOpen;
  return to_bytes(ByteView(plain).subspan(kHeaderBytes));
}

}  // namespace piaojue::crypto::onion
