// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What a session hands to its host: lines that were said, and heavy work.
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/work_pool.h"

namespace piaojue::client {

/// Who gave a command: its reply goes there and nowhere else.
using Asker = std::uint32_t;
inline constexpr Asker kConsole = 0;

/// One JSON object, a line without its newline.
struct Said {
  std::optional<Asker> to;  ///< nothing: everybody
  std::string line;
};

using JobId = std::uint64_t;

/// Heavy work that touches only what it captured.
struct Job {
  JobId id = 0;
  std::function<void()> run;
  Urgency urgency = Urgency::kUrgent;
};

}  // namespace piaojue::client
