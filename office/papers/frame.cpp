// SPDX-License-Identifier: Apache-2.0
#include "office/papers/frame.h"

#include "office/papers/code_line.h"
#include "office/papers/words.h"
#include "sheets/sheet_writer.h"
#include "strings/papers.h"
#include "verifier/report.h"

namespace piaojue::office {

namespace words = strings::papers;

std::string escaped(std::string_view text) {
  std::string out;
  for (char const c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

Letterhead letterhead(MeetingRecord const& record, std::optional<LedgerHead> const& ledger, std::string line) {
  meeting::Manifest const& m = *record.audit.manifest;
  return {m.title,     Sentence(words::kMeetingDate, {{"date", m.date}}),
          m.rehearsal, LedgerHead{record.audit.head, record.audit.entries},
          ledger,      std::move(line)};
}

Letterhead letterhead(OfficeHeading const& heading) {
  return {heading.title,  Sentence(words::kOfficeDate, {{"date", sheets::day_text(heading.date)}}),
          false,          {},
          heading.ledger, office_line(heading.ledger)};
}

Frame::Frame(Letterhead head, Text const& title, Turn turn) : head_(std::move(head)), title_(said(title)), turn_(turn) {
  body_ = "<h1>" + escaped(head_.owner) + "</h1><h2>" + escaped(title_) + "</h2><p class=\"sub\">" +
          escaped(said(head_.date)) + (head_.rehearsal ? "　<b>" + escaped(said(words::kRehearsal)) + "</b>" : "") +
          "</p>";
}

void Frame::heading(Sentence const& text) { body_ += "<h3>" + escaped(said(text)) + "</h3>"; }
void Frame::paragraph(Sentence const& text) { body_ += "<p>" + escaped(said(text)) + "</p>"; }

void Frame::table(std::vector<Column> columns, std::vector<Cells> rows, std::string_view id) {
  body_ += "<table><colgroup>";
  for (Column const& column : columns) body_ += "<col style=\"width:" + std::to_string(column.width) + "%\">";
  body_ += "</colgroup><thead><tr>";
  for (Column const& column : columns) body_ += "<th>" + escaped(said(*column.heading)) + "</th>";
  body_ += "</tr></thead><tbody" + (id.empty() ? "" : " id=\"" + std::string(id) + "\"") + ">";
  for (Cells const& row : rows) {
    body_ += "<tr>";
    for (std::size_t i = 0; i < row.size(); ++i)
      body_ += (columns[i].number ? "<td class=\"n\">" : "<td>") + escaped(row[i]) + "</td>";
    body_ += "</tr>";
  }
  if (rows.empty())
    body_ +=
        "<tr><td colspan=\"" + std::to_string(columns.size()) + "\">" + escaped(said(words::kNoRows)) + "</td></tr>";
  body_ += "</tbody></table>";
  columns_ = std::move(columns);
  rows_ = std::move(rows);
}

void Frame::sign(std::initializer_list<Text const*> roles) {
  body_ += "<div class=\"sign\">";
  for (Text const* const role : roles) {
    // The line to sign on stands between the two halves.
    body_ += "<p>" + escaped(said(*role)) + escaped(said(words::kSignHere)) + "<span></span>" +
             escaped(said(words::kSignDate)) + "</p>";
  }
  body_ += "</div>";
}

Explained<Paper> Frame::finish(Sentence const& name, With with) const {
  Paper out{said(name), html(), {}};
  if (with == With::kPageAndSheet) {
    auto sheet = xlsx();
    if (!sheet) return sheet.error();
    out.xlsx = std::move(*sheet);
  }
  return out;
}

Explained<Bytes> Frame::xlsx() const {
  sheets::OutSheet to;
  to.name = title_;
  to.landscape = turn_ == Turn::kLandscape;
  to.header_rows = 1;
  if (head_.record)
    to.footer = said({words::kSheetFootRecord, {{"head", verifier::grouped(head_.record->head)}}});
  else if (head_.ledger)
    to.footer = said({words::kSheetFootLedger, {{"head", verifier::grouped(head_.ledger->head)}}});
  to.rows.emplace_back();
  for (Column const& column : columns_) {
    to.rows.back().emplace_back(said(*column.heading));
    to.widths.push_back(std::max(6.0, column.width * 1.1));
  }
  for (Cells const& row : rows_) {
    auto& cells = to.rows.emplace_back();
    for (std::size_t i = 0; i < row.size(); ++i) {
      bool const digits = !row[i].empty() && row[i].size() < 10 &&
                          std::ranges::all_of(row[i], [](char c) { return c >= '0' && c <= '9'; });
      if (columns_[i].number && digits)
        cells.emplace_back(std::int64_t{std::stoll(row[i])});
      else
        cells.emplace_back(row[i]);
    }
  }
  to.rows.push_back({});
  to.rows.push_back({sheets::OutCell{head_.line}});
  auto bytes = sheets::write_xlsx(std::span(&to, 1));
  if (!bytes) return Explanation(Sentence(words::kSheetFailed, {{"why", bytes.error().what}}));
  return std::move(*bytes);
}

std::string Frame::style() const {
  std::string const ledger =
      head_.ledger
          ? said({words::kFootHead, {{"head", verifier::grouped(head_.ledger->head)}, {"entries", head_.ledger->size}}})
          : said(words::kFootNoLedger);
  // "\A " is a new line in a string of CSS.
  std::string foot;
  if (head_.record) {
    foot = said({words::kFootRecord, {{"entries", head_.record->size}}}) + "\\A " +
           verifier::grouped(head_.record->head) + "\\A ";
  }
  foot += said(words::kFootLedger) + "\\A " + ledger;
  std::string out(kPaperCss);
  auto const put = [&out](std::string_view place, std::string const& value) {
    if (auto const at = out.find(place); at != std::string::npos) out.replace(at, place.size(), value);
  };
  put(" var(--orientation)", turn_ == Turn::kLandscape ? " landscape" : "");
  put("var(--code)", "url(\"data:image/svg+xml;base64," + to_base64(as_bytes(qr_svg(head_.line))) + "\")");
  put("var(--foot)", "\"" + foot + "\"");
  return out;
}

std::string Frame::html() const {
  std::string out =
      "<!doctype html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\"><meta "
      "http-equiv=\"Content-Security-Policy\" "
      "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\"><title>" +
      escaped(title_) + "</title><meta name=\"piaojue-paper\" content=\"" + escaped(head_.line) + "\"><style>" +
      style() + "</style></head><body>";
  if (head_.rehearsal) out += "<div class=\"mark\">" + escaped(said(words::kRehearsalMark)) + "</div>";
  return out + body_ + "</body></html>\n";
}

}  // namespace piaojue::office
