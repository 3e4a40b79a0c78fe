// SPDX-License-Identifier: Apache-2.0
#include "office/papers/check.h"

#include "sheets/sheet.h"
#include "strings/papers.h"

namespace piaojue::office {

Explained<verifier::PaperCheck> check_paper(verifier::Audit const& audit, ByteView paper) {
  if (!as_text(paper).starts_with("PK") || paper.size() > verifier::kPaperBytesMax) {
    return verifier::compare_paper(audit, paper);
  }
  auto const book = sheets::read_workbook(paper);
  if (!book) {
    return Explanation(Sentence(strings::papers::kCheckUnreadable, {{"why", book.error().front().sentence()}}));
  }
  std::vector<std::vector<std::string>> rows;
  for (auto const& row : book->sheets.front().rows) rows.push_back(row.cells);
  return verifier::compare_sheet(audit, rows);
}

}  // namespace piaojue::office
