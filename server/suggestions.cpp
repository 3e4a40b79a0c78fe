// SPDX-License-Identifier: Apache-2.0
#include "server/suggestions.h"

#include <algorithm>
#include <charconv>

#include "sheets/table.h"
#include "sheets/text.h"
#include "strings/server.h"

namespace piaojue::server {

namespace text = strings::server;
using sheets::Row;

namespace {

enum : std::size_t { kPerson, kExpert, kQuestion, kCandidate, kReason };

std::vector<sheets::Field> fields() {
  std::vector<sheets::Field> out;
  for (std::string_view const name : {"评审专家序号", "评审专家", "申报人序号", "申报人", "理由"})
    out.push_back({name, true, {name}});
  return out;
}

std::size_t number_in(std::string const& cell) {
  std::size_t out = 0;
  auto const [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), out);
  return error == std::errc() && end == cell.data() + cell.size() ? out : 0;
}

/// One row; its faults are put to the table.
Suggestion read_row(sheets::Table& table, Row const& row, meeting::Manifest const& manifest) {
  auto const cell = [&](std::size_t field) { return sheets::trimmed(table.cell(row, field)); };
  auto const person = number_in(cell(kPerson));
  auto const question = number_in(cell(kQuestion));
  auto const& people = manifest.people;
  if (person < 1 || person > people.size() || people[person - 1].name != cell(kExpert) ||
      (people[person - 1].roles & meeting::kExpert) == 0)
    table.fail(row, kExpert, cell(kExpert), text::kRecusalsNoExpert);
  auto const& candidates = manifest.candidates;
  if (question < 1 || question > candidates.size() || candidates[question - 1].name != cell(kCandidate))
    table.fail(row, kCandidate, cell(kCandidate), text::kRecusalsNoCandidate);
  auto reason = table.text(row, kReason, true, false);
  if (reason.size() > kSuggestionReasonBytesMax)
    table.fail(row, kReason, reason, {text::kRecusalsReasonLong, {{"max", std::uint64_t{kSuggestionReasonBytesMax}}}});
  return {static_cast<PersonId>(person), static_cast<meeting::QuestionId>(question), std::move(reason)};
}

}  // namespace

Explained<std::vector<Suggestion>> read_suggested(ByteView sheet, meeting::Manifest const& manifest) {
  std::vector<Suggestion> out;
  // A header alone says that nothing is suggested: that is no fault here, as it is in a sheet of people.
  auto const first = as_text(sheet).find_first_of("\r\n");
  if (first == std::string_view::npos || sheets::trimmed(as_text(sheet).substr(first)).empty()) return out;
  sheets::Table table(sheet, fields());
  for (Row const& row : table.rows()) {
    out.push_back(read_row(table, row, manifest));
    if (out.size() > kSuggestionsMax) {
      table.fail(row, kPerson, {}, {text::kRecusalsTooMany, {{"max", std::uint64_t{kSuggestionsMax}}}});
      break;
    }
  }
  if (!table.ok()) return sheets::explained(table.take_errors());
  auto const pair = [](Suggestion const& one) { return std::pair(one.person, one.question); };
  std::ranges::sort(out, {}, pair);
  if (std::ranges::adjacent_find(out, {}, pair) != out.end()) return Explanation(text::kRecusalsTwice);
  return out;
}

}  // namespace piaojue::server
