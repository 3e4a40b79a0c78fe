// SPDX-License-Identifier: Apache-2.0
#pragma once
/// 公示 and what follows (三(三)6–7): those who passed are posted in two places, for at least five working days from
/// the later posting; an objection holds back one person and nobody else; then 核准备案, 发文公布 (the title is
/// acquired here) and the hand-off of the certificates. A person's way goes only forward, and every step has its day.
///
/// What is posted has no field for an identity number or a vote: it can not be published by accident.
#include <span>
#include <string>
#include <vector>

#include "office/rules/workdays.h"

namespace piaojue::office {

using sheets::Day;

inline constexpr int kPublicityWorkingDaysMin = 5;

struct Passer {
  std::uint32_t number = 0;  ///< of the applicant, by which a person is meant: two may have one name and one employer
  std::string name;
};

enum class PasserState : std::uint8_t {
  kPassed,
  kPosted,
  kHeldBack,
  kCleared,
  kRejected,
  kFiled,
  kAnnounced,
  kHandedOff
};
/// 评审通过 公示中 有异议（暂缓） 公示无异议 异议成立（取消） 已核准备案 已发文公布 已移交电子证书
Text const& passer_word(PasserState state);
/// PASSED POSTED HELD_BACK CLEARED REJECTED FILED ANNOUNCED HANDED_OFF: for programs and the page.
std::string_view passer_code(PasserState state);

struct Objection {
  Day received{};
  std::string text;
  std::optional<Day> settled;
  bool upheld = false;
  std::string finding;
};

struct PasserRecord {
  Passer passer;
  PasserState state = PasserState::kPassed;
  std::vector<Objection> objections;
  std::optional<Day> filed, announced;
};

struct Posting {
  std::string place;  ///< 山东省专业技术人员管理服务平台, 青岛西海岸新区政务网
  Day posted{};
};

inline constexpr std::size_t kPublicityPlaces = 2;

class Publicity {
 public:
  /// Refused: nobody, one number twice, fewer than five working days.
  static Explained<Publicity> prepare(std::vector<Passer> passers, int working_days = kPublicityWorkingDaysMin);

  std::span<PasserRecord const> people() const { return people_; }
  std::span<Posting const> postings() const { return postings_; }  ///< so far, in the order in which they were made
  int working_days() const { return working_days_; }

  /// From the second posting on everybody is 公示中. Refused: no place, the same place again, a third one.
  Explained<PasserState> post(std::string place, Day day);
  /// The last day, counted from the later posting; refused until both are posted.
  Explained<Day> last_day(WorkCalendar const& calendar) const;
  /// Refused: nobody of that number, not posted, or after the last day. @param number of the passer, here and below.
  Explained<PasserState> object(std::uint32_t number, Day day, std::string text, WorkCalendar const& calendar);
  /// The oldest open objection of that person. When none is left open and none was upheld, the person goes on as the
  /// others do. Refused: no finding written, before the objection was received.
  Explained<PasserState> settle(std::uint32_t number, Day day, bool upheld, std::string finding);
  /// After the last day: whoever has no open objection is cleared. Answers how many. Refused on the last day or before;
  /// may be repeated, for those who were held back.
  Explained<int> close(Day today, WorkCalendar const& calendar);
  // Each on or after the day of the step before. @param document its number, which must be given; the ledger keeps it.
  /// 核准备案. Refused unless cleared.
  Explained<PasserState> file(std::uint32_t number, Day day, std::string_view document);
  /// 发文公布. Refused unless filed.
  Explained<PasserState> announce(std::uint32_t number, Day day, std::string_view document);
  /// Refused unless announced.
  Explained<PasserState> hand_off(std::uint32_t number, Day day);

 private:
  PasserRecord* find(std::uint32_t number);
  Explained<PasserState> step(std::uint32_t number, PasserState from, PasserState to, Day day,
                              std::optional<Day> after);

  std::vector<PasserRecord> people_;
  std::vector<Posting> postings_;
  int working_days_ = kPublicityWorkingDaysMin;
  std::optional<Day> closed_;
};

}  // namespace piaojue::office
