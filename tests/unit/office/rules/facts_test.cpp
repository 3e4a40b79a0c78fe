// SPDX-License-Identifier: Apache-2.0
#include "office/rules/facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sheets/sheet_writer.h"

using namespace piaojue;
using namespace piaojue::office;
using namespace piaojue::sheets;
using testing::HasSubstr;
using testing::Not;

namespace {

std::string const kHead =
    "姓名,单位,级别,渠道,证件号码,出生日期,学历,学位,学位类型,毕业时间,参加工作时间,现职称,取得时间,继续教育,处分,"
    "处分影响期止,"
    "申报日期,破格条件,奖项名称,奖项级别,奖项等次,排名,获奖时间,年增产值（万元）\n";
std::string const kYears = "姓名,单位,证件号,年度,等次\n";

Imported<Applicants> import(std::string const& rows, std::string const& years = {}) {
  return import_applicants(as_bytes(kHead + rows), as_bytes(years.empty() ? years : kYears + years), {2024, 9, 0});
}
CellError error(std::string const& rows, std::string const& years = {}) {
  auto const got = import(rows, years);
  EXPECT_EQ(got.error().size(), 1U) << (got.error().size() > 1 ? got.error()[1].text() : "");
  return got.has_value() ? CellError{} : got.error().front();
}
/// A number with its right check digit.
std::string checked(std::string digits) {
  for (char const c : std::string("0123456789X"))
    if (IdentityNumber::parse(digits + c)) return digits + c;
  return {};
}

}  // namespace

TEST(Identity, CheckDigitAndDateOfGb11643) {
  // The standard's own example.
  EXPECT_TRUE(IdentityNumber::parse("11010519491231002X"));
  EXPECT_TRUE(IdentityNumber::parse("１１０１０５ 19491231002x"));
  EXPECT_FALSE(IdentityNumber::parse("110105194912310021"));
  EXPECT_FALSE(IdentityNumber::parse("11010519491231002"));
  EXPECT_TRUE(checked("11010519491331002").empty());  // a thirteenth month
  EXPECT_TRUE(checked("01010519491231002").empty());
  EXPECT_EQ(IdentityNumber::parse("11010519491231002X")->masked(), "110105********002X");
}

TEST(Dates, EveryUsualWayOfWritingOne) {
  for (char const* text : {"2019-07", "2019.7", "2019年7月", "2019/7", "２０１９．０７", "201907", " 2019 年 7 月 "})
    EXPECT_EQ(parse_date(text), (Date{2019, 7, 0})) << text;
  for (char const* text :
       {"2019-07-01", "2019.7.1", "2019年7月1日", "2019/7/1", "20190701", "2019-7-1 00:00:00", "2019年7月1号"})
    EXPECT_EQ(parse_date(text), (Date{2019, 7, 1})) << text;
  EXPECT_EQ(parse_date("2019年"), (Date{2019, 0, 0}));
  for (char const* text : {"", "19-07-01", "2019-13", "2019-02-29", "2019-0-1", "7/1/2019", "二〇一九", "2019-07-01-01",
                           "2019--7", "1899-01", "201913"})
    EXPECT_FALSE(parse_date(text)) << text;
  EXPECT_EQ(parse_date("2020-02-29"), (Date{2020, 2, 29}));
}

// Excel believes in 29 February 1900; whoever follows it into the next day is a day out for ever.
TEST(Dates, SerialsOfBothCalendars) {
  EXPECT_EQ(date_of_serial(59, false), (Date{1900, 2, 28}));
  EXPECT_FALSE(date_of_serial(60, false));
  EXPECT_EQ(date_of_serial(61, false), (Date{1900, 3, 1}));
  EXPECT_EQ(date_of_serial(43647.75, false), (Date{2019, 7, 1}));
  EXPECT_EQ(date_of_serial(42185, true), (Date{2019, 7, 1}));
  EXPECT_FALSE(date_of_serial(-1, false));
  EXPECT_FALSE(date_of_serial(1e9, false));
}

TEST(Facts, AWholeFormIsRead) {
  auto const got = import(
      "甲,a,高级工程师,破格," + checked("37029919850101003") +
          ",1985.01,本科、硕士研究生,硕士,学术学位,2010年7月,2010/7/1,工程师,2016-12,达标,无,,２０２４．９．１０,"
          "\"科技奖\n成果转化\",\"某奖\n某平台\",\"省级\n-\",\"二等奖\n-\",\"第3\n1\",\"2022.5\n2023-01\",\"-"
          "\n2000万元\"\n",
      "甲,a,,2023年,优秀\n甲,a,,2022,称职\n甲,," + checked("37029919850101003") + ",2021,不定等次\n");
  ASSERT_TRUE(got.has_value()) << got.error()[0].text();
  Facts const& f = got->people.at(0).facts;
  EXPECT_EQ(f.level, Level::kSenior);
  EXPECT_EQ(f.channel, meeting::Channel::kExceptional);
  EXPECT_EQ(f.filed, (Date{2024, 9, 10}));
  ASSERT_EQ(f.studies.size(), 2U);
  EXPECT_EQ(f.studies[1].degree, Degree::kMaster);
  EXPECT_EQ(f.engineering_professional, false);
  EXPECT_EQ(f.title, Title::kEngineer);
  EXPECT_EQ(f.title_since, (Date{2016, 12, 0}));
  EXPECT_EQ(f.sanction, Facts::Sanction::kNone);
  ASSERT_EQ(f.achievements.size(), 2U);
  EXPECT_EQ(f.achievements[0].grade, 2);
  EXPECT_EQ(f.achievements[0].rank, 3);
  EXPECT_EQ(f.achievements[1].output_wan, 2000);
  EXPECT_EQ(f.appraisals.size(), 3U);
  EXPECT_EQ(f.appraisals.at(2021), Grade::kUndetermined);
}

