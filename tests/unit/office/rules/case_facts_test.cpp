// SPDX-License-Identifier: Apache-2.0
// The sheets of tests/cases/import that concern what a cell means, each with its right answer, and others of the same
// kind. What each gave before stands beside it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "office/rules/eligibility.h"
#include "sheets/committee.h"
#include "sheets/roster.h"
#include "support/paths.h"

using namespace piaojue;
using namespace piaojue::office;
using namespace piaojue::sheets;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

namespace {

std::string read(std::string const& path) {
  std::ifstream in(piaojue::test::source_dir() + "/" + path, std::ios::binary);
  EXPECT_TRUE(in.is_open()) << path;
  return {std::istreambuf_iterator<char>(in), {}};
}
std::string file(std::string const& name) { return read("tests/cases/import/" + name); }
std::string wangs() { return file("appraisals-of-wang.xlsx"); }

Standard const& standard() {
  static Standard const out = *parse_standard(read("office/rules/tables/standard-2023-13.toml"));
  return out;
}

Imported<Applicants> applicants(std::string const& sheet, std::string const& appraisals = {}) {
  return import_applicants(as_bytes(sheet), as_bytes(appraisals), {2024, 9, 0});
}

/// The verdict on the first of a sheet, or how many faults it has.
std::string verdict(std::string const& sheet, std::string const& appraisals = {}) {
  auto const got = applicants(sheet, appraisals);
  if (!got) return explained(got.error()).in(Lang::kZh);
  return std::string(verdict_code(assess(got->people.at(0).facts, standard()).verdict));
}
Assessment assessed(std::string const& sheet, std::string const& appraisals = {}) {
  auto const got = applicants(sheet, appraisals);
  EXPECT_TRUE(got.has_value()) << explained(got.error()).in(Lang::kZh);
  return got ? assess(got->people.at(0).facts, standard()) : Assessment{};
}

/// All that is wrong with a sheet, as the clerk reads it, for the articles or for the ballot.
std::string faults(std::string const& sheet, std::string const& appraisals = {}) {
  auto const people = applicants(sheet, appraisals);
  if (!people) return explained(people.error()).in(Lang::kZh);
  auto const ballot = import_candidates(as_bytes(sheet));
  return ballot ? std::string{} : explained(ballot.error()).in(Lang::kZh);
}

std::vector<std::string> ballot_names(std::string const& sheet) {
  auto const got = import_candidates(as_bytes(sheet));
  EXPECT_TRUE(got.has_value()) << explained(got.error()).in(Lang::kZh);
  std::vector<std::string> out;
  if (got)
    for (auto const& one : got->candidates) out.push_back(one.name);
  return out;
}

/// Wang's row, who is eligible for 副高级 since 2018-12, with some of its cells otherwise and others behind it.
struct Wang {
  std::vector<std::pair<std::string, std::string>> cells{{"姓名", "王一凡"},
                                                         {"单位", "示例智联有限公司"},
                                                         {"级别", "高级工程师"},
                                                         {"渠道", "正常"},
                                                         {"批次", "一"},
                                                         {"学历", "本科"},
                                                         {"学位", "学士"},
                                                         {"毕业时间", "2007-07"},
                                                         {"参加工作时间", "2007-07"},
                                                         {"现职称", "工程师"},
                                                         {"现职称取得时间", "2018-12"},
                                                         {"继续教育", "达标"},
                                                         {"处分", "无"},
                                                         {"申报日期", "2024-09-01"}};
  Wang& with(std::string const& heading, std::string const& value) {
    for (auto& cell : cells)
      if (cell.first == heading) {
        cell.second = value;
        return *this;
      }
    cells.emplace_back(heading, value);
    return *this;
  }
  Wang& without(std::string const& heading) {
    std::erase_if(cells, [&](auto const& cell) { return cell.first == heading; });
    return *this;
  }
  std::string head() const {
    return line([](auto const& cell) { return cell.first; });
  }
  std::string row() const {
    return line([](auto const& cell) { return cell.second; });
  }
  std::string sheet() const { return head() + row(); }

 private:
  template <class Part>
  std::string line(Part const& part) const {
    std::string out;
    for (auto const& cell : cells) out += (out.empty() ? "\"" : ",\"") + part(cell) + "\"";
    return out + "\n";
  }
};

std::string judged(Wang const& wang) { return verdict(wang.sheet(), wangs()); }

std::string const kWangsNumber = "370211198503121024";

}  // namespace

// The base of all that follows; if this is not ELIGIBLE, nothing below says anything.
TEST(CasesOfFacts, WangHimselfIsEligible) { EXPECT_EQ(judged(Wang()), "ELIGIBLE"); }

// ---- Cells that could be read in two ways

// Harm: the years of an earlier course open the route of the later one, whose date nobody wrote.
TEST(CasesOfFacts, TheDateOfTheFirstCourseIsNotThatOfTheLast) {
  auto const bare = [] {
    return Wang()
        .without("学历")
        .without("学位")
        .without("毕业时间")
        .with("级别", "中级")
        .with("现职称", "无")
        .with("现职称取得时间", "")
        .with("参加工作时间", "2017-08");
  };
  auto const both =
      bare().with("第一学历", "大专").with("第一学历毕业时间", "2017-07").with("最高学历", "本科").with("学位", "学士");
  EXPECT_EQ(judged(Wang(both).with("最高学历毕业时间", "")), "REVIEW");
  EXPECT_EQ(judged(Wang(both).with("最高学历毕业时间", "2017-07")), "ELIGIBLE");
  EXPECT_EQ(judged(bare()
                       .with("全日制学历", "大专")
                       .with("全日制学历毕业时间", "2017-07")
                       .with("在职学历", "本科")
                       .with("学位", "学士")),
            "REVIEW");
  // Who has one course only has written its date.
  EXPECT_EQ(judged(bare().with("第一学历", "本科").with("学位", "学士").with("第一学历毕业时间", "2017-07")),
            "ELIGIBLE");
}

