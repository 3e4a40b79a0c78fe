// SPDX-License-Identifier: Apache-2.0
// What the machine found of each applicant, and what people decide beside it.
#include <boost/json.hpp>

#include "office/desk/deeds.h"
#include "sheets/vocabulary.h"
#include "strings/desk.h"
#include "strings/papers.h"

namespace piaojue::desk {

namespace words = strings::desk;
using office::Assessed;

namespace {

std::string articles_of(Desk const& desk, Assessed const& assessed) {
  std::string out;
  for (auto const& article : assessed.machine.articles)
    out += (out.empty() ? "" : desk.in_words(words::kListDivider)) + article;
  return out;
}

boost::json::object json_verdict(Desk const& desk, std::uint32_t number, Casework const& cases) {
  auto const& person = cases.review()->people()[number - 1];
  auto const& assessed = cases.review()->assessed()[number - 1];
  return {{"candidate", number},
          {"name", person.name},
          {"level", desk.in_words(sheets::level_word(person.facts.level))},
          {"machine", verdict_code(assessed.machine.verdict)},
          {"human", assessed.human ? boost::json::value(verdict_code(assessed.human->verdict)) : nullptr},
          {"standing", verdict_code(assessed.standing())},
          {"withdrawn", cases.withdrawal(number).has_value()},
          {"amended", cases.amendments(number).size()},
          {"articles", articles_of(desk, assessed)},
          {"reason", desk.in_words(assessed.machine.reason)}};
}

void print_verdict(Desk const& desk, std::uint32_t number, Casework const& cases) {
  auto const& person = cases.review()->people()[number - 1];
  auto const& assessed = cases.review()->assessed()[number - 1];
  desk.out() << number << "\t" << person.name << "\t" << desk.in_words(sheets::level_word(person.facts.level)) << "\t"
             << desk.in_words(verdict_word(assessed.machine.verdict));
  if (assessed.human)
    desk.out() << desk.in_words({words::kByHuman, {{"verdict", verdict_word(assessed.human->verdict)}}});
  if (!cases.amendments(number).empty()) desk.out() << desk.in_words(words::kAmendedMark);
  if (cases.withdrawal(number)) desk.out() << desk.in_words(words::kWithdrawnMark);
  desk.out() << "\t" << articles_of(desk, assessed) << "\t" << desk.in_words(assessed.machine.reason) << "\n";
}

}  // namespace

Explained<void> print_verdicts(Desk& desk, Form form) {
  auto const casework = desk.casework(Follow::kVerdicts);
  if (!casework) return casework.error();
  boost::json::array out;
  for (std::uint32_t number = 1; number <= casework->review()->people().size(); ++number) {
    if (form == Form::kJson)
      out.push_back(json_verdict(desk, number, *casework));
    else
      print_verdict(desk, number, *casework);
  }
  if (form == Form::kJson) desk.out() << boost::json::serialize(out) << "\n";
  return {};
}

namespace {

/// What was amended, what fell by it and who withdrew, in the words of the paper.
std::map<std::uint32_t, office::CaseNotes> notes_of(Casework const& cases) {
  namespace on_paper = strings::papers;
  std::map<std::uint32_t, office::CaseNotes> out;
  auto const put = [](std::vector<std::string>& to, Sentence const& sentence) {
    to.push_back(sentence.in(office::kPaperLang));
  };
  for (Subject const& who : cases.import()->people) {
    auto const number = who.number;
    for (auto const& amendment : cases.amendments(number))
      for (auto const& change : amendment.said.changes)
        put(out[number].grounds, {on_paper::kVerdictAmended,
                                  {{"field", change.field},
                                   {"before", change.before.empty() ? "—" : change.before},
                                   {"after", change.after.empty() ? "—" : change.after},
                                   {"who", amendment.by},
                                   {"date", sheets::day_text(amendment.date)},
                                   {"reason", amendment.said.reason}}});
    if (auto const* const machine = cases.review()->as_imported(number))
      put(out[number].grounds, {on_paper::kVerdictAmendedBefore,
                                {{"verdict", verdict_word(machine->verdict)}, {"reason", machine->reason}}});
    if (auto const fallen = cases.fallen_decision(number))
      put(out[number].decisions, {on_paper::kVerdictFallen,
                                  {{"verdict", verdict_word(fallen->verdict)},
                                   {"who", fallen->decided_by},
                                   {"date", sheets::day_text(fallen->decided)}}});
    if (auto const gone = cases.withdrawal(number))
      put(out[number].decisions,
          {on_paper::kVerdictWithdrawn,
           {{"who", gone->by}, {"date", sheets::day_text(gone->date)}, {"reason", gone->reason}}});
  }
  return out;
}

}  // namespace

Explained<void> make_verdict_paper(Desk& desk, VerdictPaper const& request) {
  auto const casework = desk.casework(Follow::kVerdicts);
  if (!casework) return casework.error();
  auto paper = office::verdict_paper(heading_of(desk, desk.ledger(), request.title), casework->review()->people(),
                                     casework->review()->assessed(), notes_of(*casework));
  if (!paper) return paper.error();
  auto const drafted = draft_papers(desk, *casework, request.out, {std::move(*paper)});
  if (!drafted) return drafted.error();
  if (auto const put = drafted->files.write(); !put) return put.error();
  return note_papers(desk, *drafted);
}

Explained<void> decide(Desk& desk, Decide const& request) {
  auto const casework = desk.casework(Follow::kAll);
  if (!casework) return casework.error();
  auto const& assessed = casework->review()->assessed();
  entry::Decide said{request.verdict, request.reason, request.basis, {}};
  std::vector<Subject> people;
  for (auto const number : request.candidates) {
    auto const who = casework->check_open(number);
    if (!who) return who.error();
    if (number > assessed.size()) return Explanation(Sentence(words::kCaseNoApplicant, {{"number", number}}));
    people.push_back(*who);
    said.machine.push_back(assessed[number - 1].machine.verdict);
  }
  if (people.empty()) return Explanation(words::kNumbersWanted);
  auto const count = std::uint64_t{people.size()};
  auto const written = desk.write(*casework, said, std::move(people));
  if (!written) return written.error();
  if (casework->roster()) desk.say(words::kRosterBehind);
  if (count > 1) desk.say({words::kDecidedMany, {{"count", count}, {"verdict", verdict_word(request.verdict)}}});
  return {};
}

}  // namespace piaojue::desk
