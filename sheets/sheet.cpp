// SPDX-License-Identifier: Apache-2.0
#include "sheets/sheet.h"

#include <optional>

#include "sheets/csv.h"
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

Sentence CellError::sentence() const {
  std::optional<Sentence> where;
  auto const at = [&](Sentence next) {
    where = where ? Sentence(say::kWhereNext, {{"before", *where}, {"next", std::move(next)}}) : std::move(next);
  };
  if (file != nullptr) at(*file);
  if (!sheet.empty()) at({say::kWhereSheet, {{"name", shortened(sheet)}}});
  if (row != 0) at({say::kWhereRow, {{"row", row}}});
  if (!where) at(say::kWhereWholeFile);
  if (column != 0) at({say::kWhereColumn, {{"letters", column_letters(column)}}});
  Sentence::Value const shown =
      value.empty() ? Sentence::Value("") : Sentence(say::kErrorValue, {{"value", shortened(value)}});
  return {say::kError, {{"where", *where}, {"value", shown}, {"expected", expected}}};
}

Explanation explained(CellErrors const& errors) {
  Sentence list;
  for (CellError const& error : errors)
    list = Sentence(say::kFaultsNext, {{"before", std::move(list)}, {"fault", error.sentence()}});
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
  auto csv = read_csv(file);
  if (!csv) return std::move(csv).error();
  return Workbook{SheetFormat::kCsv, {Sheet{{}, std::move(csv->rows), {}}}};
}

}  // namespace piaojue::sheets
