// SPDX-License-Identifier: Apache-2.0
// The sheets of tests/cases/import that concern how a sheet is laid out, each with its right answer, and others of the
// same kind. What each gave before stands beside it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "office/rules/facts.h"
#include "office/rules/vocabulary.h"
#include "sheets/roster.h"
#include "sheets/table.h"
#include "strings/sheets.h"
#include "support/paths.h"

using namespace piaojue;
using namespace piaojue::office;
using namespace piaojue::sheets;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

std::string file(std::string const& name) {
  std::ifstream in(test::source_dir() + "/tests/cases/import/" + name, std::ios::binary);
  EXPECT_TRUE(in.is_open()) << name;
  return {std::istreambuf_iterator<char>(in), {}};
}

Imported<Applicants> applicants(std::string const& sheet, std::string const& appraisals = {}) {
  return import_applicants(as_bytes(sheet), as_bytes(appraisals), {});
}

/// The names in a sheet that is right for the ballot and for the articles.
std::vector<std::string> names(std::string const& sheet) {
  auto const ballot = import_candidates(as_bytes(sheet));
  EXPECT_TRUE(ballot.has_value()) << explained(ballot.error()).in(Lang::kZh);
  auto const people = applicants(sheet);
  EXPECT_TRUE(people.has_value()) << explained(people.error()).in(Lang::kZh);
  std::vector<std::string> out;
  if (ballot && people)
    for (auto const& person : people->people) out.push_back(person.name);
  return out;
}

/// All that is wrong with a sheet, as the clerk reads it.
std::string faults(std::string const& sheet) {
  auto const people = applicants(sheet);
  EXPECT_FALSE(people.has_value());
  return people ? std::string{} : explained(people.error()).in(Lang::kZh);
}

/// The candidates' sheet serves twice.
Reading reading(std::string const& sheet) {
  return of_both(Table(as_bytes(sheet), applicant_fields()).reading(),
                 Table(as_bytes(sheet), candidate_fields()).reading());
}

std::string told(std::string const& sheet) {
  std::string out;
  for (Sentence const& sentence : reading(sheet).sentences(strings::sheets::kFileCandidates))
    out += sentence.in(Lang::kZh) + "\n";
  return out;
}

std::string const kHead = "姓名,单位,级别,渠道,批次\n";
std::string const kWang = "王芳,甲公司,中级,正常,第一批\n";

}  // namespace

// Was ELIGIBLE: the second workbookPr, of another namespace, said nothing of 1904, and 2021-12-15 became 2017-12-14.
TEST(CasesOfSheets, TheCalendarIsTheOneOfTheWorkbooksOwnNamespace) {
  auto const got = applicants(file("c01-1904-as-excel-2013-writes.xlsx"));
  ASSERT_TRUE(got.has_value()) << explained(got.error()).in(Lang::kZh);
  EXPECT_EQ(got->people.at(0).facts.title_since, (Date{2021, 12, 15}));
}

// Was imported without a word.
TEST(CasesOfSheets, AHiddenColumnIsSaidAsAHiddenRowIs) {
  EXPECT_THAT(faults(file("c10-hidden-level-column.xlsx")), HasSubstr("M 列「级别」：这一列被隐藏"));
}

// Was passed over in silence: "没有填写现职称取得时间".
TEST(CasesOfSheets, AHintInAHeadingIsNoPartOfItsName) {
  auto const got = applicants(file("c17-hint-in-heading.xlsx"));
  ASSERT_TRUE(got.has_value()) << explained(got.error()).in(Lang::kZh);
  EXPECT_TRUE(got->people.at(0).facts.title_since.known());
  for (std::string const heading : {"\"级别\n（下拉选择）\"", "级别【必填】", "\"级别\n请按文件填写\"", "*级 别：",
                                    "\"级\n别\"", "3.级别", "③级别"})
    EXPECT_THAT(names("姓名,单位," + heading + ",渠道,批次\n" + kWang), ElementsAre("王芳")) << heading;
  // What follows on a line of its own may as well be the rest of another name.
  EXPECT_THAT(faults("姓名,单位,\"级别\n代码\",渠道,批次\n" + kWang), HasSubstr("缺少「级别」列"));
}

// Was "缺少「级别」列" though it stands there.
TEST(CasesOfSheets, AHeadingInTwoRowsIsReadAsOne) {
  EXPECT_THAT(names(file("c19-two-row-heading.xlsx")), ElementsAre("王一凡", "李二梅", "赵三水"));
  // As CSV keeps it, without the merging.
  EXPECT_THAT(names("序号,姓名,单位,申报情况,,\n,,,级别,渠道,批次\n1,王芳,甲公司,中级,正常,第一批\n"),
              ElementsAre("王芳"));
  // Headings above the row of 姓名 are not lost either.
  EXPECT_THAT(names("基本情况,,申报情况,,\n" + kHead + kWang), ElementsAre("王芳"));
  // Captions above a table group nothing.
  for (std::string const above :
       {"填报单位：甲公司,,,填报日期：2026年3月,\n", "附件1,申报人员名单,,,\n", "甲公司,2026年,,,\n"})
    EXPECT_THAT(names(above + kHead + kWang), ElementsAre("王芳")) << above;
}

