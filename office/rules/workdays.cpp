// SPDX-License-Identifier: Apache-2.0
#include "office/rules/workdays.h"

#include <toml++/toml.h>

#include "office/rules/toml_place.h"
#include "strings/rules.h"

namespace piaojue::office {

namespace say = strings::rules;
using sheets::day_text;
using sheets::parse_day;
using sheets::to_date;

namespace {

using namespace std::chrono;

bool weekend(Day day) {
  weekday const w(day);
  return w == Saturday || w == Sunday;
}

Explanation at(toml::source_region const& where, Sentence what) {
  return at_line(say::kTableHolidays, where, std::move(what));
}

struct Span {
  Day first, last;
};

/// "2026-01-01" or "2026-01-01..2026-01-03"
std::optional<Span> parse_span(std::string_view text) {
  auto const dots = text.find("..");
  auto const first = parse_day(text.substr(0, dots));
  auto const last = dots == std::string_view::npos ? first : parse_day(text.substr(dots + 2));
  if (!first || !last || *first > *last || *last - *first > days(31)) return std::nullopt;
  return Span{*first, *last};
}

/// Reads the days of one list, off or worked, into the table.
/// @return what is wrong with the first that is.
std::optional<Explanation> read_days(toml::array const& list, bool working, HolidayTable& table) {
  for (auto const& item : list) {
    auto const text = item.value<std::string>();
    if (!text) return at(item.source(), say::kHolidaysDay);
    auto const span = parse_span(*text);
    if (!span) return at(item.source(), {say::kHolidaysWrittenDay, {{"written", *text}}});
    for (Day day = span->first; day <= span->last; day += days(1)) {
      Sentence::Values const values{{"day", day_text(day)}, {"year", table.year}};
      if (to_date(day).year != table.year) return at(item.source(), {say::kHolidaysOtherYear, values});
      if (working && !weekend(day)) return at(item.source(), {say::kHolidaysNoWeekend, values});
      if (table.off.contains(day) || table.work.contains(day)) return at(item.source(), {say::kHolidaysTwice, values});
      (working ? table.work : table.off).insert(day);
    }
  }
  return std::nullopt;
}

Explained<HolidayTable> read_holidays(toml::table const& root, int expected_year) {
  for (auto const& [key, value] : root)
    if (key != "year" && key != "source" && key != "off" && key != "work")
      return at(value.source(), {say::kTableUnknown, {{"word", key.str()}}});
  HolidayTable out;
  out.year = static_cast<int>(root["year"].value<std::int64_t>().value_or(0));
  if (out.year < 2000 || out.year > 2100) return Sentence(say::kHolidaysNoYear);
  if (expected_year != 0 && out.year != expected_year)
    return Sentence(say::kHolidaysFileName, {{"year", out.year}, {"expected", expected_year}});
  out.source = root["source"].value<std::string>().value_or("");
  if (out.source.empty()) return Sentence(say::kHolidaysNoSource);
  auto const* off = root["off"].as_array();
  auto const* work = root["work"].as_array();
  if (off == nullptr || off->empty() || work == nullptr) return Sentence(say::kHolidaysNoDays);
  if (auto fault = read_days(*off, false, out)) return std::move(*fault);
  if (auto fault = read_days(*work, true, out)) return std::move(*fault);
  return out;
}

}  // namespace

Explained<HolidayTable> parse_holidays(std::string_view toml, int expected_year) {
  if (toml.size() > kHolidayTableBytesMax) return Sentence(say::kHolidaysBytesMax);
  try {
    return read_holidays(toml::parse(toml), expected_year);
  } catch (toml::parse_error const& error) {
    return at(error.source(), {say::kTableNotToml, {{"error", error.description()}}});
  }
}

Explained<int> WorkCalendar::add(HolidayTable const& table) {
  int const year = table.year;
  auto const [at, fresh] = years_.try_emplace(year, table);
  if (!fresh && (at->second.off != table.off || at->second.work != table.work))
    return Sentence(say::kCalendarTwoTables, {{"year", year}});
  return year;
}

Explained<bool> WorkCalendar::is_working(Day day) const {
  auto const at = years_.find(to_date(day).year);
  if (at == years_.end()) return Sentence(say::kCalendarNotLoaded, {{"year", to_date(day).year}});
  HolidayTable const& table = at->second;
  return table.work.contains(day) || (!weekend(day) && !table.off.contains(day));
}

Explained<Day> WorkCalendar::last_of(Day start, int count, StartDay rule) const {
  if (count < 1 || count > 250) return Sentence(say::kCalendarCount);
  for (Day day = rule == StartDay::kIncluded ? start : start + days(1);; day += days(1)) {
    auto const working = is_working(day);
    if (!working) return working.error();
    if (*working && --count == 0) return day;
  }
}

}  // namespace piaojue::office