// An empty cell must not become a fact.
TEST(Facts, WhatIsEmptyStaysUnknown) {
  auto const got = import("甲,a,中级,正常\n");
  ASSERT_TRUE(got.has_value()) << got.error()[0].text();
  Facts const& f = got->people.at(0).facts;
  EXPECT_EQ(f.filed, (Date{2024, 9, 0}));
  EXPECT_TRUE(f.studies.empty());
  EXPECT_EQ(f.title, Title::kUnknown);
  EXPECT_EQ(f.sanction, Facts::Sanction::kUnknown);
  EXPECT_FALSE(f.education_met);
  EXPECT_FALSE(f.work_since.known());
}

TEST(Facts, EveryBadCellIsNamed) {
  EXPECT_EQ(error("甲,a,中级,正常,,,专修\n").column, 7U);
  EXPECT_EQ(error("甲,a,中级,正常,,,,,某类\n").column, 9U);
  EXPECT_EQ(error("甲,a,中级,正常,,,,,,2019-13\n").column, 10U);
  EXPECT_THAT(error("甲,a,中级,正常,,,,,,,2019.1\n").expected.in(Lang::kZh), HasSubstr("1 月还是 10 月"));
  EXPECT_EQ(error("甲,a,中级,正常,,,,,,,,,,差一点\n").column, 14U);
  EXPECT_THAT(error("甲,a,中级,正常,,,,,,,,,,,无,2025-01\n").expected.in(Lang::kZh), HasSubstr("影响期"));
  EXPECT_EQ(error("甲,a,中级,正常,,,,,,,,,,,,,,奖状\n").column, 18U);
  EXPECT_EQ(error("甲,a,副高级,破格,,,,,,,,,,,,,,大赛,x,全球\n").column, 20U);
  EXPECT_EQ(error("甲,a,副高级,破格,,,,,,,,,,,,,,大赛,x,省级,头奖\n").column, 21U);
  EXPECT_EQ(error("甲,a,副高级,破格,,,,,,,,,,,,,,大赛,x,省级,一等奖,0\n").column, 22U);
  EXPECT_THAT(error("甲,a,副高级,破格,,,,,,,,,,,,,,\"大赛\n大赛\",x\n").expected.in(Lang::kZh), HasSubstr("行数"));
  EXPECT_EQ(error("甲,a,中级,正常\n甲,a,中级,正常\n").row, 3U);
}

// A list of errors is passed round the office; identity numbers are not.
TEST(Facts, IdentityNumbersAreCheckedUniqueAndNeverShownWhole) {
  auto const wrong = error("甲,a,中级,正常,370299198501010031\n甲二,b,中级,正常\n");
  EXPECT_THAT(wrong.expected.in(Lang::kZh), HasSubstr("校验码"));
  EXPECT_THAT(wrong.text(), Not(HasSubstr("19850101")));
  EXPECT_THAT(error("甲,a,中级,正常,3.70299198501010E+17\n").expected.in(Lang::kZh), HasSubstr("存成了数字"));
  std::string const good = checked("37029919850101003");
  auto const twice = error("甲,a,中级,正常," + good + "\n乙,b,中级,正常," + good + "\n");
  EXPECT_THAT(twice.expected.in(Lang::kZh), HasSubstr("第 2 行证件号码相同"));
  EXPECT_THAT(twice.text(), Not(HasSubstr(good)));
}

TEST(Facts, AppraisalsFindTheirPersonOnce) {
  std::string const one = "甲,a,中级,正常\n";
  EXPECT_THAT(error(one, "乙,a,,2023,合格\n").expected.in(Lang::kZh), HasSubstr("没有这个人"));
  EXPECT_THAT(error(one, "甲,a,,2023,合格\n甲,a,,2023,优秀\n").expected.in(Lang::kZh), HasSubstr("同一年度"));
  EXPECT_EQ(error(one, "甲,a,,2023,好\n").column, 5U);
  EXPECT_EQ(error(one, "甲,a,,2023-05,合格\n").column, 4U);
  EXPECT_THAT(error(one, "甲,a,,x,合格\n").text(), testing::StartsWith("年度考核表 第 2 行 D 列"));
}

// One workbook with two sheets is how offices keep it.
TEST(Facts, BothSheetsMayStandInOneWorkbook) {
  auto const text = [](char const* t) { return OutCell{std::string(t)}; };
  std::array<OutSheet, 2> const sheets{
      OutSheet{"申报人",
               {{text("姓名"), text("单位"), text("级别"), text("渠道"), text("参加工作时间")},
                {text("甲"), text("a"), text("中级"), text("正常"), Date{2019, 7, 1}}}},
      OutSheet{"年度考核",
               {{text("姓名"), text("单位"), text("年度"), text("等次")},
                {text("甲"), text("a"), std::int64_t{2023}, text("合格")}}}};
  auto const bytes = write_xlsx(sheets);
  ASSERT_TRUE(bytes.has_value());
  auto const got = import_applicants(*bytes, *bytes, {});
  ASSERT_TRUE(got.has_value()) << got.error()[0].text();
  EXPECT_EQ(got->people[0].facts.work_since, (Date{2019, 7, 1}));
  EXPECT_EQ(got->people[0].facts.appraisals.at(2023), Grade::kQualified);
  EXPECT_FALSE(got->people[0].facts.filed.known());
}
