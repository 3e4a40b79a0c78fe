// SPDX-License-Identifier: Apache-2.0
#include "office/rules/workdays.h"

#include <toml++/toml.h>

#include <array>

namespace piaojue::office {

using namespace sheets;
namespace {

using namespace std::chrono;

bool weekend(Day day) {
  weekday const w(day);
  return w == Saturday || w == Sunday;
}

std::string not_loaded(int year) {
  std::string const y = std::to_string(year);
  return "没有加载 " + y + " 年的节假日表：请按国务院办公厅关于 " + y + " 年部分节假日安排的通知写成 holidays-" + y +
         ".toml（格式见 holidays-2026.toml），放入节假日表所在的文件夹（--data 的那个）后重试";
}

std::string where(toml::source_region const& region) { return "第 " + std::to_string(region.begin.line) + " 行："; }

std::optional<std::string> read_days(toml::array const& list, int year, bool working, HolidayTable& table) {
  for (auto const& item : list) {
    auto const text = item.value<std::string>();
    if (!text) return where(item.source()) + "应为 \"2026-01-01\" 或 \"2026-01-01..2026-01-03\"";
    auto const dots = text->find("..");
    auto const first = parse_day(std::string_view(*text).substr(0, dots));
    auto const last = dots == std::string::npos ? first : parse_day(std::string_view(*text).substr(dots + 2));
    if (!first || !last || *first > *last || *last - *first > days(31))
      return where(item.source()) + "「" + *text + "」应为 \"2026-01-01\" 或 \"2026-01-01..2026-01-03\"";
    for (Day day = *first; day <= *last; day += days(1)) {
      if (to_date(day).year != year)
        return where(item.source()) + day_text(day) + " 不在 " + std::to_string(year) + " 年；这张表可能是别的年份的";
      if (working && !weekend(day)) return where(item.source()) + day_text(day) + " 不是周末，不应列为调休上班日";
      if (table.off.contains(day) || table.work.contains(day))
        return where(item.source()) + day_text(day) + " 列了两次";
      (working ? table.work : table.off).insert(day);
    }
  }
  return std::nullopt;
}

}  // namespace

Answered<HolidayTable> parse_holidays(std::string_view toml, int expected_year) {
  using A = Answered<HolidayTable>;
  if (toml.size() > kHolidayTableBytesMax) return A::no("节假日表应不超过 64 KiB");
  toml::table root;
  try {
    root = toml::parse(toml);
  } catch (toml::parse_error const& error) {
    return A::no("节假日表 " + where(error.source()) + "不是 TOML：" + std::string(error.description()));
  }
  for (auto const& [key, value] : root)
    if (key != "year" && key != "source" && key != "off" && key != "work")
      return A::no("节假日表 " + where(value.source()) + "不认识「" + std::string(key.str()) + "」");
  HolidayTable out;
  out.year = static_cast<int>(root["year"].value<std::int64_t>().value_or(0));
  if (out.year < 2000 || out.year > 2100) return A::no("节假日表缺少年份 year");
  if (expected_year != 0 && out.year != expected_year)
    return A::no("节假日表写的是 " + std::to_string(out.year) + " 年，文件名却是 " + std::to_string(expected_year) +
                 " 年；请核对后改正");
  out.source = root["source"].value<std::string>().value_or("");
  if (out.source.empty()) return A::no("节假日表缺少来源 source（哪一份通知）");
  auto const* off = root["off"].as_array();
  auto const* work = root["work"].as_array();
  if (off == nullptr || off->empty() || work == nullptr)
    return A::no("节假日表应有放假日 off 和调休上班日 work（可为空）");
  if (auto error = read_days(*off, out.year, false, out)) return A::no("节假日表 " + *error);
  if (auto error = read_days(*work, out.year, true, out)) return A::no("节假日表 " + *error);
  return A::yes(std::move(out));
}

Answered<int> WorkCalendar::add(HolidayTable const& table) {
  int const year = table.year;
  auto const [at, fresh] = years_.try_emplace(year, table);
  if (!fresh && (at->second.off != table.off || at->second.work != table.work))
    return Answered<int>::no(std::to_string(year) + " 年的节假日表已经加载，内容不同；应只留一张");
  return Answered<int>::yes(year);
}

Answered<bool> WorkCalendar::is_working(Day day) const {
  auto const at = years_.find(to_date(day).year);
  if (at == years_.end()) return Answered<bool>::no(not_loaded(to_date(day).year));
  HolidayTable const& table = at->second;
  return Answered<bool>::yes(table.work.contains(day) || (!weekend(day) && !table.off.contains(day)));
}

Answered<Day> WorkCalendar::last_of(Day start, int count, StartDay rule) const {
  if (count < 1 || count > 250) return Answered<Day>::no("工作日数应为 1 到 250");
  for (Day day = rule == StartDay::kIncluded ? start : start + days(1);; day += days(1)) {
    auto const working = is_working(day);
    if (!working.ok()) return Answered<Day>::no(working.refusal);
    if (*working && --count == 0) return Answered<Day>::yes(day);
  }
}

Answered<int> WorkCalendar::count_between(Day from, Day to) const {
  if (to - from > days(800)) return Answered<int>::no("两个日期相差太远");
  int count = 0;
  for (Day day = from + days(1); day <= to; day += days(1)) {
    auto const working = is_working(day);
    if (!working.ok()) return Answered<int>::no(working.refusal);
    if (*working) ++count;
  }
  return Answered<int>::yes(count);
}

}  // namespace piaojue::office
