// SPDX-License-Identifier: Apache-2.0
#include "office/papers/papers.h"

#include "strings/papers.h"

namespace piaojue::office {

Explained<std::vector<Paper>> make_papers(MeetingRecord const& record, std::optional<LedgerHead> const& ledger,
                                          OfficeFacts const& facts) {
  if (!record.audit.verified() || !record.audit.manifest) return Explanation(strings::papers::kRecordUnverified);
  std::vector<Paper> out;
  for (auto* const make : {attendance_paper, recusal_paper, interview_paper, results_paper, minutes_paper}) {
    auto paper = make(record, ledger);
    if (!paper) return paper.error();
    out.push_back(std::move(*paper));
  }
  for (auto* const make : {public_list, filing_paper}) {
    auto paper = make(record, ledger, facts);
    if (!paper) return paper.error();
    out.push_back(std::move(*paper));
  }
  auto paper = signing_paper(record, ledger);
  if (!paper) return paper.error();
  out.push_back(std::move(*paper));
  return out;
}

}  // namespace piaojue::office
