// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Which seeds a suite of simulations runs.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace piaojue::simulation {

/// The number in that variable of the environment; nothing if there is none.
std::optional<std::uint64_t> number_from(char const* name);

/// Seeds that failed once, of tests/cases/seeds/SUITE.txt: a number a line, what follows it is for people. Empty if
/// there is no such file.
std::vector<std::uint64_t> kept_seeds(std::string const& suite);

}  // namespace piaojue::simulation
