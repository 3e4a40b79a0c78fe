// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The frame of every paper: its head, tables and lines to sign on, and the foot with heads and QR code. The page
/// (HTML) and the sheet (XLSX) are made side by side from the same cells.
#include <vector>

#include "office/papers/meeting_record.h"
#include "office/papers/paper.h"

namespace piaojue::office {

/// The style sheet paper.css, squeezed; with var(--orientation), var(--code) and var(--foot) still to be put in.
extern std::string_view const kPaperCss;

/// Who issues a paper, when, and what it rests on.
struct Letterhead {
  std::string owner;                 ///< of the meeting or the office, above the title
  Sentence date;                     ///< below it
  bool rehearsal = false;            ///< printed across the page
  std::optional<LedgerHead> record;  ///< none: from before the meeting
  std::optional<LedgerHead> ledger;  ///< none: the office keeps none, which the paper says
  std::string line;                  ///< of the QR code
};
Letterhead letterhead(MeetingRecord const& record, std::optional<LedgerHead> const& ledger, std::string line);
Letterhead letterhead(OfficeHeading const& heading);

using Cells = std::vector<std::string>;

struct Column {
  Column(Text const& text, int percent, bool figures = false) : heading(&text), width(percent), number(figures) {}
  Text const* heading;
  int width;    ///< percent of the page
  bool number;  ///< to the right, and a number in the sheet
};

enum class Turn : std::uint8_t { kUpright, kLandscape };
enum class With : std::uint8_t { kPage, kPageAndSheet };

class Frame {
 public:
  Frame(Letterhead head, Text const& title, Turn turn = Turn::kUpright);

  void heading(Sentence const& text);
  void paragraph(Sentence const& text);
  /// @param rows none: the table says so. @param id of its body, for programs that read the page.
  void table(std::vector<Column> columns, std::vector<Cells> rows, std::string_view id = {});
  void sign(std::initializer_list<Text const*> roles);

  /// @param with the sheet of the last table. Refused as `write_xlsx` refuses.
  Explained<Paper> finish(Sentence const& name, With with) const;

 private:
  std::string style() const;
  std::string html() const;
  Explained<Bytes> xlsx() const;

  Letterhead head_;
  std::string title_, body_;
  Turn turn_;
  std::vector<Column> columns_;
  std::vector<Cells> rows_;
};

/// For text between tags and in attributes.
std::string escaped(std::string_view text);

}  // namespace piaojue::office
