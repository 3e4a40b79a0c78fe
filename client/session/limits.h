// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Bounds of one person's session: whatever a server sends or a script says, memory and patience have an end.
#include <cstddef>
#include <cstdint>

#include "protocol/meeting/manifest.h"

namespace piaojue::client {

struct SessionLimits {
  std::size_t requests_max = 512;          ///< sent and not answered; beyond it commands are refused with BUSY
  std::size_t deferred_commands_max = 64;  ///< waiting for the log to be up to date
  std::size_t held_pushes_max = 1024;      ///< of each kind: what arrived before the entry that it belongs to
  std::size_t proposals_max = 64 + meeting::kPeopleMax;  ///< people's, and of the server one for each late-comer
  std::uint32_t redrafts_max = 100;                      ///< of `open` and `close`, when somebody acted in between
  std::uint32_t busy_retries_max = 300;                  ///< 90 s: while something is proposed, others wait a minute
  std::uint64_t busy_retry_ms = 300;
  std::uint64_t settle_ms = 5'000;  ///< for the cosignatures of a result, before it is named unwitnessed
  std::uint64_t ping_ms = 15'000;
  std::uint64_t relay_retry_ms = 2'000;  ///< to a person who was not there, or a server that had enough
  std::size_t checks_max = 256;          ///< asked of a supervisor, one a person
  std::uint64_t unconfirmed_warning_ms = 15'000;
  std::size_t command_bytes_max = 64U << 10;
  std::uint64_t now_apart_ms = 50;  ///< between two events `now`
};

/// The time as the host last told it; the session has no other.
struct Clock {
  std::uint64_t now_ms = 0;   ///< of a clock that only goes forward
  std::uint64_t posix_s = 0;  ///< for cosignatures; 0: not told yet
};

}  // namespace piaojue::client
