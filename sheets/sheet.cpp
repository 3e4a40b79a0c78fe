// SPDX-License-Identifier: Apache-2.0
#include "sheets/sheet.h"

#include <optional>
#include <span>

#include "sheets/csv.h"
#include "sheets/plain_text.h"
#include "sheets/text.h"
#include "sheets/xlsx.h"
#include "strings/sheets.h"

namespace piaojue::sheets {

namespace say = strings::sheets;

std::string column_letters(std::size_t column) {
  std::string out;
  for (; column > 0; column = (column - 1) / 26) out.insert(out.begin(), static_cast<char>('A' + (column - 1) % 26));
  return out;
}

Sentence CellError::row_sentence() const {
  std::optional<Sentence> where;
  auto const at = [&](Sentence next) {
    where = where ? Sentence(say::kWhereNext, {{"before", *where}, {"next", std::move(next)}}) : std::move(next);
  };
  if (file != nullptr) at(*file);
  if (!sheet.empty()) at({say::kWhereSheet, {{"name", shortened(sheet)}}});
  if (row != 0) at({say::kWhereRow, {{"row", row}}});
  return where ? *where : Sentence(say::kWhereWholeFile);
}

Sentence CellError::cell_sentence() const {
  Sentence::Value const shown =
      value.empty() ? Sentence::Value("") : Sentence(say::kErrorValue, {{"value", shortened(for_an_error(value))}});
  Sentence::Value where("");
  if (column != 0 && heading.empty())
    where = Sentence(say::kWhereColumn, {{"letters", column_letters(column)}});
  else if (column != 0)
    where = Sentence(say::kWhereColumnHeaded, {{"letters", column_letters(column)}, {"heading", shortened(heading)}});
  if (column == 0 && value.empty()) return expected;
  return {say::kError, {{"where", where}, {"value", shown}, {"expected", expected}}};
}

Sentence CellError::sentence() const {
  if (column == 0) {
    Sentence::Value const shown =
        value.empty() ? Sentence::Value("") : Sentence(say::kErrorValue, {{"value", shortened(for_an_error(value))}});
    return {say::kError, {{"where", row_sentence()}, {"value", shown}, {"expected", expected}}};
  }
  return {say::kWhereNext, {{"before", row_sentence()}, {"next", cell_sentence()}}};
}

namespace {

bool same_row(CellError const& a, CellError const& b) {
  return a.row == b.row && a.sheet == b.sheet && a.file == b.file && a.row != 0;
}

/// Of one row, all that is wrong with it on one line.
Sentence line_of(std::span<CellError const> row) {
  if (row.size() == 1) return row.front().sentence();
  Sentence list = row.front().cell_sentence();
  for (CellError const& error : row.subspan(1))
    list = Sentence(say::kErrorRowNext, {{"before", std::move(list)}, {"next", error.cell_sentence()}});
  return {say::kErrorRow, {{"where", row.front().row_sentence()}, {"list", std::move(list)}}};
}

}  // namespace

Explanation explained(CellErrors const& errors) {
  Sentence list;
  std::size_t shown = 0;
  std::size_t at = 0;
  for (; at < errors.size() && shown < kErrorRowsShownMax; ++shown) {
    std::size_t end = at + 1;
    while (end < errors.size() && same_row(errors[at], errors[end])) ++end;
    Sentence line = line_of(std::span(errors).subspan(at, end - at));
    list = Sentence(say::kFaultsNext, {{"before", std::move(list)}, {"fault", std::move(line)}});
    at = end;
  }
  if (at < errors.size())
    list = Sentence(say::kFaultsNext, {{"before", std::move(list)},
                                       {"fault", Sentence(say::kFaultsMore, {{"count", errors.size() - at}})}});
  return Sentence(say::kFaults, {{"count", errors.size()}, {"list", std::move(list)}});
}

void throw_exception_from_error(CellErrors const& errors, boost::source_location const& where) {
  piaojue::throw_exception_from_error(explained(errors), where);
}

bool is_workbook(ByteView file) {
  auto const text = as_text(file);
  return text.starts_with("PK\x03\x04") || text.starts_with("PK\x05\x06");
}

Imported<Workbook> read_workbook(ByteView file) {
  if (is_workbook(file)) return read_xlsx(file);
  if (file.empty()) return CellErrors{{0, 0, {}, say::kFileEmpty}};
  auto csv = read_csv(file);
  if (!csv) return std::move(csv).error();
  return Workbook{SheetFormat::kCsv, {Sheet{{}, std::move(csv->rows), {}}}};
}

}  // namespace piaojue::sheets
