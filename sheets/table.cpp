// SPDX-License-Identifier: Apache-2.0
#include "sheets/table.h"

#include <algorithm>
#include <array>

#include "sheets/passed_rows.h"
#include "sheets/plain_text.h"
#include "sheets/text.h"
#include "strings/sheets.h"

namespace piaojue::sheets {

namespace say = strings::sheets;

namespace {

/// Whether any row below the header is somebody's: an empty table beside the one that is filled in is no question.
bool holds_anybody(Header const& header, Sheet const& sheet) {
  PassedRows passed(header, sheet.merged);
  for (std::size_t r = header.last + 1; r < sheet.rows.size(); ++r)
    if (!passed.take(sheet.rows[r])) return true;
  return false;
}

/// 填写示例, 样表: the sheet that shows how to fill in the other.
bool is_example_sheet(std::string_view name) {
  std::string code = code_of(name);
  std::erase_if(code, [](char c) { return c == '(' || c == ')'; });
  static constexpr std::array<std::string_view, 5> kEnds{"示例", "样例", "范例", "样表", "填写说明"};
  return std::ranges::any_of(kEnds, [&](auto const end) { return code.ends_with(end); });
}

/// Drops those of which `is` holds, unless it holds of all.
void drop_if_others_stay(auto& found, auto const& is) {
  if (!std::ranges::all_of(found, is)) std::erase_if(found, is);
}

}  // namespace

Table::Table(ByteView file, std::vector<Field> fields, Text const* file_name, AmendedCells const& amended)
    : fields_(std::move(fields)), columns_(fields_.size()), file_name_(file_name), amended_(amended) {
  auto workbook = read_workbook(file);
  if (workbook) {
    choose(std::move(*workbook));
    return;
  }
  errors_ = workbook.error();
  for (CellError& error : errors_) error.file = file_name_;
}

// ---- Cells

std::string Table::cell(Row const& row, std::size_t field) const {
  std::size_t const column = columns_[field];
  return column == 0 || column > row.cells.size() ? std::string{} : plain(row.cells[column - 1]);
}

std::string Table::cell(Row const& row, Column const& column) const {
  return column.number > row.cells.size() ? std::string{} : plain(row.cells[column.number - 1]);
}

CellMark Table::mark(Row const& row, std::size_t field) const {
  return columns_[field] == 0 ? CellMark::kUntyped : row.mark(columns_[field] - 1);
}

std::string Table::text(Row const& row, std::size_t field, bool required, bool lines_allowed) {
  std::string out = cell(row, field);
  if (!lines_allowed) out = on_one_line(out);
  if (out.empty() && required) fail(row, field, out, say::kNotEmpty);
  if (has_control(out, lines_allowed)) fail(row, field, out, say::kNoControl);
  return out;
}

Heading const& Table::heading(std::size_t field) const {
  static Heading const kNone;
  auto const at = std::ranges::find(header_.columns, columns_[field], &Column::number);
  return at == header_.columns.end() ? kNone : at->heading;
}

std::vector<Column> Table::columns_of(std::size_t field) const {
  std::vector<Column> out;
  std::ranges::copy_if(header_.columns, std::back_inserter(out), [&](auto const& c) { return c.field == field; });
  return out;
}

// ---- Errors

void Table::fail(Row const& row, std::size_t field, std::string value, Sentence expected) {
  fail(row.number, columns_[field], std::move(value), std::move(expected));
}

void Table::fail(Row const& row, Column const& column, std::string value, Sentence expected) {
  fail(row.number, column.number, std::move(value), std::move(expected));
}

void Table::fail_heading(std::size_t field, Sentence expected) {
  fail(reading_.header, columns_[field], heading(field).words, std::move(expected));
}

void Table::fail(std::size_t row, std::size_t column, std::string value, Sentence expected) {
  if (errors_.size() == kErrorsMax) {
    ++more_errors_;
    return;
  }
  // In the header's own row the value is the heading.
  std::string words;
  auto const at = std::ranges::find(header_.columns, column, &Column::number);
  if (row > reading_.header && at != header_.columns.end()) words = at->heading.words;
  errors_.push_back({row, column, for_an_error(value), std::move(expected), sheet_.name, file_name_, std::move(words)});
}

CellErrors Table::take_errors() {
  std::ranges::stable_sort(
      errors_, [](auto const& a, auto const& b) { return std::pair(a.row, a.column) < std::pair(b.row, b.column); });
  if (more_errors_ != 0)
    errors_.push_back({0, 0, {}, {say::kFaultsMore, {{"count", more_errors_}}}, sheet_.name, file_name_});
  return std::move(errors_);
}

std::string Table::required_names() const {
  std::string out;
  for (Field const& field : fields_)
    if (field.required) (out += out.empty() ? "" : "、") += field.name;
  return out;
}

// ---- The one sheet

void Table::choose(Workbook workbook) {
  struct Found {
    std::size_t sheet;
    Header header;
  };
  std::vector<Found> whole, partial;
  for (std::size_t s = 0; s < workbook.sheets.size(); ++s)
    if (auto header = find_header(workbook.sheets[s], fields_))
      (header->missing.empty() ? whole : partial).push_back({s, std::move(*header)});
  drop_if_others_stay(whole, [&](Found const& f) { return !holds_anybody(f.header, workbook.sheets[f.sheet]); });
  drop_if_others_stay(whole, [&](Found const& f) { return is_example_sheet(workbook.sheets[f.sheet].name); });
  if (whole.size() > 1) {
    std::string names;
    for (Found const& f : whole) (names += names.empty() ? "" : "、") += workbook.sheets[f.sheet].name;
    return fail(0, 0, names, say::kHeaderTwice);
  }
  if (whole.empty() && partial.empty()) return fail(0, 0, {}, {say::kHeaderNone, {{"wanted", required_names()}}});
  Found& found = whole.empty()
                     ? *std::ranges::min_element(partial, {}, [](auto const& f) { return f.header.missing.size(); })
                     : whole.front();
  reading_.unread = workbook.unread;
  for (std::size_t s = 0; s < workbook.sheets.size(); ++s)
    if (s != found.sheet) reading_.others.push_back(workbook.sheets[s].name);
  sheet_ = std::move(workbook.sheets[found.sheet]);
  header_ = std::move(found.header);
  reading_.sheet = sheet_.name;
  reading_.header = sheet_.rows[header_.last].number;
  for (Column const& column : header_.columns)
    if (column.field && columns_[*column.field] == 0) columns_[*column.field] = column.number;
  check_header();
  if (ok()) take_rows();
}

void Table::check_header() {
  std::size_t const row = reading_.header;
  for (std::size_t const column : header_.twice) {
    auto const at = std::ranges::find(header_.columns, column, &Column::number);
    fail(row, column, at->heading.words, {say::kHeaderColumnTwice, {{"name", fields_[*at->also].name}}});
  }
  for (std::size_t const field : header_.missing)
    fail(row, 0, {}, {say::kHeaderColumnMissing, {{"name", fields_[field].name}, {"wanted", required_names()}}});
  for (std::size_t r = header_.first; r <= header_.last; ++r)
    if (sheet_.rows[r].hidden) fail(sheet_.rows[r].number, 0, {}, say::kHeaderRowHidden);
}

void Table::take_rows() {
  PassedRows passed(header_, sheet_.merged);
  std::size_t const first = header_.last + 1;
  if (first == sheet_.rows.size()) return fail(0, 0, {}, say::kHeaderNothingBelow);
  std::vector<std::size_t> filled(kSheetColumnsMax);  // how many cells below the header hold anything
  for (std::size_t r = first; r < sheet_.rows.size(); ++r) {
    Row& row = sheet_.rows[r];
    for (std::size_t c = 0; c < row.cells.size(); ++c) filled[c] += row.cells[c].empty() ? 0 : 1;
    if (!passed.take(row)) rows_.push_back(std::move(row));
  }
  reading_.passed = passed.all();
  reading_.rows = rows_.size();
  sheet_.rows.resize(first);
  for (std::size_t c = 1; c <= kSheetColumnsMax; ++c) tell_column(c, filled[c - 1]);
  if (rows_.empty()) return fail(0, 0, {}, say::kHeaderNothingBelow);
  usable_ = true;
  amend_rows();
  check_cells();
}

void Table::amend_rows() {
  for (Row& row : rows_) {
    auto const cells = amended_.find(row.number);
    if (cells == amended_.end()) continue;
    for (std::size_t f = 0; f < fields_.size(); ++f)
      if (auto const at = cells->second.find(fields_[f].name); at != cells->second.end()) amend(row, f, at->second);
  }
}

void Table::amend(Row& row, std::size_t field, std::string const& value) {
  if (columns_[field] == 0) {
    std::size_t last = 0;
    for (Column const& column : header_.columns) last = std::max(last, column.number);
    for (Row const& other : rows_) last = std::max(last, other.cells.size());
    Column added;
    added.number = columns_[field] = last + 1;
    added.heading.words = added.heading.name = std::string(fields_[field].name);
    added.field = field;
    header_.columns.push_back(std::move(added));
  }
  // Of a field with several columns the first one says it all.
  for (Column const& column : header_.columns) {
    if (column.field != field) continue;
    if (row.cells.size() < column.number) row.cells.resize(column.number);
    if (row.marks.size() < row.cells.size()) row.marks.resize(row.cells.size(), CellMark::kUntyped);
    row.cells[column.number - 1] = column.number == columns_[field] ? value : std::string();
    row.marks[column.number - 1] = CellMark::kText;
  }
}

void Table::tell_column(std::size_t number, std::size_t filled) {
  auto const at = std::ranges::find(header_.columns, number, &Column::number);
  std::string const words = at == header_.columns.end() ? std::string{} : at->heading.words;
  if (at != header_.columns.end() && at->field)
    reading_.read.push_back({number, words, std::string(fields_[*at->field].name)});
  else if (!words.empty() || filled != 0)
    reading_.ignored.push_back({number, words});
}

// ---- What is wrong with the cells that are read

void Table::check_cells() {
  std::vector<std::size_t> read;
  for (Column const& column : header_.columns)
    if (column.field) read.push_back(column.number);
  for (std::size_t const column : read)
    if (sheet_.column_hidden(column) && std::ranges::any_of(rows_, [&](Row const& r) {
          return column <= r.cells.size() && !r.cells[column - 1].empty();
        }))
      fail(reading_.header, column, std::ranges::find(header_.columns, column, &Column::number)->heading.words,
           say::kHeaderColumnHidden);
  for (Row const& row : rows_) {
    if (row.hidden) fail(row.number, 0, {}, say::kRowHidden);
    for (std::size_t const column : read) {
      if (column > row.cells.size()) continue;
      CellMark const mark = row.mark(column - 1);
      if (mark == CellMark::kFormula) fail(row.number, column, row.cells[column - 1], say::kCellFormula);
      if (mark == CellMark::kError) fail(row.number, column, row.cells[column - 1], say::kCellError);
      if (mark == CellMark::kUnseen) fail(row.number, column, row.cells[column - 1], say::kCellUnseen);
      if (mark == CellMark::kScaled) fail(row.number, column, row.cells[column - 1], say::kCellScaled);
    }
  }
  check_merged();
}

void Table::check_merged() {
  for (MergedCells const& m : sheet_.merged) {
    auto const at = std::ranges::lower_bound(rows_, m.first_row, {}, &Row::number);
    if (at == rows_.end() || at->number > m.last_row) continue;
    auto const column = std::ranges::find_if(header_.columns, [&](Column const& c) {
      return c.field && c.number >= m.first_column && c.number <= m.last_column;
    });
    if (column == header_.columns.end()) continue;
    fail(at->number, m.first_column, {},
         {say::kCellMerged, {{"row", m.last_row}, {"letters", column_letters(m.last_column)}}});
  }
}

}  // namespace piaojue::sheets
