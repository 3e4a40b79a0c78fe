// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Layers of sealed boxes (X25519, XSalsa20-Poly1305), one a mix hop, whose ephemeral secrets come from a seed, so that
/// their maker can open them to somebody who checks his laptop (specification §8.1).
///
///   esk(h) = BLAKE2b-256(key = seed, "piaojue/v2/onion" ‖ 0x00 ‖ ctx(32) ‖ u32be(h));  epk(h) = esk(h)·9
///   layer(h, inner) = epk(h) ‖ crypto_box(ctx ‖ u32be(h) ‖ inner, BLAKE2b-192(epk(h) ‖ mix_key(h)), mix_key(h),
///   esk(h)) onion = layer(0, layer(1, … layer(k−1, ballot)))
///
/// A layer has the form of libsodium's crypto_box_seal. onion.size() = ballot.size() + k · kLayerBytes.
#include <vector>

#include "crypto/x25519.h"

namespace piaojue::crypto::onion {

inline constexpr std::size_t kLayerBytes = 32 + 4 + 48;
inline constexpr std::size_t kSeedBytes = 32;

using MixKey = X25519Key<MixPublicKey>;

/// esk of hop 0 … hops − 1: with them, the mix keys and the ballot anybody makes the onion again.
/// @param seed kSeedBytes, drawn afresh for every cast; another length is a programmer's error and aborts.
[[nodiscard]] std::vector<Secret> layer_secrets(Secret const& seed, Hash const& ctx, std::size_t hops);

/// @param hops mix keys in order of hops, 0 first. @return kKeyParam for a key of small order.
[[nodiscard]] Result<Bytes> wrap(std::span<MixPublicKey const> hops, Secret const& seed, Hash const& ctx,
                                 ByteView ballot);
/// For whoever checks an opening: the secrets were received. @return kMalformed: not one secret of kX25519SecretBytes a
/// hop. kKeyParam.
[[nodiscard]] Result<Bytes> wrap_with(std::span<MixPublicKey const> hops, std::span<Secret const> secrets,
                                      Hash const& ctx, ByteView ballot);

/// Removes the layer of hop `hop`. @return kMixSize: shorter than a layer. kMixOpen: does not open under this key, or
/// opens to a header of another context or hop.
[[nodiscard]] Result<Bytes> peel(MixKey const& key, std::uint32_t hop, Hash const& ctx, ByteView onion);

}  // namespace piaojue::crypto::onion
