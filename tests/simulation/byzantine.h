// SPDX-License-Identifier: Apache-2.0
#pragma once
/// A meeting among liars, from a seed: the server, all trustees but one, the office and up to a third of the experts
/// are one adversary's, who deviates at random; the other people run the real program. It need not end. Whatever comes
/// of it, byzantine_judge.h says what must not.
#include <string>

#include "byzantine_deviations.h"

namespace piaojue::simulation::byzantine {

struct Outcome {
  std::string failure;  ///< empty: every invariant holds
  std::string story;    ///< the types of the entries of each log, for who looks at one seed
  Counts deviations{};
  std::uint64_t entries = 0, logs = 0, halted = 0, closed = 0, verified = 0, rows = 0, contested = 0, shares = 0,
                counted = 0, marked = 0;
};

/// @param seed every tenth is calm: nobody deviates, and the meeting must end in a verified result.
Outcome play(std::uint64_t seed);

}  // namespace piaojue::simulation::byzantine
