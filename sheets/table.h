// SPDX-License-Identifier: Apache-2.0
#pragma once
/// A sheet seen through its header: the one sheet of a file that has the columns asked for, and its rows below the
/// header.
///
/// The header (header.h) is looked for by the first field (姓名) in the first thirty rows. Columns that are not known
/// are passed over, whatever stands in them, and so are rows that are nobody's (passed_rows.h). All that was passed
/// over is told (`Reading`). In the columns that are known, formulas, errors and merged cells are faults, and so is
/// whatever nobody sees: hidden rows and hidden columns.
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sheets/amended.h"
#include "sheets/header.h"
#include "sheets/reading.h"
#include "sheets/sheet.h"
#include "sheets/vocabulary.h"

namespace piaojue::sheets {

class Table {
 public:
  /// @param file_name begins every error, where an import has several files; else empty.
  /// @param amended stands in the place of what the sheet says.
  Table(ByteView file, std::vector<Field> fields, Text const* file_name = nullptr, AmendedCells const& amended = {});

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
  /// Also of a sheet with faults, as far as it was read. No columns: there is no header.
  Reading const& reading() const { return reading_; }

 private:
  std::string required_names() const;
  void choose(Workbook workbook);
  void check_header();
  void take_rows();
  /// Puts what was amended into the rows, and columns behind the last one for fields that the sheet does not have.
  void amend_rows();
  void amend(Row& row, std::size_t field, std::string const& value);
  void tell_column(std::size_t number, std::size_t filled);
  void check_cells();
  void check_merged();

  std::vector<Field> fields_;
  std::vector<std::size_t> columns_;  ///< by field, from 1; 0: not there
  Sheet sheet_;                       ///< its rows are the header's and those above it; those below are in rows_
  std::vector<Row> rows_;
  Header header_;
  Reading reading_;
  Text const* file_name_;
  AmendedCells amended_;
  bool usable_ = false;
  std::size_t more_errors_ = 0;
  CellErrors errors_;
};

}  // namespace piaojue::sheets
