// SPDX-License-Identifier: Apache-2.0
// The steps before the office (三（三）2 and 3), and qualifications that count as titles (第四条).
#include "office/rules/steps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "office/rules/eligibility.h"
#include "support/paths.h"

using namespace piaojue;
using namespace piaojue::office;
using namespace piaojue::sheets;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

namespace {

std::string table(std::string const& name) {
  std::ifstream in(piaojue::test::source_dir() + "/office/rules/tables/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

WorkCalendar calendar() {
  WorkCalendar out;
  EXPECT_TRUE(out.add(*parse_holidays(table("holidays-2026.toml"))).has_value());
  return out;
}

Standard standard() {
  Standard out = *parse_standard(table("standard-2023-13.toml"));
  out.valid_to = *parse_day("2027-06-11");
  return out;
}

/// Filed in 2026; eligible for 副高级 whatever the steps say.
std::string const kHead =
    "姓名,单位,级别,渠道,学历,学位,毕业时间,参加工作时间,现职称,现职称取得时间,继续教育,处分,申报日期,"
    "2021年度考核,2022年度考核,2023年度考核,2024年度考核,2025年度考核";
std::string const kRow =
    "甲,a,副高级,正常,本科,学士,2007-07,2007-07,工程师,2018-12,达标,无,2026-06-30,合格,合格,合格,合格,合格";

Assessment judged(std::string const& headings, std::string const& cells) {
  auto const sheet =
      kHead + (headings.empty() ? "" : "," + headings) + "\n" + kRow + (cells.empty() ? "" : "," + cells) + "\n";
  auto const got = import_applicants(as_bytes(sheet), {}, {});
  EXPECT_TRUE(got.has_value()) << explained(got.error()).in(Lang::kZh);
  return got ? assess(got->people.at(0).facts, standard(), {}, calendar()) : Assessment{};
}
std::string verdict(std::string const& headings, std::string const& cells) {
  return std::string(verdict_code(judged(headings, cells).verdict));
}
std::vector<std::string> said(std::vector<Sentence> const& sentences) {
  std::vector<std::string> out;
  for (Sentence const& one : sentences) out.push_back(one.in(Lang::kZh));
  return out;
}

}  // namespace

// Harm: somebody whose employer never posted the application passes, and nobody was told to look.
TEST(Steps, WhatIsNotGivenIsSaidAndDecidesNothing) {
  auto const out = judged("", "");
  EXPECT_EQ(out.verdict, Verdict::kEligible);
  EXPECT_THAT(said(out.notes), AllOf(Contains(HasSubstr("三（三）2 单位公示")), Contains(HasSubstr("三（三）3"))));
}

TEST(Steps, ThePostingIsFiveWorkingDaysByTheCalendar) {
  std::string const days = "单位公示开始,单位公示结束";
  // 2026-06-19 to 21 are off; 06-15 is a Monday: without the first day 16 17 18 22 23.
  EXPECT_EQ(verdict(days, "2026-06-15,2026-06-23"), "ELIGIBLE");
  EXPECT_EQ(verdict(days, "2026-06-15,2026-06-22"), "REVIEW");  // five with the first day: people say
  EXPECT_EQ(verdict(days, "2026-06-15,2026-06-21"), "NOT_ELIGIBLE");
  auto const out = judged(days, "2026-06-15,2026-06-21");
  EXPECT_EQ(out.articles.front(), "三（三）2");
  EXPECT_THAT(out.reason.in(Lang::kZh), AllOf(HasSubstr("2026-06-15"), HasSubstr("2026-06-23")));
  // A working weekend counts: 2026-05-09 is a Saturday that is worked.
  EXPECT_EQ(verdict(days, "2026-05-06,2026-05-12"), "ELIGIBLE");
  EXPECT_THAT(said(judged(days, "2026-06-15,2026-06-23").arithmetic), Contains(HasSubstr("不少于 5 个工作日")));
}

TEST(Steps, ThePostingMayStandInOneCell) {
  for (std::string const cell :
       {"2026-06-15至2026-06-23", "2026.6.15-2026.6.23", "2026年6月15日～2026年6月23日", "2026.6.15—2026.6.23"})
    EXPECT_EQ(verdict("单位公示时间", cell), "ELIGIBLE") << cell;
  auto const sheet = kHead + ",单位公示时间\n" + kRow + ",5个工作日\n";
  auto const got = import_applicants(as_bytes(sheet), {}, {});
  ASSERT_FALSE(got.has_value());
  EXPECT_THAT(got.error().front().text(), HasSubstr("起止日期"));
}

// A year without its table is an error, never a guess.
TEST(Steps, AYearWithoutItsTableIsForPeople) {
  auto const out = judged("单位公示开始,单位公示结束", "2025-06-02,2025-06-30");
  EXPECT_EQ(out.verdict, Verdict::kReview);
  EXPECT_THAT(out.reason.in(Lang::kZh), HasSubstr("没有加载 2025 年"));
  EXPECT_EQ(verdict("单位公示开始,单位公示结束", "2026-06,2026-06-30"), "REVIEW");
  EXPECT_EQ(verdict("单位公示开始,单位公示结束", "2026-06-15,"), "REVIEW");
  EXPECT_EQ(verdict("单位公示开始,单位公示结束", "2026-06-23,2026-06-15"), "REVIEW");
}

// Harm: who is refused reads a reason that refuses nobody, and answers that one.
TEST(Steps, WhatIsNotMetIsTheReasonAndWhatIsUnclearComesBehind) {
  auto row = kRow;
  row.replace(row.find("达标"), std::string("达标").size(), "未达标");
  auto const sheet = kHead + ",单位公示开始,单位公示结束\n" + row + ",2025-06-02,2025-06-30\n";
  auto const got = import_applicants(as_bytes(sheet), {}, {});
  ASSERT_TRUE(got.has_value());
  auto const out = assess(got->people.at(0).facts, standard(), {}, calendar());
  EXPECT_EQ(out.verdict, Verdict::kNotEligible);
  EXPECT_EQ(out.reason.in(Lang::kZh), "继续教育未达标");
  EXPECT_THAT(out.articles, testing::ElementsAre("第三条（四）", "三（三）2"));
}

TEST(Steps, OpinionsPassBarOrAreForPeople) {
  EXPECT_EQ(verdict("单位审核意见,单位公示结果,主管部门审核意见", "同意,无异议,同意上报。"), "ELIGIBLE");
  EXPECT_EQ(verdict("单位审核意见", "不同意"), "NOT_ELIGIBLE");
  EXPECT_EQ(judged("单位审核意见", "不同意").articles.front(), "三（三）2");
  EXPECT_EQ(verdict("主管部门审核意见", "未通过"), "NOT_ELIGIBLE");
  EXPECT_EQ(judged("主管部门审核意见", "未通过").articles.front(), "三（三）3");
  EXPECT_EQ(verdict("单位公示结果", "有异议"), "REVIEW");
  EXPECT_EQ(verdict("单位审核意见", "材料基本属实"), "REVIEW");
  EXPECT_EQ(
      verdict("单位公示开始,单位公示结束,主管部门审核意见,主管部门审核日期", "2026-06-15,2026-06-23,同意,2026-06-20"),
      "REVIEW");
}

// ---- 第四条

namespace {

std::string const kLicenceHead =
    "姓名,单位,级别,渠道,学历,学位,毕业时间,参加工作时间,现职称,继续教育,处分,申报日期,2019年度考核,2020年度考核,"
    "2021年度考核,2022年度考核,2023年度考核,职业资格,职业资格取得时间\n";

Assessment with_licence(std::string const& title, std::string const& licence, std::string const& since,
                        Standard const& by) {
  auto const sheet = kLicenceHead + "甲,a,副高级,正常,本科,学士,2007-07,2007-07," + title +
                     ",达标,无,2024-09-01,合格,合格,合格,合格,合格," + licence + "," + since + "\n";
  auto const got = import_applicants(as_bytes(sheet), {}, {});
  EXPECT_TRUE(got.has_value()) << explained(got.error()).in(Lang::kZh);
  return got ? assess(got->people.at(0).facts, by) : Assessment{};
}

}  // namespace

TEST(Licences, WhatTheTableNamesCountsAsTheTitleAndItsYears) {
  Standard by = standard();
  EXPECT_EQ(with_licence("无", "软考（中级）", "2018-11", by).verdict, Verdict::kReview);  // no table: no guess
  by.licences.push_back(*parse_licences(table("licences-2023.toml")));
  auto const out = with_licence("无", "软考（中级）", "2018-11", by);
  EXPECT_EQ(out.verdict, Verdict::kEligible);
  EXPECT_EQ(out.articles.front(), "第四条");
  EXPECT_THAT(said(out.arithmetic),
              AllOf(Contains(HasSubstr("国人部发〔2003〕39 号")), Contains(HasSubstr("2018-11"))));
  EXPECT_EQ(with_licence("助理工程师", "计算机技术与软件专业技术资格（中级）", "2018-11", by).verdict,
            Verdict::kEligible);
  EXPECT_EQ(with_licence("无", "软考中级", "2020-11", by).verdict, Verdict::kNotEligible);  // 4 < 5
  EXPECT_EQ(with_licence("无", "软考中级", "", by).verdict, Verdict::kReview);
  // What the table does not name, and what it names as more than is asked for.
  for (std::string const written : {"注册某某师", "软考初级", "网络工程师", "软考高级", "软考中级、一级造价工程师"})
    EXPECT_EQ(with_licence("无", written, "2018-11", by).verdict, Verdict::kReview) << written;
  EXPECT_EQ(with_licence("无", "无", "", by).verdict, Verdict::kNotEligible);
}

TEST(Licences, TheLastTableThatWasValidDecides) {
  Standard by = standard();
  auto const table_of = [](std::string const& from, std::string const& title) {
    return *parse_licences("id = \"t\"\ntitle = \"表\"\nvalid_from = \"" + from +
                           "\"\n[[licence]]\nnames = [\"某师\"]\ntitle = \"" + title + "\"\nsource = \"某文\"\n");
  };
  by.licences = {table_of("2024-01-01", "工程师"), table_of("2020-01-01", "助理工程师"),
                 table_of("2024-10-01", "高级工程师")};
  EXPECT_EQ(with_licence("无", "某师", "2018-11", by).verdict, Verdict::kEligible);
  by.licences = {table_of("2024-09-02", "工程师")};
  EXPECT_EQ(with_licence("无", "某师", "2018-11", by).verdict, Verdict::kReview);
  by.licences = {table_of("2020-01-01", "助理工程师")};
  EXPECT_EQ(with_licence("无", "某师", "2018-11", by).verdict, Verdict::kNotEligible);
}

TEST(Licences, ASpoiltTableIsRefusedAndSaysWhere) {
  std::string const good = table("licences-2023.toml");
  auto const spoilt = [&](std::string from, std::string const& to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    auto const got = parse_licences(text);
    return got ? std::string{} : got.error().in(Lang::kZh);
  };
  EXPECT_THAT(spoilt("title = \"工程师\"", "title = \"大师\""), AllOf(HasSubstr("大师"), HasSubstr("第 ")));
  EXPECT_THAT(spoilt("\"软考中级\"", "\"软考（中级）\""), HasSubstr("列了两次"));
  EXPECT_THAT(spoilt("source", "sauce"), HasSubstr("sauce"));
  EXPECT_THAT(spoilt("valid_from = \"2023-06-12\"", ""), HasSubstr("valid_from"));
  EXPECT_THAT(spoilt("[[licence]]", "[[licence"), Not(HasSubstr("列了两次")));
}
