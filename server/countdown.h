// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The time that the chair gives for a vote: told to everybody with StatusPush, in memory only, and forgotten when the
/// vote is closed or this server starts again. It closes nothing, and no rule knows it.
#include "server/allowance.h"
#include "server/asked.h"

namespace piaojue::server {

class Countdown {
 public:
  /// @param told whatever is shown has changed
  Countdown(meeting::Record const& record, Limits const& limits, NowMs now_ms, std::function<void()> told)
      : record_(record), rate_(limits.countdowns, 0), now_ms_(std::move(now_ms)), told_(std::move(told)) {}

  /// Answers: relayed, or refused. kNotAuthorised: no chair. kWrongPhase: nothing is being voted on. kOutOfRange:
  /// longer than kCountdownMaxS. kBusy: too often.
  void answer(Asked const& asked, wire::SetCountdown const& in);
  /// The log has gone on.
  void look_again();
  /// Seconds that are left, 0 when they are over. Nothing: none is shown.
  std::optional<std::uint32_t> left_s() const;

 private:
  [[nodiscard]] Result<void> set(PersonId person, std::uint32_t seconds);
  bool voting() const;

  meeting::Record const& record_;
  Allowance rate_;
  NowMs const now_ms_;
  std::function<void()> const told_;
  std::optional<std::uint64_t> end_ms_;
};

}  // namespace piaojue::server
