// SPDX-License-Identifier: Apache-2.0
#include "sheets/reading.h"

#include <algorithm>
#include <optional>

#include "sheets/plain_text.h"
#include "sheets/text.h"
#include "strings/sheets.h"

namespace piaojue::sheets {

namespace say = strings::sheets;

namespace {

constexpr std::size_t kPassedShownMax = 20;

void add(std::optional<Sentence>& list, Sentence next) {
  list =
      list ? Sentence(say::kReadingNext, {{"before", std::move(*list)}, {"next", std::move(next)}}) : std::move(next);
}

Sentence column_sentence(Reading::Read const& column) {
  std::string const letters = column_letters(column.column);
  if (code_of(column.words) == column.field)
    return {say::kReadingColumn, {{"letters", letters}, {"words", shortened(column.words)}}};
  return {say::kReadingColumnAs, {{"letters", letters}, {"words", shortened(column.words)}, {"field", column.field}}};
}

Sentence row_sentence(PassedRow const& row) {
  Sentence::Value const why(passed_word(row.why));
  if (row.first != row.last) return {say::kReadingRows, {{"first", row.first}, {"last", row.last}, {"why", why}}};
  if (row.words.empty()) return {say::kReadingRow, {{"row", row.first}, {"why", why}}};
  return {say::kReadingRowWords, {{"row", row.first}, {"words", shortened(for_an_error(row.words))}, {"why", why}}};
}

std::string joined(std::vector<std::string> const& names) {
  std::string out;
  for (std::string const& name : names) (out += out.empty() ? "" : "、") += shortened(name);
  return out;
}

}  // namespace

Reading of_both(Reading const& one, Reading const& other) {
  Reading out = one.read.empty() ? other : one;
  if (one.read.empty() || other.read.empty() || one.sheet != other.sheet) return out;
  for (Reading::Read const& column : other.read)
    if (std::ranges::find(out.read, column.column, &Reading::Read::column) == out.read.end())
      out.read.push_back(column);
  std::ranges::sort(out.read, {}, &Reading::Read::column);
  std::erase_if(out.ignored, [&](auto const& column) {
    return std::ranges::find(out.read, column.column, &Reading::Read::column) != out.read.end();
  });
  return out;
}

std::vector<Sentence> Reading::sentences(Sentence const& file) const {
  std::vector<Sentence> out;
  std::optional<Sentence> columns;
  for (Read const& column : read) add(columns, column_sentence(column));
  if (!columns) return out;
  Sentence const where =
      sheet.empty() ? file
                    : Sentence(say::kWhereNext,
                               {{"before", file}, {"next", Sentence(say::kWhereSheet, {{"name", shortened(sheet)}})}});
  out.emplace_back(say::kReadingColumns,
                   Sentence::Values{{"where", where}, {"header", header}, {"rows", rows}, {"columns", *columns}});
  columns.reset();
  for (Ignored const& column : ignored) {
    Sentence::Value const words =
        column.words.empty() ? Sentence::Value(say::kReadingNoHeading) : Sentence::Value(shortened(column.words));
    add(columns, {say::kReadingColumn, {{"letters", column_letters(column.column)}, {"words", words}}});
  }
  if (columns) out.emplace_back(say::kReadingIgnored, Sentence::Values{{"where", where}, {"columns", *columns}});
  std::optional<Sentence> rows_passed;
  for (std::size_t i = 0; i < std::min(passed.size(), kPassedShownMax); ++i) add(rows_passed, row_sentence(passed[i]));
  if (passed.size() > kPassedShownMax)
    add(rows_passed, {say::kReadingMore, {{"count", passed.size() - kPassedShownMax}}});
  if (rows_passed) out.emplace_back(say::kReadingPassed, Sentence::Values{{"where", where}, {"rows", *rows_passed}});
  if (!unread.empty()) out.emplace_back(say::kReadingUnread, Sentence::Values{{"names", joined(unread)}});
  if (!others.empty()) out.emplace_back(say::kReadingOthers, Sentence::Values{{"names", joined(others)}});
  return out;
}

}  // namespace piaojue::sheets
