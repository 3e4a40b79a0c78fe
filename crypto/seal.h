// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Sealing of state at rest: XChaCha20-Poly1305 (libsodium), nonce(24) ‖ ciphertext ‖ tag(16), and Argon2id for keys
/// that come from a passphrase.
#include "base/refusal.h"
#include "base/secret.h"
#include "crypto/types.h"

namespace piaojue::crypto {

inline constexpr std::size_t kSealKeyBytes = 32;
inline constexpr std::size_t kSealOverheadBytes = 24 + 16;
inline constexpr std::size_t kPassphraseSaltBytes = 16;

/// @param key kSealKeyBytes; another length is a programmer's error and aborts.
/// sealed.size() = plain.size() + kSealOverheadBytes. `associated` is authenticated, not stored.
Bytes seal(Secret const& key, ByteView plain, ByteView associated);
/// @return kMalformed: shorter than the overhead, altered, under another key, or with other associated data.
[[nodiscard]] Result<Secret> unseal(Secret const& key, ByteView sealed, ByteView associated);

/// Argon2id (version 1.3) at libsodium's "interactive" cost: 2 passes over 64 MiB. @param salt kPassphraseSaltBytes.
/// @return kMalformed: another length of salt. kInternal: not enough memory.
[[nodiscard]] Result<Secret> key_from_passphrase(std::string_view passphrase, ByteView salt);
/// BLAKE2b-256(key = own, "piaojue/v2/half" ‖ 0x00 ‖ half): the key of an attempt's state (specification §14). Neither
/// the owner's key nor the holder's half alone suffices. Both kSealKeyBytes; another length aborts.
Secret combine_keys(Secret const& own, Secret const& half);

}  // namespace piaojue::crypto
