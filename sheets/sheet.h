// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Sheets as people in an office hand them in: CSV or XLSX, told apart by their bytes and never by their name. Both
/// come out as the same rows of text, so that everything behind reads either. What can not be read, or can not be
/// trusted, is said as cell errors, for the person at the keyboard.
#include <boost/system/result.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/explained.h"
#include "crypto/types.h"

namespace piaojue::sheets {

inline constexpr std::size_t kSheetBytesMax = 10U << 20;
inline constexpr std::size_t kSheetRowsMax = 1'048'576;  ///< as many as Excel has
inline constexpr std::size_t kSheetColumnsMax = 100;
/// Cells of all sheets together, with the empty ones before a row's last one: what decides on memory and time. 5,000
/// applicants in 40 columns and ten years of appraisals in five are 450,000.
inline constexpr std::size_t kCellsMax = 1'000'000;
inline constexpr std::size_t kSheetTextMax = 128U << 20;  ///< bytes of all cells' texts together
inline constexpr std::size_t kCellCharactersMax = 4096;  ///< code points: at most kTextBytesMax bytes of UTF-8
inline constexpr std::size_t kErrorsMax = 5000;          ///< more are only counted
inline constexpr std::size_t kErrorRowsShownMax = 50;    ///< of one list that a person is to read

/// What a workbook may ask of us before a single cell is believed. A file of 10 MiB can inflate to 10 GiB.
inline constexpr std::size_t kWorkbookPartsMax = 500;
inline constexpr std::size_t kWorkbookPartBytesMax = 32U << 20;   ///< inflated, each part that is read
inline constexpr std::size_t kWorkbookTotalBytesMax = 64U << 20;  ///< inflated, all parts, by the archive's own words
inline constexpr std::size_t kWorkbookRatioMax = 300;             ///< of a part larger than 1 MiB when inflated
inline constexpr std::size_t kWorkbookSheetsMax = 20;
inline constexpr std::size_t kSharedStringsMax = kCellsMax;
inline constexpr std::size_t kXmlDepthMax = 32;
inline constexpr std::size_t kMergesMax = 2000;

/// One thing that is wrong with a sheet, named by its cell as Excel shows it.
struct CellError {
  std::size_t row = 0;         ///< from 1; 0: the file as a whole
  std::size_t column = 0;      ///< from 1 (A); 0: the row as a whole
  std::string value;           ///< what stands there, as `for_an_error` gives it
  Sentence expected;           ///< what should
  std::string sheet = {};      ///< the sheet's name; empty in CSV, which has only one
  Text const* file = nullptr;  ///< which of several files of one import; else none
  std::string heading = {};    ///< the words of the column's heading, where it has one
  /// "工作表「名单」第 5 行 C 列（级别）「高级」：应写明正高级或副高级".
  Sentence sentence() const;
  /// Where its row is, and what is wrong in it, without that.
  Sentence row_sentence() const;
  Sentence cell_sentence() const;
  std::string text(Lang lang = Lang::kZh) const { return sentence().in(lang); }
};
using CellErrors = std::vector<CellError>;  ///< at least one; by row, then column

/// "A" for 1, "AB" for 28.
std::string column_letters(std::size_t column);

/// A value, or everything that is wrong with the sheet: never both, never a part. The errors are the preview.
template <class T>
using Imported = boost::system::result<T, CellErrors>;
/// All errors as one, for whoever shows no list: how many, then a line for each bad row, as many as a person reads.
Explanation explained(CellErrors const& errors);
/// What `Imported::value()` of a faulty sheet ends in: a programmer's error. Found by Boost.System.
[[noreturn]] void throw_exception_from_error(CellErrors const& errors, boost::source_location const& where);

/// How a cell came to its text. Whoever needs the cell decides whether it will do.
enum class CellMark : std::uint8_t {
  kUntyped,  ///< CSV: nobody knows whether 2019.1 was typed as a text or is what is left of the number 2019.10
  kText,
  kNumber,   ///< as Excel shows it in a wide column: at most 15 digits
  kDate,     ///< a number in a style for dates, as 2019, 2019-07 or 2019-07-01: only what the style shows
  kFormula,  ///< the text is what the file says the result was: anybody can write another one there
  kError,    ///< #N/A and its like
  kUnseen,   ///< its number format shows nothing (";;;")
  kScaled,   ///< a number of which its format shows another one ("0.0,", "0%")
};

/// A row that holds anything. `number` is the row of the sheet, from 1: empty rows are left out but counted.
struct Row {
  std::size_t number = 0;
  std::vector<std::string> cells;  ///< UTF-8, as they stand; empty ones at the end are left out
  std::vector<CellMark> marks;     ///< one a cell; none at all in CSV
  bool hidden = false;             ///< a filter, a person or a height of nothing keeps it from being seen

  CellMark mark(std::size_t index) const { return index < marks.size() ? marks[index] : CellMark::kUntyped; }
};

/// Cells shown as one, from 1, both corners included. Only the first holds a value; whose the others are is a guess.
struct MergedCells {
  std::size_t first_row = 0, first_column = 0, last_row = 0, last_column = 0;
};

struct Sheet {
  std::string name;  ///< empty for CSV
  std::vector<Row> rows;
  std::vector<MergedCells> merged;
  std::vector<bool> hidden = {};  ///< by column, the first is [0]; those behind its end are shown

  bool column_hidden(std::size_t column) const { return column <= hidden.size() && hidden[column - 1]; }
};

enum class SheetFormat : std::uint8_t { kCsv, kXlsx };

struct Workbook {
  SheetFormat format = SheetFormat::kCsv;
  std::vector<Sheet> sheets;             ///< those that are shown and hold anything, in their order; at least one
  std::vector<std::string> unread = {};  ///< the names of the hidden ones, and of what is no sheet of cells
};

/// Whether the bytes are a ZIP archive, which is what an XLSX is. Whether it can be read, `read_workbook` says.
bool is_workbook(ByteView file);
/// Bytes to cells, whichever of the two formats they are.
Imported<Workbook> read_workbook(ByteView file);

}  // namespace piaojue::sheets
