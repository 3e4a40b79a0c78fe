// SPDX-License-Identifier: Apache-2.0
#pragma once
/// How much somebody may still do: so much is in hand, and more comes with time.
#include <algorithm>

#include "server/config.h"

namespace piaojue::server {

class Allowance {
 public:
  /// @param now_ms of a clock that only goes forward; an earlier moment counts as the last one.
  Allowance(Rate const& rate, std::uint64_t now_ms) : rate_(rate), left_(rate.in_hand), at_ms_(now_ms) {}

  bool has(std::uint64_t now_ms, double amount = 1) {
    refill(now_ms);
    return left_ >= amount;
  }
  /// @return false: it is not there, and nothing is taken.
  bool take(std::uint64_t now_ms, double amount = 1) {
    if (!has(now_ms, amount)) return false;
    left_ -= amount;
    return true;
  }
  /// Until so much is there, rounded up; 0: it is.
  std::uint64_t wait_ms(std::uint64_t now_ms, double amount) const {
    auto const lacks = amount - refilled(now_ms);
    return lacks <= 0 ? 0 : static_cast<std::uint64_t>(lacks / rate_.per_s * 1000) + 1;
  }
  void give_back(double amount = 1) { left_ = std::min(rate_.in_hand, left_ + amount); }
  /// Nothing of it is used: as good as a new one.
  bool is_full(std::uint64_t now_ms) const { return refilled(now_ms) >= rate_.in_hand; }

 private:
  double refilled(std::uint64_t now_ms) const {
    auto const more_ms = now_ms > at_ms_ ? now_ms - at_ms_ : 0;
    return std::min(rate_.in_hand, left_ + static_cast<double>(more_ms) / 1000 * rate_.per_s);
  }
  void refill(std::uint64_t now_ms) {
    left_ = refilled(now_ms);
    at_ms_ = std::max(at_ms_, now_ms);
  }

  Rate rate_;
  double left_;
  std::uint64_t at_ms_;
};

}  // namespace piaojue::server
