// SPDX-License-Identifier: Apache-2.0
#include "sheets/date.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

#include "sheets/text.h"

namespace piaojue::sheets {
namespace {

using namespace std::chrono;

std::string formatted(char const* format, int a, int b, int c) {
  std::array<char, 48> out{};
  // The format is one of the literals below.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  int const length = std::snprintf(out.data(), out.size(), format, a, b, c);
#pragma GCC diagnostic pop
  return {out.data(), static_cast<std::size_t>(length)};
}

std::optional<int> digits(std::string_view text) {
  int out = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (text.empty() || text.front() == '-' || error != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return out;
}

void replace_all(std::string& in, std::string_view what, std::string_view by) {
  for (std::size_t at = 0; (at = in.find(what, at)) != std::string::npos; at += by.size())
    in.replace(at, what.size(), by);
}

std::optional<Date> checked(Date date) {
  if (date.year < 1900 || date.year > 2100 || date.month > 12 || (date.day != 0 && date.month == 0))
    return std::nullopt;
  if (date.day != 0 && !(year(date.year) / date.month / date.day).ok()) return std::nullopt;
  return date;
}

}  // namespace

std::optional<Day> parse_day(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  auto const y = digits(text.substr(0, 4));
  auto const m = digits(text.substr(5, 2));
  auto const d = digits(text.substr(8, 2));
  if (!y || !m || !d) return std::nullopt;
  auto const out = year(*y) / *m / *d;
  if (!out.ok()) return std::nullopt;
  return sys_days(out);
}

std::string day_text(Day day) { return to_date(day).text(); }

std::string chinese_day_text(Day day) {
  Date const d = to_date(day);
  return formatted("%d年%d月%d日", d.year, d.month, d.day);
}

Day Date::earliest() const {
  return sys_days(std::chrono::year(year) / (month == 0 ? 1 : month) / (day == 0 ? 1 : day));
}

Day Date::latest() const {
  auto const m = std::chrono::year(year) / (month == 0 ? 12 : month);
  return day == 0 ? sys_days(m / last) : sys_days(m / day);
}

std::string Date::text() const {
  if (!known()) return {};
  if (month == 0) return formatted("%04d", year, 0, 0);
  if (day == 0) return formatted("%04d-%02d", year, month, 0);
  return formatted("%04d-%02d-%02d", year, month, day);
}

Date to_date(Day day) {
  year_month_day const d(day);
  return {static_cast<int>(d.year()), static_cast<int>(static_cast<unsigned>(d.month())),
          static_cast<int>(static_cast<unsigned>(d.day()))};
}

std::optional<Date> parse_date(std::string_view text) {
  std::string kept = trimmed(text);
  if (auto const time = kept.find(':'); time != std::string::npos)
    if (auto const space = kept.rfind(' ', time); space != std::string::npos) kept.resize(space);
  std::string code = code_of(kept);
  for (std::string_view const stop : {"。", "."})
    if (code.ends_with(stop)) code.resize(code.size() - stop.size());
  for (std::string_view const sign : {"——", "—", "――", "―", "–", "−", "‐", "‑"}) replace_all(code, sign, "-");
  for (std::string_view const sign : {"。", "．", "·", "•", "・", "、", ","}) replace_all(code, sign, ".");
  replace_all(code, "月份", "月");
  // What the last part is called: 2024年1-12月 are months, and no day.
  static constexpr auto kEnds =
      std::to_array<std::pair<std::string_view, std::size_t>>({{"年", 1}, {"月", 2}, {"日", 3}, {"号", 3}});
  std::size_t named = 0;
  for (auto const& [word, parts] : kEnds)
    if (named == 0 && code.ends_with(word)) {
      named = parts;
      code.resize(code.size() - word.size());
    }
  for (auto const& [word, parts] : kEnds) replace_all(code, word, "_");
  // One and the same sign between the parts, or words: 2024.1-12 is a span.
  if (std::ranges::count_if(std::string_view("-._/"), [&](char c) { return code.find(c) != std::string::npos; }) > 1)
    return std::nullopt;
  for (char& c : code)
    if (c == '.' || c == '/' || c == '_') c = '-';
  if (code.size() == 8 || code.size() == 6)
    if (code.find('-') == std::string::npos && digits(code)) {
      if (code.size() == 8) code.insert(6, "-");
      code.insert(4, "-");
    }
  std::array<int, 3> parts{};
  std::size_t count = 0;
  for (std::size_t at = 0; at <= code.size();) {
    std::size_t const end = std::min(code.find('-', at), code.size());
    auto const value = digits(std::string_view(code).substr(at, end - at));
    if (!value || count == 3 || end - at > (count == 0 ? 4U : 2U) || (count == 0 && end - at != 4) ||
        (count > 0 && *value == 0))
      return std::nullopt;
    parts[count++] = *value;
    at = end + 1;
  }
  if (named != 0 && named != count) return std::nullopt;
  return checked({parts[0], parts[1], parts[2]});
}

std::optional<int> parse_year(std::string_view text) {
  std::string code = code_of(text);
  for (std::string_view const word : {"年度", "年", "考核", "结果", "等次", "情况"}) replace_all(code, word, "");
  auto const year = code.size() == 4 ? digits(code) : std::nullopt;
  return year && *year >= 1900 && *year <= 2100 ? year : std::nullopt;
}

std::optional<Date> date_of_serial(double serial, bool from_1904) {
  if (!(serial >= 1 && serial < 100'000)) return std::nullopt;
  auto const count = static_cast<int>(serial);
  if (from_1904) return checked(to_date(sys_days(year(1904) / 1 / 1) + days(count)));
  if (count == 60) return std::nullopt;
  return checked(to_date(sys_days(year(1899) / 12 / (count < 60 ? 31 : 30)) + days(count)));
}

}  // namespace piaojue::sheets
