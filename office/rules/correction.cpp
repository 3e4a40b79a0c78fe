// SPDX-License-Identifier: Apache-2.0
#include "office/rules/correction.h"

#include <algorithm>

#include "sheets/text.h"

namespace piaojue::office {

using namespace sheets;
namespace {

using A = Answered<CorrectionState>;

}  // namespace

std::string_view correction_word(CorrectionState state) {
  switch (state) {
    case CorrectionState::kIssued:
      return "已通知";
    case CorrectionState::kCorrected:
      return "已补正";
    case CorrectionState::kGivenUp:
      return "视为放弃申报";
    case CorrectionState::kNone:
      break;
  }
  return "未发";
}

Answered<CorrectionState> Correction::issue(std::string name, std::string employer, std::vector<CorrectionItem> items,
                                            Day issued, int working_days, WorkCalendar const& calendar, StartDay rule) {
  if (state_ != CorrectionState::kNone)
    return A::no("补正通知只发一次，已于 " + day_text(notice_->issued) + " 发出；应当一次性告知全部内容");
  if (items.empty()) return A::no("补正通知应列明需要补正的全部内容");
  if (std::ranges::any_of(items, [](auto const& i) { return trimmed(i.what).empty(); }))
    return A::no("补正通知中有一项没有写明内容");
  auto const deadline = calendar.last_of(issued, working_days, rule);
  if (!deadline.ok()) return A::no(deadline.refusal);
  notice_ = CorrectionNotice{std::move(name), std::move(employer), std::move(items), issued, *deadline, working_days};
  state_ = CorrectionState::kIssued;
  return A::yes(state_);
}

Answered<CorrectionState> Correction::correct(Day day, std::vector<std::size_t> const& done) {
  if (state_ == CorrectionState::kNone) return A::no("没有发过补正通知");
  if (state_ == CorrectionState::kGivenUp) return A::no("逾期未补正，已视为放弃申报");
  if (state_ == CorrectionState::kCorrected) return A::no("已于 " + day_text(*corrected_) + " 补正");
  if (day < notice_->issued) return A::no("补正日期早于通知日期 " + day_text(notice_->issued));
  if (day > notice_->deadline) return A::no("已过补正期限 " + day_text(notice_->deadline) + "，视为放弃申报");
  std::string open;
  for (std::size_t i = 0; i < notice_->items.size(); ++i)
    if (std::ranges::find(done, i) == done.end()) (open += open.empty() ? "" : "；") += notice_->items[i].what;
  if (!open.empty()) return A::no("还有没有补正的内容：" + open);
  corrected_ = day;
  state_ = CorrectionState::kCorrected;
  return A::yes(state_);
}

Answered<CorrectionState> Correction::lapse(Day today) {
  if (state_ != CorrectionState::kIssued) return A::no("没有等待补正的通知");
  if (today <= notice_->deadline) return A::no("补正期限 " + day_text(notice_->deadline) + " 还没有过");
  state_ = CorrectionState::kGivenUp;
  return A::yes(state_);
}

}  // namespace piaojue::office
