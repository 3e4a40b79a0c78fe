// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What one person alone can open: libsodium's sealed boxes (X25519, XSalsa20-Poly1305, BLAKE2b nonce). The sender
/// stays unnamed; whoever must be known signs what lies inside, or the whole.
#include "crypto/x25519.h"

namespace piaojue::crypto {

inline constexpr std::size_t kBoxOverheadBytes = 48;

/// BK of specification §1.
using BoxKey = X25519Key<BoxPublicKey>;

/// sealed.size() = plain.size() + kBoxOverheadBytes. Fresh each time. @return kKeyParam for a key of small order.
[[nodiscard]] Result<Bytes> seal_to(BoxPublicKey const& recipient, ByteView plain);
/// @return kMalformed: shorter than the overhead, altered, or sealed to another key.
[[nodiscard]] Result<Secret> open(BoxKey const& key, ByteView sealed);

}  // namespace piaojue::crypto
