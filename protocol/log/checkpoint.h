// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Checkpoints: C2SP tlog-checkpoint bodies in C2SP signed notes (specification §4). Example:
///
///     piaojue/7f3a…            origin: "piaojue/" and 32 lower-case hex digits of the meeting id
///     42                       tree size, decimal, no leading zero
///     base64(root hash)
///                              (empty line)
///     — piaojue/7f3a… base64(key id(4) ‖ Ed25519 signature(64))
///
/// The signature covers the text up to and including the newline before the empty line. Key id =
/// SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key)[0..4). No extension lines; exactly one signature line (the server's):
/// cosignatures are kept beside the note.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/refusal.h"
#include "crypto/sign.h"
#include "crypto/types.h"

namespace piaojue::log {

struct Checkpoint {
  std::string origin;
  std::uint64_t size = 0;
  crypto::Hash root;
  bool operator==(Checkpoint const&) const = default;

  /// The three lines, each ended by a newline: what is signed, and what cosignatures cover.
  std::string body() const;
};

inline constexpr std::size_t kNoteBytesMax = 4096;

/// @param name of the key, here equal to the origin.
std::string sign_checkpoint(Checkpoint const& checkpoint, crypto::SigningKey const& key);

/// Parses a note and checks its signature.
/// @return kTooLarge, kMalformed (form, origin other than `origin`, another number of signatures), kBadSignature.
[[nodiscard]] Result<Checkpoint> open_checkpoint(std::string_view note, std::string_view origin,
                                                 crypto::SigningPublicKey const& key);

/// C2SP signed-note key id for signature type `type` (0x01 Ed25519, 0x04 cosignature/v1).
std::array<std::uint8_t, 4> key_id(std::string_view name, std::uint8_t type, crypto::SigningPublicKey const& key);

}  // namespace piaojue::log
