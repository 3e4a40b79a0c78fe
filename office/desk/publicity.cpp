// SPDX-License-Identifier: Apache-2.0
// From the posting to the certificate.
#include "office/desk/deeds.h"
#include "strings/desk.h"

namespace piaojue::desk {

namespace words = strings::desk;
using office::PasserState;

namespace {

Explained<void> step(Desk& desk, Casework const& before, entry::Body const& body, std::vector<Subject> subjects) {
  auto const after = desk.write(before, body, std::move(subjects));
  if (!after) return after.error();
  std::map<PasserState, std::uint64_t> states;
  for (auto const& person : after->publicity()->people()) ++states[person.state];
  for (auto const& [state, count] : states)
    desk.say({words::kPeopleAt, {{"state", passer_word(state)}, {"count", count}}});
  if (auto const end = after->last_day()) desk.say({words::kPublicityEnd, {{"date", sheets::day_text(*end)}}});
  return {};
}

Explained<void> about_one(Desk& desk, std::uint32_t candidate, entry::Body const& body) {
  auto const before = desk.casework(Follow::kDays);
  if (!before) return before.error();
  auto const who = before->passer(candidate);
  if (!who) return who.error();
  return step(desk, *before, body, {*who});
}

/// Of everybody who has come to `from`, or of the one who was named.
Explained<void> advance(Desk& desk, std::optional<std::uint32_t> candidate, PasserState from, entry::Body const& body) {
  if (candidate) return about_one(desk, *candidate, body);
  auto const before = desk.casework(Follow::kDays);
  if (!before) return before.error();
  auto who = before->passers_at(from, desk.today());
  if (!who) return who.error();
  return step(desk, *before, body, std::move(*who));
}

}  // namespace

Explained<Day> deadline_of(Desk const& desk, Deadline const& request) {
  auto const calendar = desk.calendar();
  if (!calendar) return calendar.error();
  return calendar->last_of(request.from, request.days);
}

Explained<void> print_deadline(Desk& desk, Deadline const& request) {
  auto const last = deadline_of(desk, request);
  if (!last) return last.error();
  desk.say({words::kDeadlineOf,
            {{"from", sheets::day_text(request.from)},
             {"days", std::uint64_t(request.days)},
             {"last", sheets::day_text(*last)}}});
  return {};
}

Explained<void> publish(Desk& desk, Publish const& request) {
  auto const before = desk.casework(Follow::kDays);
  if (!before) return before.error();
  // Said while there is time to fetch the table, and not on the day on which somebody waits for the end.
  if (auto const last = deadline_of(desk, {desk.today(), office::kPublicityWorkingDaysMin}); !last)
    return Explanation(Sentence(words::kPostingNoEnd, {{"why", last.error().what}}));
  return step(desk, *before, entry::Publish{request.place}, {});
}

Explained<void> object(Desk& desk, Object const& request) {
  return about_one(desk, request.candidate, entry::Object{request.text});
}

Explained<void> resolve(Desk& desk, Resolve const& request) {
  return about_one(desk, request.candidate, entry::Resolve{request.upheld, request.finding});
}

Explained<void> file(Desk& desk, File const& request) {
  return advance(desk, request.candidate, PasserState::kCleared, entry::File{request.document});
}

Explained<void> announce(Desk& desk, Announce const& request) {
  return advance(desk, request.candidate, PasserState::kFiled, entry::Announce{request.document});
}

Explained<void> certificates(Desk& desk, Certificates const& request) {
  return advance(desk, request.candidate, PasserState::kAnnounced, entry::Certificates{});
}

}  // namespace piaojue::desk
