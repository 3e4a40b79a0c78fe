// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The clocks of a server process.
#include <time.h>

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
/// The same, and it also goes on while the machine sleeps.
inline std::uint64_t boottime_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000 + static_cast<std::uint64_t>(now.tv_nsec) / 1'000'000;
}

}  // namespace piaojue::server
