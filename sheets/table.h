// SPDX-License-Identifier: Apache-2.0
#pragma once
/// A sheet seen through its header: the one sheet of a file that has the columns asked for, and its rows below the
/// header. The header is the first of the first ten rows that has a cell of the first field; its cells may hold spaces,
/// a star and remarks in brackets. Columns that are not known are passed over, whatever stands in them; in those that
/// are known, formulas, errors and merged cells are faults, and so is a row that nobody sees.
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sheets/sheet.h"
#include "sheets/vocabulary.h"

namespace piaojue::sheets {

class Table {
 public:
  /// @param file_name begins every error, where an import has several files; else empty.
  Table(ByteView file, std::vector<Field> fields, Text const* file_name = nullptr);

  /// The rows below the header; none if the sheet could not be read.
  std::span<Row const> rows() const;
  bool has(std::size_t field) const { return columns_[field] != 0; }
  /// As it stands.
  std::string cell(Row const& row, std::size_t field) const;
  CellMark mark(Row const& row, std::size_t field) const;
  /// A trimmed text. An empty one is an error if `required`.
  std::string text(Row const& row, std::size_t field, bool required, bool lines_allowed);

  void fail(Row const& row, std::size_t field, std::string value, Sentence expected);
  void fail(std::size_t row, std::size_t column, std::string value, Sentence expected);
  bool usable() const { return usable_; }
  bool ok() const { return errors_.empty(); }
  CellErrors take_errors();

 private:
  struct Header {
    std::size_t row = 0;  ///< an index
    std::vector<std::size_t> columns;
    std::size_t missing = 0;
  };
  std::optional<std::size_t> field_of(std::string_view heading) const;
  std::optional<Header> find_header(Sheet const& sheet) const;
  std::string required_names() const;
  void choose(Workbook workbook);
  void check_header(Header const& header);
  void check_cells();
  void check_merged();

  std::vector<Field> fields_;
  std::vector<std::size_t> columns_;  ///< by field, from 1; 0: not there
  Sheet sheet_;
  Text const* file_name_;
  std::size_t first_ = 0;
  bool usable_ = false;
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
