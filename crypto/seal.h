#pragma once
/// Sealing of state at rest: XChaCha20-Poly1305 (libsodium), nonce(24) ‖ ciphertext ‖ tag(16), and Argon2id for keys that
/// come from a passphrase.
#include "crypto/bytes.h"
#include "crypto/refusal.h"
#include "crypto/secret.h"

namespace piaojue::crypto {

inline constexpr std::size_t kSealKeyBytes = 32;
inline constexpr std::size_t kSealOverheadBytes = 24 + 16;
inline constexpr std::size_t kPassphraseSaltBytes = 16;

/// sealed.size() = plain.size() + kSealOverheadBytes. `associated` is authenticated, not stored.
Bytes seal(Secret const& key, ByteView plain, ByteView associated);
/// @return kMalformed: shorter than the overhead, altered, under another key, or with other associated data.
[[nodiscard]] Result<Secret> unseal(Secret const& key, ByteView sealed, ByteView associated);

/// Argon2id, libsodium's "interactive" cost by default. @param salt kPassphraseSaltBytes.
[[nodiscard]] Result<Secret> key_from_passphrase(std::string_view passphrase, ByteView salt);
/// BLAKE2b(a ‖ b ‖ label) keyed-hash combination of two 32-byte keys: neither alone suffices.
Secret combine_keys(Secret const& a, Secret const& b, ByteView label);

}  // namespace piaojue::crypto
