// SPDX-License-Identifier: Apache-2.0
// Correction notices: one for each applicant, and how it ended.
#include "office/desk/deeds.h"
#include "strings/desk.h"

namespace piaojue::desk {

namespace words = strings::desk;

namespace {

void say_state(Desk const& desk, Subject const& who, office::Correction const& correction) {
  desk.say({words::kCorrectionState, {{"name", who.name}, {"state", correction_word(correction.state())}}});
}

}  // namespace

Explained<void> notice(Desk& desk, Notice const& request) {
  auto const before = desk.casework(Follow::kDays);
  if (!before) return before.error();
  auto const who = before->subject(request.candidate);
  if (!who) return who.error();
  auto const after = desk.write(*before, entry::Notice{request.items, request.days}, {*who});
  if (!after) return after.error();
  auto const& correction = after->correction(who->number);
  desk.say({words::kDeadline, {{"date", sheets::day_text(correction.notice()->deadline)}}});
  say_state(desk, *who, correction);
  if (!request.out) return {};
  auto paper = office::notice_paper(heading_of(desk, request.title), who->number, *correction.notice());
  if (!paper) return paper.error();
  return put_papers(desk, *after, *request.out, {std::move(*paper)});
}

Explained<void> answer(Desk& desk, Answer const& request) {
  auto const before = desk.casework(Follow::kDays);
  if (!before) return before.error();
  auto const who = before->subject(request.candidate);
  if (!who) return who.error();
  auto const after = desk.write(*before, entry::Answer{request.outcome}, {*who});
  if (!after) return after.error();
  say_state(desk, *who, after->correction(who->number));
  return {};
}

}  // namespace piaojue::desk
