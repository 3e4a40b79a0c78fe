// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Layers of libsodium sealed boxes (X25519, XSalsa20-Poly1305), one a mix hop (specification §8).
///
///   layer(h, inner) = crypto_box_seal(mix_key_h, ctx(32) ‖ u32be(h) ‖ inner);  onion = layer(0, … layer(k−1, ballot))
///
/// onion.size() = ballot.size() + k · kLayerBytes.
#include <vector>

#include "base/refusal.h"
#include "base/secret.h"
#include "crypto/types.h"

namespace piaojue::crypto::onion {

inline constexpr std::size_t kLayerBytes = 32 + 4 + 48;

class MixKey {
 public:
  static MixKey generate();
  /// @param secret 32 bytes. @return kMalformed for another length.
  [[nodiscard]] static Result<MixKey> from_secret(Secret secret);
  MixPublicKey const& public_key() const { return public_key_; }
  Secret const& secret() const { return secret_; }

 private:
  MixKey(Secret secret, MixPublicKey public_key) : secret_(std::move(secret)), public_key_(public_key) {}
  Secret secret_;
  MixPublicKey public_key_;
};

/// @param hops mix keys in order of hops, 0 first. @return kKeyParam for a key of small order.
[[nodiscard]] Result<Bytes> wrap(std::span<MixPublicKey const> hops, Hash const& ctx, ByteView ballot);

/// Removes the layer of hop `hop`. @return kMixSize: shorter than a layer. kMixOpen: does not open under this key, or
/// opens to a header of another context or hop.
[[nodiscard]] Result<Bytes> peel(MixKey const& key, std::uint32_t hop, Hash const& ctx, ByteView onion);

}  // namespace piaojue::crypto::onion
