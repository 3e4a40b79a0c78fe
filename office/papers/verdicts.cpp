// SPDX-License-Identifier: Apache-2.0
// 08 资格审核表: the machine's finding with its article and arithmetic, and the human's decision beside it.
#include <algorithm>
#include <map>

#include "office/papers/frame.h"
#include "office/papers/papers.h"
#include "office/papers/words.h"
#include "strings/papers.h"

namespace piaojue::office {

namespace words = strings::papers;

namespace {

std::vector<std::string> said_all(std::vector<Sentence> const& sentences) {
  std::vector<std::string> out;
  out.reserve(sentences.size());
  for (Sentence const& one : sentences) out.push_back(said(one));
  return out;
}

std::string found(Assessment const& machine) {
  std::string const divider = said(words::kRemarkDivider);
  // The reason is often one of the sums itself.
  bool const stated = std::ranges::find(machine.arithmetic, machine.reason) != machine.arithmetic.end();
  std::string out = stated ? std::string() : said(machine.reason) + divider;
  out += joined(said_all(machine.arithmetic), divider);
  if (!machine.missing.empty())
    out += said({words::kVerdictMissing, {{"facts", joined(said_all(machine.missing), said(words::kListDivider))}}});
  return out;
}

std::string decided(Decision const& human) {
  return said({human.basis.empty() ? words::kVerdictDecided : words::kVerdictDecidedBasis,
               {{"verdict", verdict_word(human.verdict)},
                {"who", human.decided_by},
                {"date", sheets::day_text(human.decided)},
                {"reason", human.reason},
                {"basis", human.basis}}});
}

}  // namespace

Explained<Paper> verdict_paper(OfficeHeading const& heading, std::vector<Applicant> const& people,
                               std::vector<Assessed> const& assessed, std::map<std::uint32_t, CaseNotes> const& notes) {
  std::string const divider = said(words::kRemarkDivider);
  std::map<std::string_view, std::size_t> count;
  std::vector<Cells> rows;
  for (std::size_t i = 0; i < people.size() && i < assessed.size(); ++i) {
    auto const& [machine, human] = assessed[i];
    ++count[verdict_word(assessed[i].standing()).zh];
    std::vector<std::string> grounds{found(machine)}, decisions;
    if (human) decisions.push_back(decided(*human));
    if (auto const at = notes.find(static_cast<std::uint32_t>(i + 1)); at != notes.end()) {
      grounds.insert(grounds.end(), at->second.grounds.begin(), at->second.grounds.end());
      decisions.insert(decisions.end(), at->second.decisions.begin(), at->second.decisions.end());
    }
    rows.push_back({std::to_string(i + 1), people[i].name, people[i].employer,
                    said(sheets::level_word(people[i].facts.level)), said(channel_text(people[i].facts.channel)),
                    said(verdict_word(machine.verdict)), joined(machine.articles, said(words::kListDivider)),
                    joined(grounds, divider), joined(decisions, divider)});
  }
  std::string shares;
  for (auto const& [word, n] : count)
    shares += said({words::kVerdictShare, {{"verdict", std::string(word)}, {"count", std::uint64_t{n}}}});
  Frame frame(letterhead(heading), words::kVerdictTitle, Turn::kLandscape);
  frame.paragraph({words::kVerdictNote, {{"count", std::uint64_t{rows.size()}}, {"shares", shares}}});
  frame.table({{words::kColumnNumber, 5, true},
               {words::kColumnName, 7},
               {words::kColumnEmployer, 11},
               {words::kColumnLevel, 6},
               {words::kColumnChannel, 5},
               {words::kColumnMachine, 7},
               {words::kColumnArticles, 9},
               {words::kColumnGrounds, 34},
               {words::kColumnHuman, 16}},
              std::move(rows));
  frame.sign({&words::kRoleReviewer, &words::kRoleSecondReviewer});
  return frame.finish(words::kVerdictFile, With::kPageAndSheet);
}

}  // namespace piaojue::office
