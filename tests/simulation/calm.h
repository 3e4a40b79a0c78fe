// SPDX-License-Identifier: Apache-2.0
#pragma once
/// A meeting in calm weather, for tests that break one thing of their own.
#include "world.h"

namespace piaojue::simulation {

struct Calm {
  std::size_t experts = 7;
  std::vector<PersonId> trustees = {0, 1};  ///< 0: the server
  std::size_t batches = 1, questions = 1;   ///< of each batch
  std::uint32_t max_unconfirmed = 2;
};

/// Makes it a meeting in which nothing breaks and everybody is there: person 1 is the chair, experts follow, then a
/// clerk, then a supervisor. What is not said here stays as the seed drew it.
void calm(Scenario& scenario, Calm const& what);

}  // namespace piaojue::simulation
