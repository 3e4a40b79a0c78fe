// SPDX-License-Identifier: Apache-2.0
#pragma once
/// A meeting's server keys as one sealed row of a service's database (docs/operating.md): under the service key, bound
/// to the meeting's number. What is sealed:
///
///     1 ‖ eight fields, each u32be length ‖ bytes: CA certificate (PEM) · CA key (PEM) · TLS certificate (PEM) ·
///     TLS key (PEM) · seed of the signing key · seed of the checkpoint key · secret of the box key · seal key
#include "server/keys.h"

namespace piaojue::server {

/// The name of its row in Table::kMeta.
inline constexpr std::string_view kKeysRow = "keys";

Bytes seal_keys(Secret const& service_key, std::uint32_t meeting, Keys const& keys);
/// @return kMalformed: another service key, another meeting, or altered. kKeyParam: a key that is none.
[[nodiscard]] Result<Keys> unseal_keys(Secret const& service_key, std::uint32_t meeting, ByteView sealed);

}  // namespace piaojue::server