// Harm: 工学硕士 is read as a professional degree because the next column says so, and a year is given away.
TEST(CasesOfFacts, ADegreeAndItsTypeMayNotContradictEachOther) {
  auto const master = Wang().with("学历", "硕士研究生").with("现职称取得时间", "2020-05");
  EXPECT_THAT(judged(Wang(master).with("学位", "工学硕士").with("学位类型", "工程类专业学位")), HasSubstr("学位类型"));
  EXPECT_THAT(judged(Wang(master).with("学位", "工程硕士").with("学位类型", "学术学位")), HasSubstr("学位类型"));
  EXPECT_EQ(judged(Wang(master).with("学位", "工程硕士").with("学位类型", "工程类专业学位")), "ELIGIBLE");
  EXPECT_EQ(judged(Wang(master).with("学位", "硕士").with("学位类型", "学术学位")), "NOT_ELIGIBLE");
}

// Harm: a sanction that lasts until December is read as one that ended on the 12th of January.
TEST(CasesOfFacts, ASpanOfMonthsIsNoDay) {
  for (std::string const span : {"2024年1-12月", "2024.1-12", "2024年1-12", "2024.1-12月", "2024-1-12月", "2024/1-12"})
    EXPECT_THAT(judged(Wang().with("处分", "警告").with("处分影响期止", span)), HasSubstr("处分影响期止")) << span;
  for (std::string const day :
       {"2024年1月12日", "2024.1.12", "2024-1-12", "2024/1/12", "2024。1。12", "2024—1—12", "20240112"})
    EXPECT_EQ(judged(Wang().with("处分", "警告").with("处分影响期止", day)), "ELIGIBLE") << day;
  EXPECT_EQ(judged(Wang().with("现职称取得时间", "2018年12月")), "ELIGIBLE");
  EXPECT_EQ(judged(Wang().with("现职称取得时间", "2018.12月份")), "ELIGIBLE");
}

// Harm: the date of the degree is taken for that of the title.
TEST(CasesOfFacts, ADateWithoutAnOwnerIsTheTitlesOnlyDirectlyBehindIt) {
  auto const far =
      "姓名,单位,级别,渠道,学历,学位,取得时间,现职称,聘任时间,参加工作时间,毕业时间,继续教育,处分,申报日期\n"
      "王一凡,示例智联有限公司,副高级,正常,本科,学士,2010-07,工程师,2022-12,2007-07,2007-07,达标,无,2024-09-01\n";
  EXPECT_EQ(verdict(far, wangs()), "REVIEW");
  auto const near =
      "姓名,单位,级别,渠道,学历,学位,现职称,取得时间,参加工作时间,毕业时间,继续教育,处分,申报日期\n"
      "王一凡,示例智联有限公司,副高级,正常,本科,学士,工程师,2018-12,2007-07,2007-07,达标,无,2024-09-01\n";
  EXPECT_EQ(verdict(near, wangs()), "ELIGIBLE");
}

// Harm: work began after the title, says a column that was passed over because a heading without meaning stands above.
TEST(CasesOfFacts, AHeadingAboveThatSaysNothingHidesNoColumn) {
  auto const sheet =
      "姓名,单位,级别,渠道,基本情况,,,现职称,,继续教育,处分,申报日期,毕业时间\n"
      ",,,,学历,学位,参加工作时间,名称,取得时间,,,,\n"
      "王一凡,示例智联有限公司,副高级,正常,本科,学士,2021-07,工程师,2018-12,达标,无,2024-09-01,2007-07\n";
  EXPECT_NE(verdict(sheet, wangs()), "ELIGIBLE");
  auto const got = applicants(sheet, wangs());
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->people.at(0).facts.work_since, (Date{2021, 7, 0}));
}

// Harm: ninety points are taken for ninety hours.
TEST(CasesOfFacts, PointsInTheHeadingsNameAreNoHours) {
  Standard hours = standard();
  hours.education_hours = 90;
  auto const verdict_with = [&](std::string const& heading, std::string const& value) {
    auto const got = applicants(Wang().without("继续教育").with(heading, value).sheet(), wangs());
    return got ? assess(got->people.at(0).facts, hours).verdict : Verdict::kNotEligible;
  };
  EXPECT_EQ(verdict_with("继续教育学分", "90"), Verdict::kReview);
  EXPECT_EQ(verdict_with("继续教育（学分）", "90"), Verdict::kReview);
  EXPECT_EQ(verdict_with("继续教育学时", "90"), Verdict::kEligible);
}

// ---- 学历 and 学位

// Harm: a wrong cell in one of the two columns opens the route of a bachelor to somebody who has none.
TEST(CasesOfFacts, ADegreeNeedsTheSchoolingThatLeadsToIt) {
  for (std::string const low : {"高中", "中专", "大专", "专科（函授）"})
    for (std::string const degree : {"学士", "工学硕士"})
      EXPECT_EQ(judged(Wang().with("学历", low).with("学位", degree)), "REVIEW") << low << degree;
  EXPECT_EQ(judged(Wang().with("学历", "大专、本科").with("学位", "学士")), "ELIGIBLE");
  EXPECT_EQ(judged(Wang().with("学历", "本科").with("学位", "硕士")), "ELIGIBLE");
  EXPECT_EQ(judged(Wang().with("学历", "").with("学位", "学士")), "ELIGIBLE") << "a degree alone is enough";
}

// ---- Units

// Was "第十一条（五）符合": 5,000,000 元 were taken for 5,000,000 万元.
TEST(CasesOfFacts, AnAmountIsInTheUnitOfItsHeading) {
  auto const got = applicants(file("c03-output-in-yuan.xlsx"), wangs());
  ASSERT_TRUE(got.has_value()) << explained(got.error()).in(Lang::kZh);
  EXPECT_EQ(got->people.at(0).facts.achievements.at(0).output_wan, 500);
  EXPECT_EQ(verdict(file("c03-output-in-yuan.xlsx"), wangs()), "NOT_ELIGIBLE");
}

