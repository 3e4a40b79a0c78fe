// SPDX-License-Identifier: Apache-2.0
// 11 表决票（纸质备用）: for the day on which machines fail. All ballots of a batch are prints of one page, so that
// none can be told from another: it has no number of its own and no place for a name.
#include "office/papers/code_line.h"
#include "office/papers/frame.h"
#include "office/papers/papers.h"
#include "office/papers/words.h"
#include "strings/papers.h"

namespace piaojue::office {

namespace words = strings::papers;

namespace {

constexpr char const* kBox = "□";

std::vector<Cells> rows_of(BallotPapers const& of, meeting::Batch const& batch) {
  std::vector<Cells> rows;
  for (auto const q : batch.candidates) {
    meeting::Candidate const& who = of.candidates.at(q - 1);
    rows.push_back({said({words::kBallotNumber, {{"n", std::uint32_t{q}}}}), who.name, who.employer, who.level,
                    said(channel_text(who.channel)), kBox, kBox});
    if (of.abstaining) rows.back().emplace_back(kBox);
  }
  return rows;
}

std::vector<Column> columns_of(BallotPapers const& of) {
  std::vector<Column> out{{words::kColumnNumber, 9},   {words::kColumnName, 16},   {words::kColumnEmployer, 30},
                          {words::kColumnLevel, 9},    {words::kColumnChannel, 7}, {words::kColumnAgree, 9},
                          {words::kColumnDisagree, 11}};
  if (of.abstaining) out.emplace_back(words::kColumnAbstain, 9);
  return out;
}

}  // namespace

Explained<std::vector<Paper>> ballot_papers(OfficeHeading const& heading, BallotPapers const& of) {
  std::vector<Paper> out;
  for (meeting::Batch const& batch : of.batches) {
    Letterhead head = letterhead(heading);
    head.owner = of.meeting.empty() ? heading.title : of.meeting;
    head.date = {words::kBallotDate, {{"date", of.date.empty() ? said(words::kPublicListNoDay) : of.date}}};
    head.rehearsal = of.rehearsal;
    Frame frame(std::move(head), words::kBallotTitle);
    frame.paragraph({words::kBallotBatch,
                     {{"batch", batch.title},
                      {"n", std::uint64_t{out.size() + 1}},
                      {"count", std::uint64_t{batch.candidates.size()}}}});
    frame.paragraph(words::kBallotHow);
    frame.paragraph(words::kBallotNameless);
    frame.table(columns_of(of), rows_of(of, batch), "ballot");
    auto paper = frame.finish({words::kBallotFile, {{"batch", std::uint64_t{out.size() + 1}}}}, With::kPage);
    if (!paper) return paper.error();
    out.push_back(std::move(*paper));
  }
  return out;
}

}  // namespace piaojue::office
