// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Witness cosignatures after C2SP tlog-cosignature (cosignature/v1): Ed25519 by a witness key over
///
///     cosignature/v1
///     time <POSIX seconds, decimal>
///     <checkpoint body>
///
/// Kept beside the checkpoint, not in the note (specification §4). A witness signs only a checkpoint that it has
/// recomputed from all entries and whose every entry its own state machine has accepted.
#include "protocol/log/checkpoint.h"

namespace piaojue::log {

struct Cosignature {
  std::uint64_t tree_size = 0;  ///< of the checkpoint
  crypto::Hash root;            ///< of the checkpoint
  std::uint32_t person = 0;     ///< whose witness key, index in the manifest
  std::uint64_t time_s = 0;     ///< POSIX seconds
  crypto::Signature signature;
  bool operator==(Cosignature const&) const = default;
};

Cosignature cosign(Checkpoint const& checkpoint, std::uint32_t person, std::uint64_t time_s,
                   crypto::SigningKey const& witness_key);

/// @param origin of the log. @return kBadSignature. kOutOfRange: a time beyond its bound, which no verifier takes.
[[nodiscard]] Result<void> verify_cosignature(Cosignature const& cosignature, std::string_view origin,
                                              crypto::SigningPublicKey const& witness_key);

/// One C2SP signature line "— name base64(key id(4) ‖ u64be time(8) ‖ signature(64))", for tools that expect one.
std::string cosignature_line(Cosignature const& cosignature, std::string_view witness_name,
                             crypto::SigningPublicKey const& witness_key);

}  // namespace piaojue::log