TEST(CasesOfFacts, EveryUnitIsConvertedAndAnUnknownOneRefused) {
  auto const wan = [](std::string const& heading, std::string const& value) -> std::int64_t {
    auto const got = applicants(
        Wang().with("渠道", "破格").with("奖项类别", "成果转化").with("排名", "1").with(heading, value).sheet(),
        wangs());
    return got ? got->people.at(0).facts.achievements.at(0).output_wan : -2;
  };
  EXPECT_EQ(wan("年增产值（万元）", "2000"), 2000);
  EXPECT_EQ(wan("年增产值(单位：元)", "20,000,000"), 2000);
  EXPECT_EQ(wan("年增产值（元）", "19999999"), 1999);  // what is less by one 元 is less
  EXPECT_EQ(wan("年增产值\n（亿元）", "0.2"), 2000);
  EXPECT_EQ(wan("年增产值（千元）", "20000"), 2000);
  EXPECT_EQ(wan("年增产值", "2000万元"), 2000);
  EXPECT_EQ(wan("年增产值", "0.5亿"), 5000);
  EXPECT_EQ(wan("年增产值（万元）", "2000.5"), 2000);
  EXPECT_EQ(wan("年增产值（万元）", "—"), -1);
  EXPECT_EQ(wan("年增产值万元", "2000"), 2000);
  // Refused: no unit, two units, one that nobody knows, no number.
  EXPECT_EQ(wan("年增产值", "2000"), -2);
  EXPECT_EQ(wan("年增产值（元）", "2000万元"), -2);
  EXPECT_EQ(wan("年增产值（万美元）", "2000"), -2);
  EXPECT_EQ(wan("年增产值（台）", "2000"), -2);
  EXPECT_EQ(wan("年增产值（万元）", "约2000"), -2);
  EXPECT_EQ(wan("年增产值（万元）", "2,00"), -2);
  EXPECT_EQ(wan("年增产值（万元）", "-2000"), -2);
  EXPECT_THAT(faults(Wang().with("奖项类别", "成果转化").with("年增产值", "2000").sheet()), HasSubstr("没有写单位"));
}

// Harm: points of continuing education count as hours, or another amount as the yearly output.
TEST(CasesOfFacts, WhatIsMeasuredOtherwiseIsNotTakenForIt) {
  auto with_hours = standard();
  with_hours.education_hours = 90;
  auto const verdict_of = [&](std::string const& heading, std::string const& value) {
    auto const got = applicants(Wang().without("继续教育").with(heading, value).sheet(), wangs());
    return got ? std::string(verdict_code(assess(got->people.at(0).facts, with_hours).verdict)) : "refused";
  };
  EXPECT_EQ(verdict_of("继续教育（学时）", "90"), "ELIGIBLE");
  EXPECT_EQ(verdict_of("继续教育", "90学时"), "ELIGIBLE");
  EXPECT_EQ(verdict_of("继续教育（学分）", "90"), "REVIEW");
  EXPECT_EQ(verdict_of("继续教育", "90学分"), "REVIEW");
  EXPECT_EQ(verdict_of("继续教育（学时）", "89"), "NOT_ELIGIBLE");
  // 项目金额 and 新增产值 are no yearly output.
  for (std::string const heading : {"项目金额（万元）", "新增产值（万元）"})
    EXPECT_EQ(judged(Wang()
                         .with("渠道", "破格")
                         .with("奖项类别", "成果转化")
                         .with("排名", "1")
                         .with("获奖时间", "2021-05")
                         .with(heading, "9000")),
              "REVIEW")
        << heading;
}

// ---- 学历 and 学位

// Was ELIGIBLE by S1.
TEST(CasesOfFacts, ADoctoralCourseIsNoDoctorsDegree) {
  EXPECT_EQ(verdict(file("c05-doctoral-studies-master-degree.xlsx"), wangs()), "NOT_ELIGIBLE");
}

TEST(CasesOfFacts, ACourseWithoutItsDegreeIsNeverTheDegreesRoute) {
  auto const of = [](std::string const& schooling, std::string const& degree) {
    return judged(Wang().with("学历", schooling).with("学位", degree).with("现职称取得时间", "2022-11"));
  };
  EXPECT_EQ(of("博士研究生", "博士"), "ELIGIBLE");
  EXPECT_EQ(of("研究生", "工学博士"), "ELIGIBLE");
  EXPECT_EQ(of("博士研究生", "博士学位"), "ELIGIBLE");
  for (std::string const schooling :
       {"博士研究生", "博士", "研究生", "博士研究生学历", "全日制博士研究生", "本科、博士研究生"}) {
    EXPECT_EQ(of(schooling, ""), "REVIEW") << schooling;  // the degree may only not be written
    EXPECT_NE(of(schooling, "硕士"), "ELIGIBLE") << schooling;
    EXPECT_NE(of(schooling, "无"), "ELIGIBLE") << schooling;
    EXPECT_NE(of(schooling, "博士研究生"), "ELIGIBLE") << schooling;
  }
  EXPECT_EQ(of("硕士研究生", "硕士"), "NOT_ELIGIBLE");
  EXPECT_THAT(of("博士在读", ""), HasSubstr("在读"));
  EXPECT_THAT(of("本科", "名誉博士"), HasSubstr("应为"));
  EXPECT_THAT(of("博士后", ""), HasSubstr("应为"));
}

TEST(CasesOfFacts, AMastersCourseWithoutItsDegreeIsForPeople) {
  auto const of = [](std::string const& schooling, std::string const& degree) {
    Wang wang;
    wang.with("级别", "中级")
        .with("现职称", "无")
        .with("现职称取得时间", "")
        .with("学历", schooling)
        .with("学位", degree);
    wang.with("学位类型", "学术学位").with("毕业时间", "2021-07").with("参加工作时间", "2021-07");
    return judged(wang);
  };
  EXPECT_EQ(of("硕士研究生", "硕士"), "ELIGIBLE");
  EXPECT_EQ(of("研究生", "工学硕士"), "ELIGIBLE");
  EXPECT_EQ(of("硕士研究生", ""), "REVIEW");
  EXPECT_EQ(of("硕士", ""), "REVIEW");
  EXPECT_EQ(of("硕士学位", ""), "ELIGIBLE");
  EXPECT_EQ(of("硕士研究生", "学士"), "NOT_ELIGIBLE");
  EXPECT_EQ(of("本科", "双学士"), "REVIEW");
}

