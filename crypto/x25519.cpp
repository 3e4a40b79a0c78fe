// SPDX-License-Identifier: Apache-2.0
#include "crypto/x25519.h"

namespace piaojue::crypto {

static_assert(kX25519SecretBytes == crypto_box_SECRETKEYBYTES);
static_assert(MixPublicKey::kSize == crypto_box_PUBLICKEYBYTES && BoxPublicKey::kSize == crypto_box_PUBLICKEYBYTES);

namespace {

/// A clamped scalar is a multiple of 8 and none of the order of the rest: its product is zero exactly for the points of
/// small order (of the curve and of its twist), and libsodium refuses to give that product.
bool has_large_order(std::uint8_t const* key) {
  std::array<std::uint8_t, crypto_scalarmult_SCALARBYTES> const scalar{1};
  std::array<std::uint8_t, crypto_scalarmult_BYTES> product;
  return crypto_scalarmult(product.data(), scalar.data(), key) == 0;
}

}  // namespace

bool is_valid(MixPublicKey const& key) { return has_large_order(key.data.data()); }
bool is_valid(BoxPublicKey const& key) { return has_large_order(key.data.data()); }

MixPublicKey canonical(MixPublicKey key) {
  key.data.back() &= 0x7f;
  return key;
}

BoxPublicKey canonical(BoxPublicKey key) {
  key.data.back() &= 0x7f;
  return key;
}

}  // namespace piaojue::crypto
