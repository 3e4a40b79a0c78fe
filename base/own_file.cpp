// SPDX-License-Identifier: Apache-2.0
#include "base/own_file.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <string_view>

namespace piaojue {
namespace {

/// "55e0-55f0 r-xp 00002000 08:01 1234      /usr/bin/piaojue"; the name begins behind the fifth of them, if there is
/// one.
constexpr int kFieldsBeforeName = 5;

bool lies_in(std::uintptr_t address, std::string_view line) {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
  char const* const last = line.data() + line.size();
  auto const first = std::from_chars(line.data(), last, begin, 16);
  if (first.ec != std::errc() || first.ptr == last || *first.ptr != '-') return false;
  auto const second = std::from_chars(first.ptr + 1, last, end, 16);
  return second.ec == std::errc() && begin <= address && address < end;
}

std::string_view name_in(std::string_view line) {
  for (int i = 0; i < kFieldsBeforeName; ++i) {
    line.remove_prefix(std::min(line.find(' '), line.size()));
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  }
  return line;
}

}  // namespace

std::optional<std::string> own_file() {
  // This room is part of the program, never a library of its own.
  auto const here = reinterpret_cast<std::uintptr_t>(&own_file);
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (!lies_in(here, line)) continue;
    auto const name = name_in(line);
    if (name.empty()) return std::nullopt;
    return std::string(name);
  }
  return std::nullopt;
}

}  // namespace piaojue
