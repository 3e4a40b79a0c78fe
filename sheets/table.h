// SPDX-License-Identifier: Apache-2.0
#pragma once
/// A sheet seen through its header: the one sheet of a file that has the columns asked for, and its rows below the
/// header.
///
/// The header begins in the first of the first ten rows that has a cell of the first field (姓名); it may have a second
/// and third row, below merged cells or below headings that group others. Columns that are not known are passed over,
/// whatever stands in them. Rows in which nothing is filled in but numbers and formulas, notes and totals, rows that
/// are marked as an example, and the header once more are passed over as well. All that was passed over is told
/// (`Reading`). In the columns that are known, formulas, errors and merged cells are faults, and so is whatever nobody
/// sees: hidden rows and hidden columns.
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sheets/heading.h"
#include "sheets/sheet.h"
#include "sheets/vocabulary.h"

namespace piaojue::sheets {

struct Column {
  std::size_t number = 0;            ///< from 1
  Heading heading;                   ///< with the remarks of the heading above it
  std::optional<std::size_t> field;  ///< none: passed over
  bool hidden = false;
};

enum class PassedBecause : std::uint8_t {
  kNothing,  ///< nothing but numbers or formulas in columns that are not read
  kNote,     ///< 注：…, 填表说明, 制表人 …
  kTotal,    ///< 合计 and its like
  kExample,  ///< marked 示例
  kHeader,   ///< the header once more
};
struct PassedRow {
  std::size_t first = 0, last = 0;  ///< from 1; several only of kNothing
  PassedBecause why = PassedBecause::kNothing;
  std::string words;  ///< the first cell that has any, shortened; empty of kNothing
};

/// How a sheet was read, for the clerk to see before anything follows from it.
struct Reading {
  struct Read {
    std::size_t column;  ///< from 1
    std::string words, field;
  };
  struct Ignored {
    std::size_t column;
    std::string words;
  };
  std::string sheet;  ///< empty for CSV
  std::size_t header = 0, rows = 0;
  std::vector<Read> read;
  std::vector<Ignored> ignored;      ///< only those with a heading or with anything below it
  std::vector<PassedRow> passed;     ///< by row
  std::vector<std::string> unread;   ///< hidden sheets, and entries without a sheet of cells
  std::vector<std::string> others;   ///< sheets that are shown and hold another table, or none
  std::vector<Sentence> sentences() const;
};

class Table {
 public:
  /// @param file_name begins every error, where an import has several files; else empty.
  Table(ByteView file, std::vector<Field> fields, Text const* file_name = nullptr);

  /// The rows below the header that hold anything to read; none if the sheet could not be read.
  std::span<Row const> rows() const { return rows_; }
  bool has(std::size_t field) const { return columns_[field] != 0; }
  /// Without spaces and invisible marks at its ends, and without the apostrophe that makes a number a text.
  std::string cell(Row const& row, std::size_t field) const;
  CellMark mark(Row const& row, std::size_t field) const;
  /// One that is empty is an error if `required`. Line breaks are kept if `lines_allowed`, and else joined.
  std::string text(Row const& row, std::size_t field, bool required, bool lines_allowed);

  /// The heading of a field's column, for its remarks and its unit. @pre has(field)
  Heading const& heading(std::size_t field) const;
  /// The columns of a field that has any number of them (`Field::takes`), from the left.
  std::vector<Column> columns_of(std::size_t field) const;
  std::string cell(Row const& row, Column const& column) const;
  CellMark mark(Row const& row, Column const& column) const { return row.mark(column.number - 1); }

  void fail(Row const& row, std::size_t field, std::string value, Sentence expected);
  void fail(Row const& row, Column const& column, std::string value, Sentence expected);
  /// @param row 0: the sheet as a whole. @param column 0: the row as a whole.
  void fail(std::size_t row, std::size_t column, std::string value, Sentence expected);
  /// Of the heading of a field that is there: "年增产值（台）" has a unit that nobody knows.
  void fail_heading(std::size_t field, Sentence expected);
  bool usable() const { return usable_; }
  bool ok() const { return errors_.empty(); }
  /// At most kErrorsMax, and then how many more there are.
  CellErrors take_errors();
  Reading reading() const;

 private:
  struct Header {
    std::size_t first = 0, last = 0;  ///< indices of its rows
    std::vector<Column> columns;      ///< those with a heading
    std::vector<std::size_t> by_field;
    std::vector<std::size_t> twice;   ///< columns of a field that has one already
    std::size_t missing = 0;
  };
  std::optional<Header> find_header(Sheet const& sheet) const;
  std::size_t header_end(Sheet const& sheet, std::size_t first) const;
  void take_fields(Header& header) const;
  std::string required_names() const;
  void choose(Workbook workbook);
  void check_header(Header const& header);
  void take_rows(Header const& header);
  std::optional<PassedRow> passed_over(Row const& row) const;
  void check_cells();
  void check_merged();
  std::string heading_words(std::size_t column) const;

  std::vector<Field> fields_;
  std::vector<std::size_t> columns_;  ///< by field, from 1; 0: not there
  Sheet sheet_;                       ///< its rows are the header's and those above it; those below are in rows_
  std::vector<Row> rows_;
  Header header_;
  Reading reading_;
  Text const* file_name_;
  bool usable_ = false;
  std::size_t more_errors_ = 0;
  CellErrors errors_;
};

/// Finds who stands in the sheet twice.
class Seen {
 public:
  /// @return the row of the earlier one, or 0.
  std::size_t add(std::string const& name, std::string const& employer, std::size_t row) {
    auto const [at, fresh] = rows_.try_emplace({name, employer}, row);
    return fresh ? 0 : at->second;
  }

 private:
  std::map<std::pair<std::string, std::string>, std::size_t> rows_;
};

}  // namespace piaojue::sheets