// Was "这一列与前面的列含义相同".
TEST(CasesOfFacts, TwoColumnsOfDegreesAreTwoDegreesHeld) {
  auto const got = applicants(file("c30-highest-and-first-degree.xlsx"));
  ASSERT_TRUE(got.has_value()) << explained(got.error()).in(Lang::kZh);
  std::vector<Degree> degrees;
  for (Study const& one : got->people.at(0).facts.studies) degrees.push_back(one.degree);
  EXPECT_THAT(degrees, ElementsAre(Degree::kBachelor, Degree::kMaster));
  // Of two dates of graduation the last counts for the years, the first for the title.
  auto const two = applicants(Wang().with("第一学历毕业时间", "2003-07").sheet());
  ASSERT_TRUE(two.has_value()) << explained(two.error()).in(Lang::kZh);
  EXPECT_EQ(two->people.at(0).facts.graduated, (Date{2007, 7, 0}));
}

// Was refused.
TEST(CasesOfFacts, DegreesAreReadAsDiplomasHaveThem) {
  auto const got = applicants(file("c31-degrees-as-on-diplomas.xlsx"));
  ASSERT_TRUE(got.has_value()) << explained(got.error()).in(Lang::kZh);
  auto const degree = [&](std::size_t n) { return got->people.at(n).facts.studies.front().degree; };
  EXPECT_EQ(degree(0), Degree::kBachelor);
  EXPECT_EQ(degree(1), Degree::kMaster);
  EXPECT_EQ(degree(2), Degree::kBachelor);
  EXPECT_EQ(got->people.at(1).facts.studies.size(), 1U);
  auto const of = [](std::string const& schooling, std::string const& degree_written) {
    auto const one = applicants(Wang().with("学历", schooling).with("学位", degree_written).sheet());
    EXPECT_TRUE(one.has_value()) << schooling << explained(one.error()).in(Lang::kZh);
    return one ? one->people.at(0).facts : Facts{};
  };
  for (std::string const written :
       {"全日制本科", "本科（函授）", "自考本科", "大学本科毕业", "成人高等教育本科", "大学"})
    EXPECT_EQ(of(written, "").studies, std::vector<Study>{{Degree::kBachelor}}) << written;
  for (std::string const written : {"专科（高职）", "高职高专", "全日制大专", "大学专科毕业", "电大专科"})
    EXPECT_EQ(of(written, "无").studies, std::vector<Study>{{Degree::kCollege}}) << written;
  for (std::string const written : {"中职", "中专学历", "职高", "中等职业学校"})
    EXPECT_EQ(of(written, "/").studies, std::vector<Study>{{Degree::kSecondary}}) << written;
  for (std::string const written : {"管理学学士", "理学学士学位", "文学学士"})
    EXPECT_EQ(of("本科", written).studies, std::vector<Study>{{Degree::kBachelor}}) << written;
  EXPECT_EQ(of("研究生", "工程硕士").engineering_professional, true);
  EXPECT_EQ(of("研究生", "工学硕士").engineering_professional, false);
  EXPECT_EQ(of("研究生", "工学硕士、工程博士").engineering_professional, std::nullopt);
  EXPECT_EQ(of("研究生", "电子信息硕士").engineering_professional, std::nullopt);
  EXPECT_EQ(verdict(Wang().with("学历", "高中").with("学位", "").sheet(), wangs()), "NOT_ELIGIBLE");
}

// ---- One row against itself

// Was imported without a word.
TEST(CasesOfFacts, ABirthThatIsNotTheNumbersIsNamed) {
  EXPECT_THAT(faults(file("c07-birth-is-not-the-ids.xlsx")), AllOf(HasSubstr("出生日期"), HasSubstr("D 列")));
  EXPECT_THAT(faults(Wang().with("证件号码", kWangsNumber).with("出生日期", "1985-03-13").sheet()),
              HasSubstr("出生日期"));
  EXPECT_EQ(faults(Wang().with("证件号码", kWangsNumber).with("出生日期", "1985").sheet()), "");
  EXPECT_EQ(faults(Wang().with("证件号码", kWangsNumber).with("性别", "女").sheet()), "");
  EXPECT_THAT(faults(Wang().with("性别", "甲").sheet()), HasSubstr("应为 男 或 女"));
}

// Was imported without a word. Most sheets of tests/cases/import say 男 of a woman's number, and are right otherwise:
// no article asks for the sex, so it is said on the form and turns nobody away.
TEST(CasesOfFacts, ASexThatIsNotTheNumbersIsSaid) {
  auto const notes = [](std::string const& sex) {
    std::string out;
    for (auto const& note : assessed(Wang().with("证件号码", kWangsNumber).with("性别", sex).sheet(), wangs()).notes)
      out += note.in(Lang::kZh) + "\n";
    return out;
  };
  EXPECT_THAT(notes("男"), HasSubstr("与证件号码中的性别不同"));
  EXPECT_THAT(notes("女"), Not(HasSubstr("性别")));
  EXPECT_THAT(notes(""), Not(HasSubstr("性别")));
  EXPECT_EQ(judged(Wang().with("证件号码", kWangsNumber).with("性别", "男")), "ELIGIBLE");
}

// Was ELIGIBLE.
TEST(CasesOfFacts, WhoGraduatedAtFiveIsForPeople) {
  EXPECT_EQ(verdict(file("c09-graduated-aged-five.xlsx"), wangs()), "REVIEW");
}

TEST(CasesOfFacts, WhatHardlyCanBeIsForPeople) {
  EXPECT_EQ(judged(Wang().with("证件号码", kWangsNumber)), "ELIGIBLE");
  // The number alone says the birth.
  EXPECT_EQ(judged(Wang().with("证件号码", kWangsNumber).with("参加工作时间", "1998-07")), "REVIEW");
  EXPECT_EQ(judged(Wang().with("出生日期", "1994-07").with("参加工作时间", "2008-06")), "REVIEW");
  EXPECT_EQ(judged(Wang().with("出生日期", "1994-06").with("毕业时间", "2005-07")), "REVIEW");
  EXPECT_EQ(judged(Wang().with("现职称取得时间", "2006-12")), "REVIEW");            // before the degree
  EXPECT_EQ(judged(Wang().with("毕业时间", "2024-12")), "REVIEW");                  // after the day of filing
  EXPECT_EQ(judged(Wang().with("级别", "助理级").with("现职称", "无")), "REVIEW");  // and a date of it
  auto const why = assessed(Wang().with("现职称取得时间", "2006-12").sheet(), wangs());
  EXPECT_THAT(why.reason.in(Lang::kZh), AllOf(HasSubstr("2006-12"), HasSubstr("2007-07")));
}