// Instructions stand above the table as often as below it.
TEST(CasesOfSheets, TheHeaderMayStandBelowALongText) {
  std::string lines;
  for (int i = 1; i <= 29; ++i) lines += "第" + std::to_string(i) + "条 填写说明\n";
  EXPECT_THAT(names(lines + kHead + kWang), ElementsAre("王芳"));
  EXPECT_THAT(faults(lines + "三十\n" + kHead + kWang), HasSubstr("前三十行中找不到表头"));
}

// Harm: somebody else's degree is taken for the applicant's, and opens a route to him.
TEST(CasesOfSheets, AHeadingBelowAnothersIsNotTheApplicantsOwn) {
  std::string const sheet =
      "姓名,单位,级别,渠道,批次,配偶情况,,职业资格,\n,,,,,学历,学位,名称,取得时间\n"
      "王芳,甲公司,中级,正常,第一批,博士研究生,博士,一级建造师,2020-05\n";
  auto const got = applicants(sheet);
  ASSERT_TRUE(got.has_value()) << explained(got.error()).in(Lang::kZh);
  EXPECT_THAT(got->people.at(0).facts.studies, IsEmpty());
  EXPECT_EQ(got->people.at(0).facts.licence, "一级建造师");
  EXPECT_EQ(got->people.at(0).facts.licence_since, (Date{2020, 5, 0}));
  EXPECT_FALSE(got->people.at(0).facts.title_since.known());
  EXPECT_THAT(told(sheet), HasSubstr("没有读取的列：F 配偶情况 / 学历、G 配偶情况 / 学位"));
}

// Were 13 errors.
TEST(CasesOfSheets, NotesAndTotalsBelowTheTableArePassedOverAndTold) {
  std::string const sheet = file("c21-notes-below.xlsx");
  EXPECT_EQ(names(sheet).size(), 3U);
  EXPECT_THAT(told(sheet), HasSubstr("跳过的行：第 5 行「"));
  std::string const own =
      kHead + kWang + "合计,1人,,,\n制表人：李四,,审核人：赵六,,日期：2026年3月\n注：本表一式两份,,,,\n";
  EXPECT_THAT(names(own), ElementsAre("王芳"));
  EXPECT_THAT(
      told(own),
      HasSubstr("第 3 行「合计」（合计）、第 4 行「制表人：李四」（说明）、第 5 行「注：本表一式两份」（说明）"));
}

// Harm: a person is passed over because the row looks like a note.
TEST(CasesOfSheets, NobodyIsPassedOverWhoMayBeAPerson) {
  for (std::string const row :
       {"注册,,,,\n", ",备注公司,中级,正常,第一批\n", "李四,,,,\n", ",甲公司,,,\n", "示例智联,,中级,,\n"})
    EXPECT_THAT(faults(kHead + kWang + row), HasSubstr("第 3 行")) << row;
  EXPECT_THAT(names("单位,姓名,级别,渠道,批次\n示例智联公司,王芳,中级,正常,第一批\n"), ElementsAre("王芳"));
}

// Were 161 and 41 errors.
TEST(CasesOfSheets, RowsWithNothingButNumbersAreEmpty) {
  EXPECT_EQ(names(file("c23-numbers-to-30.xlsx")).size(), 3U);
  EXPECT_EQ(names(file("c25-numbers-by-formula.xlsx")).size(), 3U);
  EXPECT_THAT(told(file("c23-numbers-to-30.xlsx")), HasSubstr("行（只有序号或公式）"));
}

// Harm: the example's person is on the ballot.
TEST(CasesOfSheets, AnExampleRowIsPassedOverAndTold) {
  for (std::string const row : {"示例,张三,甲公司,中级,正常,第一批\n", "（例）,张三,甲公司,中级,正常,第一批\n",
                                "例1,张三,甲公司,高级,正常,第一批\n", "1,张三（示例）,甲公司,中级,正常,第一批\n"}) {
    std::string const sheet = "序号," + kHead + row + "1," + kWang;
    EXPECT_THAT(names(sheet), ElementsAre("王芳")) << row;
    EXPECT_THAT(told(sheet), HasSubstr("（示例）")) << row;
  }
}

TEST(CasesOfSheets, TheHeaderOnceMoreIsPassedOverAndAnotherHeaderIsNot) {
  EXPECT_THAT(names(kHead + kWang + kHead + "李四,甲公司,中级,正常,第一批\n"), ElementsAre("王芳", "李四"));
  EXPECT_THAT(faults(kHead + kWang + "姓名,级别,单位,渠道,批次\n"), HasSubstr("第 3 行"));
}

