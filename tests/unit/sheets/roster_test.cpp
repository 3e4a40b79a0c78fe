// SPDX-License-Identifier: Apache-2.0
#include "sheets/roster.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "sheets/csv.h"
#include "support/paths.h"

using namespace piaojue;
using namespace piaojue::meeting;
using namespace piaojue::sheets;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

Imported<Members> members(std::string const& text) { return import_members(as_bytes(text)); }
Imported<Candidates> candidates(std::string const& text) { return import_candidates(as_bytes(text)); }

std::string const kOffice = "张三,甲,主任委员\n李四,甲,工作人员\n王五,甲,监督人员\n";
std::string const kMembersHead = "姓名,单位,角色\n";
std::string const kCandidatesHead = "姓名,单位,级别,渠道,批次,业绩摘要,评议组意见\n";

/// The one error of a sheet of members whose office is complete.
CellError member_error(std::string const& rows) {
  auto const got = members(kMembersHead + kOffice + rows);
  EXPECT_EQ(got.error().size(), 1U) << (got.error().size() > 1 ? got.error()[1].text() : "");
  return got.has_value() ? CellError{} : got.error().front();
}
CellError candidate_error(std::string const& rows) {
  auto const got = candidates(kCandidatesHead + rows);
  EXPECT_EQ(got.error().size(), 1U) << (got.error().size() > 1 ? got.error()[1].text() : "");
  return got.has_value() ? CellError{} : got.error().front();
}

std::string example(std::string const& name) {
  std::ifstream in(piaojue::test::source_dir() + "/examples/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST(Members, EveryWrittenRoleBecomesItsBits) {
  auto const got = members(kMembersHead +
                           "一,甲,主任委员\n二,甲,副主任委员\n三,甲,专家\n四,甲,评委\n五,甲,工作人员\n六,甲,经办人\n"
                           "七,甲,监督人员\n八,甲,监督\n九,,大屏\n十,甲,专家、副主任委员\n十一,甲,评委/副主任委员\n"
                           "十二,甲,\"专家,主任 委员\"\n");
  // Two chairs of the committee: the second is refused.
  ASSERT_EQ(got.error().size(), 1U);
  EXPECT_EQ(got.error()[0].row, 13U);
  auto const again = members(kMembersHead +
                             "一,甲,副主任委员\n二,甲,主任委员\n三,甲,专家\n四,甲,评委\n五,甲,工作人员\n六,甲,经办人\n"
                             "七,甲,监督人员\n八,甲,监督\n九,,大屏\n十,甲,专家、副主任委员\n十一,甲,评委/副主任委员\n");
  ASSERT_TRUE(again.has_value());
  std::vector<std::uint32_t> roles;
  for (Person const& person : again->people) roles.push_back(person.roles);
  EXPECT_THAT(roles, ElementsAre(kExpert | kChair, kExpert | kChair, kExpert, kExpert, kClerk, kClerk, kSupervisor,
                                 kSupervisor, kScreen, kExpert | kChair, kExpert | kChair));
  // The trustee "chair" of meeting.toml is the head of the committee, wherever it stands in the sheet.
  EXPECT_EQ(again->chair, 2U);
}

TEST(Members, WithoutAHeadTheFirstViceHeadIsTheChair) {
  auto const got =
      members(kMembersHead + "一,甲,专家\n二,甲,副主任委员\n三,甲,副主任委员\n四,甲,工作人员\n五,甲,监督\n");
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->chair, 2U);
}

