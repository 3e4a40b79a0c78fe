// SPDX-License-Identifier: Apache-2.0
#include "sheets/cell_value.h"

#include "sheets/plain_text.h"
#include "sheets/text.h"
#include "strings/sheets.h"

namespace piaojue::sheets {

namespace say = strings::sheets;

namespace {

/// In a number, 2019.10 has become 2019.1: nobody can say which it was.
bool october_or_january(std::string_view code) { return code.size() == 6 && code.ends_with(".1"); }

}  // namespace

NameAndEmployer read_person(Table& table, Row const& row, std::size_t name, std::size_t employer,
                            bool employer_required, Seen& seen) {
  NameAndEmployer out;
  out.name = table.text(row, name, true, false);
  if (has_line_break(table.cell(row, name))) table.fail(row, name, out.name, say::kCellLineBreak);
  out.employer = table.text(row, employer, employer_required, false);
  if (auto const before = seen.add(out.name, out.employer, row.number); before != 0)
    table.fail(row, name, out.name, {say::kRowPersonTwice, {{"row", before}}});
  return out;
}

std::optional<Level> read_level(Table& table, Row const& row, std::size_t field) {
  std::string const written = trimmed(table.cell(row, field));
  auto const out = level_of(written);
  if (!out)
    table.fail(row, field, written,
               is_either_senior(written) ? say::kCandidateWhichSenior : say::kCandidateLevelExpected);
  return out;
}

std::optional<meeting::Channel> read_channel(Table& table, Row const& row, std::size_t field) {
  std::string const written = trimmed(table.cell(row, field));
  auto const out = channel_of(written);
  if (!out) table.fail(row, field, written, say::kCandidateChannelExpected);
  return out;
}

Date read_date(Table& table, Row const& row, std::size_t field) {
  return read_date(table, row, field, trimmed(table.cell(row, field)));
}

Date read_date(Table& table, Row const& row, std::size_t field, std::string const& written) {
  std::string const code = code_of(written);
  if (means_nothing(code)) return {};
  CellMark const mark = table.mark(row, field);
  if (mark == CellMark::kFormula || mark == CellMark::kError) return {};  // named already
  if (october_or_january(code) && mark != CellMark::kText) {
    table.fail(row, field, written, {say::kDateOctoberOrJanuary, {{"year", code.substr(0, 4)}}});
    return {};
  }
  if (auto const out = parse_date(written)) return *out;
  bool const serial = mark == CellMark::kNumber && code.size() == 5;
  table.fail(row, field, written, serial ? say::kDateSerial : say::kDateExpected);
  return {};
}

}  // namespace piaojue::sheets
