// SPDX-License-Identifier: Apache-2.0
#include "office/rules/publicity.h"

#include <algorithm>
#include <array>
#include <set>

#include "sheets/text.h"
#include "strings/rules.h"

namespace piaojue::office {

namespace say = strings::rules;
using sheets::day_text;
using sheets::trimmed;

Text const& passer_word(PasserState state) {
  static constexpr std::array kWords{&say::kPasserPassed,    &say::kPasserPosted,   &say::kPasserHeldBack,
                                     &say::kPasserCleared,   &say::kPasserRejected, &say::kPasserFiled,
                                     &say::kPasserAnnounced, &say::kPasserHandedOff};
  return *kWords[static_cast<std::size_t>(state)];
}

std::string_view passer_code(PasserState state) {
  static constexpr std::array<std::string_view, 8> kCodes{"PASSED",   "POSTED", "HELD_BACK", "CLEARED",
                                                          "REJECTED", "FILED",  "ANNOUNCED", "HANDED_OFF"};
  return kCodes[static_cast<std::size_t>(state)];
}

Explained<Publicity> Publicity::prepare(std::vector<Passer> passers, int working_days) {
  if (passers.empty()) return Sentence(say::kPostingNobody);
  if (working_days < kPublicityWorkingDaysMin || working_days > 60) return Sentence(say::kPostingDays);
  std::set<std::uint32_t> seen;
  Publicity out;
  for (Passer& passer : passers) {
    if (!seen.insert(passer.number).second)
      return Sentence(say::kPostingPersonTwice, {{"number", passer.number}, {"name", passer.name}});
    out.people_.push_back({std::move(passer), PasserState::kPassed, {}, {}, {}});
  }
  out.working_days_ = working_days;
  return out;
}

PasserRecord* Publicity::find(std::uint32_t number) {
  auto const at = std::ranges::find(people_, number, [](PasserRecord const& one) { return one.passer.number; });
  return at == people_.end() ? nullptr : &*at;
}

Explained<PasserState> Publicity::post(std::string place, Day day) {
  place = trimmed(place);
  if (place.empty()) return Sentence(say::kPostingNoPlace);
  for (Posting const& before : postings_)
    if (before.place == place)
      return Sentence(say::kPostingSamePlace, {{"place", place}, {"day", day_text(before.posted)}});
  if (postings_.size() == kPublicityPlaces)
    return Sentence(say::kPostingTwoPlaces, {{"first", postings_[0].place}, {"second", postings_[1].place}});
  postings_.push_back({std::move(place), day});
  if (postings_.size() < kPublicityPlaces) return PasserState::kPassed;
  for (PasserRecord& person : people_) person.state = PasserState::kPosted;
  return PasserState::kPosted;
}

Explained<Day> Publicity::last_day(WorkCalendar const& calendar) const {
  if (postings_.empty()) return Sentence(say::kPostingNotYet);
  if (postings_.size() < kPublicityPlaces) return Sentence(say::kPostingOnePlace, {{"place", postings_[0].place}});
  return calendar.last_of(std::ranges::max(postings_, {}, &Posting::posted).posted, working_days_);
}

Explained<PasserState> Publicity::object(std::uint32_t number, Day day, std::string text,
                                         WorkCalendar const& calendar) {
  PasserRecord* const found = find(number);
  if (found == nullptr) return Sentence(say::kPersonUnknown);
  auto const last = last_day(calendar);
  if (!last) return last.error();
  if (day < std::ranges::min(postings_, {}, &Posting::posted).posted) return Sentence(say::kObjectionTooEarly);
  if (day > *last) return Sentence(say::kObjectionTooLate, {{"day", day_text(*last)}});
  if (trimmed(text).empty()) return Sentence(say::kObjectionNoText);
  PasserRecord& person = *found;
  if (person.state != PasserState::kPosted && person.state != PasserState::kHeldBack)
    return Sentence(say::kObjectionOtherState, {{"name", person.passer.name}, {"state", passer_word(person.state)}});
  person.objections.push_back({day, std::move(text), {}, false, {}});
  person.state = PasserState::kHeldBack;
  return person.state;
}

Explained<PasserState> Publicity::settle(std::uint32_t number, Day day, bool upheld, std::string finding) {
  PasserRecord* const found = find(number);
  if (found == nullptr) return Sentence(say::kPersonUnknown);
  PasserRecord& person = *found;
  auto const open = std::ranges::find_if(person.objections, [](auto const& o) { return !o.settled; });
  if (person.state != PasserState::kHeldBack || open == person.objections.end()) return Sentence(say::kObjectionNone);
  if (trimmed(finding).empty()) return Sentence(say::kObjectionNoFinding);
  if (day < open->received) return Sentence(say::kObjectionSettledTooEarly);
  open->settled = day;
  open->upheld = upheld;
  open->finding = std::move(finding);
  if (upheld)
    person.state = PasserState::kRejected;
  else if (std::ranges::all_of(person.objections, [](auto const& o) { return o.settled.has_value(); }))
    person.state = PasserState::kPosted;
  return person.state;
}

Explained<int> Publicity::close(Day today, WorkCalendar const& calendar) {
  auto const last = last_day(calendar);
  if (!last) return last.error();
  if (today <= *last) return Sentence(say::kPostingNotOver, {{"day", day_text(*last)}});
  int cleared = 0;
  for (PasserRecord& person : people_)
    if (person.state == PasserState::kPosted) {
      person.state = PasserState::kCleared;
      ++cleared;
    }
  if (!closed_) closed_ = today;
  return cleared;
}

Explained<PasserState> Publicity::step(std::uint32_t number, PasserState from, PasserState to, Day day,
                                       std::optional<Day> after) {
  PasserRecord* const found = find(number);
  if (found == nullptr) return Sentence(say::kPersonUnknown);
  PasserRecord& person = *found;
  if (person.state != from)
    return Sentence(
        say::kStepOtherState,
        {{"name", person.passer.name}, {"state", passer_word(person.state)}, {"needed", passer_word(from)}});
  if (after && day < *after) return Sentence(say::kStepTooEarly, {{"day", day_text(*after)}});
  person.state = to;
  return to;
}

Explained<PasserState> Publicity::file(std::uint32_t number, Day day, std::string_view document) {
  if (trimmed(document).empty()) return Sentence(say::kStepNoFilingNumber);
  auto out = step(number, PasserState::kCleared, PasserState::kFiled, day, closed_);
  if (out) find(number)->filed = day;
  return out;
}

Explained<PasserState> Publicity::announce(std::uint32_t number, Day day, std::string_view document) {
  if (trimmed(document).empty()) return Sentence(say::kStepNoAnnouncementNumber);
  auto const* const person = find(number);
  auto out =
      step(number, PasserState::kFiled, PasserState::kAnnounced, day, person != nullptr ? person->filed : std::nullopt);
  if (out) find(number)->announced = day;
  return out;
}

Explained<PasserState> Publicity::hand_off(std::uint32_t number, Day day) {
  auto const* const person = find(number);
  return step(number, PasserState::kAnnounced, PasserState::kHandedOff, day,
              person != nullptr ? person->announced : std::nullopt);
}

}  // namespace piaojue::office
