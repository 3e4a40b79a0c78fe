// SPDX-License-Identifier: Apache-2.0
// 09 补正通知书: what one applicant still has to hand in, said once and whole.
#include "office/papers/frame.h"
#include "office/papers/papers.h"
#include "strings/papers.h"

namespace piaojue::office {

namespace words = strings::papers;

Explained<Paper> notice_paper(OfficeHeading const& heading, std::uint32_t number, CorrectionNotice const& notice) {
  Frame frame(letterhead(heading), words::kNoticeTitle);
  frame.paragraph({words::kNoticeTo, {{"name", notice.name}, {"number", number}}});
  frame.paragraph(words::kNoticeIntroduction);
  std::vector<Cells> rows;
  for (auto const& item : notice.items) rows.push_back({std::to_string(rows.size() + 1), item.what, item.article});
  frame.table({{words::kColumnNumber, 8, true}, {words::kColumnItem, 66}, {words::kColumnBasis, 26}}, std::move(rows));
  frame.paragraph(
      {words::kNoticeDeadline, {{"date", sheets::day_text(notice.deadline)}, {"days", notice.working_days}}});
  frame.sign({&words::kRoleClerk, &words::kRoleReceiver});
  return frame.finish({words::kNoticeFile, {{"number", number}}}, With::kPage);
}

}  // namespace piaojue::office
