// SPDX-License-Identifier: Apache-2.0
#include "office/rules/eligibility.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "support/paths.h"

using namespace piaojue;
using namespace piaojue::office;
using namespace piaojue::sheets;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

namespace {

std::string table_text() {
  std::ifstream in(piaojue::test::source_dir() + "/office/rules/tables/standard-2023-13.toml", std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// As people in the office read it.
std::string said(Sentence const& sentence) { return sentence.in(Lang::kZh); }
std::vector<std::string> said(std::vector<Sentence> const& sentences) {
  std::vector<std::string> out;
  for (Sentence const& one : sentences) out.push_back(said(one));
  return out;
}

Standard const& standard() {
  static Standard const out = [] {
    auto parsed = parse_standard(table_text());
    EXPECT_TRUE(parsed.has_value()) << parsed.error().in(Lang::kZh);
    return std::move(*parsed);
  }();
  return out;
}

/// Files in 2024; every appraisal of ten years 合格; no sanction; education met; the degree older than the work.
struct Form {
  Facts f;
  explicit Form(std::string_view level) {
    f.level = *level_of(level);
    f.filed = {2024, 9, 10};
    f.education_met = true;
    f.sanction = Facts::Sanction::kNone;
    f.title = Title::kNone;
    f.graduated = {1990, 7, 0};
    for (int year = 2014; year <= 2024; ++year) f.appraisals[year] = Grade::kQualified;
  }
  Form& degree(Degree d, bool technician = false) {
    f.studies.push_back({d, technician, false});
    if (d >= Degree::kMaster) f.engineering_professional = false;
    return *this;
  }
  Form& works(Date since) {
    f.work_since = since;
    return *this;
  }
  Form& title(Title t, Date since) {
    f.title = t;
    f.title_since = since;
    f.title_written = title_word(t).zh;
    return *this;
  }
  Form& graded(int year, Grade grade) {
    f.appraisals[year] = grade;
    return *this;
  }
  Form& without(int year) {
    f.appraisals.erase(year);
    return *this;
  }
  Form& exceptional() {
    f.channel = meeting::Channel::kExceptional;
    return *this;
  }
  Form& has(Achievement a) {
    f.achievements.push_back(std::move(a));
    return *this;
  }
  Assessment judged(std::string_view extension = {}) const { return assess(f, standard(), extension); }
};

void expect(Form const& form, Verdict verdict, std::vector<std::string> const& articles) {
  auto const got = form.judged();
  EXPECT_EQ(verdict_code(got.verdict), verdict_code(verdict)) << said(got.reason);
  EXPECT_EQ(got.articles, articles) << said(got.reason);
  EXPECT_FALSE(said(got.reason).empty());
}

constexpr auto kYes = Verdict::kEligible;
constexpr auto kNo = Verdict::kNotEligible;
constexpr auto kReview = Verdict::kReview;

Achievement science(AwardLevel level, int grade, int rank, Date date) {
  return {Award::kScience, "科技进步奖", level, grade, rank, date, -1};
}

}  // namespace

// ---- The worked cases of the office. A wrong verdict here is a person turned away, or let in, against the document.

TEST(EligibilityCases, C1MasterNeedsNoYearsForAssistant) {
  expect(Form("助理级").degree(Degree::kMaster).works({2024, 7, 0}), kYes, {"第五条（一）"});
}
TEST(EligibilityCases, C2CollegeTwoYearsAreNotThree) {
  auto const form = Form("助理级").degree(Degree::kCollege).works({2022, 3, 0});
  expect(form, kNo, {"第五条（一）"});
  EXPECT_THAT(said(form.judged().arithmetic), Contains(HasSubstr("2 < 3")));
}
TEST(EligibilityCases, C3UndeterminedGradeOfATechnicianIsReview) {
  expect(Form("助理级").degree(Degree::kSecondary, true).works({2019, 9, 0}).graded(2019, Grade::kUndetermined),
         kReview, {"第六条", "第五条（一）"});
}
TEST(EligibilityCases, C4BachelorOneYear) {
  expect(Form("助理级").degree(Degree::kBachelor).works({2023, 8, 0}), kYes, {"第五条（一）"});
}
TEST(EligibilityCases, C5DoctorNeedsNoYearsForEngineer) {
  expect(Form("中级").degree(Degree::kDoctor).works({2024, 7, 0}), kYes, {"第五条（二）"});
}
TEST(EligibilityCases, C6AcademicMasterTwoYearsAreNotThree) {
  auto const form = Form("中级").degree(Degree::kMaster).works({2022, 7, 0});
  expect(form, kNo, {"第五条（二）"});
  EXPECT_THAT(said(form.judged().arithmetic), Contains(HasSubstr("2 < 3")));
}
TEST(EligibilityCases, C7ProfessionalMasterAYearEarlyLacksAnAppraisal) {
  Form form("中级");
  form.degree(Degree::kMaster).works({2022, 7, 0});
  form.f.engineering_professional = true;
  form.f.appraisals = {{2022, Grade::kQualified}, {2023, Grade::kQualified}};
  expect(form, kReview, {"第六条", "第五条（二）"});
  EXPECT_THAT(said(form.judged().missing), Contains("2021 年度考核"));
  EXPECT_THAT(said(form.judged().arithmetic), Contains(HasSubstr("3 − 1 = 2")));
}
TEST(EligibilityCases, C8BachelorSixYearsFromTheLastDayOfAYear) {
  expect(Form("中级").degree(Degree::kBachelor).works({2018, 12, 31}), kYes, {"第五条（二）"});
}
TEST(EligibilityCases, C9AStartOnNewYearsDayIsForPeople) {
  expect(Form("中级").degree(Degree::kBachelor).works({2019, 1, 1}), kReview, {"第十七条", "第五条（二）"});
}
TEST(EligibilityCases, C10ABasicallyQualifiedYearFailsBothRoutes) {
  auto const form = Form("中级")
                        .degree(Degree::kBachelor)
                        .works({2016, 7, 0})
                        .title(Title::kAssistant, {2020, 11, 0})
                        .graded(2021, Grade::kBasicallyQualified);
  expect(form, kNo, {"第五条（二）"});
  ASSERT_EQ(form.judged().tried.size(), 2U);
  for (auto const& tried : form.judged().tried) EXPECT_EQ(tried.finding, Finding::kNotMet);
}
TEST(EligibilityCases, C11CollegeFourYearsAfterAssistant) {
  expect(Form("中级").degree(Degree::kCollege).title(Title::kAssistant, {2020, 6, 0}).works({2018, 7, 0}), kYes,
         {"第五条（二）"});
}
TEST(EligibilityCases, C12SecondaryHasNoRouteToEngineer) {
  auto const form = Form("中级").degree(Degree::kSecondary).title(Title::kAssistant, {2018, 0, 0});
  expect(form, kNo, {"第五条（二）"});
  EXPECT_THAT(said(form.judged().notes), Contains(HasSubstr("按国家和省政策")));
}
TEST(EligibilityCases, C13NoExceptionalChannelForEngineer) {
  expect(Form("中级").degree(Degree::kBachelor).works({2010, 7, 0}).exceptional(), kNo, {"第十条"});
}
TEST(EligibilityCases, C14DoctorTwoYearsAfterEngineer) {
  expect(Form("副高级").degree(Degree::kDoctor).title(Title::kEngineer, {2022, 12, 0}), kYes, {"第五条（三）"});
}
TEST(EligibilityCases, C15MasterFourYearsAfterEngineerAreNotFive) {
  auto const form = Form("副高级").degree(Degree::kMaster).title(Title::kEngineer, {2020, 5, 0});
  expect(form, kNo, {"第五条（三）"});
  EXPECT_THAT(said(form.judged().arithmetic), Contains(HasSubstr("4 < 5")));
}
TEST(EligibilityCases, C16ThirdProvincialPrizeAtRankThreeOpensTheExceptionalChannel) {
  auto const form = Form("副高级")
                        .degree(Degree::kCollege)
                        .title(Title::kEngineer, {2021, 0, 0})
                        .exceptional()
                        .has(science(AwardLevel::kProvince, 3, 3, {2023, 5, 0}));
  expect(form, kReview, {"第十一条（一）", "第十三条"});
  EXPECT_TRUE(form.judged().interview);
}
TEST(EligibilityCases, C17RankFourIsNoMainContributor) {
  expect(Form("副高级")
             .degree(Degree::kBachelor)
             .title(Title::kEngineer, {2021, 0, 0})
             .exceptional()
             .has(science(AwardLevel::kCity, 1, 4, {2023, 5, 0})),
         kNo, {"第十四条（四）", "第十一条（一）"});
}
TEST(EligibilityCases, C18ASanctionInForceBars) {
  Form form("正高级");
  form.degree(Degree::kBachelor).title(Title::kSenior, {2019, 10, 0});
  expect(form, kYes, {"第五条（四）"});
  form.f.sanction = Facts::Sanction::kSome;
  form.f.sanction_written = "警告";
  form.f.sanction_until = {2024, 12, 1};
  form.f.filed = {2024, 9, 0};
  expect(form, kNo, {"第三条（五）"});
}
TEST(EligibilityCases, C19ExactlyFiftyMillionIsEnough) {
  Form form("正高级");
  form.degree(Degree::kBachelor).title(Title::kSenior, {2023, 0, 0}).exceptional();
  form.has({Award::kOutput, "平台转化", AwardLevel::kUnknown, 0, 2, {2024, 3, 0}, 5000});
  expect(form, kReview, {"第十二条（四）", "第十三条"});
  EXPECT_TRUE(form.judged().interview);
  form.f.achievements[0].output_wan = 4999;
  expect(form, kNo, {"第十二条（四）"});
}
TEST(EligibilityCases, C20SilverPatentIsNotGold) {
  Form form("正高级");
  form.degree(Degree::kBachelor).title(Title::kSenior, {2020, 5, 0}).exceptional();
  form.has({Award::kPatent, "中国专利奖", AwardLevel::kUnknown, 2, 1, {2023, 1, 15}, -1});
  expect(form, kNo, {"第十二条（二）"});
  EXPECT_THAT(said(form.judged().reason), HasSubstr("金奖"));
}
TEST(EligibilityCases, FiledAfterTheStandardEndedIsReviewUntilABasisIsCited) {
  Form form("中级");
  form.degree(Degree::kDoctor).works({2020, 7, 0});
  form.f.filed = {2025, 7, 0};
  EXPECT_EQ(form.judged().verdict, kReview);
  EXPECT_EQ(form.judged().articles.front(), "第十八条");
  auto const extended = form.judged("青人社字〔2025〕1 号（示例）：继续有效");
  EXPECT_EQ(extended.verdict, kYes);
  EXPECT_THAT(said(extended.notes), Contains(HasSubstr("青人社字")));
  form.f.filed = {2025, 6, 11};
  EXPECT_EQ(form.judged().verdict, kYes);
  form.f.filed = {2025, 6, 12};
  EXPECT_EQ(form.judged().verdict, kReview);
  form.f.filed = {2023, 6, 12};
  EXPECT_EQ(form.judged().verdict, kYes);
  form.f.filed = {2023, 6, 11};
  EXPECT_EQ(form.judged().verdict, kReview);
}
TEST(EligibilityCases, AnAwardOlderThanTheTitleIsRejected) {
  expect(Form("副高级")
             .degree(Degree::kBachelor)
             .title(Title::kEngineer, {2021, 12, 0})
             .exceptional()
             .has(science(AwardLevel::kNation, 1, 1, {2021, 11, 30})),
         kNo, {"第十六条", "第十一条（一）"});
}

// ---- Every cell of the table at its boundary.

struct Cell {
  std::string id, level;
  Degree degree;
  Title title;
  int years, appraisals;
};

class EveryRoute : public testing::TestWithParam<Cell> {
 protected:
  Form at(int years) const {
    auto const& cell = GetParam();
    Form form(cell.level);
    form.degree(cell.degree);
    Date const since{2024 - years, 6, 30};
    form.works(since);
    if (cell.title != Title::kNone) form.title(cell.title, since);
    return form;
  }
};

TEST_P(EveryRoute, IsOpenAtItsYearsAndShutAYearBefore) {
  auto const& cell = GetParam();
  auto const open = at(cell.years).judged();
  EXPECT_EQ(open.verdict, kYes) << said(open.reason);
  EXPECT_EQ(open.route, cell.id);
  // Harm: an applicant is told of a code, E3a, that no law and no paper knows.
  for (Lang const lang : {Lang::kZh, Lang::kEn})
    EXPECT_THAT(open.reason.in(lang), Not(HasSubstr(cell.id))) << open.reason.in(lang);
  if (cell.years > 0) {
    EXPECT_THAT(said(open.reason), HasSubstr("满 " + std::to_string(cell.years) + " 年"));
  }
  auto const shut = at(cell.years - 1).judged();
  EXPECT_EQ(shut.verdict, kNo) << said(shut.reason);
  // The same year less a day of January is for people to count.
  if (cell.years > 0) {
    Form form = at(cell.years - 1);
    form.f.work_since = form.f.title_since = {2024 - cell.years + 1, 1, 1};
    EXPECT_EQ(form.judged().verdict, kReview);
  }
}

TEST_P(EveryRoute, AsksForExactlyItsAppraisals) {
  auto const& cell = GetParam();
  for (int back = 1; back <= cell.appraisals; ++back) {
    EXPECT_EQ(at(cell.years).graded(2024 - back, Grade::kBasicallyQualified).judged().verdict, kNo) << back;
    EXPECT_EQ(at(cell.years).graded(2024 - back, Grade::kExcellent).judged().verdict, kYes) << back;
    auto const missing = at(cell.years).without(2024 - back).judged();
    EXPECT_EQ(missing.verdict, kReview) << back;
    EXPECT_THAT(said(missing.missing), Contains(std::to_string(2024 - back) + " 年度考核"));
  }
  // One year further back nobody asks.
  EXPECT_EQ(at(cell.years).graded(2024 - cell.appraisals - 1, Grade::kUnqualified).judged().verdict, kYes);
}

TEST_P(EveryRoute, WithoutItsTitleItIsShut) {
  auto const& cell = GetParam();
  if (cell.title == Title::kNone) return;
  Form form = at(cell.years);
  form.f.title = Title::kNone;
  form.f.title_since = {};
  EXPECT_NE(form.judged().verdict, kYes);
}

INSTANTIATE_TEST_SUITE_P(Table, EveryRoute,
                         testing::Values(Cell{"A1", "助理级", Degree::kDoctor, Title::kNone, 0, 0},
                                         Cell{"A1", "助理级", Degree::kMaster, Title::kNone, 0, 0},
                                         Cell{"A1", "助理级", Degree::kSecondBachelor, Title::kNone, 0, 0},
                                         Cell{"A2", "助理级", Degree::kBachelor, Title::kNone, 1, 1},
                                         Cell{"A3", "助理级", Degree::kCollege, Title::kNone, 3, 3},
                                         Cell{"A4", "助理级", Degree::kSecondary, Title::kNone, 5, 5},
                                         Cell{"E1", "中级", Degree::kDoctor, Title::kNone, 0, 0},
                                         Cell{"E2", "中级", Degree::kMaster, Title::kNone, 3, 3},
                                         Cell{"E2", "中级", Degree::kSecondBachelor, Title::kNone, 3, 3},
                                         Cell{"E3a", "中级", Degree::kBachelor, Title::kNone, 6, 5},
                                         Cell{"E3b", "中级", Degree::kBachelor, Title::kAssistant, 4, 4},
                                         Cell{"E4a", "中级", Degree::kCollege, Title::kNone, 8, 5},
                                         Cell{"E4b", "中级", Degree::kCollege, Title::kAssistant, 4, 4},
                                         Cell{"S1", "副高级", Degree::kDoctor, Title::kEngineer, 2, 2},
                                         Cell{"S2", "副高级", Degree::kMaster, Title::kEngineer, 5, 5},
                                         Cell{"S2", "副高级", Degree::kSecondBachelor, Title::kEngineer, 5, 5},
                                         Cell{"S2", "副高级", Degree::kBachelor, Title::kEngineer, 5, 5},
                                         Cell{"P1", "正高级", Degree::kDoctor, Title::kSenior, 5, 5},
                                         Cell{"P1", "正高级", Degree::kMaster, Title::kSenior, 5, 5},
                                         Cell{"P1", "正高级", Degree::kSecondBachelor, Title::kSenior, 5, 5},
                                         Cell{"P1", "正高级", Degree::kBachelor, Title::kSenior, 5, 5}),
                         [](auto const& cell) {
                           return cell.param.id + "_" + std::to_string(static_cast<int>(cell.param.degree));
                         });

// ---- Places where a guess would be easy.

// 大专 may not use the bachelor's clause, nor the other way round at eight years: each clause belongs to its degree.
TEST(Eligibility, EveryDegreeHeldIsTriedAndOneSuccessSuffices) {
  auto const form = Form("中级").degree(Degree::kMaster).degree(Degree::kCollege).works({2016, 7, 0});
  EXPECT_EQ(form.judged().tried.size(), 3U);
  EXPECT_EQ(form.judged().verdict, kYes);
}

// Half a form must never read as a whole one.
TEST(Eligibility, WhateverIsMissingIsReviewAndNamed) {
  auto const lacking = [](auto const& remove, std::string const& column) {
    Form form = Form("中级").degree(Degree::kBachelor).works({2010, 7, 0});
    ASSERT_EQ(form.judged().verdict, kYes);
    remove(form.f);
    EXPECT_EQ(form.judged().verdict, kReview) << column;
    EXPECT_THAT(said(form.judged().missing), Contains(column));
  };
  lacking([](Facts& f) { f.education_met.reset(); }, "继续教育");
  lacking([](Facts& f) { f.sanction = Facts::Sanction::kUnknown; }, "处分");
  lacking([](Facts& f) { f.work_since = {}; }, "参加工作时间");
  lacking([](Facts& f) { f.graduated = {}; }, "毕业时间");
  lacking([](Facts& f) { f.studies.clear(); }, "学历");
  lacking([](Facts& f) { f.filed = {}; }, "申报日期");
}

TEST(Eligibility, EducationNotMetBars) {
  Form form = Form("助理级").degree(Degree::kMaster).works({2023, 7, 0});
  form.f.education_met = false;
  expect(form, kNo, {"第三条（四）"});
}

// A number of hours means nothing until somebody has said how many are required.
TEST(Eligibility, HoursOfEducationAreComparedOnlyWithANumberThatWasSet) {
  Form form = Form("助理级").degree(Degree::kMaster).works({2023, 7, 0});
  form.f.education_met.reset();
  form.f.education_written = "90学时";
  EXPECT_EQ(form.judged().verdict, kReview);
  Standard with = standard();
  with.education_hours = 90;
  EXPECT_EQ(assess(form.f, with).verdict, kYes);
  with.education_hours = 91;
  EXPECT_EQ(assess(form.f, with).verdict, kNo);
}

TEST(Eligibility, ASanctionBindsOnItsLastDayAndNotOnTheNext) {
  Form form = Form("助理级").degree(Degree::kMaster).works({2023, 7, 0});
  form.f.sanction = Facts::Sanction::kSome;
  form.f.sanction_until = {2024, 9, 10};
  EXPECT_EQ(form.judged().verdict, kNo);
  form.f.sanction_until = {2024, 9, 9};
  EXPECT_EQ(form.judged().verdict, kYes);
  form.f.sanction_until = {2024, 9, 0};
  EXPECT_EQ(form.judged().verdict, kReview);
  form.f.sanction_until = {};
  EXPECT_EQ(form.judged().verdict, kReview);
}

TEST(Eligibility, WorkBeforeTheDegreeIsForPeople) {
  Form form = Form("中级").degree(Degree::kBachelor).works({2015, 7, 0});
  form.f.graduated = {2020, 7, 0};
  EXPECT_EQ(form.judged().verdict, kReview);
  form.f.graduated = {2018, 7, 0};
  EXPECT_EQ(form.judged().verdict, kYes);
}

TEST(Eligibility, WhetherAMasterIsProfessionalIsAskedOnlyWhereItDecides) {
  Form form = Form("中级").degree(Degree::kMaster).works({2022, 7, 0});
  form.f.engineering_professional.reset();
  EXPECT_EQ(form.judged().verdict, kReview);
  EXPECT_THAT(said(form.judged().missing), Contains("学位类型"));
  form.works({2021, 7, 0});
  EXPECT_EQ(form.judged().verdict, kYes);
  form.works({2023, 7, 0});
  EXPECT_EQ(form.judged().verdict, kNo);
}

TEST(Eligibility, AnOccupationalLicenceInPlaceOfATitleIsForPeople) {
  Form form = Form("副高级").degree(Degree::kBachelor).works({2010, 7, 0});
  EXPECT_EQ(form.judged().verdict, kNo);
  form.f.licence = "注册电气工程师";
  form.f.licence_since = {2015, 3, 0};
  EXPECT_EQ(form.judged().verdict, kReview);
  EXPECT_EQ(form.judged().articles.front(), "第四条");
}

TEST(Eligibility, ExceptionalWithoutTheTitleOneBelowIsShut) {
  expect(Form("正高级")
             .degree(Degree::kBachelor)
             .title(Title::kEngineer, {2018, 1, 5})
             .exceptional()
             .has(science(AwardLevel::kNation, 1, 1, {2023, 5, 0})),
         kNo, {"第八条"});
}

// Harm: whoever left a cell empty is turned away, or let in, instead of being asked.
TEST(Eligibility, WhatAnExceptionalFormLacksIsAskedFor) {
  auto form = [] {
    return Form("副高级").degree(Degree::kCollege).title(Title::kEngineer, {2021, 5, 0}).exceptional();
  };
  expect(form(), kReview, {"第十一条"});
  EXPECT_EQ(said(form().judged().missing), (std::vector<std::string>{"破格条件"}));
  EXPECT_TRUE(form().judged().interview);

  auto const award = form().has(science(AwardLevel::kUnknown, 0, 1, {2023, 5, 0}));
  EXPECT_EQ(award.judged().verdict, kReview);
  EXPECT_THAT(said(award.judged().missing), testing::AllOf(Contains("奖项级别"), Contains("奖项等次")));

  auto title = form().has(science(AwardLevel::kProvince, 3, 3, {2023, 5, 0}));
  title.f.title = Title::kUnknown;
  title.f.title_since = {};
  EXPECT_EQ(title.judged().verdict, kReview);
  EXPECT_THAT(said(title.judged().missing), testing::AllOf(Contains("现职称"), Contains("现职称取得时间")));
}

// Harm: a prize that does not count hides one that does, because it stands before it in the cell.
TEST(Eligibility, OfSeveralAwardsTheBestCountsInAnyOrder) {
  Date const d{2023, 5, 0};
  auto const counts = science(AwardLevel::kProvince, 3, 3, d);
  auto const incomplete = science(AwardLevel::kProvince, 3, 0, d);
  auto const fourth = science(AwardLevel::kProvince, 3, 4, d);
  auto const low = science(AwardLevel::kCity, 3, 1, d);
  auto const of = [](Achievement const& one, Achievement const& other) {
    return Form("副高级")
        .degree(Degree::kCollege)
        .title(Title::kEngineer, {2021, 0, 0})
        .exceptional()
        .has(one)
        .has(other);
  };
  for (auto const& other : {incomplete, fourth, low})
    for (auto const& form : {of(counts, other), of(other, counts)}) {
      expect(form, kReview, {"第十一条（一）", "第十三条"});
      EXPECT_THAT(said(form.judged().missing), Not(Contains("排名")));
    }
  for (auto const& form : {of(fourth, low), of(low, fourth)}) expect(form, kNo, {"第十四条（四）", "第十一条（一）"});
}

// Each line of 第十一条 and 第十二条 at the award that just opens it and the one that just does not.
TEST(Eligibility, EveryExceptionalLineAtItsBoundary) {
  struct Line {
    std::string level, article;
    Achievement met, missed;
  };
  Date const d{2023, 5, 0};
  auto const award = [&](Award kind, AwardLevel level, int grade) {
    return Achievement{kind, "x", level, grade, 3, d, -1};
  };
  auto const output = [&](std::int64_t wan) {
    return Achievement{Award::kOutput, "x", AwardLevel::kUnknown, 0, 3, d, wan};
  };
  using enum AwardLevel;
  std::vector<Line> const lines{
      {"副高级", "第十一条（一）", award(Award::kScience, kProvince, 3), award(Award::kScience, kProvince, 9)},
      {"副高级", "第十一条（一）", award(Award::kScience, kNation, 3), award(Award::kScience, kCity, 3)},
      {"副高级", "第十一条（一）", award(Award::kScience, kCity, 1), award(Award::kScience, kCity, 2)},
      {"副高级", "第十一条（二）", award(Award::kIndustry, kNation, 1), award(Award::kIndustry, kNation, 2)},
      {"副高级", "第十一条（三）", award(Award::kPatent, kUnknown, 2), award(Award::kPatent, kUnknown, 9)},
      {"副高级", "第十一条（四）", award(Award::kContest, kProvince, 3), award(Award::kContest, kCity, 1)},
      {"副高级", "第十一条（五）", output(2000), output(1999)},
      {"正高级", "第十二条（一）", award(Award::kScience, kNation, 3), award(Award::kScience, kProvince, 2)},
      {"正高级", "第十二条（一）", award(Award::kScience, kProvince, 1), award(Award::kScience, kCity, 1)},
      {"正高级", "第十二条（二）", award(Award::kPatent, kUnknown, 1), award(Award::kPatent, kUnknown, 2)},
      {"正高级", "第十二条（三）", award(Award::kContest, kNation, 3), award(Award::kContest, kProvince, 1)},
      {"正高级", "第十二条（三）", award(Award::kContest, kInternational, 3), award(Award::kContest, kNation, 9)},
      {"正高级", "第十二条（四）", output(5000), output(4999)},
  };
  for (Line const& line : lines) {
    auto const form = [&](Achievement const& a) {
      Title const held = line.level == "副高级" ? Title::kEngineer : Title::kSenior;
      return Form(line.level).degree(Degree::kCollege).title(held, {2021, 5, 0}).exceptional().has(a);
    };
    auto const met = form(line.met).judged();
    EXPECT_EQ(met.verdict, kReview) << line.article << said(met.reason);
    EXPECT_THAT(met.articles, Contains(line.article));
    EXPECT_THAT(met.articles, Contains("第十三条"));
    expect(form(line.missed), kNo, {line.article});
    Achievement fourth = line.met;
    fourth.rank = 4;
    EXPECT_EQ(form(fourth).judged().verdict, kNo) << line.article;
    // A rank that nobody wrote down is not a good one.
    Achievement unranked = line.met;
    unranked.rank = 0;
    EXPECT_THAT(said(form(unranked).judged().missing), Contains("排名"));
  }
}

// ---- The table as data

TEST(Standard, ASpoiltTableIsRefusedAndSaysWhere) {
  std::string const good = table_text();
  auto const spoilt = [&](std::string const& from, std::string const& to) {
    std::string text = good;
    auto const at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
    auto const parsed = parse_standard(text);
    EXPECT_FALSE(parsed.has_value()) << to;
    return parsed.error().in(Lang::kZh);
  };
  EXPECT_THAT(spoilt("years = 0", "yaers = 0"), HasSubstr("yaers"));
  EXPECT_THAT(spoilt("years = 0", "years = -1"), HasSubstr("years"));
  EXPECT_THAT(spoilt("years = 0", "years = 1.5"), HasSubstr("years"));
  EXPECT_THAT(spoilt("\"博士\", \"硕士\"", "\"博土\", \"硕士\""), HasSubstr("博土"));
  EXPECT_THAT(spoilt("id = \"A2\"", "id = \"A1\""), HasSubstr("A1"));
  EXPECT_THAT(spoilt("valid_to = \"2025-06-11\"", "valid_to = \"2022-06-11\""), HasSubstr("valid_to"));
  EXPECT_THAT(spoilt("target = \"助理级\"", "target = \"见习\""), HasSubstr("target"));
  EXPECT_THAT(spoilt("rank_max = 3", ""), HasSubstr("rank_max"));
  EXPECT_THAT(spoilt("output_wan = 2000", "output = 2000"), HasSubstr("output"));
  EXPECT_THAT(spoilt("[[route]]", "[[route"), HasSubstr("TOML"));
  EXPECT_FALSE(parse_standard("").has_value());
  EXPECT_FALSE(parse_standard(std::string(kStandardBytesMax + 1, '#')).has_value());
}

// ---- The human's decision

TEST(Decision, NeedsAWhoAWhyAndABasisWhereItDeparts) {
  Assessed const assessed{Form("中级").degree(Degree::kBachelor).works({2019, 1, 1}).judged(), {}};
  Decision const whole{kYes, "按足年计算", "第十七条", "王经办", *parse_day("2024-10-08")};
  ASSERT_TRUE(decide(assessed, whole).has_value());
  EXPECT_EQ(decide(assessed, whole)->standing(), kYes);
  EXPECT_EQ(decide(assessed, whole)->machine.verdict, kReview);  // what the machine found stays beside it
  for (auto const& spoil : std::vector<void (*)(Decision&)>{
           [](Decision& d) { d.verdict = Verdict::kReview; }, [](Decision& d) { d.reason = " "; },
           [](Decision& d) { d.basis.clear(); }, [](Decision& d) { d.decided_by = "　"; }}) {
    Decision spoilt = whole;
    spoil(spoilt);
    EXPECT_FALSE(decide(assessed, spoilt).has_value());
  }
}
