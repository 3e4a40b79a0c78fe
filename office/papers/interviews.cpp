// SPDX-License-Identifier: Apache-2.0
// 03 面试答辩记录表: the interviews of those who apply out of turn.
#include "office/papers/code_line.h"
#include "office/papers/frame.h"
#include "office/papers/papers.h"
#include "strings/papers.h"
#include "verifier/report.h"

namespace piaojue::office {

namespace words = strings::papers;

Explained<Paper> interview_paper(MeetingRecord const& record, std::optional<LedgerHead> const& ledger) {
  constexpr std::size_t kSixteenDigitsGrouped = 19;
  std::vector<Cells> rows;
  for (auto const& [q, interview] : record.interviews) {
    meeting::Candidate const& who = record.audit.manifest->candidates.at(q - 1);
    rows.push_back({std::to_string(q), who.name, who.level, interview.summary,
                    verifier::grouped(interview.document).substr(0, kSixteenDigitsGrouped)});
  }
  Frame frame(letterhead(record, ledger, paper_line(record.audit, ledger)), words::kInterviewTitle);
  frame.paragraph(words::kInterviewNote);
  frame.table({{words::kColumnNumber, 8, true},
               {words::kColumnName, 14},
               {words::kColumnLevel, 10},
               {words::kColumnInterview, 48},
               {words::kColumnDocument, 20}},
              std::move(rows));
  frame.sign({&words::kRoleInterviewers, &words::kRoleChair});
  return frame.finish(words::kInterviewFile, With::kPage);
}

}  // namespace piaojue::office