// Typed with a Chinese input method, codes come out full-width and spaced; names are nobody's to change.
TEST(Members, CodesAreNormalisedAndNamesAreOnlyTrimmed) {
  auto const got = members(
      "序号,　姓 "
      "名（必填）*,工作单位,会议身份：\n1,　阿依古丽·买买提　,Ａ公司,专　家\n2,"
      "王㛃䶮𬭎 "
      ",甲,评委／副主任委员\n3,李 四,甲, 主任委员 \n4,孙七,甲,经　办人\n5,周八,甲,监 督\n");
  ASSERT_TRUE(got.has_value()) << got.error()[0].text();
  EXPECT_EQ(got->people[0].name, "阿依古丽·买买提");
  EXPECT_EQ(got->people[0].employer, "Ａ公司");
  EXPECT_EQ(got->people[0].roles, kExpert);
  EXPECT_EQ(got->people[1].name, "王㛃䶮𬭎");
  EXPECT_EQ(got->people[1].roles, kExpert | kChair);
  EXPECT_EQ(got->people[2].name, "李 四");
}

// Office sheets carry a title above their header; errors must still name the row that Excel shows.
TEST(Members, ATitleAboveTheHeaderIsPassedOver) {
  auto const got = members("附件1,,\n\n评审委员会名单,,\n" + kMembersHead + kOffice + "赵六,甲,观察员\n");
  ASSERT_EQ(got.error().size(), 1U);
  EXPECT_THAT(got.error()[0].text(), testing::StartsWith("第 8 行 C 列（角色）「观察员」："));
  EXPECT_THAT(got.error()[0].expected.in(Lang::kZh), HasSubstr("专家"));
}

TEST(Members, EveryFaultIsNamedWithItsCellAndNothingIsImported) {
  EXPECT_EQ(member_error(",甲,专家\n").column, 1U);
  EXPECT_EQ(member_error("赵六,甲,\n").column, 3U);
  EXPECT_EQ(member_error("赵六,甲,专家、\n").column, 3U);
  EXPECT_EQ(member_error("赵六,甲,专家、监督\n").column, 3U);      // who votes does not watch the vote
  EXPECT_EQ(member_error("赵六,甲,工作人员、监督\n").column, 3U);  // who counts does not supervise
  EXPECT_EQ(member_error("赵六,甲,大屏、专家\n").column, 3U);
  EXPECT_THAT(member_error("张三,甲,专家\n").expected.in(Lang::kZh), HasSubstr("第 2 行"));  // one person, two ballots
  EXPECT_EQ(member_error("张三,乙,专家\n张三,乙 ,专家\n").row, 6U);
  EXPECT_TRUE(members(kMembersHead + kOffice + "张三,乙,专家\n").has_value());  // two people of one name
  EXPECT_EQ(member_error("赵\x01六,甲,专家\n").column, 1U);
  EXPECT_EQ(member_error("赵\u202E六,甲,专家\n").column, 1U);  // would be shown backwards
  auto const several = members(kMembersHead + kOffice + "赵六,甲,看客\n,甲,专家\n");
  ASSERT_EQ(several.error().size(), 2U);
  EXPECT_EQ(several.error()[0].row, 5U);
  EXPECT_EQ(several.error()[1].row, 6U);
}

TEST(Members, HeaderFaultsAreSaid) {
  EXPECT_THAT(members("名称,职位\n张三,专家\n").error().at(0).expected.in(Lang::kZh), HasSubstr("找不到表头"));
  EXPECT_THAT(members("姓名,单位\n张三,甲\n").error().at(0).expected.in(Lang::kZh), HasSubstr("角色"));
  EXPECT_THAT(members("姓名,角色,身份\n张三,专家,专家\n").error().at(0).expected.in(Lang::kZh), HasSubstr("含义相同"));
  EXPECT_THAT(members("姓名,角色\n").error().at(0).expected.in(Lang::kZh), HasSubstr("没有内容"));
}