TEST(CasesOfFacts, WhatCanNotBeIsNamed) {
  EXPECT_THAT(faults(Wang().with("出生日期", "2008-01").sheet()), HasSubstr("早于出生日期"));
  EXPECT_THAT(faults(Wang().with("现职称取得时间", "2025-12").sheet()), HasSubstr("晚于申报年度"));
  EXPECT_THAT(faults(Wang().with("参加工作时间", "2070-07").sheet()), HasSubstr("晚于申报年度"));
  EXPECT_THAT(faults(Wang().with("出生日期", "2025-03").sheet()), HasSubstr("晚于申报日期"));
  EXPECT_THAT(faults(Wang().sheet(), "姓名,单位,年度,等次\n王一凡,示例智联有限公司,2025,合格\n"),
              HasSubstr("晚于申报年度"));
  EXPECT_THAT(faults(Wang().sheet(), "姓名,单位,2025年度\n王一凡,示例智联有限公司,合格\n"), HasSubstr("晚于申报年度"));
  EXPECT_THAT(faults(Wang().with("2025年度考核", "合格").sheet()), HasSubstr("晚于申报年度"));
  EXPECT_THAT(faults(Wang().with("职业资格取得时间", "2025-12").sheet()), HasSubstr("晚于申报年度"));
  EXPECT_THAT(faults(Wang().with("破格条件", "大赛").with("奖项名称", "x").with("获奖时间", "2025-03").sheet()),
              HasSubstr("晚于申报年度"));
}

// Harm: of two dates of one posting the wrong one is counted, and somebody passes whose posting was a day too short.
TEST(CasesOfFacts, TwoDatesOfOnePostingAgree) {
  auto const posted = [](std::string const& from) {
    return faults(Wang().with("单位公示开始", from).with("单位公示时间", "2024-08-02至2024-08-08").sheet());
  };
  EXPECT_EQ(posted("2024-08-02"), "");
  EXPECT_THAT(posted("2024-08-01"), HasSubstr("与「单位公示开始」或「单位公示结束」不同"));
}

// Harm: a cell with ten thousand lines, or a sheet that fits into no meeting, is found out only when it is too late.
TEST(CasesOfFacts, MoreThanFitIsRefusedByNumber) {
  auto const awards = [](int count) {
    std::string lines = "大赛";
    for (int i = 1; i < count; ++i) lines += "\n大赛";
    return faults(Wang().with("破格条件", lines).sheet());
  };
  EXPECT_THAT(awards(20), Not(HasSubstr("应不超过")));
  EXPECT_THAT(awards(21), HasSubstr("应不超过 20 项"));
  auto const rows = [](std::size_t count) {
    std::string sheet = "姓名,单位,级别,渠道\n";
    for (std::size_t i = 0; i < count; ++i) sheet += "甲" + std::to_string(i) + ",a,中级,正常\n";
    return applicants(sheet);
  };
  EXPECT_TRUE(rows(meeting::kCandidatesMax).has_value());
  auto const over = rows(meeting::kCandidatesMax + 1);
  ASSERT_FALSE(over.has_value());
  EXPECT_THAT(explained(over.error()).in(Lang::kZh), HasSubstr("申报人应不超过"));
}

// ---- One person, two ways of writing

// Was two applicants, and 张　三 on the ballot paper.
TEST(CasesOfFacts, OnePersonWrittenInTwoWaysIsSaid) {
  EXPECT_THAT(faults(file("c12-zhang-san-twice.xlsx")), AllOf(HasSubstr("第 3 行"), HasSubstr("同一人")));
  EXPECT_THAT(faults(file("c14-middle-dot.xlsx")), AllOf(HasSubstr("第 3 行"), HasSubstr("同一人")));
  auto const twice = [](std::string const& name, std::string const& employer, std::string const& other_name,
                        std::string const& other_employer) {
    std::string const first = Wang().with("姓名", name).with("单位", employer).sheet();
    return faults(first + Wang().with("姓名", other_name).with("单位", other_employer).row());
  };
  EXPECT_THAT(twice("张三", "甲（青岛）公司", "张三", "甲(青岛)公司"), HasSubstr("同一人"));
  EXPECT_THAT(twice("张三", "A公司", "张三", "Ａ公司"), HasSubstr("同一人"));
  EXPECT_THAT(twice("张三", "a公司", "张三", "A公司"), HasSubstr("同一人"));
  EXPECT_THAT(twice("阿依古丽·买买提", "甲", "阿依古丽・买买提", "甲"), HasSubstr("同一人"));
  EXPECT_THAT(twice("张三", "甲", "张 三", "甲 "), HasSubstr("同一人"));
  EXPECT_THAT(twice("方⽅", "甲", "方方", "甲"), HasSubstr("同一人"));  // U+2F45, as PDFs have it
  EXPECT_EQ(twice("张三", "甲", "张三", "乙"), "");
  EXPECT_EQ(twice("张三", "甲", "张叁", "甲"), "");
}

// Traditional characters may be another person's: nobody is thrown out for them, and nobody passes unseen.
TEST(CasesOfFacts, TraditionalCharactersAreForPeople) {
  std::string const sheet = Wang().with("姓名", "张国华").sheet() + Wang().with("姓名", "張國華").row();
  auto const got = applicants(sheet);
  ASSERT_TRUE(got.has_value()) << explained(got.error()).in(Lang::kZh);
  for (auto const& one : got->people) {
    auto const out = assess(one.facts, standard());
    EXPECT_EQ(out.verdict, Verdict::kReview);
    std::string said;
    for (auto const& line : out.arithmetic) said += line.in(Lang::kZh) + "\n";
    EXPECT_THAT(said, HasSubstr("可能是同一人"));
  }
  // Numbers settle it.
  auto const numbers = applicants(Wang().with("姓名", "张国华").with("证件号码", kWangsNumber).sheet() +
                                  Wang().with("姓名", "張國華").with("证件号码", "370211198503121040").row());
  ASSERT_TRUE(numbers.has_value());
  EXPECT_TRUE(assess(numbers->people[0].facts, standard()).reason.in(Lang::kZh).find("可能是同一人") ==
              std::string::npos);
}

