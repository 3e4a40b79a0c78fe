// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Heavy work on its way out to the host's threads.
#include <functional>
#include <optional>

#include "protocol/trustee/duty.h"

namespace piaojue::server {

using JobId = std::uint64_t;

/// Heavy work that touches only what it captured.
struct Job {
  JobId id = 0;
  std::optional<trustee::Duty> duty;  ///< of trustee 0; nothing: the ballot box of the attempt
  std::function<void()> run;
  bool can_wait() const { return duty && duty->can_wait(); }
};

}  // namespace piaojue::server
