// SPDX-License-Identifier: Apache-2.0
#include "sheets/table.h"

#include <algorithm>

#include "sheets/text.h"

namespace piaojue::sheets {
namespace {

constexpr std::size_t kHeaderRowsMax = 10;

}  // namespace

Table::Table(ByteView file, std::vector<Field> fields, std::string file_name)
    : fields_(std::move(fields)), columns_(fields_.size()), file_name_(std::move(file_name)) {
  auto workbook = read_workbook(file);
  errors_ = std::move(workbook.errors);
  for (CellError& error : errors_) error.file = file_name_;
  if (errors_.empty()) choose(std::move(workbook.value));
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
  if (out.empty() && required) fail(row, field, out, "不能为空");
  if (has_control(out, lines_allowed)) fail(row, field, out, "不能含有控制字符或无法识别的字符");
  return out;
}

void Table::fail(Row const& row, std::size_t field, std::string value, std::string expected) {
  fail(row.number, columns_[field], std::move(value), std::move(expected));
}

void Table::fail(std::size_t row, std::size_t column, std::string value, std::string expected) {
  if (errors_.size() < kErrorsMax)
    errors_.push_back({row, column, std::move(value), std::move(expected), sheet_.name, file_name_});
}

std::vector<CellError> Table::take_errors() {
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
    return fail(0, 0, names, "有几个工作表的表头都符合，应只留一个（其余删除或另存）");
  }
  if (whole.empty() && partial.empty()) {
    std::string wanted;
    for (Field const& field : fields_)
      if (field.required) (wanted += wanted.empty() ? "" : "、") += field.name;
    return fail(0, 0, {}, "前十行中找不到表头；表头应包含：" + wanted);
  }
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
      fail(row.number, c + 1, row.cells[c],
           "这一列与前面的列含义相同（" + std::string(fields_[*field].name) + "），应只有一列");
  std::string wanted;
  for (Field const& field : fields_)
    if (field.required) (wanted += wanted.empty() ? "" : "、") += field.name;
  for (std::size_t f = 0; f < fields_.size(); ++f)
    if (fields_[f].required && columns_[f] == 0)
      fail(row.number, 0, {}, "表头缺少「" + std::string(fields_[f].name) + "」列（需要：" + wanted + "）");
  first_ = header.row + 1;
  if (!ok()) return;
  if (first_ == sheet_.rows.size()) return fail(0, 0, {}, "表头下面没有内容");
  usable_ = true;
  check_cells();
}

void Table::check_cells() {
  for (Row const& row : rows()) {
    if (row.hidden) fail(row.number, 0, {}, "这一行被隐藏（可能是筛选）；请取消隐藏和筛选，不需要的行请删除");
    for (std::size_t const column : columns_) {
      if (column == 0) continue;
      std::string const value = column <= row.cells.size() ? row.cells[column - 1] : std::string{};
      if (row.mark(column - 1) == CellMark::kFormula)
        fail(row.number, column, value, "公式单元格，请改为数值（复制后「选择性粘贴」为数值）");
      if (row.mark(column - 1) == CellMark::kError) fail(row.number, column, value, "单元格是错误值，请填写内容");
    }
  }
  if (sheet_.merged.empty() || rows().empty()) return;
  std::size_t const from = rows().front().number;
  std::size_t const to = rows().back().number;
  for (MergedCells const& m : sheet_.merged) {
    if (m.last_row < from || m.first_row > to) continue;
    if (std::ranges::none_of(columns_, [&](auto c) { return c != 0 && c >= m.first_column && c <= m.last_column; }))
      continue;
    fail(std::max(m.first_row, from), m.first_column, {},
         "合并单元格（至第 " + std::to_string(m.last_row) + " 行 " + column_letters(m.last_column) +
             " 列），请取消合并，每格都填写");
  }
}

}  // namespace piaojue::sheets
