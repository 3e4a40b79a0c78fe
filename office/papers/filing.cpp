// SPDX-License-Identifier: Apache-2.0
// 07 核准备案及证书交接表: a line for each who passed, to be filled in on the way to the certificate.
#include "office/papers/code_line.h"
#include "office/papers/frame.h"
#include "office/papers/papers.h"
#include "strings/papers.h"

namespace piaojue::office {

namespace words = strings::papers;

Explained<Paper> filing_paper(MeetingRecord const& record, std::optional<LedgerHead> const& ledger,
                              OfficeFacts const& facts) {
  bool const numbers = !facts.identity_numbers.empty();
  std::vector<Cells> rows;
  for (auto const q : passed(record.audit)) {
    if (facts.withdrawn.contains(q)) continue;
    meeting::Candidate const& who = record.audit.manifest->candidates.at(q - 1);
    Cells row{std::to_string(rows.size() + 1), who.name};
    if (numbers) {
      auto const at = facts.identity_numbers.find(q);
      row.push_back(at == facts.identity_numbers.end() ? std::string() : at->second);
    }
    for (std::string const& cell : {who.employer, who.level, std::string(), std::string(), std::string()})
      row.push_back(cell);
    rows.push_back(std::move(row));
  }
  std::vector<Column> columns{{words::kColumnNumber, 6, true}, {words::kColumnName, numbers ? 11 : 17}};
  if (numbers) columns.emplace_back(words::kColumnIdentity, 19);
  for (auto const& [heading, width] :
       std::initializer_list<std::pair<Text const*, int>>{{&words::kColumnEmployer, numbers ? 22 : 27},
                                                          {&words::kColumnLevel, numbers ? 8 : 10},
                                                          {&words::kColumnFiled, numbers ? 11 : 13},
                                                          {&words::kColumnAnnounced, numbers ? 12 : 14},
                                                          {&words::kColumnHandedOff, numbers ? 11 : 13}})
    columns.emplace_back(*heading, width);
  Frame frame(letterhead(record, ledger, paper_line(record.audit, ledger)), words::kFilingTitle, Turn::kLandscape);
  frame.table(std::move(columns), std::move(rows));
  if (numbers) frame.paragraph(words::kFilingNumbers);
  frame.sign({&words::kRoleGiver, &words::kRoleTaker});
  return frame.finish(words::kFilingFile, With::kPageAndSheet);
}

}  // namespace piaojue::office
