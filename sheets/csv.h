// SPDX-License-Identifier: Apache-2.0
#pragma once
/// CSV as Excel and WPS save it in China: in UTF-8 (with or without a byte order mark) or GB18030, separated by commas,
/// semicolons or tabs. Form is RFC 4180, and lines may end in CR LF, LF or CR. No refusal code of the protocol fits a
/// spreadsheet: what can not be read is said as cell errors.
#include "sheets/sheet.h"

namespace piaojue::sheets {

using CsvRow = Row;

enum class Encoding { kUtf8, kUtf8Bom, kGb18030 };

struct Csv {
  Encoding encoding = Encoding::kUtf8;
  char separator = ',';
  std::vector<CsvRow> rows;
};

/// Bytes to cells. Valid UTF-8 is UTF-8, all else must be valid GB18030 (a sheet with a Chinese header is never both).
Imported<Csv> read_csv(ByteView file);

}  // namespace piaojue::sheets