// A manifest without one of these is refused by every client, after all slips have been printed.
TEST(Members, AMeetingThatCouldNotOpenIsNotImported) {
  for (std::size_t left_out = 0; left_out < 3; ++left_out) {
    std::string text = kMembersHead;
    std::vector<std::string> const rows{"张三,甲,主任委员\n", "李四,甲,工作人员\n", "王五,甲,监督人员\n"};
    for (std::size_t i = 0; i < 3; ++i)
      if (i != left_out) text += rows[i];
    EXPECT_FALSE(members(text).has_value());
  }
  std::string many = kMembersHead + kOffice;
  for (int i = 0; i < 254; ++i) many += "专家" + std::to_string(i) + ",甲,专家\n";
  EXPECT_TRUE(members(many).has_value());  // 255 with the chair
  EXPECT_FALSE(members(many + "多一人,甲,专家\n").has_value());
  std::string crowd = kMembersHead + kOffice;
  for (int i = 0; i < 397; ++i) crowd += "职员" + std::to_string(i) + ",甲,工作人员\n";
  EXPECT_TRUE(members(crowd).has_value());
  EXPECT_FALSE(members(crowd + "多一人,甲,工作人员\n").has_value());
}

// The number of a question is its candidate's position, and a batch must ascend: otherwise the manifest is refused.
TEST(Candidates, AreNumberedBatchByBatchInTheOrderOfFirstMention) {
  auto const got = candidates(kCandidatesHead +
                              "甲,a,正高级,正常,第二批,,\n乙,a,副高级,正常,第一批,,\n丙,a,中级,破格,第 二批,,\n"
                              "丁,a,助理级,正常,第一批,,\n戊,a,中级,正常,第３批,,\n己,a,中级,正常,第3批,,\n");
  ASSERT_TRUE(got.has_value()) << got.error()[0].text();
  std::string names;
  for (Candidate const& candidate : got->candidates) names += candidate.name;
  EXPECT_EQ(names, "甲丙乙丁戊己");
  ASSERT_EQ(got->batches.size(), 3U);
  EXPECT_EQ(got->batches[0].title, "第二批");
  EXPECT_THAT(got->batches[0].candidates, ElementsAre(1U, 2U));
  EXPECT_EQ(got->batches[1].title, "第一批");
  EXPECT_THAT(got->batches[1].candidates, ElementsAre(3U, 4U));
  EXPECT_EQ(got->batches[2].title, "第３批");
  EXPECT_THAT(got->batches[2].candidates, ElementsAre(5U, 6U));
  EXPECT_EQ(got->candidates[1].channel, Channel::kExceptional);
  EXPECT_EQ(got->candidates[0].channel, Channel::kNormal);
}

TEST(Candidates, TitlesOfEngineersAreLevels) {
  auto const got = candidates(
      kCandidatesHead +
      "甲,a,正高级工程师,正常,1,,\n乙,a,高级工程师,正常,1,,\n丙,a,工程师,正常,1,,\n丁,a,助理工程师,正常,1,,\n"
      "戊,a,正 高,正常,1,,\n己,a,副高,正常,1,,\n");
  ASSERT_TRUE(got.has_value());
  std::vector<std::string> levels;
  for (Candidate const& candidate : got->candidates) levels.push_back(candidate.level);
  EXPECT_THAT(levels, ElementsAre("正高级", "副高级", "中级", "助理级", "正高级", "副高级"));
}

TEST(Candidates, TextsKeepTheirLines) {
  auto const got = candidates(kCandidatesHead + "甲,a,中级,正常,1,\"一、主持\r\n二、参与\",\"同意推荐，12:0\"\n");
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->candidates[0].summary, "一、主持\n二、参与");
  EXPECT_EQ(got->candidates[0].group_opinion, "同意推荐，12:0");
}

// Harm: a second count of nearly the same people can expose one who came or left, and nobody is warned of it.
TEST(Candidates, WhoseVotesWereOpenedInAnEarlierMeetingIsKnown) {
  auto const got =
      candidates("姓名,单位,级别,渠道,批次,此前会议\n甲,a,中级,正常,1,2025 年度第二次会议\n乙,a,中级,正常,1,\n");
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->candidates[0].opened_before, "2025 年度第二次会议");
  EXPECT_EQ(got->candidates[1].opened_before, "");
}

