// SPDX-License-Identifier: Apache-2.0
#pragma once
/// XLSX as Excel, WPS and LibreOffice write it (ECMA-376): shared and inline strings, rich text, dates by their style
/// in both calendars of Excel. Read for its cells only: no formula is computed, no link followed, no document type
/// definition accepted, and nothing is inflated beyond the limits of `sheet.h`, whatever the archive says of itself.
#include "sheets/sheet.h"

namespace piaojue::sheets {

Imported<Workbook> read_xlsx(ByteView file);

}  // namespace piaojue::sheets
