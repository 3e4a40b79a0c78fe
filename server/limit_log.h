// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Refusals by a limit are told to the operator, one line an address and minute: whoever can be refused often could
/// fill the disk otherwise.
#include <cstdint>
#include <map>
#include <string>

namespace piaojue::server {

class LimitLog {
 public:
  /// @return whether this one is to be told.
  bool is_due(std::string const& address, std::uint64_t now_ms) {
    // Also the way in which addresses are forgotten.
    std::erase_if(told_ms_, [&](auto const& one) { return now_ms >= one.second + kMinuteMs; });
    return told_ms_.emplace(address, now_ms).second;
  }

 private:
  static constexpr std::uint64_t kMinuteMs = 60'000;
  std::map<std::string, std::uint64_t> told_ms_;
};

}  // namespace piaojue::server
