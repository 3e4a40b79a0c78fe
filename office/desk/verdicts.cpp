// SPDX-License-Identifier: Apache-2.0
// What the machine found of each applicant, and what people decide beside it.
#include <boost/json.hpp>

#include "office/desk/deeds.h"
#include "sheets/vocabulary.h"
#include "strings/desk.h"

namespace piaojue::desk {

namespace words = strings::desk;
using office::Applicant;
using office::Assessed;

namespace {

std::string articles_of(Desk const& desk, Assessed const& assessed) {
  std::string out;
  for (auto const& article : assessed.machine.articles)
    out += (out.empty() ? "" : desk.in_words(words::kListDivider)) + article;
  return out;
}

boost::json::object json_verdict(Desk const& desk, std::size_t number, Applicant const& person,
                                 Assessed const& assessed) {
  return {{"candidate", number},
          {"name", person.name},
          {"level", desk.in_words(sheets::level_word(person.facts.level))},
          {"machine", verdict_code(assessed.machine.verdict)},
          {"human", assessed.human ? boost::json::value(verdict_code(assessed.human->verdict)) : nullptr},
          {"standing", verdict_code(assessed.standing())},
          {"articles", articles_of(desk, assessed)},
          {"reason", desk.in_words(assessed.machine.reason)}};
}

void print_verdict(Desk const& desk, std::size_t number, Applicant const& person, Assessed const& assessed) {
  desk.out() << number << "\t" << person.name << "\t" << desk.in_words(sheets::level_word(person.facts.level)) << "\t"
             << desk.in_words(verdict_word(assessed.machine.verdict));
  if (assessed.human)
    desk.out() << desk.in_words({words::kByHuman, {{"verdict", verdict_word(assessed.human->verdict)}}});
  desk.out() << "\t" << articles_of(desk, assessed) << "\t" << desk.in_words(assessed.machine.reason) << "\n";
}

}  // namespace

Explained<void> print_verdicts(Desk& desk, Form form) {
  auto const casework = desk.casework(Follow::kVerdicts);
  if (!casework) return casework.error();
  auto const& people = casework->review()->people();
  auto const& assessed = casework->review()->assessed();
  boost::json::array out;
  for (std::size_t i = 0; i < people.size(); ++i) {
    if (form == Form::kJson)
      out.push_back(json_verdict(desk, i + 1, people[i], assessed[i]));
    else
      print_verdict(desk, i + 1, people[i], assessed[i]);
  }
  if (form == Form::kJson) desk.out() << boost::json::serialize(out) << "\n";
  return {};
}

Explained<void> make_verdict_paper(Desk& desk, VerdictPaper const& request) {
  auto const casework = desk.casework(Follow::kVerdicts);
  if (!casework) return casework.error();
  auto paper = office::verdict_paper(heading_of(desk, desk.ledger(), request.title), casework->review()->people(),
                                     casework->review()->assessed());
  if (!paper) return paper.error();
  auto const drafted = draft_papers(desk, *casework, request.out, {std::move(*paper)});
  if (!drafted) return drafted.error();
  if (auto const put = drafted->files.write(); !put) return put.error();
  return note_papers(desk, *drafted);
}

Explained<void> decide(Desk& desk, Decide const& request) {
  auto const casework = desk.casework(Follow::kVerdicts);
  if (!casework) return casework.error();
  auto const who = casework->subject(request.candidate);
  if (!who) return who.error();
  auto const& assessed = casework->review()->assessed();
  if (who->number > assessed.size()) return Explanation(Sentence(words::kCaseNoApplicant, {{"number", who->number}}));
  entry::Decide const said{request.verdict, request.reason, request.basis, assessed[who->number - 1].machine.verdict};
  auto const written = desk.write(*casework, said, {*who});
  if (!written) return written.error();
  return {};
}

}  // namespace piaojue::desk
