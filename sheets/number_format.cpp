// SPDX-License-Identifier: Apache-2.0
#include "sheets/number_format.h"

#include <algorithm>
#include <vector>

namespace piaojue::sheets {

namespace {

/// Of text in quotes, a sign that is shown as it stands (\月, !月), a blank of a sign's width (_), a filler (*-) and a
/// condition in brackets: where it ends. @return i itself: none of these begins there.
std::size_t end_of_literal(std::string_view code, std::size_t i) {
  std::size_t end = i;
  if (code[i] == '"') end = code.find('"', i + 1);
  if (code[i] == '[') end = code.find(']', i);
  if (std::string_view("\\!_*").find(code[i]) != std::string_view::npos) end = i + 1;
  return std::min(end, code.size() - 1);
}

}  // namespace

Shows shown_by(std::string_view code) {
  bool year = false;
  bool month = false;
  bool day = false;
  bool clock = false;
  for (std::size_t i = 0; i < code.size(); ++i) {
    char const c = code[i];
    if (c == ';') break;  // only the first section: dates are not negative
    if (auto const end = end_of_literal(code, i); end != i) {
      if (c == '[' && std::string_view("hms").find(code[i + 1]) != std::string_view::npos) clock = true;
      i = end;
    } else if (c == 'G' && code.substr(i).starts_with("General")) {
      i += 6;
    } else if (c == 'y' || c == 'Y' || c == 'e') {
      year = true;
    } else if (c == 'E') {
      continue;  // 0.00E+00
    } else if (c == 'm' || c == 'M') {
      month = true;
    } else if (c == 'd' || c == 'D') {
      day = true;
    } else if (c == 'h' || c == 'H' || c == 's' || c == 'S') {
      clock = true;
    }
  }
  if (day) return Shows::kDay;
  if (year) return month ? Shows::kMonth : Shows::kYear;
  if (clock) return Shows::kTime;
  return month ? Shows::kMonth : Shows::kNumber;
}

Hides hidden_by(std::string_view code) {
  std::vector<bool> empty{true};  // by section
  for (std::size_t i = 0; i < code.size(); ++i) {
    if (code[i] == ';') {
      empty.push_back(true);
      continue;
    }
    if (code[i] != ' ') empty.back() = false;
    i = end_of_literal(code, i);
  }
  return {empty.size() >= 2 && empty[0], empty.size() >= 4 && empty[3]};
}

bool scaled_by(std::string_view code) {
  bool digit = false;  // right before, but for commas
  for (std::size_t i = 0; i < code.size() && code[i] != ';'; ++i) {
    char const c = code[i];
    if (auto const end = end_of_literal(code, i); end != i) {
      i = end;
    } else if (c == '%') {
      return true;
    } else if (c == ',' && digit) {
      // Between digits it parts thousands; behind them it divides by one.
      auto const next = code.find_first_not_of(',', i);
      if (next == std::string_view::npos || std::string_view("0#?").find(code[next]) == std::string_view::npos)
        return true;
    } else {
      digit = c == '0' || c == '#' || c == '?';
    }
  }
  return false;
}

Shows shown_by(std::size_t id) {
  if (id == 17 || id == 27 || id == 36 || id == 50 || id == 52 || id == 57) return Shows::kMonth;
  if ((id >= 18 && id <= 21) || (id >= 45 && id <= 47) || (id >= 32 && id <= 35) || id == 55 || id == 56)
    return Shows::kTime;
  if ((id >= 14 && id <= 16) || id == 22 || (id >= 28 && id <= 31) || id == 51 || id == 53 || id == 54 || id == 58)
    return Shows::kDay;
  return Shows::kNumber;
}

}  // namespace piaojue::sheets
