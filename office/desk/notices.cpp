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
  auto const deed = desk.draft(*before, entry::Notice{request.items, request.days}, {*who});
  if (!deed) return deed.error();
  auto const& correction = deed->after.correction(who->number);
  // The one notice is not spent before its paper is there.
  std::optional<PaperDraft> papers;
  if (request.out) {
    auto const heading = heading_of(desk, deed->ledger, request.title);
    auto paper = office::notice_paper(heading, who->number, *correction.notice());
    if (!paper) return paper.error();
    auto drafted = draft_papers(desk, deed->after, *request.out, {std::move(*paper)}, &*deed);
    if (!drafted) return drafted.error();
    if (auto const put = drafted->files.write(); !put) return put.error();
    papers = std::move(*drafted);
  }
  if (auto const written = desk.write(*deed); !written) return written.error();
  desk.say({words::kDeadline, {{"date", sheets::day_text(correction.notice()->deadline)}}});
  say_state(desk, *who, correction);
  if (!papers) return {};
  return note_papers(desk, *papers);
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
