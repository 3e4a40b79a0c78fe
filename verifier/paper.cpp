// SPDX-License-Identifier: Apache-2.0
#include "verifier/paper.h"

#include <algorithm>
#include <set>
#include <sstream>

#include "base/utf8.h"
#include "sheets/sheet.h"
#include "strings/papers.h"
#include "verifier/shown.h"

namespace piaojue::verifier {
namespace {

namespace words = strings::papers;

class Comparison {
 public:
  explicit Comparison(Audit const& audit) : audit_(audit), expected_(result_rows(audit)) {}

  void line(std::string const& text) {
    std::istringstream in(text);
    std::vector<std::string> parts;
    for (std::string part; in >> part;) parts.push_back(part);
    if (parts.size() != 7 || parts[1] != "RESULTS") return differ(words::kCheckOtherCode);
    lines_++;
    if (parts[2] != in_capitals(audit_.head)) differ(words::kCheckHead);
    if (parts[3] != std::to_string(audit_.entries)) differ(words::kCheckEntries);
    if (parts[6] != in_capitals(rows_digest(audit_))) differ(words::kCheckDigest);
    auto const bytes = from_hex(parts[4]);
    auto const head = bytes ? meeting::Hash::from(*bytes) : std::nullopt;
    bool const counted =
        parts[5].size() < 10 && std::ranges::all_of(parts[5], [](char c) { return c >= '0' && c <= '9'; });
    if (head && counted) out_.other = LogHead{*head, std::stoull(parts[5])};
  }
  /// @param first of the columns after 序号 that `cells` holds.
  void row(std::vector<std::string> const& cells, std::size_t first) {
    auto const at = std::ranges::find(expected_, cells.at(0), [](auto const& row) { return row[0]; });
    if (at == expected_.end()) return differ({words::kCheckUnknownRow, {{"number", shown(cells[0])}}});
    if (!seen_.insert(cells[0]).second) return differ({words::kCheckRowTwice, {{"number", cells[0]}}});
    ++out_.rows;
    for (std::size_t i = 1; i + first - 1 < kResultColumns; ++i) {
      std::string const got = i < cells.size() ? cells[i] : "";
      std::string const& want = (*at)[i + first - 1];
      if (got == want) continue;
      differ(
          {words::kCheckCell,
           {{"number", cells[0]}, {"column", result_heading(i + first - 1)}, {"paper", shown(got)}, {"record", want}}});
    }
    if (cells.size() > kResultColumns - first + 1) differ({words::kCheckTooWide, {{"number", cells[0]}}});
  }
  /// A row of a page or a sheet: with the employer, or without it as papers were printed before.
  void printed_row(std::vector<std::string> cells) {
    if (cells.size() == kResultColumns + 1) {
      auto const at = std::ranges::find(expected_, cells[0], [](auto const& row) { return row[0]; });
      if (at != expected_.end()) {
        auto const& want = audit_.manifest->candidates.at(static_cast<std::size_t>(at - expected_.begin())).employer;
        if (std::string const& got = cells[kEmployerColumn]; got != want) {
          differ({words::kCheckCell,
                  {{"number", cells[0]}, {"column", words::kColumnEmployer}, {"paper", shown(got)}, {"record", want}}});
        }
      }
      cells.erase(cells.begin() + kEmployerColumn);
    }
    row(cells, 1);
  }
  Explained<PaperCheck> done() {
    if (out_.rows == 0 && lines_ == 0 && out_.differences.empty()) return Explanation(words::kCheckNothing);
    if (out_.rows > 0)
      for (auto const& row : expected_)
        if (!seen_.contains(row[0])) differ({words::kCheckRowMissing, {{"number", row[0]}}});
    return std::move(out_);
  }

