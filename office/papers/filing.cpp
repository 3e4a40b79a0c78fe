// SPDX-License-Identifier: Apache-2.0
// 07 核准备案及证书交接表: a line for each who passed, to be filled in on the way to the certificate.
#include "office/papers/code_line.h"
#include "office/papers/frame.h"
#include "office/papers/papers.h"
#include "strings/papers.h"

namespace piaojue::office {

namespace words = strings::papers;

Explained<Paper> filing_paper(MeetingRecord const& record, std::optional<LedgerHead> const& ledger) {
  std::vector<Cells> rows;
  for (auto const q : passed(record.audit)) {
    meeting::Candidate const& who = record.audit.manifest->candidates.at(q - 1);
    rows.push_back({std::to_string(rows.size() + 1), who.name, who.employer, who.level, "", "", ""});
  }
  Frame frame(letterhead(record, ledger, paper_line(record.audit, ledger)), words::kFilingTitle, Turn::kLandscape);
  frame.table({{words::kColumnNumber, 7, true},
               {words::kColumnName, 16},
               {words::kColumnEmployer, 27},
               {words::kColumnLevel, 10},
               {words::kColumnFiled, 13},
               {words::kColumnAnnounced, 14},
               {words::kColumnHandedOff, 13}},
              std::move(rows));
  frame.sign({&words::kRoleGiver, &words::kRoleTaker});
  return frame.finish(words::kFilingFile, With::kPageAndSheet);
}

}  // namespace piaojue::office
