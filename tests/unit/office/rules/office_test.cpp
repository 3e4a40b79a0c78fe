// SPDX-License-Identifier: Apache-2.0
// What the office does before and after the meeting: working days, correction notices, publicity, the committee itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "office/rules/correction.h"
#include "office/rules/publicity.h"
#include "sheets/committee.h"
#include "support/paths.h"

using namespace piaojue;
using namespace piaojue::office;
using namespace piaojue::sheets;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

std::string table_2026() {
  std::ifstream in(piaojue::test::source_dir() + "/office/rules/tables/holidays-2026.toml", std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

WorkCalendar calendar() {
  WorkCalendar out;
  auto table = parse_holidays(table_2026(), 2026);
  EXPECT_TRUE(table.has_value()) << table.error().in(Lang::kZh);
  EXPECT_TRUE(out.add(*table).has_value());
  return out;
}

Day day(std::string const& month_and_day) { return *parse_day("2026-" + month_and_day); }

}  // namespace

// ---- Working days

TEST(WorkDays, FiveDaysAcrossEveryHolidayOf2026) {
  struct Vector {
    std::string posted, excluding, including;
  };
  auto const c = calendar();
  for (auto const& v : std::vector<Vector>{{"02-13", "02-27", "02-26"},
                                           {"04-30", "05-11", "05-09"},
                                           {"09-18", "09-24", "09-23"},
                                           {"09-24", "10-09", "10-08"},
                                           {"12-24", "12-31", "12-30"}}) {
    auto const excluding = c.last_of(day(v.posted), 5);
    auto const including = c.last_of(day(v.posted), 5, StartDay::kIncluded);
    ASSERT_TRUE(excluding.has_value() && including.has_value()) << v.posted;
    EXPECT_EQ(day_text(*excluding), "2026-" + v.excluding);
    EXPECT_EQ(day_text(*including), "2026-" + v.including);
  }
}

// A publicity that is a day short is void; the office must not learn it from a court.
TEST(WorkDays, AYearThatIsNotLoadedIsAnErrorThatSaysHowToLoadIt) {
  auto const c = calendar();
  auto const beyond = c.last_of(day("12-25"), 5);
  ASSERT_FALSE(beyond.has_value());
  EXPECT_THAT(beyond.error().in(Lang::kZh), HasSubstr("2027"));
  EXPECT_THAT(beyond.error().in(Lang::kZh), HasSubstr("holidays-2027.toml"));
  EXPECT_EQ(day_text(*c.last_of(day("12-25"), 5, StartDay::kIncluded)), "2026-12-31");
  EXPECT_FALSE(WorkCalendar{}.is_working(day("03-02")).has_value());
  EXPECT_FALSE(c.last_of(day("03-02"), 0).has_value());
}

TEST(WorkDays, ATableOfAnotherYearOrWithAWrongDayIsRefused) {
  std::string const good = table_2026();
  EXPECT_THAT(parse_holidays(good, 2027).error().in(Lang::kZh), HasSubstr("文件名却是 2027"));
  auto const spoilt = [&](std::string const& from, std::string const& to) {
    std::string text = good;
    auto const at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
    auto const got = parse_holidays(text);
    EXPECT_FALSE(got.has_value()) << to;
    return got.error().in(Lang::kZh);
  };
  EXPECT_THAT(spoilt("year = 2026", "year = 2025"), HasSubstr("不在 2025 年"));
  EXPECT_THAT(spoilt("\"2026-02-14\"", "\"2027-02-14\""), HasSubstr("不在 2026 年"));
  EXPECT_THAT(spoilt("\"2026-02-14\"", "\"2026-02-12\""), HasSubstr("不是周末"));
  EXPECT_THAT(spoilt("\"2026-02-14\"", "\"2026-02-15\""), HasSubstr("两次"));
  EXPECT_THAT(spoilt("2026-04-04..2026-04-06", "2026-04-06..2026-04-04"), HasSubstr("应为"));
  EXPECT_THAT(spoilt("2026-04-04..2026-04-06", "2026-04-31"), HasSubstr("应为"));
  EXPECT_THAT(spoilt("source =", "sauce ="), HasSubstr("sauce"));
  EXPECT_FALSE(parse_holidays("year = 2026\nsource = \"x\"\noff = []\nwork = []\n").has_value());
  EXPECT_FALSE(parse_holidays("").has_value());
  EXPECT_FALSE(parse_holidays("year = ").has_value());
  EXPECT_FALSE(parse_holidays(std::string(kHolidayTableBytesMax + 1, '#')).has_value());
}

TEST(WorkDays, TwoTablesOfOneYearMustAgree) {
  auto c = calendar();
  EXPECT_TRUE(c.add(*parse_holidays(table_2026())).has_value());
  auto other = *parse_holidays(table_2026());
  other.off.erase(other.off.begin());
  EXPECT_FALSE(c.add(other).has_value());
}

// ---- 补正通知

TEST(CorrectionNotices, AreMadeOnceAndWhole) {
  auto const c = calendar();
  Correction one;
  EXPECT_FALSE(one.issue("甲", {}, day("03-02"), 5, c).has_value());
  EXPECT_FALSE(one.issue("甲", {{" ", ""}}, day("03-02"), 5, c).has_value());
  EXPECT_FALSE(one.issue("甲", {{"缺 2021 年度考核表", ""}}, day("12-30"), 5, c).has_value());
  EXPECT_EQ(one.state(), CorrectionState::kNone);
  std::vector<CorrectionItem> const items{{"缺 2021 年度考核表", "第五条（二）"}, {"缺继续教育证明", "第三条（四）"}};
  ASSERT_TRUE(one.issue("甲", items, day("03-02"), 5, c).has_value());
  EXPECT_EQ(day_text(one.notice()->deadline), "2026-03-09");
  // Whoever is told half today and half next month can never finish.
  EXPECT_THAT(one.issue("甲", items, day("03-03"), 5, c).error().in(Lang::kZh), HasSubstr("只发一次"));
  EXPECT_THAT(one.correct(day("03-05"), {0}).error().in(Lang::kZh), HasSubstr("缺继续教育证明"));
  EXPECT_FALSE(one.correct(day("03-01"), {0, 1}).has_value());
  ASSERT_TRUE(one.correct(day("03-09"), {1, 0}).has_value());  // the deadline's day is in time
  EXPECT_EQ(one.state(), CorrectionState::kCorrected);
  EXPECT_FALSE(one.issue("甲", items, day("03-10"), 5, c).has_value());
  EXPECT_FALSE(one.lapse(day("03-20")).has_value());
}

TEST(CorrectionNotices, OverdueIsGivenUpAndNotBefore) {
  auto const c = calendar();
  Correction one;
  EXPECT_FALSE(one.lapse(day("03-20")).has_value());
  ASSERT_TRUE(one.issue("甲", {{"缺证明", ""}}, day("03-02"), 5, c).has_value());
  EXPECT_FALSE(one.overdue(day("03-09")));
  EXPECT_FALSE(one.lapse(day("03-09")).has_value());
  EXPECT_TRUE(one.overdue(day("03-10")));
  EXPECT_THAT(one.correct(day("03-10"), {0}).error().in(Lang::kZh), HasSubstr("视为放弃"));
  ASSERT_TRUE(one.lapse(day("03-10")).has_value());
  EXPECT_EQ(correction_word(one.state()).zh, "视为放弃申报");
  EXPECT_FALSE(one.correct(day("03-05"), {0}).has_value());
}

// ---- 公示

namespace {

Publicity posted() {
  auto p = Publicity::prepare({{1, "甲"}, {2, "乙"}});
  EXPECT_TRUE(p.has_value());
  EXPECT_TRUE(p->post("省平台", day("03-02")).has_value());
  EXPECT_TRUE(p->post("政务网", day("03-04")).has_value());
  return std::move(*p);
}

}  // namespace

TEST(Publication, CountsFromTheLaterPosting) {
  auto const c = calendar();
  auto p = *Publicity::prepare({{1, "甲"}});
  EXPECT_FALSE(p.last_day(c).has_value());
  EXPECT_FALSE(p.post(" ", day("03-02")).has_value());
  ASSERT_TRUE(p.post("省平台", day("03-02")).has_value());
  EXPECT_THAT(p.last_day(c).error().in(Lang::kZh), HasSubstr("省平台"));
  EXPECT_EQ(p.people()[0].state, PasserState::kPassed);
  EXPECT_FALSE(p.close(day("04-01"), c).has_value());
  // One place twice is not two places.
  EXPECT_THAT(p.post("省平台 ", day("03-03")).error().in(Lang::kZh), HasSubstr("2026-03-02"));
  ASSERT_TRUE(p.post("政务网", day("03-04")).has_value());
  EXPECT_THAT(p.post("报纸", day("03-03")).error().in(Lang::kZh), HasSubstr("政务网"));
  EXPECT_EQ(day_text(*p.last_day(c)), "2026-03-11");
  EXPECT_FALSE(p.close(day("03-11"), c).has_value());  // the fifth day is part of it
  EXPECT_EQ(*p.close(day("03-12"), c), 1);
}

TEST(Publication, RefusesWhatIsNoPublicity) {
  EXPECT_FALSE(Publicity::prepare({}).has_value());
  EXPECT_FALSE(Publicity::prepare({{1, "甲"}, {1, "乙"}}).has_value());
  EXPECT_FALSE(Publicity::prepare({{1, "甲"}}, 4).has_value());
}

// Harm: two applicants of one name in one firm; the second one's certificate waits for ever, or is the first one's.
TEST(Publication, TwoOfOneNameAreTwoPeople) {
  auto const c = calendar();
  auto p = Publicity::prepare({{3, "甲"}, {7, "甲"}});
  ASSERT_TRUE(p.has_value()) << p.error().in(Lang::kZh);
  ASSERT_TRUE(p->post("省平台", day("03-02")).has_value());
  ASSERT_TRUE(p->post("政务网", day("03-04")).has_value());
  ASSERT_TRUE(p->object(7, day("03-05"), "业绩不实", c).has_value());
  EXPECT_FALSE(p->object(1, day("03-05"), "x", c).has_value());
  EXPECT_EQ(*p->close(day("03-12"), c), 1);
  EXPECT_EQ(p->people()[0].state, PasserState::kCleared);
  EXPECT_EQ(p->people()[1].state, PasserState::kHeldBack);
}

// Harm: a state that is put between two others gives the page another one's word and buttons.
TEST(Publication, StatesAreToldToThePageByWords) {
  std::vector<std::string_view> codes;
  for (int state = 0; state <= static_cast<int>(PasserState::kHandedOff); ++state)
    codes.push_back(passer_code(static_cast<PasserState>(state)));
  EXPECT_THAT(codes,
              ElementsAre("PASSED", "POSTED", "HELD_BACK", "CLEARED", "REJECTED", "FILED", "ANNOUNCED", "HANDED_OFF"));
  codes.clear();
  for (int state = 0; state <= static_cast<int>(CorrectionState::kGivenUp); ++state)
    codes.push_back(correction_code(static_cast<CorrectionState>(state)));
  EXPECT_THAT(codes, ElementsAre("NONE", "ISSUED", "CORRECTED", "GIVEN_UP"));
}

// One objection must not keep a hundred others from their titles, and must keep the one from hers.
TEST(Publication, AnObjectionHoldsBackOnePersonOnly) {
  auto const c = calendar();
  auto p = posted();
  EXPECT_FALSE(p.object(1, day("03-05"), " ", c).has_value());
  EXPECT_FALSE(p.object(10, day("03-05"), "x", c).has_value());
  EXPECT_FALSE(p.object(1, day("03-01"), "x", c).has_value());
  EXPECT_FALSE(p.object(1, day("03-12"), "x", c).has_value());
  ASSERT_TRUE(p.object(1, day("03-05"), "业绩不实", c).has_value());
  ASSERT_TRUE(p.object(1, day("03-06"), "又一件", c).has_value());
  EXPECT_EQ(*p.close(day("03-12"), c), 1);
  EXPECT_EQ(p.people()[0].state, PasserState::kHeldBack);
  EXPECT_EQ(p.people()[1].state, PasserState::kCleared);
  EXPECT_FALSE(p.file(1, day("03-13"), "1 号").has_value());
  EXPECT_FALSE(p.settle(1, day("03-04"), false, "不属实").has_value());
  EXPECT_FALSE(p.settle(1, day("03-16"), false, "").has_value());
  ASSERT_TRUE(p.settle(1, day("03-16"), false, "不属实").has_value());
  EXPECT_EQ(p.people()[0].state, PasserState::kHeldBack);  // the second is still open
  ASSERT_TRUE(p.settle(1, day("03-17"), false, "不属实").has_value());
  EXPECT_EQ(*p.close(day("03-17"), c), 1);
  EXPECT_EQ(p.people()[0].state, PasserState::kCleared);
}

TEST(Publication, AnObjectionThatIsUpheldEndsTheWay) {
  auto const c = calendar();
  auto p = posted();
  ASSERT_TRUE(p.object(2, day("03-05"), "抄袭", c).has_value());
  ASSERT_TRUE(p.settle(2, day("03-06"), true, "属实").has_value());
  EXPECT_EQ(*p.close(day("03-12"), c), 1);
  EXPECT_EQ(p.people()[1].state, PasserState::kRejected);
  EXPECT_FALSE(p.file(2, day("03-13"), "1 号").has_value());
  EXPECT_FALSE(p.settle(2, day("03-13"), false, "改判").has_value());
}

TEST(Publication, EveryStepHasItsOrderAndItsNumber) {
  auto const c = calendar();
  auto p = posted();
  EXPECT_FALSE(p.file(1, day("03-12"), "1 号").has_value());
  ASSERT_TRUE(p.close(day("03-12"), c).has_value());
  EXPECT_FALSE(p.announce(1, day("03-13"), "2 号").has_value());
  EXPECT_FALSE(p.hand_off(1, day("03-13")).has_value());
  EXPECT_FALSE(p.file(1, day("03-13"), "").has_value());
  EXPECT_FALSE(p.file(1, day("03-11"), "1 号").has_value());
  ASSERT_TRUE(p.file(1, day("03-13"), "1 号").has_value());
  EXPECT_FALSE(p.file(1, day("03-13"), "1 号").has_value());
  EXPECT_FALSE(p.announce(1, day("03-12"), "2 号").has_value());
  ASSERT_TRUE(p.announce(1, day("03-16"), "2 号").has_value());
  EXPECT_FALSE(p.object(1, day("03-05"), "x", c).has_value());
  ASSERT_TRUE(p.hand_off(1, day("03-17")).has_value());
  EXPECT_EQ(passer_word(p.people()[0].state).zh, "已移交电子证书");
  EXPECT_EQ(p.people()[1].state, PasserState::kCleared);
}

// ---- The committee

namespace {

Members members(std::string const& rows) {
  auto got = import_members(as_bytes("姓名,单位,角色,可评级别\n经办,z,工作人员,\n监督,z,监督人员,\n" + rows));
  EXPECT_TRUE(got.has_value()) << got.error()[0].text();
  return *got;
}
Candidates candidates(std::string const& rows) {
  auto got = import_candidates(as_bytes("姓名,单位,级别,渠道,批次\n" + rows));
  EXPECT_TRUE(got.has_value()) << got.error()[0].text();
  return *got;
}
std::vector<std::string> said(std::vector<Sentence> const& sentences) {
  std::vector<std::string> out;
  for (Sentence const& one : sentences) out.push_back(one.in(Lang::kZh));
  return out;
}
std::string experts(int count, std::string const& levels) {
  std::string out = "主,h,主任委员," + levels + "\n";
  for (int i = 1; i < count; ++i) out += "专" + std::to_string(i) + ",e" + std::to_string(i) + ",专家," + levels + "\n";
  return out;
}

}  // namespace

TEST(Committee, FaultsAreSaid) {
  auto const middle = candidates("甲,a,中级,正常,1\n");
  auto const senior = candidates("甲,a,副高级,正常,1\n乙,b,正高级,正常,1\n");
  using enum CommitteeScope;
  EXPECT_THAT(said(committee_faults(members(experts(7, "")), middle, 7, "", kOneSpeciality)), IsEmpty());
  EXPECT_THAT(said(committee_faults(members(experts(8, "")), middle, 8, "", kOneSpeciality)),
              ElementsAre(HasSubstr("单数")));
  EXPECT_THAT(said(committee_faults(members(experts(7, "")), middle, 9, "", kOneSpeciality)),
              ElementsAre(HasSubstr("名单中的评审专家是 7 人")));
  EXPECT_THAT(said(committee_faults(members(experts(9, "")), senior, 9, "", kOneSpeciality)),
              ElementsAre(HasSubstr("11")));
  EXPECT_THAT(said(committee_faults(members(experts(11, "")), senior, 11, "", kOneSpeciality)), IsEmpty());
  EXPECT_THAT(said(committee_faults(members(experts(11, "")), senior, 11, "", kWholeSeries)),
              ElementsAre(HasSubstr("25")));
  EXPECT_THAT(said(committee_faults(members(experts(11, "")), senior, 11, "批 1 号", kWholeSeries)), IsEmpty());
  EXPECT_THAT(said(committee_faults(members(experts(11, "中级、副高级")), senior, 11, "", kOneSpeciality)),
              ElementsAre(HasSubstr("没有人可评正高级")));
}

// Harm: the one laptop whose owner signs everything dies, and nobody knew that the committee would be needed.
TEST(Committee, WhoIsTheOnlyOneIsNamedBefore) {
  EXPECT_THAT(said(committee_hints(members(experts(7, "")))),
              ElementsAre(HasSubstr("没有副主任委员"), HasSubstr("只有一名监督人员")));
  EXPECT_THAT(said(committee_hints(members(experts(7, "") + "副,h,副主任委员,\n督,h,监督人员,\n"))), IsEmpty());
}

// Harm: a committee that can never vote is imported, and the room learns it when the meeting is to open.
TEST(Committee, TooFewForMoreThanARehearsalAreNamedBefore) {
  auto const few = members(experts(5, "") + "副,h,副主任委员,\n督,h,监督人员,\n");
  EXPECT_THAT(said(committee_hints(few)), ElementsAre(HasSubstr("只能演练")));
}

TEST(Committee, AnUnknownLevelToJudgeIsABadCell) {
  auto const got = import_members(
      as_bytes("姓名,单位,角色,可评级别\n经办,z,工作人员,\n监督,z,监督人员,\n主,h,主任委员,中级、特级\n"));
  ASSERT_EQ(got.error().size(), 1U);
  EXPECT_EQ(got.error()[0].row, 4U);
  EXPECT_EQ(got.error()[0].column, 4U);
}

// Nobody votes on herself.
TEST(Committee, ACandidateWhoIsAMemberIsProposedForRecusal) {
  auto const got =
      propose_recusals(members("主,h,主任委员,\n甲,a,专家,\n丙, Ａ公司,专家,\n"),
                       candidates("甲,a,中级,正常,1\n甲,b,中级,正常,1\n丁,A 公司,中级,正常,1\n监督,z,中级,正常,1\n"));
  ASSERT_EQ(got.size(), 3U);
  EXPECT_EQ(got[0].cause, RecusalCause::kSamePerson);
  EXPECT_EQ(got[0].person, 4U);
  EXPECT_EQ(got[0].candidate, 1U);
  EXPECT_EQ(got[1].cause, RecusalCause::kSameName);
  EXPECT_EQ(got[1].candidate, 2U);
  EXPECT_EQ(got[2].cause, RecusalCause::kSameEmployer);
  EXPECT_EQ(got[2].person, 5U);
  EXPECT_EQ(got[2].candidate, 3U);
}
