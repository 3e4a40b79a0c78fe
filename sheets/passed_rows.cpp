// SPDX-License-Identifier: Apache-2.0
#include "sheets/passed_rows.h"

#include <algorithm>
#include <array>

#include "sheets/plain_text.h"
#include "sheets/text.h"
#include "strings/sheets.h"

namespace piaojue::sheets {

namespace say = strings::sheets;

namespace {

/// How the lines around a table begin that are not of it.
bool is_note(std::string_view code) {
  static constexpr std::array<std::string_view, 40> kBeginnings{
      "注:",      "注1",       "注意",     "备注:",    "说明",   "填表",   "填报",   "填写",   "制表", "审核人",
      "审核:",    "审核(",     "复核",     "校对",     "负责人", "经办人", "经手人", "联系人", "联系", "电话:",
      "日期:",    "时间:",     "盖章",     "(盖章",    "(公章",  "(签",    "签字",   "签名",   "签章", "单位负责人",
      "单位意见", "单位(盖章", "主管部门", "人事部门", "本表",   "此表",   "以上",   "※",      "附:",  "附件"};
  return std::ranges::any_of(kBeginnings, [&](auto const word) { return code.starts_with(word); });
}

bool is_total(std::string code) {
  std::erase(code, ':');
  static constexpr std::array<std::string_view, 8> kWords{"合计", "总计",     "小计",   "共计",
                                                          "总数", "合计人数", "总人数", "计"};
  return std::ranges::find(kWords, code) != kWords.end();
}

/// "12", "12人", "12 名": what may stand beside a total.
bool is_count(std::string_view code) {
  for (std::string_view const word : {"人", "名", "项", "个", "条"})
    if (code.ends_with(word)) code.remove_suffix(word.size());
  return !code.empty() && code.find_first_not_of("0123456789.") == std::string_view::npos;
}

/// 示例, 例1, （样例）: the mark of a row that shows how to fill the others in.
bool is_example_mark(std::string code) {
  std::erase_if(code, [](char c) { return c == '(' || c == ')' || c == ':' || c == '*' || (c >= '0' && c <= '9'); });
  static constexpr std::array<std::string_view, 8> kMarks{"示例",     "样例",     "范例",     "例",
                                                          "填写示例", "填写样例", "填表示例", "示例行"};
  return std::ranges::find(kMarks, code) != kMarks.end();
}

/// A name that says of itself that it is nobody's: 张三（示例）.
bool is_example_name(std::string_view code) {
  static constexpr std::array<std::string_view, 4> kEnds{"(示例)", "(样例)", "(范例)", "(例)"};
  static constexpr std::array<std::string_view, 3> kBeginnings{"示例:", "样例:", "例:"};
  return is_example_mark(std::string(code)) ||
         std::ranges::any_of(kEnds, [&](auto const end) { return code.ends_with(end); }) ||
         std::ranges::any_of(kBeginnings, [&](auto const word) { return code.starts_with(word); });
}

}  // namespace

Text const& passed_word(PassedBecause why) {
  switch (why) {
    case PassedBecause::kNothing:
      return say::kPassedNothing;
    case PassedBecause::kNote:
      return say::kPassedNote;
    case PassedBecause::kTotal:
      return say::kPassedTotal;
    case PassedBecause::kExample:
      return say::kPassedExample;
    case PassedBecause::kHeader:
      break;
  }
  return say::kPassedHeader;
}

PassedRows::PassedRows(Header const& header, std::span<MergedCells const> merged) : header_(header), merged_(merged) {
  auto const name = std::ranges::find(header.columns, std::optional<std::size_t>(0), &Column::field);
  if (name != header.columns.end()) name_column_ = name->number;
}

bool PassedRows::take(Row const& row) {
  // Nearly every row: somebody's, with nothing that could be a note, a total or an example.
  auto const filled = filled_in(row);
  auto const because = why(row, filled);
  if (!because) return false;
  bool const nothing = *because == PassedBecause::kNothing;
  if (nothing && !all_.empty() && all_.back().why == PassedBecause::kNothing && all_.back().last + 1 == row.number) {
    all_.back().last = row.number;
    return true;
  }
  all_.push_back({row.number, row.number, *because, nothing || filled.empty() ? std::string{} : filled.front().text});
  return true;
}

std::vector<PassedRows::Filled> PassedRows::filled_in(Row const& row) const {
  std::vector<Filled> out;
  for (std::size_t c = 1; c <= row.cells.size(); ++c) {
    bool const formula = row.mark(c - 1) == CellMark::kFormula;
    if (row.cells[c - 1].empty() && !formula) continue;
    std::string text = on_one_line(plain(row.cells[c - 1]));
    if (text.empty() && !formula) continue;
    auto const column = std::ranges::find(header_.columns, c, &Column::number);
    bool const read = column != header_.columns.end() && column->field;
    out.push_back({c, std::move(text), read, formula});
  }
  return out;
}

bool PassedRows::is_header(std::vector<Filled> const& filled) const {
  return std::ranges::all_of(filled, [&](Filled const& cell) {
    auto const column = std::ranges::find(header_.columns, cell.column, &Column::number);
    if (column == header_.columns.end()) return true;
    if (!column->field) return true;
    Heading const here = read_heading(cell.text);
    return here.name == column->heading.name || here.name == column->heading.group;
  });
}

bool PassedRows::is_wide(std::size_t row, std::size_t column) const {
  return std::ranges::any_of(merged_, [&](MergedCells const& m) {
    return m.first_row <= row && row <= m.last_row && m.first_column == column && m.last_column >= column + 2;
  });
}

std::optional<PassedBecause> PassedRows::note_or_total(std::string const& code, std::vector<Filled> const& filled) {
  auto const others_are = [&](auto const& is) {
    return std::ranges::all_of(filled, [&](Filled const& cell) {
      std::string const other = code_of(cell.text);
      return !cell.read || other == code || is(other);
    });
  };
  if (is_total(code) && others_are(is_count)) return PassedBecause::kTotal;
  auto const beside_a_note = [](std::string const& other) {
    return is_note(other) || is_count(other) || other.find(':') != std::string::npos;
  };
  if (is_note(code) && others_are(beside_a_note)) return PassedBecause::kNote;
  return std::nullopt;
}

std::optional<PassedBecause> PassedRows::why(Row const& row, std::vector<Filled> const& filled) const {
  auto const count = std::ranges::count_if(filled, [](Filled const& cell) { return cell.read; });
  auto const in_name = std::ranges::find(filled, name_column_, &Filled::column);
  bool const named = in_name != filled.end() && (!in_name->text.empty() || in_name->formula);
  if (count == 0) {
    auto const word =
        std::ranges::find_if(filled, [](Filled const& cell) { return !cell.formula && !is_count(code_of(cell.text)); });
    if (word == filled.end()) return PassedBecause::kNothing;
    return is_total(code_of(word->text)) ? PassedBecause::kTotal : PassedBecause::kNote;
  }
  Filled const& first = filled.front();
  if (!first.read && is_example_mark(code_of(first.text))) return PassedBecause::kExample;
  if (named) {
    std::string const name = code_of(in_name->text);
    if (is_example_name(name)) return PassedBecause::kExample;
    auto const column = std::ranges::find(header_.columns, name_column_, &Column::number);
    if (name.find(column->heading.name) != std::string::npos && is_header(filled)) return PassedBecause::kHeader;
    if (count == 1 && is_wide(row.number, name_column_)) return PassedBecause::kNote;
    return note_or_total(name, filled);
  }
  if (std::ranges::all_of(filled, [](Filled const& cell) { return !cell.read || cell.formula; }))
    return is_note(code_of(first.text)) ? PassedBecause::kNote : PassedBecause::kNothing;
  if (auto const out = note_or_total(code_of(first.text), filled)) return out;
  if (count == 1 && first.read && is_wide(row.number, first.column)) return PassedBecause::kNote;
  return std::nullopt;
}

}  // namespace piaojue::sheets
