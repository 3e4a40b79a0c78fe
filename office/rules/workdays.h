// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Working days from the yearly tables of the State Council (`tables/holidays-2026.toml`): weekends can be working days
/// and Mondays free ones, so that a year without its table can not be reckoned with. It is an error, never a guess.
#include <map>
#include <set>
#include <string_view>

#include "base/explained.h"
#include "sheets/date.h"

namespace piaojue::office {

using sheets::Day;

inline constexpr std::size_t kHolidayTableBytesMax = 64U << 10;

/// How the start day is taken: 民法典 201 begins on the day after it.
enum class StartDay { kExcluded, kIncluded };

struct HolidayTable {
  int year = 0;
  std::string source;  ///< the notice it comes from
  std::set<Day> off;   ///< weekends among them or not
  std::set<Day> work;  ///< weekends that are worked
};

/// @param expected_year the one that the file's name says; 0: any.
/// @return refused: not TOML, an unknown key, no source, a day that is not of its year or stands twice, a working day
/// that is no weekend, no day off at all, another year than expected.
Explained<HolidayTable> parse_holidays(std::string_view toml, int expected_year = 0);

class WorkCalendar {
 public:
  /// Refused: a year that is loaded already with other days.
  Explained<int> add(HolidayTable const& table);
  Explained<bool> is_working(Day day) const;
  /// The last of `count` working days. @param count 1 to 250
  Explained<Day> last_of(Day start, int count, StartDay rule = StartDay::kExcluded) const;

 private:
  std::map<int, HolidayTable> years_;
};

}  // namespace piaojue::office
