// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The time after an Override in which a person may say stop (specification §10.5), by the host's clock.
#include "protocol/trustee/trustee.h"

namespace piaojue::trustee {

class ProtestTime {
 public:
  explicit ProtestTime(NowMs now_ms) : now_ms_(std::move(now_ms)) {}

  /// Begins with each Override that has entered the log, and after a restart once more: how long the program was away
  /// nobody knows.
  void look(meeting::Attempt const& attempt);
  /// @return 0: over, or no Override. Before `look` has seen it: all of it.
  std::uint64_t left_ms(meeting::Attempt const& attempt, std::uint32_t protest_s) const;

 private:
  NowMs now_ms_;
  struct Begun {
    Hash batch_open;
    std::uint64_t index = 0;  ///< of the Override
    std::uint64_t at_ms = 0;
  };
  std::optional<Begun> begun_;
};

}  // namespace piaojue::trustee