 private:
  void differ(Sentence what) { out_.differences.push_back(std::move(what)); }
  Audit const& audit_;
  std::vector<ResultRow> expected_;
  std::set<std::string> seen_;
  std::size_t lines_ = 0;
  PaperCheck out_;
};

/// Between `open` and `close`; nothing if they are not there. `text` moves behind.
std::optional<std::string_view> between(std::string_view& text, std::string_view open, std::string_view close) {
  auto const begin = text.find(open);
  if (begin == std::string_view::npos) return std::nullopt;
  auto const end = text.find(close, begin + open.size());
  if (end == std::string_view::npos) return std::nullopt;
  auto const out = text.substr(begin + open.size(), end - begin - open.size());
  text.remove_prefix(end + close.size());
  return out;
}

std::string unescaped(std::string_view text) {
  static constexpr std::array kEntities = std::to_array<std::pair<std::string_view, char>>(
      {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&#39;", '\''}});
  std::string out;
  while (!text.empty()) {
    auto const* const entity =
        std::ranges::find_if(kEntities, [&](auto const& pair) { return text.starts_with(pair.first); });
    out += entity == kEntities.end() ? text.front() : entity->second;
    text.remove_prefix(entity == kEntities.end() ? 1 : entity->first.size());
  }
  return out;
}

void compare_page(Comparison& comparison, std::string_view page) {
  if (auto const line = between(page, "<meta name=\"piaojue-paper\" content=\"", "\""))
    comparison.line(unescaped(*line));
  auto table = between(page, "<tbody id=\"results\">", "</tbody>");
  while (table) {
    auto row = between(*table, "<tr>", "</tr>");
    if (!row) break;
    std::vector<std::string> cells;
    while (auto const cell = between(*row, "<td", "</td>"))
      cells.push_back(unescaped(cell->substr(cell->find('>') + 1)));
    if (!cells.empty()) comparison.printed_row(std::move(cells));
  }
}

/// Spaces that a person types without meaning them, as plain ones. @param text UTF-8.
std::string with_plain_spaces(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    auto const c = next_character(text, at).value_or(U' ');
    append_character(out, c == 0xA0 || c == 0x3000 || c == 0xFEFF ? U' ' : c);
  }
  return out;
}

void compare_text(Comparison& comparison, std::string_view text) {
  constexpr std::size_t kFirstFigure = 4;
  std::istringstream in(with_plain_spaces(text));
  for (std::string line; std::getline(in, line);) {
    std::istringstream parts(line);
    std::vector<std::string> cells;
    for (std::string part; parts >> part;) cells.push_back(part);
    if (cells.empty()) continue;
    if (std::string(kLinePrefix) == cells[0] + " ")
      comparison.line(line);
    else
      comparison.row(cells, kFirstFigure);
  }
}

/// Rows below the head, which is the first; the line of the QR code stands in a row of its own.
void compare_sheet(Comparison& comparison, std::vector<sheets::Row> const& rows) {
  for (sheets::Row const& row : rows) {
    auto const& cells = row.cells;
    if (!cells.empty() && cells[0].starts_with(kLinePrefix))
      comparison.line(cells[0]);
    else if (!cells.empty() && row.number > 1)
      comparison.printed_row(cells);
  }
}

}  // namespace

Explained<PaperCheck> compare_paper(Audit const& audit, ByteView paper) {
  if (paper.size() > kPaperBytesMax) return Explanation(words::kCheckTooLarge);
  Comparison comparison(audit);
  std::string_view const text = as_text(paper);
  if (sheets::is_workbook(paper)) {
    auto const book = sheets::read_workbook(paper);
    if (!book) return Explanation(Sentence(words::kCheckUnreadable, {{"why", book.error().front().sentence()}}));
    compare_sheet(comparison, book->sheets.front().rows);
  } else if (text.starts_with("<!doctype html>")) {
    compare_page(comparison, text);
  } else {
    if (!is_utf8(text)) return Explanation(words::kCheckNoText);
    compare_text(comparison, text);
  }
  return comparison.done();
}

}  // namespace piaojue::verifier
