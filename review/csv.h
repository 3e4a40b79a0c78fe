#pragma once
/// Sheets as Excel and WPS save them in China: CSV in UTF-8 (with or without a byte order mark) or GB18030, separated
/// by commas, semicolons or tabs. Form is RFC 4180, and lines may end in CR LF, LF or CR. What can not be read is said
/// as cell errors, in Chinese, for the person at the keyboard: no refusal code of the protocol fits a spreadsheet.
#include <cstddef>
#include <string>
#include <vector>

#include "crypto/bytes.h"

namespace piaojue::review {

inline constexpr std::size_t kSheetBytesMax = 10U << 20;
inline constexpr std::size_t kSheetRowsMax = 6000;  ///< the last row with anything in it; the header counts
inline constexpr std::size_t kSheetColumnsMax = 100;
inline constexpr std::size_t kCellCharactersMax = 4096;  ///< code points: at most kTextBytesMax bytes of UTF-8
inline constexpr std::size_t kErrorsMax = 200;           ///< more are not listed: the sheet is not what it is taken for

/// One thing that is wrong with a sheet, named by its cell as Excel shows it.
struct CellError {
  std::size_t row = 0;     ///< from 1; 0: the file as a whole
  std::size_t column = 0;  ///< from 1 (A); 0: the row as a whole
  std::string value;       ///< what stands there, shortened
  std::string expected;    ///< what should, in Chinese
  /// "第 5 行 C 列「高级」：应写明正高级或副高级".
  std::string text() const;
  bool operator==(CellError const&) const = default;
};

/// A value, or everything that is wrong with the sheet: never both, never a part.
template <class T>
struct Imported {
  T value{};
  std::vector<CellError> errors;  ///< by row, then column
  bool ok() const { return errors.empty(); }
};

/// A row that holds anything. `number` is the row of the sheet, from 1: empty rows are left out but counted.
struct CsvRow {
  std::size_t number = 0;
  std::vector<std::string> cells;  ///< UTF-8, as they stand; empty ones at the end are left out
};

enum class Encoding { kUtf8, kUtf8Bom, kGb18030 };

struct Csv {
  Encoding encoding = Encoding::kUtf8;
  char separator = ',';
  std::vector<CsvRow> rows;
};

/// Bytes to cells. Valid UTF-8 is UTF-8, all else must be valid GB18030 (a sheet with a Chinese header is never both).
Imported<Csv> read_csv(crypto::ByteView file);

}  // namespace piaojue::review
