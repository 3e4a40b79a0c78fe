// SPDX-License-Identifier: Apache-2.0
#pragma once
/// One applicant's row of the candidates' sheet, cell by cell, to facts. What is not understood is said with its cell
/// and stays unknown.
#include <string>
#include <vector>

#include "office/rules/facts.h"
#include "sheets/table.h"

namespace piaojue::office {

class FormReader {
 public:
  /// Faults of headings: a unit that is not known. @param table has the columns of `applicant_fields`.
  explicit FormReader(sheets::Table& table);

  /// Everything but 姓名, 单位 and 证件号码, which concern all rows together.
  /// @param filed where the row has no 申报日期 of its own.
  /// @param identity of the same row: it says the birth, where 出生日期 does not.
  Facts read(sheets::Row const& row, Date filed, std::optional<IdentityNumber> const& identity);

 private:
  void read_birth(sheets::Row const& row, std::optional<IdentityNumber> const& identity, Facts& facts);
  void read_studies(sheets::Row const& row, Facts& facts);
  void read_graduations(sheets::Row const& row, Facts& facts);
  std::size_t courses(sheets::Row const& row) const;
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
  void read_kindless(sheets::Row const& row, Line const& line, Facts const& facts);
  /// 万元 a year.
  std::int64_t read_output(sheets::Row const& row, std::string const& written);
  void read_steps(sheets::Row const& row, Steps& steps);
  void read_posting(sheets::Row const& row, Steps& steps);
  void read_appraisals(sheets::Row const& row, Facts& facts);
  /// What can not be: the cell is named. What only hardly can, `assess` leaves to people.
  void check_dates(sheets::Row const& row, Facts const& facts);

  struct Range {
    std::int64_t from, to, otherwise;
  };
  std::int64_t read_count(sheets::Row const& row, std::size_t field, std::string const& written, Range range,
                          Text const& expected);

  sheets::Table& table_;
  std::int64_t output_yuan_ = 0;  ///< one of the unit in the heading of 年增产值; 0: it has none
  std::string education_unit_;    ///< of the heading of 继续教育; empty: it has none
};

/// The grades of a row in its columns of appraisals (2023年度考核): each into `appraisals`. A grade that stands there
/// already and is another one is a fault.
void read_yearly_grades(sheets::Table& table, sheets::Row const& row, std::size_t field,
                        std::map<int, Grade>& appraisals);

}  // namespace piaojue::office
