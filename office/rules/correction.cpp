// SPDX-License-Identifier: Apache-2.0
#include "office/rules/correction.h"

#include <algorithm>

#include "sheets/text.h"
#include "strings/rules.h"

namespace piaojue::office {

namespace say = strings::rules;
using sheets::day_text;
using sheets::trimmed;

Text const& correction_word(CorrectionState state) {
  switch (state) {
    case CorrectionState::kIssued:
      return say::kCorrectionIssued;
    case CorrectionState::kCorrected:
      return say::kCorrectionCorrected;
    case CorrectionState::kGivenUp:
      return say::kCorrectionGivenUp;
    case CorrectionState::kNone:
      break;
  }
  return say::kCorrectionNone;
}

std::string_view correction_code(CorrectionState state) {
  switch (state) {
    case CorrectionState::kIssued:
      return "ISSUED";
    case CorrectionState::kCorrected:
      return "CORRECTED";
    case CorrectionState::kGivenUp:
      return "GIVEN_UP";
    case CorrectionState::kNone:
      break;
  }
  return "NONE";
}

Explained<CorrectionState> Correction::issue(std::string name, std::vector<CorrectionItem> items, Day issued,
                                             int working_days, WorkCalendar const& calendar) {
  if (state_ != CorrectionState::kNone) return Sentence(say::kNoticeOnce, {{"day", day_text(notice_->issued)}});
  if (items.empty()) return Sentence(say::kNoticeNoItems);
  if (std::ranges::any_of(items, [](auto const& i) { return trimmed(i.what).empty(); }))
    return Sentence(say::kNoticeEmptyItem);
  auto const deadline = calendar.last_of(issued, working_days);
  if (!deadline) return deadline.error();
  notice_ = CorrectionNotice{std::move(name), std::move(items), issued, *deadline, working_days};
  state_ = CorrectionState::kIssued;
  return state_;
}

Explained<CorrectionState> Correction::correct(Day day, std::vector<std::size_t> const& done) {
  if (state_ == CorrectionState::kNone) return Sentence(say::kNoticeNone);
  if (state_ == CorrectionState::kGivenUp) return Sentence(say::kNoticeGivenUp);
  if (state_ == CorrectionState::kCorrected) return Sentence(say::kNoticeCorrected, {{"day", day_text(*corrected_)}});
  if (day < notice_->issued) return Sentence(say::kNoticeTooEarly, {{"day", day_text(notice_->issued)}});
  if (day > notice_->deadline) return Sentence(say::kNoticeTooLate, {{"day", day_text(notice_->deadline)}});
  std::string open;
  for (std::size_t i = 0; i < notice_->items.size(); ++i)
    if (std::ranges::find(done, i) == done.end()) (open += open.empty() ? "" : "；") += notice_->items[i].what;
  if (!open.empty()) return Sentence(say::kNoticeOpen, {{"items", open}});
  corrected_ = day;
  state_ = CorrectionState::kCorrected;
  return state_;
}

Explained<CorrectionState> Correction::lapse(Day today) {
  if (state_ != CorrectionState::kIssued) return Sentence(say::kNoticeNotWaiting);
  if (today <= notice_->deadline) return Sentence(say::kNoticeNotDue, {{"day", day_text(notice_->deadline)}});
  state_ = CorrectionState::kGivenUp;
  return state_;
}

}  // namespace piaojue::office
