// SPDX-License-Identifier: Apache-2.0
#include "office/rules/amount.h"

#include <algorithm>
#include <string>

#include "sheets/vocabulary.h"
#include "strings/rules.h"

namespace piaojue::office {

namespace say = strings::rules;

namespace {

constexpr std::size_t kWholeDigitsMax = 13, kPartDigitsMax = 8;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// "5,000,000" to its digits; commas stand before three digits each, or nowhere. @return empty: it is no number.
std::string whole_digits(std::string_view text) {
  std::string out;
  bool const grouped = text.find(',') != std::string_view::npos;
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::size_t const behind = text.size() - i;
    if (text[i] == ',' ? (i == 0 || behind % 4 != 0) : !is_digit(text[i])) return {};
    if (grouped && text[i] != ',' && behind % 4 == 0) return {};
    if (text[i] != ',') out += text[i];
  }
  return out;
}

/// Digits with a point or without, in a unit that is a power of ten.
std::optional<std::int64_t> yuan_of(std::string_view number, std::int64_t unit) {
  std::size_t const point = std::min(number.find('.'), number.size());
  std::string const whole = whole_digits(number.substr(0, point));
  std::string part(point < number.size() ? number.substr(point + 1) : std::string_view{});
  bool const plain = std::ranges::all_of(part, is_digit) && part.size() <= kPartDigitsMax;
  if (whole.empty() || whole.size() > kWholeDigitsMax || !plain || (point < number.size() && part.empty()))
    return std::nullopt;
  std::int64_t out = std::stoll(whole) * unit;
  for (char const c : part) {
    unit /= 10;
    out += (c - '0') * unit;
  }
  return out;
}

}  // namespace

std::optional<std::int64_t> yuan_of_unit(std::string_view code) {
  static constexpr auto kUnits = std::to_array<sheets::Word<std::int64_t>>({
      {"元", 1},
      {"千元", 1'000},
      {"万", 10'000},
      {"万元", 10'000},
      {"百万元", 1'000'000},
      {"千万", 10'000'000},
      {"千万元", 10'000'000},
      {"亿", 100'000'000},
      {"亿元", 100'000'000},
  });
  for (std::string_view const before : {"人民币", "RMB"})
    if (code.starts_with(before)) code.remove_prefix(before.size());
  for (std::string_view const behind : {"/年", "每年", "人民币"})
    if (code.ends_with(behind)) code.remove_suffix(behind.size());
  return meaning_of(kUnits, code);
}

Amount amount_of(std::string_view code, std::int64_t heading_yuan) {
  for (std::string_view const sign : {"¥", "￥", "人民币"})
    if (code.starts_with(sign)) code.remove_prefix(sign.size());
  std::size_t const end = static_cast<std::size_t>(
      std::ranges::find_if_not(code, [](char c) { return is_digit(c) || c == '.' || c == ','; }) - code.begin());
  std::int64_t unit = heading_yuan;
  if (end < code.size()) {
    auto const own = yuan_of_unit(code.substr(end));
    if (!own) return {-1, &say::kImportOutputExpected};
    if (heading_yuan != 0 && *own != heading_yuan) return {-1, &say::kImportOutputTwoUnits};
    unit = *own;
  }
  // Whether it is a number is said first: "待定" lacks no unit.
  auto const yuan = yuan_of(code.substr(0, end), unit == 0 ? 1 : unit);
  if (!yuan) return {-1, &say::kImportOutputExpected};
  if (unit == 0) return {-1, &say::kImportOutputNoUnit};
  return {*yuan, nullptr};
}

}  // namespace piaojue::office
