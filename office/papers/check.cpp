// SPDX-License-Identifier: Apache-2.0
#include "office/papers/check.h"

#include <algorithm>
#include <set>
#include <sstream>

#include "office/papers/code_line.h"
#include "office/papers/results.h"
#include "office/papers/words.h"
#include "sheets/sheet.h"
#include "sheets/text.h"
#include "strings/papers.h"

namespace piaojue::office {

namespace words = strings::papers;
using verifier::Audit;

namespace {

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
    auto const head = bytes ? crypto::Hash::from(*bytes) : std::nullopt;
    bool const counted =
        parts[5].size() < 10 && std::ranges::all_of(parts[5], [](char c) { return c >= '0' && c <= '9'; });
    if (head && counted) out_.ledger = LedgerHead{*head, std::stoull(parts[5])};
  }
  /// @param first of the columns after 序号 that `cells` holds.
  void row(std::vector<std::string> const& cells, std::size_t first) {
    auto const at = std::ranges::find(expected_, cells.at(0), [](auto const& row) { return row[0]; });
    if (at == expected_.end()) return differ({words::kCheckUnknownRow, {{"number", sheets::shortened(cells[0])}}});
    if (!seen_.insert(cells[0]).second) return differ({words::kCheckRowTwice, {{"number", cells[0]}}});
    ++out_.rows;
    for (std::size_t i = 1; i + first - 1 < kResultColumns; ++i) {
      std::string const got = i < cells.size() ? cells[i] : "";
      std::string const& want = (*at)[i + first - 1];
      if (got == want) continue;
      differ({words::kCheckCell,
              {{"number", cells[0]},
               {"column", result_heading(i + first - 1)},
               {"paper", sheets::shortened(got)},
               {"record", want}}});
    }
    if (cells.size() > kResultColumns - first + 1) differ({words::kCheckTooWide, {{"number", cells[0]}}});
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
    if (!cells.empty()) comparison.row(cells, 1);
  }
}

void compare_sheet(Comparison& comparison, sheets::Sheet const& sheet) {
  for (auto const& row : sheet.rows) {
    if (row.cells.empty() || row.cells[0] == said(result_heading(0))) continue;
    if (row.cells[0].starts_with(kLinePrefix))
      comparison.line(row.cells[0]);
    else
      comparison.row(row.cells, 1);
  }
}

void compare_text(Comparison& comparison, std::string_view text) {
  constexpr std::size_t kFirstFigure = 4;
  std::istringstream in{std::string(text)};
  for (std::string line; std::getline(in, line);) {
    line = sheets::trimmed(line);
    if (line.starts_with(kLinePrefix)) {
      comparison.line(line);
    } else if (!line.empty()) {
      std::istringstream parts(line);
      std::vector<std::string> cells;
      for (std::string part; parts >> part;) cells.push_back(part);
      comparison.row(cells, kFirstFigure);
    }
  }
}

}  // namespace

Explained<PaperCheck> check_paper(Audit const& audit, ByteView paper) {
  if (paper.size() > kPaperBytesMax) return Explanation(words::kCheckTooLarge);
  Comparison comparison(audit);
  std::string_view const text = as_text(paper);
  if (text.starts_with("PK")) {
    auto const book = sheets::read_workbook(paper);
    if (!book.ok()) return Explanation(Sentence(words::kCheckUnreadable, {{"why", book.errors.front().text()}}));
    compare_sheet(comparison, book.value.sheets.front());
  } else if (text.starts_with("<!doctype html>")) {
    compare_page(comparison, text);
  } else {
    if (!sheets::valid_utf8(text)) return Explanation(words::kCheckNoText);
    compare_text(comparison, text);
  }
  return comparison.done();
}

}  // namespace piaojue::office
