// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Rows to XLSX. Every text is written as a text: one that begins with = + - or @ stays what it says when the file is
/// opened, and nothing that came from outside ever becomes a formula or a link. No clock: the same rows are the same
/// bytes.
#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/explained.h"
#include "crypto/types.h"
#include "sheets/date.h"

namespace piaojue::sheets {

/// A text, a number, or a date (written with the style of what is known of it).
using OutCell = std::variant<std::string, std::int64_t, double, Date>;

struct OutMerge {
  std::size_t first_row = 0, first_column = 0, last_row = 0, last_column = 0;  ///< from 1
};

/// Cells that offer words to choose from.
struct OutChoice {
  std::size_t column = 0, first_row = 0, last_row = 0;  ///< from 1
  std::vector<std::string> words;                       ///< with a comma each, at most 255 characters
  bool others = false;                                  ///< what is none of them may be typed as well
};

struct OutSheet {
  std::string name;                        ///< 1 to 31 characters, none of []:*?/\ and no ' at an end
  std::vector<std::vector<OutCell>> rows;  ///< in order, from row 1
  std::size_t header_rows = 0;             ///< bold, repeated on each printed page
  std::vector<double> widths = {};         ///< of columns, in characters; 0 or missing: as it comes
  std::vector<OutMerge> merged = {};       ///< titles and lines to sign on; the text stands in the first cell
  bool landscape = false;
  std::string footer = {};  ///< printed at the foot of each page; & is written as it stands
  std::vector<OutChoice> choices = {};
  bool texts = false;  ///< whatever is typed into the sheet stays the text that it is: no number loses its digits
};

/// Refused: no sheet, a bad or double name, more than kSheetRowsMax rows or kSheetColumnsMax columns, a text of more
/// than 32,767 characters, a range or a choice that is none.
Explained<Bytes> write_xlsx(std::span<OutSheet const> sheets);

}  // namespace piaojue::sheets
