// SPDX-License-Identifier: Apache-2.0
// 06 公示名单: who passed, for the public. No votes, and nothing that is not needed to know who is meant.
#include "office/papers/code_line.h"
#include "office/papers/frame.h"
#include "office/papers/papers.h"
#include "office/papers/words.h"
#include "strings/papers.h"

namespace piaojue::office {

namespace words = strings::papers;

Explained<Paper> public_list(MeetingRecord const& record, std::optional<LedgerHead> const& ledger) {
  std::vector<Cells> rows;
  for (auto const q : passed(record.audit)) {
    meeting::Candidate const& who = record.audit.manifest->candidates.at(q - 1);
    // Numbered anew: the public need not know which places are missing.
    rows.push_back(
        {std::to_string(rows.size() + 1), who.name, who.employer, who.level, said(channel_text(who.channel))});
  }
  Frame frame(letterhead(record, ledger, paper_line(record.audit, ledger)), words::kPublicListTitle);
  frame.table({{words::kColumnNumber, 10, true},
               {words::kColumnName, 22},
               {words::kColumnEmployer, 42},
               {words::kColumnLevel, 14},
               {words::kColumnChannel, 12}},
              std::move(rows));
  frame.paragraph(words::kPublicListNote);
  return frame.finish(words::kPublicListFile, With::kPageAndSheet);
}

}  // namespace piaojue::office