// Was "同一人应只占一行".
TEST(CasesOfFacts, NamesakesWithTheirNumbersAreTwoPeopleAndToldApart) {
  std::string const sheet = file("c40-namesakes.xlsx");
  auto const got = applicants(sheet);
  ASSERT_TRUE(got.has_value()) << explained(got.error()).in(Lang::kZh);
  EXPECT_EQ(got->people.at(0).name, "王一凡（1985年生）");
  EXPECT_EQ(got->people.at(1).name, "王一凡（1980年生）");
  // On the ballot and in the verdicts by one name.
  EXPECT_THAT(ballot_names(sheet), ElementsAre("王一凡（1985年生）", "王一凡（1980年生）"));
  auto const pair = [](std::string const& first, std::string const& second) {
    return ballot_names(Wang().with("证件号码", first).sheet() + Wang().with("证件号码", second).row());
  };
  EXPECT_THAT(pair("370211198503121024", "370211198503121040"), testing::Each(HasSubstr("王一凡（")));
  EXPECT_NE(pair("370211198503121024", "370211198503121040")[0], pair("370211198503121024", "370211198503121040")[1]);
  // One number lacking: nobody can say.
  EXPECT_THAT(faults(Wang().with("证件号码", kWangsNumber).sheet() + Wang().with("证件号码", "").row()),
              HasSubstr("同一人"));
}

// Harm: an appraisal goes to the wrong one of two namesakes.
TEST(CasesOfFacts, AnAppraisalOfNamesakesNeedsTheNumber) {
  std::string const sheet = file("c40-namesakes.xlsx");
  EXPECT_THAT(faults(sheet, "姓名,单位,年度,等次\n王一凡,示例智联有限公司,2023,合格\n"), HasSubstr("同名"));
  auto const got =
      applicants(sheet, "姓名,单位,证件号码,年度,等次\n王一凡,示例智联有限公司,370211198001013322,2023,优秀\n");
  ASSERT_TRUE(got.has_value()) << explained(got.error()).in(Lang::kZh);
  EXPECT_THAT(got->people.at(0).facts.appraisals, IsEmpty());
  EXPECT_EQ(got->people.at(1).facts.appraisals.at(2023), Grade::kExcellent);
  // A number that is not that person's.
  EXPECT_THAT(faults(Wang().with("证件号码", kWangsNumber).sheet(),
                     "姓名,单位,证件号码,年度,等次\n王一凡,示例智联有限公司,370211198001013322,2023,优秀\n"),
              HasSubstr("证件号码不同"));
  // Written otherwise, it is found.
  auto const wide =
      applicants(Wang().with("姓名", "张三").sheet(), "姓名,单位,年度,等次\n张　三,示例智联有限公司,2023,合格\n");
  ASSERT_TRUE(wide.has_value()) << explained(wide.error()).in(Lang::kZh);
  EXPECT_EQ(wide->people.at(0).facts.appraisals.size(), 1U);
}

// ---- Documents

// Was cut inside a character.
TEST(CasesOfFacts, ANumberToFollowIsShownWhole) {
  EXPECT_THAT(faults(file("c15-id-to-follow.xlsx")),
              AllOf(HasSubstr("「待补充」"), HasSubstr("应为 18 位公民身份号码")));
}

// Was "应为 18 位公民身份号码", and 8 of its 9 characters shown.
TEST(CasesOfFacts, AnotherDocumentIsKeptWithANote) {
  auto const got = applicants(file("c43-passport.xlsx"), wangs());
  ASSERT_TRUE(got.has_value()) << explained(got.error()).in(Lang::kZh);
  std::string notes;
  for (auto const& note : assess(got->people.at(0).facts, standard()).notes) notes += note.in(Lang::kZh) + "\n";
  EXPECT_THAT(notes, HasSubstr("不是公民身份号码"));
  for (std::string const number : {"EA1234567", "H1234567801", "M12345678", "护照：E12345678", "ABC123456789012"})
    EXPECT_EQ(faults(Wang().with("证件号码", number).sheet()), "") << number;
  // A pass that is all digits needs its kind; with a kind, a citizen's number must still be right.
  EXPECT_EQ(faults(Wang().with("证件类型", "台湾居民来往大陆通行证").with("证件号码", "12345678").sheet()), "");
  EXPECT_EQ(faults(Wang().with("证件类型", "护照").with("证件号码", "123456789").sheet()), "");
  EXPECT_THAT(faults(Wang().with("证件号码", "12345678").sheet()), HasSubstr("应为 18 位"));
  EXPECT_THAT(faults(Wang().with("证件类型", "居民身份证").with("证件号码", "E12345678").sheet()),
              HasSubstr("应为 18 位"));
  EXPECT_THAT(faults(Wang().with("证件类型", "工作证").with("证件号码", kWangsNumber).sheet()), HasSubstr("护照"));
  EXPECT_THAT(faults(Wang().with("证件号码", "370211198503121023").sheet()), HasSubstr("校验码"));
  EXPECT_EQ(faults(Wang().with("证件号码", "无").sheet()), "");
  // None of a document's number is shown but its ends.
  std::string const twice =
      Wang().with("证件号码", "E12345678").sheet() + Wang().with("姓名", "李二").with("证件号码", "E12345678").row();
  EXPECT_THAT(faults(twice), AllOf(HasSubstr("E*******8"), Not(HasSubstr("1234567"))));
}

// ---- Words

