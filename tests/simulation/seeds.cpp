// SPDX-License-Identifier: Apache-2.0
#include "simulation/seeds.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "support/paths.h"

namespace piaojue::simulation {

std::optional<std::uint64_t> number_from(char const* name) {
  char const* const text = std::getenv(name);
  if (text == nullptr || *text == '\0') return std::nullopt;
  return std::strtoull(text, nullptr, 10);
}

std::vector<std::uint64_t> kept_seeds(std::string const& suite) {
  std::vector<std::uint64_t> out;
  std::ifstream in(test::source_dir() + "/tests/cases/seeds/" + suite + ".txt");
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    if (std::uint64_t seed = 0; words >> seed) out.push_back(seed);
  }
  return out;
}

}  // namespace piaojue::simulation
