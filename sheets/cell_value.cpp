// SPDX-License-Identifier: Apache-2.0
#include "sheets/cell_value.h"

#include "sheets/text.h"
#include "strings/sheets.h"

namespace piaojue::sheets {

namespace say = strings::sheets;

namespace {

/// In a number, 2019.10 has become 2019.1: nobody can say which it was.
bool october_or_january(std::string_view code) { return code.size() == 6 && code.ends_with(".1"); }

}  // namespace

std::optional<Level> read_level(Table& table, Row const& row, std::size_t field) {
  std::string const written = trimmed(table.cell(row, field));
  auto const out = level_of(written);
  if (!out)
    table.fail(row, field, written,
               is_either_senior(written) ? say::kCandidateWhichSenior : say::kCandidateLevelExpected);
  return out;
}

std::optional<meeting::Channel> read_channel(Table& table, Row const& row, std::size_t channel,
                                             std::size_t is_exceptional) {
  std::string const written = trimmed(table.cell(row, channel));
  std::string const yes_or_no = trimmed(table.cell(row, is_exceptional));
  if (yes_or_no.empty() && (table.has(channel) || !table.has(is_exceptional))) {
    auto const out = channel_of(written);
    if (!out) table.fail(row, channel, written, say::kCandidateChannelExpected);
    return out;
  }
  auto const out = channel_of_exceptional(yes_or_no);
  if (!out) table.fail(row, is_exceptional, yes_or_no, say::kCandidateExceptionalExpected);
  if (out && !written.empty() && channel_of(written) != out)
    table.fail(row, channel, written, {say::kCandidateChannelOther, {{"other", yes_or_no}}});
  return out;
}

namespace {

/// @param fail is told what is wrong with it.
template <class Fail>
Date date_of(std::string const& written, CellMark mark, Fail const& fail) {
  std::string const code = code_of(written);
  if (means_nothing(code)) return {};
  if (mark == CellMark::kFormula || mark == CellMark::kError) return {};  // named already
  if (october_or_january(code) && mark != CellMark::kText) {
    fail({say::kDateOctoberOrJanuary, {{"year", code.substr(0, 4)}}});
    return {};
  }
  if (auto const out = parse_date(written)) return *out;
  bool const serial = mark == CellMark::kNumber && code.size() == 5;
  fail(serial ? say::kDateSerial : say::kDateExpected);
  return {};
}

}  // namespace

Date read_date(Table& table, Row const& row, std::size_t field) {
  return read_date(table, row, field, trimmed(table.cell(row, field)));
}

Date read_date(Table& table, Row const& row, Column const& column) {
  std::string const written = trimmed(table.cell(row, column));
  return date_of(written, table.mark(row, column),
                 [&](Sentence expected) { table.fail(row, column, written, std::move(expected)); });
}

Date read_date(Table& table, Row const& row, std::size_t field, std::string const& written) {
  return date_of(written, table.mark(row, field),
                 [&](Sentence expected) { table.fail(row, field, written, std::move(expected)); });
}

}  // namespace piaojue::sheets
