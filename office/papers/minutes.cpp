// SPDX-License-Identifier: Apache-2.0
// 05 评审会议纪要: the votes batch by batch, and who passed.
#include "office/papers/changes.h"
#include "office/papers/code_line.h"
#include "office/papers/frame.h"
#include "office/papers/papers.h"
#include "office/papers/words.h"
#include "protocol/meeting/bodies.h"
#include "strings/papers.h"

namespace piaojue::office {

namespace words = strings::papers;

namespace {

/// How an attempt was voted; paper that the committee has not signed says so.
Text const& means(verifier::AttemptResult const& attempt) {
  if (!attempt.paper) return words::kByLaptop;
  return attempt.counted_by == meeting::By::kOffice ? words::kByPaperUnconfirmed : words::kByPaper;
}

Cells attempt_row(meeting::Manifest const& m, verifier::AttemptResult const& attempt) {
  std::size_t yes = 0, voided = 0;
  std::string remarks;
  for (auto const& question : attempt.questions) {
    if (question.voided) {
      ++voided;
      remarks = said({words::kVoidReason,
                      {{"why", question.void_reason.empty() ? said(words::kVoidTooMany) : question.void_reason}}});
    } else if (question.row.passed) {
      ++yes;
    }
  }
  if (!attempt.overridden.empty()) {
    remarks += (remarks.empty() ? "" : said(words::kRemarkDivider)) + said(words::kOverridden);
    for (auto const p : attempt.overridden) remarks += m.people.at(p - 1).name + " ";
  }
  return {m.batches.at(attempt.batch - 1).title,
          said({words::kRound, {{"n", attempt.attempt}}}),
          said(means(attempt)),
          std::to_string(attempt.present),
          std::to_string(attempt.questions.size()),
          attempt.declared ? std::to_string(yes) : said(words::kNotDeclared),
          std::to_string(voided),
          remarks};
}

void batches(Frame& frame, verifier::Audit const& audit) {
  std::vector<Cells> rows;
  for (auto const& attempt : audit.attempts) rows.push_back(attempt_row(*audit.manifest, attempt));
  frame.heading(words::kMinutesBatches);
  frame.table({{words::kColumnBatch, 20},
               {words::kColumnAttempt, 8},
               {words::kColumnMeans, 8},
               {words::kColumnPresent, 8, true},
               {words::kColumnPeople, 8, true},
               {words::kColumnPassed, 8, true},
               {words::kColumnVoided, 8, true},
               {words::kColumnRemarks, 32}},
              std::move(rows));
}

void passers(Frame& frame, verifier::Audit const& audit) {
  std::vector<Cells> rows;
  for (auto const q : passed(audit)) {
    meeting::Candidate const& who = audit.manifest->candidates.at(q - 1);
    rows.push_back({std::to_string(q), who.name, who.employer, who.level, said(channel_text(who.channel))});
  }
  frame.heading({words::kMinutesPassed, {{"count", std::uint64_t{rows.size()}}}});
  frame.table({{words::kColumnNumber, 10, true},
               {words::kColumnName, 22},
               {words::kColumnEmployer, 42},
               {words::kColumnLevel, 14},
               {words::kColumnChannel, 12}},
              std::move(rows));
}

/// Those whose row that stands has this mark, by name; nothing where there are none.
void people_line(Frame& frame, verifier::Audit const& audit, Text const& text, bool meeting::Row::*mark) {
  std::vector<std::string> people;
  for (auto const& [q, declared] : verifier::declared_rows(audit)) {
    std::string const& name = audit.manifest->candidates.at(q - 1).name;
    if (declared.row.*mark) people.push_back(said({words::kNumberAndName, {{"number", q}, {"name", name}}}));
  }
  if (!people.empty()) frame.paragraph({text, {{"people", joined(people, said(words::kListDivider))}}});
}

}  // namespace

Explained<Paper> minutes_paper(MeetingRecord const& record, std::optional<LedgerHead> const& ledger) {
  auto const& audit = record.audit;
  meeting::Manifest const& m = *audit.manifest;
  Frame frame(letterhead(record, ledger, paper_line(audit, ledger)), words::kMinutesTitle);
  frame.paragraph({m.size_approval.empty() ? words::kMinutesNote : words::kMinutesNoteApproved,
                   {{"rule", rule_sentence(m.rules)},
                    {"count", m.committee_size},
                    {"approval", m.size_approval},
                    {"quorum", std::uint64_t{meeting::quorum(m)}}}});
  batches(frame, audit);
  passers(frame, audit);
  people_line(frame, audit, words::kContested, &meeting::Row::contested);
  people_line(frame, audit, words::kMinutesSensitive, &meeting::Row::mode_sensitive);
  put_changes(frame, audit);
  frame.sign({&words::kRoleScrutineer, &words::kRoleTeller, &words::kRoleChair});
  return frame.finish(words::kMinutesFile, With::kPage);
}

}  // namespace piaojue::office
