// SPDX-License-Identifier: Apache-2.0
// 01 评审专家签到表: who came, and by when he was there.
#include "office/papers/code_line.h"
#include "office/papers/frame.h"
#include "office/papers/papers.h"
#include "office/papers/words.h"
#include "strings/papers.h"

namespace piaojue::office {

namespace words = strings::papers;

namespace {

/// When the entry was there at the latest: entries have no time, those who witnessed them wrote theirs.
std::string when(verifier::Audit const& audit, std::optional<std::uint64_t> const& entry, std::string otherwise) {
  if (!entry) return otherwise;
  auto const by = audit.there_by(*entry);
  if (!by) return said({words::kAttendanceNoTime, {{"entry", *entry}}});
  return said({words::kAttendanceBy, {{"time", clock_text(*by, audit.manifest->date)}, {"entry", *entry}}});
}

}  // namespace

Explained<Paper> attendance_paper(MeetingRecord const& record, std::optional<LedgerHead> const& ledger) {
  meeting::Manifest const& m = *record.audit.manifest;
  std::vector<Cells> rows;
  for (auto const& line : record.audit.attendance) {
    meeting::Person const& who = m.people.at(line.person - 1);
    if ((who.roles & meeting::kExpert) == 0) continue;
    rows.push_back({std::to_string(rows.size() + 1), who.name, who.employer,
                    when(record.audit, line.first_sign_in, said(words::kAbsent)),
                    when(record.audit, line.last_sign_out, {}), ""});
  }
  Frame frame(letterhead(record, ledger, paper_line(record.audit, ledger)), words::kAttendanceTitle);
  frame.paragraph({words::kAttendanceNote, {{"count", m.committee_size}}});
  frame.table({{words::kColumnNumber, 8, true},
               {words::kColumnName, 16},
               {words::kColumnEmployer, 24},
               {words::kColumnSignedIn, 18},
               {words::kColumnSignedOut, 18},
               {words::kColumnSignature, 16}},
              std::move(rows));
  frame.sign({&words::kRoleScrutineer});
  return frame.finish(words::kAttendanceFile, With::kPage);
}

}  // namespace piaojue::office