TEST(Candidates, EveryFaultIsNamedWithItsCellAndNothingIsImported) {
  EXPECT_EQ(candidate_error(",a,中级,正常,1,,\n").column, 1U);
  EXPECT_EQ(candidate_error("甲,,中级,正常,1,,\n").column, 2U);
  EXPECT_EQ(candidate_error("甲,a,特级,正常,1,,\n").column, 3U);
  EXPECT_THAT(candidate_error("甲,a,高级,正常,1,,\n").expected.in(Lang::kZh), HasSubstr("正高级还是副高级"));
  EXPECT_EQ(candidate_error("甲,a,中级,,1,,\n").column, 4U);  // silence is not 正常: 破格 needs an interview
  EXPECT_EQ(candidate_error("甲,a,中级,特批,1,,\n").column, 4U);
  // Batches are the sheet's, or the program's where it names none: not some of each.
  EXPECT_EQ(candidate_error("甲,a,中级,正常,1,,\n乙,a,中级,正常,,,\n").column, 5U);
  EXPECT_EQ(candidate_error("甲,a,中级,正常,1,x\x02,\n").column, 6U);
  EXPECT_EQ(candidate_error("甲,a,中级,正常,1,,\n乙,a,中级,正常,1,,\n甲,a,中级,正常,2,,\n").row, 4U);
}

TEST(Candidates, ABatchHoldsAtMostAHundred) {
  std::string text = kCandidatesHead;
  for (int i = 0; i < 100; ++i) text += "人" + std::to_string(i) + ",a,中级,正常,1,,\n";
  EXPECT_TRUE(candidates(text).has_value());
  auto const got = candidates(text + "多一人,a,中级,正常,1,,\n再一人,a,中级,正常,1,,\n");
  ASSERT_EQ(got.error().size(), 1U);
  EXPECT_EQ(got.error()[0].row, 102U);
  EXPECT_EQ(got.error()[0].column, 5U);
}

// Harm: the one line that matters is lost among ten thousand, or the clerk takes the list for all there is.
TEST(Candidates, AHopelessSheetListsSomeErrorsAndCountsTheOthers) {
  std::string text = kCandidatesHead;
  for (int i = 0; i < 5900; ++i) text += ",,,,,,x\n";
  auto const errors = candidates(text).error();
  ASSERT_EQ(errors.size(), kErrorsMax + 1);
  EXPECT_THAT(errors.back().text(), HasSubstr("另有"));
  std::string const said = explained(errors).in(Lang::kZh);
  EXPECT_EQ(std::ranges::count(said, '\n'), static_cast<std::ptrdiff_t>(kErrorRowsShownMax) + 1);
  EXPECT_THAT(said, HasSubstr("\n  第 2 行：A 列（姓名）：不能为空；B 列（单位）：不能为空；"));
}

// The examples are what the first meeting of every newcomer runs on.
TEST(Examples, AreImportedWhole) {
  auto const people = members(example("members-gb18030.csv"));
  ASSERT_TRUE(people.has_value()) << people.error()[0].text();
  std::map<std::uint32_t, int> count;
  for (Person const& person : people->people) ++count[person.roles];
  EXPECT_EQ(count[kExpert], 9);
  EXPECT_EQ(count[kExpert | kChair], 2);
  EXPECT_EQ(count[kClerk], 1);
  EXPECT_EQ(count[kSupervisor], 1);
  EXPECT_EQ(count[kScreen], 1);
  EXPECT_EQ(people->chair, 1U);
  EXPECT_EQ(sheets::read_csv(as_bytes(example("members-gb18030.csv")))->encoding, Encoding::kGb18030);

  auto const roster = candidates(example("candidates-utf8bom.csv"));
  ASSERT_TRUE(roster.has_value()) << roster.error()[0].text();
  ASSERT_EQ(roster->batches.size(), 3U);
  EXPECT_EQ(roster->batches[0].candidates.size(), 12U);
  EXPECT_EQ(roster->batches[1].candidates.size(), 5U);
  EXPECT_EQ(roster->batches[2].candidates.size(), 3U);
  for (QuestionId const q : roster->batches[2].candidates)
    EXPECT_EQ(roster->candidates[q - 1].channel, Channel::kExceptional);
}
