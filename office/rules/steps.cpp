// SPDX-License-Identifier: Apache-2.0
#include "office/rules/steps.h"

#include "office/rules/vocabulary.h"
#include "strings/rules.h"

namespace piaojue::office {

namespace say = strings::rules;
using Says = Opinion::Says;

namespace {

void try_opinion(Trial& gate, Opinion const& opinion, Text const& step, std::string_view article) {
  Sentence::Values const values{{"step", step}, {"written", opinion.written}};
  switch (opinion.says) {
    case Says::kNothing:
      return;
    case Says::kYes:
      return gate.met({say::kStepPassed, values});
    case Says::kNo:
      return gate.not_met({say::kStepNotPassed, values}, article);
    case Says::kOther:
      return gate.unclear({say::kStepByPeople, values}, nullptr, article);
  }
}

/// 不少于 5 个工作日. The first day does not count; whether it might is for people where that decides.
void try_posting(Trial& gate, Steps const& steps, WorkCalendar const& calendar) {
  if (!steps.posted_from.known() && !steps.posted_until.known()) return;
  if (!steps.posted_from.whole() || !steps.posted_until.whole())
    return gate.unclear(say::kStepPostingDays, &say::kMissingPosting, article::kEmployer);
  Day const from = steps.posted_from.earliest();
  Day const until = steps.posted_until.earliest();
  Sentence::Values values{
      {"from", steps.posted_from.text()}, {"until", steps.posted_until.text()}, {"needed", kEmployerPostingDaysMin}};
  if (until < from)
    return gate.unclear({say::kStepPostingBackwards, values}, &say::kMissingPosting, article::kEmployer);
  auto const last = calendar.last_of(from, kEmployerPostingDaysMin);
  auto const last_included = calendar.last_of(from, kEmployerPostingDaysMin, StartDay::kIncluded);
  if (!last || !last_included) {
    values.emplace("why", (!last ? last : last_included).error().what);
    return gate.unclear({say::kStepPostingNoCalendar, values}, nullptr, article::kEmployer);
  }
  if (until >= *last) return gate.met({say::kStepPostingMet, values});
  values.emplace("last", sheets::day_text(*last));
  if (until >= *last_included) return gate.unclear({say::kStepPostingFirstDay, values}, nullptr, article::kEmployer);
  gate.not_met({say::kStepPostingShort, values}, article::kEmployer);
}

}  // namespace

void try_steps(Trial& gate, Facts const& facts, WorkCalendar const& calendar) {
  Steps const& steps = facts.steps;
  try_opinion(gate, steps.employer, say::kStepEmployer, article::kEmployer);
  try_posting(gate, steps, calendar);
  try_opinion(gate, steps.posting, say::kStepPosting, article::kEmployer);
  try_opinion(gate, steps.department, say::kStepDepartment, article::kDepartment);
  bool const both = steps.department_date.known() && steps.posted_until.known();
  if (both && steps.department_date.latest() < steps.posted_until.earliest())
    gate.unclear(
        {say::kStepDepartmentEarly, {{"date", steps.department_date.text()}, {"until", steps.posted_until.text()}}},
        nullptr, article::kDepartment);
}

std::vector<Sentence> steps_not_given(Facts const& facts) {
  std::vector<Sentence> out;
  Steps const& steps = facts.steps;
  auto const note = [&](bool given, Text const& step, std::string_view article) {
    if (!given) out.emplace_back(say::kNoteStepNotGiven, Sentence::Values{{"step", step}, {"article", article}});
  };
  note(steps.employer.says != Says::kNothing, say::kStepEmployer, article::kEmployer);
  note(steps.posted_from.known() || steps.posted_until.known(), say::kStepPosting, article::kEmployer);
  note(steps.department.says != Says::kNothing, say::kStepDepartment, article::kDepartment);
  return out;
}

}  // namespace piaojue::office
