// SPDX-License-Identifier: Apache-2.0
#include "crypto/onion.h"

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

}  // namespace

MixKey MixKey::generate() {
  Secret secret(crypto_box_SECRETKEYBYTES);
  MixPublicKey public_key;
  crypto_box_keypair(public_key.data.data(), secret.data());
  return {std::move(secret), public_key};
}

Result<MixKey> MixKey::from_secret(Secret secret) {
  if (secret.size() != crypto_box_SECRETKEYBYTES) return Refusal::kMalformed;
  MixPublicKey public_key;
  crypto_scalarmult_base(public_key.data.data(), secret.data());
  return MixKey{std::move(secret), public_key};
}

Result<Bytes> wrap(std::span<MixPublicKey const> hops, Hash const& ctx, ByteView ballot) {
  Bytes inner = to_bytes(ballot);
  for (std::size_t hop = hops.size(); hop-- > 0;) {
    Bytes plain = header(ctx, hop);
    plain.reserve(kHeaderBytes + inner.size());
    append(plain, inner);
    // What lies under a layer would link the onion with what the next hop receives.
    WipeOnExit const wipe_plain(plain);
    Bytes layer(plain.size() + crypto_box_SEALBYTES);
    int const sealed = crypto_box_seal(layer.data(), plain.data(), plain.size(), hops[hop].data.data());
    sodium_memzero(inner.data(), inner.size());
    // libsodium refuses a key of small order: anyone could open a box sealed to it.
    if (sealed != 0) return Refusal::kKeyParam;
    inner = std::move(layer);
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
