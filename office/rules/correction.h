// SPDX-License-Identifier: Apache-2.0
#pragma once
/// 补正通知 (三(三)4): made once and complete, with a deadline in working days. A second one is refused: whoever was
/// told half would otherwise be told for ever. Not answered in time, the application counts as given up.
#include <string>
#include <vector>

#include "office/rules/workdays.h"

namespace piaojue::office {

using sheets::Day;

struct CorrectionItem {
  std::string what;     ///< 缺 2021 年度考核表
  std::string article;  ///< 第五条（二）
};

struct CorrectionNotice {
  std::string name;
  std::vector<CorrectionItem> items;
  Day issued{}, deadline{};  ///< the deadline's day is still in time
  int working_days = 0;
};

enum class CorrectionState : std::uint8_t { kNone, kIssued, kCorrected, kGivenUp };
Text const& correction_word(CorrectionState state);       ///< 未发 已通知 已补正 视为放弃申报
std::string_view correction_code(CorrectionState state);  ///< NONE ISSUED CORRECTED GIVEN_UP

/// One applicant's. Every transition answers the new state; what is refused changes nothing.
class Correction {
 public:
  CorrectionState state() const { return state_; }
  std::optional<CorrectionNotice> const& notice() const { return notice_; }
  std::optional<Day> corrected() const { return corrected_; }

  /// Refused: a second notice, no item, an item without words, a deadline that can not be reckoned.
  Explained<CorrectionState> issue(std::string name, std::vector<CorrectionItem> items, Day issued, int working_days,
                                   WorkCalendar const& calendar);
  /// The applicant handed in on `day` what makes good the items numbered in `done` (from 0): each of them, or it is
  /// refused and names what is still open. Refused after the deadline.
  Explained<CorrectionState> correct(Day day, std::vector<std::size_t> const& done);
  /// After the deadline: 视为放弃申报. Refused before.
  Explained<CorrectionState> lapse(Day today);
  /// Whether `lapse` is due.
  bool overdue(Day today) const { return state_ == CorrectionState::kIssued && today > notice_->deadline; }

 private:
  CorrectionState state_ = CorrectionState::kNone;
  std::optional<CorrectionNotice> notice_;
  std::optional<Day> corrected_;
};

}  // namespace piaojue::office
