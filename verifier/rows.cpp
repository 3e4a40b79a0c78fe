// SPDX-License-Identifier: Apache-2.0
#include "verifier/rows.h"

#include "crypto/types.h"
#include "strings/papers.h"

namespace piaojue::verifier {

namespace words = strings::papers;

namespace {

/// Papers are printed in Chinese, and the digest is of what is printed, whoever reads it.
std::string printed(Text const& text) { return std::string(text.in(Lang::kZh)); }

Text const& outcome(meeting::Row const& row) {
  if (row.contested) return words::kResultContested;
  return row.passed ? words::kResultPassed : words::kResultFailed;
}

}  // namespace

std::map<meeting::QuestionId, DeclaredRow> declared_rows(Audit const& audit) {
  std::map<meeting::QuestionId, DeclaredRow> out;
  for (auto const& attempt : audit.attempts) {
    if (!attempt.declared) continue;
    for (auto const& question : attempt.questions)
      if (!question.voided) out[question.question] = {question.row, attempt.counted_by};
  }
  return out;
}

Text const& result_heading(std::size_t column) {
  static constexpr std::array<Text const*, kResultColumns> kHeadings{
      &words::kColumnNumber,  &words::kColumnName,    &words::kColumnLevel,    &words::kColumnChannel,
      &words::kColumnPresent, &words::kColumnAgree,   &words::kColumnDisagree, &words::kColumnAbstain,
      &words::kColumnInvalid, &words::kColumnNotCast, &words::kColumnRecused,  &words::kColumnNeeded,
      &words::kColumnResult};
  return *kHeadings.at(column);
}

std::vector<ResultRow> result_rows(Audit const& audit) {
  std::vector<ResultRow> out;
  if (!audit.manifest) return out;
  auto const known = declared_rows(audit);
  meeting::QuestionId number = 0;
  for (meeting::Candidate const& candidate : audit.manifest->candidates) {
    ++number;
    auto& row = out.emplace_back();
    row[0] = std::to_string(number);
    row[1] = candidate.name;
    row[2] = candidate.level;
    row[3] = printed(candidate.channel == meeting::Channel::kExceptional ? words::kChannelExceptional
                                                                         : words::kChannelNormal);
    auto const at = known.find(number);
    if (at == known.end()) {
      row[12] = printed(words::kResultNone);
      continue;
    }
    meeting::Row const& r = at->second.row;
    std::size_t column = 4;
    for (std::uint32_t const value :
         {r.present, r.agree, r.disagree, r.abstain, r.invalid, r.not_cast, r.recused, r.needed})
      row[column++] = std::to_string(value);
    row[12] = printed(outcome(r));
    if (at->second.unconfirmed_paper()) row[12] += printed(words::kResultUnconfirmed);
  }
  return out;
}

meeting::Hash rows_digest(Audit const& audit) {
  std::string text("piaojue/v2/office/rows");
  text += '\0';
  for (auto const& row : result_rows(audit)) {
    for (std::string const& cell : row) (text += cell) += '\x1F';
    text += '\x1E';
  }
  return crypto::sha256({as_bytes(text)});
}

std::string in_capitals(meeting::Hash const& hash) {
  std::string text = to_hex(hash.view());
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

std::string heads_of_line(Audit const& audit, std::optional<LogHead> const& other) {
  return in_capitals(audit.head) + " " + std::to_string(audit.entries) + " " +
         (other ? in_capitals(other->head) + " " + std::to_string(other->size) : std::string("- 0"));
}

std::string results_line(Audit const& audit, std::optional<LogHead> const& other) {
  return std::string(kLinePrefix) + "RESULTS " + heads_of_line(audit, other) + " " + in_capitals(rows_digest(audit));
}

}  // namespace piaojue::verifier
