// SPDX-License-Identifier: Apache-2.0
// 04 投票结果汇总表: what every question came to; the one paper that can be held against the record.
#include "office/papers/changes.h"
#include "office/papers/frame.h"
#include "office/papers/papers.h"
#include "office/papers/words.h"
#include "strings/papers.h"
#include "verifier/rows.h"

namespace piaojue::office {

namespace words = strings::papers;

Explained<Paper> results_paper(MeetingRecord const& record, std::optional<LedgerHead> const& ledger) {
  auto const& audit = record.audit;
  std::vector<Cells> rows;
  for (verifier::ResultRow const& row : verifier::result_rows(audit)) rows.emplace_back(row.begin(), row.end());
  // Names, levels, routes and results are words; all between are figures.
  constexpr std::array<int, verifier::kResultColumns> kWidths{6, 15, 8, 6, 6, 6, 8, 6, 6, 6, 6, 8, 13};
  std::vector<Column> columns;
  for (std::size_t i = 0; i < verifier::kResultColumns; ++i)
    columns.emplace_back(verifier::result_heading(i), kWidths[i],
                         i == 0 || (i >= 4 && i + 1 < verifier::kResultColumns));
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
