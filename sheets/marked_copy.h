// SPDX-License-Identifier: Apache-2.0
#pragma once
/// A sheet given back to whoever filled it in: as it came, with one more column 问题 that says what is wrong in each
/// row.
#include "sheets/reading.h"
#include "sheets/sheet.h"

namespace piaojue::sheets {

/// XLSX, also of a CSV. Cells keep their values and what they are (a number stays a number, so that digits that are
/// lost stay lost); formulas become what they came to, and are named. Only the one sheet that was read is in it. A
/// column 问题 of before is written anew; what is wrong with the sheet as a whole stands beside the header.
/// @param reading of the file. Refused: it has no header, or is no sheet.
Explained<Bytes> marked_copy(ByteView file, Reading const& reading, CellErrors const& errors);

}  // namespace piaojue::sheets