// Were refused, or REVIEW "受到无处分".
TEST(CasesOfFacts, NothingIsWrittenInManyWays) {
  EXPECT_EQ(verdict(file("c33-no-sanction.xlsx"), wangs()), "ELIGIBLE");
  for (std::string const written :
       {"无", "无。", "否", "没有", "无处分", "未受过处分", "/", "—", "——", "－", "无任何处分"})
    EXPECT_EQ(judged(Wang().with("处分", written)), "ELIGIBLE") << written;
  for (std::string const written : {"", "警告", "无法确定", "有", "是"})
    EXPECT_NE(judged(Wang().with("处分", written)), "ELIGIBLE") << written;
  EXPECT_EQ(faults(file("c35-slash-for-nothing.xlsx")), "");
  auto const got = applicants(file("c35-slash-for-nothing.xlsx"));
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->people.at(0).facts.title, Title::kNone);
  for (std::string const written : {"/", "—", "-", "无", "暂无", "／", "\\", "无职称", "N/A"}) {
    auto const one =
        applicants(Wang().with("现职称", written).with("现职称取得时间", written == "无职称" ? "" : written).sheet());
    ASSERT_TRUE(one.has_value()) << written << explained(one.error()).in(Lang::kZh);
    EXPECT_EQ(one->people.at(0).facts.title, Title::kNone) << written;
  }
}

// Were refused.
TEST(CasesOfFacts, DatesOfAChineseKeyboard) {
  auto const got = applicants(file("c37-dates-of-a-chinese-keyboard.xlsx"));
  ASSERT_TRUE(got.has_value()) << explained(got.error()).in(Lang::kZh);
  for (auto const& one : got->people) EXPECT_EQ(one.facts.title_since, (Date{2018, 12, 0}));
  for (std::string const written : {"2018。12", "2018—12", "2018——12", "2018–12", "2018·12", "2018、12", "2018，12",
                                    "２０１８．１２", "2018年12月份", "2018.12.", "2018／12"})
    EXPECT_EQ(parse_date(written), (Date{2018, 12, 0})) << written;
  EXPECT_EQ(parse_date("2018。12。01"), (Date{2018, 12, 1}));
  for (std::string const written : {"2018-", "2018--12", "2018-2019", "2018.12-2019.6", "12。2018", "2018。13"})
    EXPECT_FALSE(parse_date(written)) << written;
}

// Were refused.
TEST(CasesOfFacts, LevelsAndTitlesInEveryUsualWording) {
  auto const got = import_candidates(as_bytes(file("c38-level-words.xlsx")));
  ASSERT_TRUE(got.has_value()) << explained(got.error()).in(Lang::kZh);
  std::vector<std::string> levels;
  for (auto const& one : got->candidates) levels.push_back(one.level);
  EXPECT_THAT(levels, ElementsAre("副高级", "助理级", "中级"));
  EXPECT_EQ(level_of("正高级工程师(正高级)"), Level::kFullSenior);
  EXPECT_EQ(level_of("高级（副高）"), Level::kSenior);
  EXPECT_EQ(level_of("教授级高工"), Level::kFullSenior);
  EXPECT_EQ(level_of("助理工程师（初级）"), Level::kAssistant);
  // Two things are said, or neither.
  EXPECT_EQ(level_of("高级工程师（正高级）"), std::nullopt);
  EXPECT_EQ(level_of("高级（中级）"), std::nullopt);
  EXPECT_EQ(level_of("高级职称"), std::nullopt);
  EXPECT_EQ(level_of("高级工程师（破格）"), std::nullopt);
  for (std::string const written : {"工程师（中级）", "中级工程师"})
    EXPECT_EQ(judged(Wang().with("现职称", written)), "ELIGIBLE") << written;
  for (std::string const written : {"工程师（副高级）", "经济师", "中级", "工程师（机械）"})
    EXPECT_EQ(judged(Wang().with("现职称", written)), "REVIEW") << written;
}

// Was "表头缺少「渠道」列".
TEST(CasesOfFacts, WhetherItIsExceptionalStandsInPlaceOfTheChannel) {
  EXPECT_EQ(faults(file("c39-is-exceptional.xlsx")), "");
  auto const of = [](std::string const& written) {
    auto const got = import_candidates(as_bytes(Wang().without("渠道").with("是否破格", written).sheet()));
    return got ? std::optional(got->candidates.at(0).channel) : std::nullopt;
  };
  EXPECT_EQ(of("否"), meeting::Channel::kNormal);
  EXPECT_EQ(of("是"), meeting::Channel::kExceptional);
  EXPECT_EQ(of("破格"), meeting::Channel::kExceptional);
  EXPECT_EQ(of(""), std::nullopt);  // silence is not 正常
  EXPECT_EQ(of("有"), std::nullopt);
  EXPECT_THAT(faults(Wang().with("渠道", "是").sheet()), HasSubstr("应为 正常 或 破格"));
  EXPECT_THAT(faults(Wang().with("是否破格", "是").sheet()), HasSubstr("不一致"));
  EXPECT_EQ(faults(Wang().with("是否破格", "否").sheet()), "");
}

// ---- Appraisals

// Was "应为年度，如 2023".
TEST(CasesOfFacts, AYearIsWrittenInManyWays) {
  EXPECT_EQ(verdict(file("c26-candidates.xlsx"), file("c26-appraisal-2023niandu.xlsx")), "ELIGIBLE");
  std::string const head = "姓名,单位,年度,等次\n王一凡,示例智联有限公司,";
  for (std::string const year : {"2023", "2023年", "2023年度", "２０２３年度", "2023年度考核", " 2023 年 "})
    EXPECT_EQ(faults(Wang().sheet(), head + year + ",合格\n"), "") << year;
  for (std::string const year : {"23年度", "2023-05", "202", "2023-2024", ""})
    EXPECT_THAT(faults(Wang().sheet(), head + year + ",合格\n"), HasSubstr("应为年度")) << year;
}

TEST(CasesOfFacts, AppraisalsMayStandAColumnAYear) {
  std::string const wide =
      "姓名,单位,2019年度考核,2020年度考核结果,2021年考核等次,2022,2023年度\n"
      "王一凡,示例智联有限公司,合格,优秀,称职,合格,合格\n";
  EXPECT_EQ(verdict(Wang().sheet(), wide), "ELIGIBLE");
  EXPECT_THAT(faults(Wang().sheet(), "姓名,单位,2022年度考核\n王一凡,示例智联有限公司,90分\n"), HasSubstr("不定等次"));
  // A cell that is crossed out is no appraisal.
  EXPECT_EQ(verdict(Wang().sheet(),
                    "姓名,单位,2019年度考核,2020,2021,2022,2023\n王一凡,示例智联有限公司,合格,/,合格,合格,合格\n"),
            "REVIEW");
  // Among the facts as well.
  Wang wang;
  for (int year = 2019; year <= 2023; ++year) wang.with(std::to_string(year) + "年度考核结果", "合格");
  EXPECT_EQ(verdict(wang.sheet()), "ELIGIBLE");
  EXPECT_EQ(verdict(wang.with("2021年度考核结果", "基本合格").sheet()), "NOT_ELIGIBLE");
  // Said twice, and not the same.
  EXPECT_THAT(faults(wang.sheet(), wangs()), HasSubstr("填了两种"));
  // A year of something else is none.
  EXPECT_EQ(verdict(Wang().with("2023年继续教育", "合格").sheet()), "REVIEW");
}

