// SPDX-License-Identifier: Apache-2.0
// 02 回避登记表: who stepped back from whom, and why.
#include "office/papers/code_line.h"
#include "office/papers/frame.h"
#include "office/papers/papers.h"
#include "office/papers/words.h"
#include "strings/papers.h"

namespace piaojue::office {

namespace words = strings::papers;

Explained<Paper> recusal_paper(MeetingRecord const& record, std::optional<LedgerHead> const& ledger) {
  meeting::Manifest const& m = *record.audit.manifest;
  std::vector<Cells> rows;
  for (auto const& line : record.audit.attendance) {
    meeting::Person const& who = m.people.at(line.person - 1);
    for (auto const& [q, reason] : line.recusals)
      rows.push_back({who.name, who.employer, std::to_string(q), m.candidates.at(q - 1).name, reason, ""});
  }
  Frame frame(letterhead(record, ledger, paper_line(record.audit, ledger)), words::kRecusalTitle);
  frame.paragraph(rule_sentence(m.rules));
  frame.table({{words::kColumnExpert, 14},
               {words::kColumnEmployer, 22},
               {words::kColumnNumber, 8, true},
               {words::kColumnCandidate, 14},
               {words::kColumnRecusalReason, 28},
               {words::kColumnSignature, 14}},
              std::move(rows));
  frame.sign({&words::kRoleScrutineer, &words::kRoleChair});
  return frame.finish(words::kRecusalFile, With::kPage);
}

}  // namespace piaojue::office
