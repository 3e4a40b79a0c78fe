// SPDX-License-Identifier: Apache-2.0
#include "sheets/marked_copy.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "sheets/sheet_writer.h"
#include "sheets/text.h"
#include "strings/sheets.h"

namespace piaojue::sheets {

namespace say = strings::sheets;

namespace {

constexpr double kColumnWidth = 14, kProblemWidth = 60;

OutCell copied(Row const& row, std::size_t index) {
  std::string const& text = row.cells[index];
  if (row.mark(index) == CellMark::kDate)
    if (auto const date = parse_date(text)) return *date;
  if (row.mark(index) == CellMark::kNumber) {
    double number = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc{} && end == text.data() + text.size()) return number;
  }
  return text;
}

/// By row, each error in words on a line of its own; those of no row stand beside the header.
std::map<std::size_t, std::string> by_row(CellErrors const& errors, std::size_t header) {
  std::map<std::size_t, std::string> out;
  for (CellError const& error : errors) {
    std::string& text = out[error.row == 0 ? header : error.row];
    (text += text.empty() ? "" : "\n") += error.cell_sentence().in(Lang::kZh);
  }
  return out;
}

/// The column that a copy of before has for its problems, or else the one behind all others; from 1.
std::size_t problem_column(Sheet const& sheet, std::size_t header) {
  std::size_t width = 0;
  for (Row const& row : sheet.rows) {
    width = std::max(width, row.cells.size());
    if (row.number != header) continue;
    auto const at = std::ranges::find_if(
        row.cells, [](auto const& cell) { return trimmed(cell).starts_with(say::kMarkedColumn.zh); });
    if (at != row.cells.end()) return static_cast<std::size_t>(at - row.cells.begin()) + 1;
  }
  return width + 1;
}

}  // namespace

Explained<Bytes> marked_copy(ByteView file, Reading const& reading, CellErrors const& errors) {
  auto workbook = read_workbook(file);
  if (!workbook || reading.read.empty()) return Explanation(say::kMarkedNoTable);
  auto const sheet = std::ranges::find(workbook->sheets, reading.sheet, &Sheet::name);
  if (sheet == workbook->sheets.end()) return Explanation(say::kMarkedNoTable);
  std::size_t const column = problem_column(*sheet, reading.header);
  auto const problems = by_row(errors, reading.header);
  OutSheet out{.name = sheet->name.empty() ? std::string(say::kMarkedSheet.zh) : sheet->name, .rows = {}};
  for (Row const& row : sheet->rows) {
    out.rows.resize(row.number);
    auto& cells = out.rows.back();
    for (std::size_t c = 0; c < row.cells.size(); ++c) cells.push_back(copied(row, c));
    if (row.number >= reading.header && column <= cells.size()) cells[column - 1] = std::string{};
  }
  out.rows.resize(std::max(out.rows.size(), problems.empty() ? 0 : problems.rbegin()->first));
  for (auto const& [row, text] : problems) {
    auto& cells = out.rows[row - 1];
    cells.resize(std::max(cells.size(), column));
    cells[column - 1] = text;
  }
  auto& header = out.rows[reading.header - 1];
  header.resize(std::max(header.size(), column));
  auto const whole = problems.find(reading.header);
  header[column - 1] = std::string(say::kMarkedColumn.zh) + (whole == problems.end() ? "" : "\n" + whole->second);
  out.header_rows = reading.header;
  out.widths.assign(column, kColumnWidth);
  out.widths.back() = kProblemWidth;
  return write_xlsx(std::span(&out, 1));
}

}  // namespace piaojue::sheets
