// SPDX-License-Identifier: Apache-2.0
// 04 投票结果汇总表: what every question came to; the one paper that can be held against the record.
#include "office/papers/changes.h"
#include "office/papers/frame.h"
#include "office/papers/papers.h"
#include "office/papers/words.h"
#include "strings/papers.h"
#include "verifier/paper.h"
#include "verifier/rows.h"

namespace piaojue::office {

namespace words = strings::papers;

Explained<Paper> results_paper(MeetingRecord const& record, std::optional<LedgerHead> const& ledger) {
  auto const& audit = record.audit;
  std::vector<Cells> rows;
  for (verifier::ResultRow const& row : verifier::result_rows(audit)) {
    Cells cells(row.begin(), row.end());
    auto const question = static_cast<std::size_t>(std::stoul(row[0]));
    // Two of one name are told apart by it; check-paper holds it against the record too.
    cells.insert(cells.begin() + verifier::kEmployerColumn, audit.manifest->candidates.at(question - 1).employer);
    rows.push_back(std::move(cells));
  }
  // Names, levels, routes and results are words; all between are figures.
  constexpr std::array<int, verifier::kResultColumns> kWidths{5, 11, 7, 6, 6, 6, 7, 6, 6, 6, 6, 7, 11};
  std::vector<Column> columns;
  for (std::size_t i = 0; i < verifier::kResultColumns; ++i) {
    if (i == verifier::kEmployerColumn) columns.emplace_back(words::kColumnEmployer, 16);
    columns.emplace_back(verifier::result_heading(i), kWidths[i],
                         i == 0 || (i >= 4 && i + 1 < verifier::kResultColumns));
  }
  Frame frame(letterhead(record, ledger, verifier::results_line(audit, ledger)), words::kResultsTitle,
              Turn::kLandscape);
  frame.paragraph({words::kResultsNote,
                   {{"rule", rule_sentence(audit.manifest->rules)},
                    {"count", std::uint64_t{verifier::declared_rows(audit).size()}},
                    {"passed", std::uint64_t{passed(audit).size()}}}});
  frame.table(std::move(columns), std::move(rows), "results");
  put_changes(frame, audit);
  frame.sign({&words::kRoleScrutineer, &words::kRoleTeller, &words::kRoleChair});
  return frame.finish(words::kResultsFile, With::kPageAndSheet);
}

}  // namespace piaojue::office
