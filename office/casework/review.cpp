// SPDX-License-Identifier: Apache-2.0
#include "office/casework/review.h"

#include "strings/desk.h"

namespace piaojue::office {

Review::Review(std::vector<Applicant> people, Standard const& standard, std::string_view extension,
               WorkCalendar const& calendar, std::map<std::uint32_t, Facts> const& as_imported)
    : people_(std::move(people)) {
  for (Applicant const& person : people_)
    assessed_.push_back({assess(person.facts, standard, extension, calendar), {}});
  for (auto const& [number, facts] : as_imported)
    as_imported_.emplace(number, assess(facts, standard, extension, calendar));
}

Explained<void> Review::take_decision(std::uint32_t number, Decision decision) {
  if (number < 1 || number > assessed_.size())
    return Explanation(Sentence(strings::desk::kCaseNoApplicant, {{"number", number}}));
  auto decided = decide(assessed_[number - 1], std::move(decision));
  if (!decided) return decided.error();
  assessed_[number - 1] = std::move(*decided);
  return {};
}

}  // namespace piaojue::office
