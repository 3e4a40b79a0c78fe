// SPDX-License-Identifier: Apache-2.0
#pragma once
/// HMAC-SHA-256 (RFC 2104), HKDF-SHA-256 (RFC 5869) and keyed BLAKE2b-256 (RFC 7693): proofs, and keys from keys.
#include <initializer_list>

#include "base/secret.h"
#include "crypto/types.h"

namespace piaojue::crypto {

/// Over the concatenation of `parts`. @param key of any length, also none.
Mac hmac_sha256(ByteView key, std::initializer_list<ByteView> parts);

/// Constant time: how long it takes does not tell how much of a guessed tag is right.
[[nodiscard]] bool same(Mac const& a, Mac const& b);

/// Extract and expand. @param size of the output, 1 to 255 · 32 bytes; another one is a programmer's error and aborts.
Secret hkdf_sha256(ByteView ikm, ByteView salt, ByteView info, std::size_t size);

/// Keyed BLAKE2b over the concatenation of `parts`, 32 bytes. @param key 32 bytes; another length is a programmer's
/// error and aborts.
Secret blake2b_256(Secret const& key, std::initializer_list<ByteView> parts);

}  // namespace piaojue::crypto
