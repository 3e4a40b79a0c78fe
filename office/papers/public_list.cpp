// SPDX-License-Identifier: Apache-2.0
// 06 公示名单: who passed, for the public. No votes, and nothing that is not needed to know who is meant.
#include "office/papers/code_line.h"
#include "office/papers/frame.h"
#include "office/papers/papers.h"
#include "office/papers/words.h"
#include "strings/papers.h"

namespace piaojue::office {

namespace words = strings::papers;

namespace {

std::string day_or_blank(std::optional<sheets::Day> const& day) {
  return day ? sheets::day_text(*day) : said(words::kPublicListNoDay);
}
std::string text_or_blank(std::string const& text) { return text.empty() ? said(words::kPublicListNoText) : text; }

/// The title that a level is called in law: 第二条.
std::string title_applied_for(std::string const& level) {
  for (auto const& [known, title] :
       std::initializer_list<std::pair<sheets::Level, Title>>{{sheets::Level::kFullSenior, Title::kFullSenior},
                                                              {sheets::Level::kSenior, Title::kSenior},
                                                              {sheets::Level::kMiddle, Title::kEngineer},
                                                              {sheets::Level::kAssistant, Title::kAssistant}})
    if (sheets::level_word(known).zh == level) return said(title_word(title));
  return level;
}

}  // namespace

Explained<Paper> public_list(MeetingRecord const& record, std::optional<LedgerHead> const& ledger,
                             OfficeFacts const& facts) {
  std::vector<Cells> rows;
  for (auto const q : passed(record.audit)) {
    if (facts.withdrawn.contains(q)) continue;
    meeting::Candidate const& who = record.audit.manifest->candidates.at(q - 1);
    // Numbered anew: the public need not know which places are missing.
    rows.push_back({std::to_string(rows.size() + 1), who.name, who.employer, title_applied_for(who.level),
                    said(channel_text(who.channel))});
  }
  Frame frame(letterhead(record, ledger, paper_line(record.audit, ledger)), words::kPublicListTitle);
  frame.paragraph({words::kPublicListLead,
                   {{"rule", rule_sentence(record.audit.manifest->rules)}, {"count", std::uint64_t{rows.size()}}}});
  frame.table({{words::kColumnNumber, 8, true},
               {words::kColumnName, 18},
               {words::kColumnEmployer, 40},
               {words::kColumnTitle, 22},
               {words::kColumnChannel, 12}},
              std::move(rows));
  frame.paragraph({words::kPublicListDates,
                   {{"from", day_or_blank(facts.posted_from)}, {"until", day_or_blank(facts.posted_until)}}});
  frame.paragraph(words::kPublicListNote);
  frame.paragraph(
      {words::kPublicListObjections, {{"phone", text_or_blank(facts.phone)}, {"place", text_or_blank(facts.place)}}});
  return frame.finish(words::kPublicListFile, With::kPageAndSheet);
}

}  // namespace piaojue::office
