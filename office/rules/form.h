// SPDX-License-Identifier: Apache-2.0
#pragma once
/// One applicant's row of the candidates' sheet, cell by cell, to facts. What is not understood is said with its cell
/// and stays unknown.
#include <string>
#include <vector>

#include "office/rules/facts.h"
#include "sheets/table.h"

namespace piaojue::office {

/// The number of that cell, if there is a right one. A wrong one is a fault that does not show it whole.
std::optional<IdentityNumber> read_identity(sheets::Table& table, sheets::Row const& row, std::size_t field);

class FormReader {
 public:
  /// @param table has the columns of `applicant_fields`.
  explicit FormReader(sheets::Table& table) : table_(table) {}

  /// Everything but 姓名, 单位 and 证件号码, which concern all rows together.
  /// @param filed where the row has no 申报日期 of its own.
  Facts read(sheets::Row const& row, Date filed);

 private:
  void read_studies(sheets::Row const& row, Facts& facts);
  void read_degree_type(sheets::Row const& row, Facts& facts);
  void read_title(sheets::Row const& row, Facts& facts);
  void read_licence(sheets::Row const& row, Facts& facts);
  void read_education(sheets::Row const& row, Facts& facts);
  void read_sanction(sheets::Row const& row, Facts& facts);
  /// Those of several lines, each in the same line of each column.
  void read_achievements(sheets::Row const& row, Facts& facts);
  /// The cells of one achievement, by column from 奖项类别 on; "" where nothing stands.
  using Line = std::vector<std::string>;
  void read_achievement(sheets::Row const& row, Line const& line, Facts& facts);

  struct Range {
    std::int64_t from, to, otherwise;
  };
  std::int64_t read_count(sheets::Row const& row, std::size_t field, std::string const& written, Range range,
                          Text const& expected);

  sheets::Table& table_;
};

}  // namespace piaojue::office
