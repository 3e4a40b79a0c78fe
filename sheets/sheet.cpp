// SPDX-License-Identifier: Apache-2.0
#include "sheets/sheet.h"

#include "sheets/csv.h"
#include "sheets/text.h"
#include "sheets/xlsx.h"

namespace piaojue::sheets {

std::string column_letters(std::size_t column) {
  std::string out;
  for (; column > 0; column = (column - 1) / 26) out.insert(out.begin(), static_cast<char>('A' + (column - 1) % 26));
  return out;
}

std::string CellError::text() const {
  std::string out = file;
  if (!sheet.empty()) out += std::string(out.empty() ? "" : " ") + "工作表「" + shortened(sheet) + "」";
  if (!out.empty() && row != 0) out += ' ';
  out += row != 0 ? "第 " + std::to_string(row) + " 行" : out.empty() ? "整个文件" : "";
  if (column != 0) out += " " + column_letters(column) + " 列";
  if (!value.empty()) out += "「" + shortened(value) + "」";
  return out + "：" + expected;
}

Imported<Workbook> read_workbook(ByteView file) {
  if (is_zip(file)) return read_xlsx(file);
  auto csv = read_csv(file);
  if (!csv.ok()) return {{}, std::move(csv.errors)};
  return {{SheetFormat::kCsv, {Sheet{{}, std::move(csv.value.rows), {}}}}, {}};
}

}  // namespace piaojue::sheets