// ---- Awards

// Was "第 2 行：应为 科学技术奖…", without a column.
TEST(CasesOfFacts, AProjectOfTheNormalChannelIsNoError) {
  EXPECT_EQ(faults(file("c54-project-of-normal-applicants.xlsx")), "");
  EXPECT_THAT(faults(Wang().with("渠道", "破格").with("项目名称", "某项目").sheet()),
              AllOf(HasSubstr("「某项目」"), HasSubstr("奖项类别")));
  EXPECT_EQ(judged(Wang().with("奖项类别", "").with("奖项名称", "某奖")), "ELIGIBLE");
}

TEST(CasesOfFacts, ARankOfSeveralIsItsFirstNumber) {
  auto const rank = [](std::string const& written) {
    auto const got = applicants(Wang().with("渠道", "破格").with("奖项类别", "大赛").with("排名", written).sheet());
    return got ? got->people.at(0).facts.achievements.at(0).rank : -1;
  };
  EXPECT_EQ(rank("2/5"), 2);
  EXPECT_EQ(rank("第3名"), 3);
  EXPECT_EQ(rank("3-5"), -1);
}

// ---- The committee

// Was "这一列与前面的列含义相同".
TEST(CasesOfFacts, ThePostAtWorkIsNotTheRole) {
  auto const got = import_members(as_bytes(file("c29-members-with-post.xlsx")));
  ASSERT_TRUE(got.has_value()) << explained(got.error()).in(Lang::kZh);
  EXPECT_EQ(got->chair, 1U);
  // Where it stands alone, it is all that there is.
  EXPECT_TRUE(import_members(as_bytes("姓名,职务\n甲,主任委员\n乙,工作人员\n丙,监督人员\n")).has_value());
}

TEST(CasesOfFacts, AnEvenCommitteeIsSaid) {
  auto const got = import_members(as_bytes(file("c55-twelve-experts.xlsx")));
  ASSERT_TRUE(got.has_value()) << explained(got.error()).in(Lang::kZh);
  auto const one = import_candidates(as_bytes(Wang().sheet()));
  ASSERT_TRUE(one.has_value());
  auto const said = committee_faults(*got, *one, 12, "", CommitteeScope::kOneSpeciality);
  ASSERT_FALSE(said.empty());
  EXPECT_THAT(said.front().in(Lang::kZh), HasSubstr("应为单数"));
}

// Nobody votes on herself, whatever her employer is called in one sheet and the other.
TEST(CasesOfFacts, AnExpertWhoApplies) {
  std::string const members =
      "姓名,单位,角色,证件号码\n主,z,主任委员,\n办,z,工作人员,\n督,z,监督人员,\n王一凡,大学,专家,370211198503121024\n"
      "买买提•艾力,某（青岛）公司,专家,\n張國華,丙,专家,\n王一凡,别处,专家,370211198001013322\n";
  auto const committee = import_members(as_bytes(members));
  ASSERT_TRUE(committee.has_value()) << explained(committee.error()).in(Lang::kZh);
  std::string const sheet = Wang().with("证件号码", kWangsNumber).sheet() +
                            Wang().with("证件号码", "").with("姓名", "买买提·艾力").with("单位", "某(青岛)公司").row() +
                            Wang().with("证件号码", "").with("姓名", "张国华").with("单位", "丁").row();
  auto const candidates = import_candidates(as_bytes(sheet));
  ASSERT_TRUE(candidates.has_value()) << explained(candidates.error()).in(Lang::kZh);
  auto const got = propose_recusals(*committee, *candidates);
  EXPECT_THAT(got, ElementsAre(ProposedRecusal{4, 1, RecusalCause::kSamePerson},
                               ProposedRecusal{5, 2, RecusalCause::kSamePerson},
                               ProposedRecusal{6, 3, RecusalCause::kSameName}));
}

// ---- Batches

// Was "表头缺少「批次」列": the clerk had to number 1,200 people.
TEST(CasesOfFacts, BatchesAreProposedByLevelChannelAndSize) {
  std::string sheet = Wang().without("批次").head();
  auto const add = [&](std::string const& level, std::string const& channel, int count) {
    static int number = 0;
    for (int i = 0; i < count; ++i)
      sheet += Wang()
                   .without("批次")
                   .with("姓名", "人" + std::to_string(++number))
                   .with("级别", level)
                   .with("渠道", channel)
                   .row();
  };
  add("中级", "正常", 205);
  add("正高级", "破格", 1);
  add("副高级", "正常", 2);
  add("副高级", "破格", 1);
  auto const got = import_candidates(as_bytes(sheet));
  ASSERT_TRUE(got.has_value()) << explained(got.error()).in(Lang::kZh);
  std::vector<std::string> said;
  for (auto const& batch : got->batches) said.push_back(batch.title + " " + std::to_string(batch.candidates.size()));
  EXPECT_THAT(said, ElementsAre("正高级 破格 1", "副高级 正常 2", "副高级 破格 1", "中级 正常（1/3） 69",
                                "中级 正常（2/3） 68", "中级 正常（3/3） 68"));
  meeting::QuestionId next = 0;
  for (auto const& batch : got->batches)
    for (auto const question : batch.candidates) EXPECT_EQ(question, ++next);
  EXPECT_EQ(got->candidates.at(4).name, "人1");
  // A sheet that names them is obeyed; one that names some is a question.
  EXPECT_THAT(faults(Wang().sheet() + Wang().with("姓名", "李二").with("批次", "").row()), HasSubstr("有的人填了批次"));
}
