// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Days and dates. A `Day` is a whole one, to reckon with; a `Date` is what a form says, which is often only a month.
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace piaojue::sheets {

using Day = std::chrono::sys_days;

/// "2026-02-13", and nothing else.
std::optional<Day> parse_day(std::string_view text);
std::string day_text(Day day);          ///< 2026-02-13
std::string chinese_day_text(Day day);  ///< 2026年2月13日

/// A date as far as it is known: 2019, 2019-07, 2019-07-01.
struct Date {
  int year = 0;   ///< 0: not known at all
  int month = 0;  ///< 0: not known
  int day = 0;    ///< 0: not known; never known without the month

  bool known() const { return year != 0; }
  bool whole() const { return day != 0; }
  /// The first and the last day that it may be. @pre known()
  Day earliest() const;
  Day latest() const;
  std::string text() const;
  bool operator==(Date const&) const = default;
};

Date to_date(Day day);
/// 2019, 2019-07, 2019.7.1, 2019/7/1, 2019年7月, 2019年7月1日, 201907, 20190701, in full-width digits as well, and with
/// the signs that a Chinese keyboard makes of these (2019。7, 2019—07, 2019·7, 2019、7); years from 1900 to 2100. A
/// time of day behind a space is passed over.
std::optional<Date> parse_date(std::string_view text);
/// 2023, 2023年, 2023年度, with 考核 and 结果 around it or without.
std::optional<int> parse_year(std::string_view text);
/// Excel's number of days: since 1900 (with its 29 February 1900, which never was) or since 1904.
std::optional<Date> date_of_serial(double serial, bool from_1904);

}  // namespace piaojue::sheets
