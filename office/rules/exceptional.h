// SPDX-License-Identifier: Apache-2.0
#pragma once
/// 第八条 to 第十四条 and 第十六条: awards and achievements held against the lines of the table.
#include <vector>

#include "office/rules/trial.h"

namespace piaojue::office {

/// How far an achievement came against a line, so that the nearest miss is the one that is told.
struct Held {
  enum class Stage : std::uint8_t { kNothing, kAward, kRank, kDate };  ///< the last that was passed
  Trial trial;
  Stage stage = Stage::kNothing;
};

/// Each achievement against each line of the level applied for that its kind can meet.
std::vector<Held> hold_all(Facts const& facts, Standard const& standard);

/// The one that opens the channel, or comes nearest to it; none: nothing was held.
Held const* best_of(std::vector<Held> const& held);

}  // namespace piaojue::office
