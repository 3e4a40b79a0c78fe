// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The two clocks of a server process.
#include <chrono>
#include <cstdint>

namespace piaojue::server {

/// POSIX seconds.
inline std::uint64_t now_s() {
  auto const now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(now).count());
}
/// Milliseconds of a clock that only goes forward.
inline std::uint64_t now_ms() {
  auto const now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

}  // namespace piaojue::server
