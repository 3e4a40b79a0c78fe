// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Answers of libsodium's slow pure functions, kept while a simulated meeting lasts (once.cpp says why).
#include <cstddef>

namespace piaojue::simulation {

/// Between meetings: one must not run faster for what another one asked.
void forget_answers();
std::size_t answers_kept();

}  // namespace piaojue::simulation