// Harm: a fact stands in the sheet, and nobody sees that it was not read.
TEST(CasesOfSheets, EveryColumnIsToldAsReadOrAsIgnored) {
  std::string const said =
      told("附件,,,,,,\n姓名,工作单位,级别,渠道,批次,现职称取得日期（年月）,\n王芳,甲,中级,正常,一,2018-12,无标题\n");
  EXPECT_THAT(said,
              HasSubstr("申报人表：表头在第 2 行，读取 1 行；读取的列：A 姓名、B 工作单位（作为「单位」）、C 级别"));
  EXPECT_THAT(said, HasSubstr("没有读取的列："));
  EXPECT_THAT(said, HasSubstr("G （无标题）"));
}

// Was "表格应不超过 6000 行".
TEST(CasesOfSheets, TheFirstRealRoundComesInWhole) {
  auto const got = applicants(file("c28-candidates-1200.csv"), file("c28-appraisals-6000.csv"));
  ASSERT_TRUE(got.has_value()) << explained(got.error()).in(Lang::kZh);
  ASSERT_EQ(got->people.size(), 1200U);
  for (auto const& person : got->people) EXPECT_EQ(person.facts.appraisals.size(), 5U);
}

// Was "不能含有控制字符" beside a value that shows none.
TEST(CasesOfSheets, ALineBreakInACellIsJoinedAndInANameSaid) {
  auto const got = applicants(file("c42-line-break-in-employer.xlsx"));
  ASSERT_TRUE(got.has_value()) << explained(got.error()).in(Lang::kZh);
  EXPECT_THAT(got->people.at(0).employer, testing::Not(HasSubstr("\n")));
  EXPECT_THAT(got->people.at(0).employer, testing::Not(HasSubstr(" ")));
  // Two people in one cell are not one of a longer name.
  EXPECT_THAT(faults(kHead + "\"王芳\n李四\",甲公司,中级,正常,第一批\n"), HasSubstr("单元格内有换行"));
}

// Were "找不到表头" and "编码是 UTF-16".
TEST(CasesOfSheets, WhatIsNoSheetIsNamed) {
  EXPECT_THAT(faults(file("c44-html-named-xls.xls")), HasSubstr("网页格式的表格"));
  EXPECT_THAT(faults(file("c46-not-a-sheet.pdf")), HasSubstr("这是 PDF"));
  EXPECT_THAT(faults(file("c47-not-a-sheet.jpg")), HasSubstr("这是图片"));
}

// Was "找不到表头": the title's sign was taken for the table's.
TEST(CasesOfSheets, ASignInTheTitleDoesNotPartTheTable) {
  EXPECT_FALSE(names(file("c48-title-with-semicolon.csv")).empty());
  EXPECT_THAT(names("名单；甲;乙;丙;丁;戊;己;庚\n" + kHead + kWang), ElementsAre("王芳"));
  EXPECT_THAT(names("一,二,三,四,五,六,七\n姓名;单位;级别;渠道;批次\n王芳;甲,乙公司;中级;正常;一\n"),
              ElementsAre("王芳"));
}

// Was "应为 18 位" beside a number of 18.
TEST(CasesOfSheets, AnApostropheAndInvisibleMarksBeforeANumberAreNothing) {
  EXPECT_EQ(names(file("c49-apostrophe.csv")).size(), 1U);
  std::string const head = "姓名,单位,级别,渠道,批次,证件号码\n王芳,甲公司,中级,正常,第一批,";
  for (std::string const mark : {"'", "‘", "＇", "\u202A", "\u200E", "\u200B", "\uFEFF", "\t", "\u00A0"})
    EXPECT_THAT(names(head + mark + "37020219850312005X\n"), ElementsAre("王芳")) << mark;
}

// Were "工作簿已损坏".
TEST(CasesOfSheets, AnOddButLegalPackageIsRead) {
  EXPECT_FALSE(names(file("c51-part-name-case.xlsx")).empty());
  std::string const macro = file("c53-sheet-without-part.xlsx");
  EXPECT_FALSE(names(macro).empty());
  EXPECT_THAT(reading(macro).unread, ElementsAre("Module"));
}

// The heading's words stand beside the letter; no more of an identity number is shown than is needed, and no character
// is cut in two.
TEST(CasesOfSheets, AnErrorNamesTheHeadingAndHidesTheNumber) {
  std::string const said = faults("姓名,单位,级别,渠道,批次\n370202198503120017,甲公司,370202198503120017号,正常,一\n");
  EXPECT_THAT(said, HasSubstr("C 列（级别）「370202********0017号」"));
  EXPECT_THAT(said, testing::Not(HasSubstr("19850312")));
}
