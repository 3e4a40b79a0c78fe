// SPDX-License-Identifier: Apache-2.0
#pragma once
/// 第五条 and 第六条: the routes of the normal channel.
#include <vector>

#include "office/rules/trial.h"

namespace piaojue::office {

/// Every route to the level applied for, once for each degree that opens it.
std::vector<Trial> try_routes(Facts const& facts, Standard const& standard);

/// The title that a route or the exceptional channel asks for, or a qualification that counts as it (第四条).
void try_title(Trial& trial, Facts const& facts, Standard const& standard, Title needed);

/// The first of the best; none: nothing was tried.
Trial const* best_of(std::vector<Trial> const& trials);

}  // namespace piaojue::office
