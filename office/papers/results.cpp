// SPDX-License-Identifier: Apache-2.0
#include "office/papers/results.h"

#include "crypto/types.h"
#include "office/papers/meeting_record.h"
#include "office/papers/words.h"
#include "strings/papers.h"

namespace piaojue::office {

namespace words = strings::papers;
using verifier::Audit;

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
    row[3] = said(channel_text(candidate.channel));
    auto const at = known.find(number);
    if (at == known.end()) {
      row[12] = said(words::kResultNone);
      continue;
    }
    meeting::Row const& r = at->second;
    std::size_t column = 4;
    for (std::uint32_t const value :
         {r.present, r.agree, r.disagree, r.abstain, r.invalid, r.not_cast, r.recused, r.needed})
      row[column++] = std::to_string(value);
    row[12] = said(r.passed ? words::kResultPassed : words::kResultFailed);
  }
  return out;
}

crypto::Hash rows_digest(Audit const& audit) {
  std::string text("piaojue/v1/office/rows");
  text += '\0';
  for (auto const& row : result_rows(audit)) {
    for (std::string const& cell : row) (text += cell) += '\x1F';
    text += '\x1E';
  }
  return crypto::sha256({as_bytes(text)});
}

}  // namespace piaojue::office
