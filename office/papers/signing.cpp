// SPDX-License-Identifier: Apache-2.0
// 10 表决结果签字表: every result with its arithmetic, the head hash, and a line to sign on for every expert who came.
#include <algorithm>

#include "office/papers/changes.h"
#include "office/papers/frame.h"
#include "office/papers/papers.h"
#include "office/papers/words.h"
#include "strings/papers.h"
#include "verifier/report.h"
#include "verifier/rows.h"

namespace piaojue::office {

namespace words = strings::papers;

namespace {

/// "3×7 = 21 < 22 = 2×11，须大于": what passes, reckoned without fractions.
std::string arithmetic(meeting::Rules const& rules, meeting::Row const& row) {
  auto const product = [](std::uint64_t factor, std::uint64_t count) {
    return std::to_string(factor) + "×" + std::to_string(count);
  };
  std::uint64_t const have = std::uint64_t{rules.pass_denominator} * row.agree;
  std::uint64_t const want = std::uint64_t{rules.pass_numerator} * row.present;
  return said({rules.pass_strict ? words::kArithmeticStrict : words::kArithmeticInclusive,
               {{"have", product(rules.pass_denominator, row.agree) + " = " + std::to_string(have)},
                {"sign", have > want    ? ">"
                         : have == want ? "="
                                        : "<"},
                {"want", std::to_string(want) + " = " + product(rules.pass_numerator, row.present)}}});
}

void results(Frame& frame, verifier::Audit const& audit) {
  auto const declared = verifier::declared_rows(audit);
  std::vector<Cells> rows;
  for (verifier::ResultRow const& row : verifier::result_rows(audit)) {
    auto const question = static_cast<meeting::QuestionId>(std::stoul(row[0]));
    auto const at = declared.find(question);
    rows.push_back({row[0], row[1], audit.manifest->candidates.at(question - 1).employer, row[4], row[5], row[11],
                    at == declared.end() ? "" : arithmetic(audit.manifest->rules, at->second.row), row[12]});
  }
  frame.heading(words::kSigningResults);
  frame.table({{words::kColumnNumber, 6, true},
               {words::kColumnName, 12},
               {words::kColumnEmployer, 17},
               {words::kColumnPresent, 7, true},
               {words::kColumnAgree, 7, true},
               {words::kColumnNeeded, 8, true},
               {words::kColumnArithmetic, 31},
               {words::kColumnResult, 12}},
              std::move(rows));
}

void signatures(Frame& frame, verifier::Audit const& audit) {
  std::vector<Cells> rows;
  for (auto const& line : audit.attendance) {
    meeting::Person const& who = audit.manifest->people.at(line.person - 1);
    if ((who.roles & meeting::kExpert) == 0 || !line.first_sign_in) continue;
    rows.push_back({std::to_string(rows.size() + 1), who.name, who.employer, "", ""});
  }
  frame.heading({words::kSigningExperts, {{"count", std::uint64_t{rows.size()}}}});
  frame.paragraph(words::kSigningNote);
  frame.table({{words::kColumnNumber, 8, true},
               {words::kColumnName, 18},
               {words::kColumnEmployer, 32},
               {words::kColumnSignature, 26},
               {words::kColumnDate, 16}},
              std::move(rows), "signatures");
}

}  // namespace

Explained<Paper> signing_paper(MeetingRecord const& record, std::optional<LedgerHead> const& ledger) {
  auto const& audit = record.audit;
  Frame frame(letterhead(record, ledger, paper_line(audit, ledger)), words::kSigningTitle);
  frame.paragraph(rule_sentence(audit.manifest->rules));
  frame.paragraph({words::kSigningHead, {{"entries", audit.entries}, {"head", verifier::grouped(audit.head)}}});
  results(frame, audit);
  put_changes(frame, audit);
  signatures(frame, audit);
  frame.sign({&words::kRoleScrutineer, &words::kRoleTeller, &words::kRoleChair});
  return frame.finish(words::kSigningFile, With::kPage);
}

}  // namespace piaojue::office
