// SPDX-License-Identifier: Apache-2.0
#pragma once
/// How often somebody may say Hello: each is answered with all of the log that he says he lacks, and whoever lacks
/// everything again and again would have the server do nothing else.
#include <map>

#include "server/allowance.h"

namespace piaojue::server {

class Hellos {
 public:
  Hellos(Limits const& limits, NowMs now_ms) : limits_(limits), now_ms_(std::move(now_ms)) {}

  /// @param chunks of the log that are asked for. @return kBusy: not yet.
  [[nodiscard]] Result<void> take(meeting::PersonId person, std::size_t chunks) {
    auto const now = now_ms_();
    auto const& rate = limits_.hellos_per_person;
    auto& allowance = by_person_.try_emplace(person, rate, now).first->second;
    // A log longer than all that is in hand must be had, too.
    if (!allowance.take(now, std::min(rate.in_hand, 1 + static_cast<double>(chunks)))) return Refusal::kBusy;
    return {};
  }

 private:
  Limits const& limits_;
  NowMs now_ms_;
  std::map<meeting::PersonId, Allowance> by_person_;
};

}  // namespace piaojue::server
