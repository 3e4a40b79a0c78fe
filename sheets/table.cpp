// SPDX-License-Identifier: Apache-2.0
#include "sheets/table.h"

#include <algorithm>

#include "sheets/text.h"
#include "strings/sheets.h"

namespace piaojue::sheets {

namespace say = strings::sheets;

namespace {

constexpr std::size_t kHeaderRowsMax = 10;

}  // namespace

Table::Table(ByteView file, std::vector<Field> fields, Text const* file_name)
    : fields_(std::move(fields)), columns_(fields_.size()), file_name_(file_name) {
  auto workbook = read_workbook(file);
  if (workbook) {
    choose(std::move(*workbook));
    return;
  }
  errors_ = workbook.error();
  for (CellError& error : errors_) error.file = file_name_;
}

std::span<Row const> Table::rows() const {
  return usable_ ? std::span<Row const>(sheet_.rows).subspan(first_) : std::span<Row const>{};
}

std::string Table::cell(Row const& row, std::size_t field) const {
  std::size_t const column = columns_[field];
  return column == 0 || column > row.cells.size() ? std::string{} : row.cells[column - 1];
}

CellMark Table::mark(Row const& row, std::size_t field) const {
  return columns_[field] == 0 ? CellMark::kUntyped : row.mark(columns_[field] - 1);
}

std::string Table::text(Row const& row, std::size_t field, bool required, bool lines_allowed) {
  std::string out = trimmed(cell(row, field));
  if (out.empty() && required) fail(row, field, out, say::kNotEmpty);
  if (has_control(out, lines_allowed)) fail(row, field, out, say::kNoControl);
  return out;
}

void Table::fail(Row const& row, std::size_t field, std::string value, Sentence expected) {
  fail(row.number, columns_[field], std::move(value), std::move(expected));
}

void Table::fail(std::size_t row, std::size_t column, std::string value, Sentence expected) {
  if (errors_.size() < kErrorsMax)
    errors_.push_back({row, column, std::move(value), std::move(expected), sheet_.name, file_name_});
}

CellErrors Table::take_errors() {
  std::ranges::stable_sort(
      errors_, [](auto const& a, auto const& b) { return std::pair(a.row, a.column) < std::pair(b.row, b.column); });
  return std::move(errors_);
}

std::optional<std::size_t> Table::field_of(std::string_view heading) const {
  for (std::size_t f = 0; f < fields_.size(); ++f)
    if (std::ranges::find(fields_[f].headings, heading) != fields_[f].headings.end()) return f;
  return std::nullopt;
}

std::optional<Table::Header> Table::find_header(Sheet const& sheet) const {
  for (std::size_t r = 0; r < sheet.rows.size() && r < kHeaderRowsMax; ++r) {
    Row const& row = sheet.rows[r];
    if (std::ranges::none_of(row.cells, [&](auto const& c) { return field_of(heading_of(c)) == 0U; })) continue;
    Header out{r, std::vector<std::size_t>(fields_.size()), 0};
    for (std::size_t c = 0; c < row.cells.size(); ++c)
      if (auto const field = field_of(heading_of(row.cells[c])); field && out.columns[*field] == 0)
        out.columns[*field] = c + 1;
    for (std::size_t f = 0; f < fields_.size(); ++f)
      if (fields_[f].required && out.columns[f] == 0) ++out.missing;
    return out;
  }
  return std::nullopt;
}

std::string Table::required_names() const {
  std::string out;
  for (Field const& field : fields_)
    if (field.required) (out += out.empty() ? "" : "、") += field.name;
  return out;
}

void Table::choose(Workbook workbook) {
  struct Found {
    std::size_t sheet;
    Header header;
  };
  std::vector<Found> whole, partial;
  for (std::size_t s = 0; s < workbook.sheets.size(); ++s)
    if (auto header = find_header(workbook.sheets[s]))
      (header->missing == 0 ? whole : partial).push_back({s, std::move(*header)});
  if (whole.size() > 1) {
    std::string names;
    for (Found const& f : whole) (names += names.empty() ? "" : "、") += workbook.sheets[f.sheet].name;
    return fail(0, 0, names, say::kHeaderTwice);
  }
  if (whole.empty() && partial.empty()) return fail(0, 0, {}, {say::kHeaderNone, {{"wanted", required_names()}}});
  Found const& found = whole.empty()
                           ? *std::ranges::min_element(partial, {}, [](auto const& f) { return f.header.missing; })
                           : whole.front();
  sheet_ = std::move(workbook.sheets[found.sheet]);
  check_header(found.header);
}

void Table::check_header(Header const& header) {
  columns_ = header.columns;
  Row const& row = sheet_.rows[header.row];
  for (std::size_t c = 0; c < row.cells.size(); ++c)
    if (auto const field = field_of(heading_of(row.cells[c])); field && columns_[*field] != c + 1)
      fail(row.number, c + 1, row.cells[c], {say::kHeaderColumnTwice, {{"name", fields_[*field].name}}});
  for (std::size_t f = 0; f < fields_.size(); ++f)
    if (fields_[f].required && columns_[f] == 0)
      fail(row.number, 0, {}, {say::kHeaderColumnMissing, {{"name", fields_[f].name}, {"wanted", required_names()}}});
  first_ = header.row + 1;
  if (!ok()) return;
  if (first_ == sheet_.rows.size()) return fail(0, 0, {}, say::kHeaderNothingBelow);
  usable_ = true;
  check_cells();
}

void Table::check_cells() {
  for (Row const& row : rows()) {
    if (row.hidden) fail(row.number, 0, {}, say::kRowHidden);
    for (std::size_t const column : columns_) {
      if (column == 0) continue;
      std::string const value = column <= row.cells.size() ? row.cells[column - 1] : std::string{};
      if (row.mark(column - 1) == CellMark::kFormula) fail(row.number, column, value, say::kCellFormula);
      if (row.mark(column - 1) == CellMark::kError) fail(row.number, column, value, say::kCellError);
    }
  }
  check_merged();
}

void Table::check_merged() {
  if (sheet_.merged.empty() || rows().empty()) return;
  std::size_t const from = rows().front().number;
  std::size_t const to = rows().back().number;
  for (MergedCells const& m : sheet_.merged) {
    if (m.last_row < from || m.first_row > to) continue;
    if (std::ranges::none_of(columns_, [&](auto c) { return c != 0 && c >= m.first_column && c <= m.last_column; }))
      continue;
    fail(std::max(m.first_row, from), m.first_column, {},
         {say::kCellMerged, {{"row", m.last_row}, {"letters", column_letters(m.last_column)}}});
  }
}

}  // namespace piaojue::sheets
