// SPDX-License-Identifier: Apache-2.0
// The office's cases follow from its ledger alone: what was decided, who passed, and how far each has come.
#include "office/casework/casework.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "support/paths.h"

using namespace piaojue;
using namespace piaojue::office;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

Day day(std::string const& month_and_day) { return *sheets::parse_day("2026-" + month_and_day); }

std::string table(std::string const& name) {
  std::ifstream in(test::source_dir() + "/office/rules/tables/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

WorkCalendar calendar() {
  WorkCalendar out;
  auto const added = out.add(*parse_holidays(table("holidays-2026.toml")));
  EXPECT_TRUE(added);
  return out;
}

/// Of whom nothing is known: every verdict is for people.
Review review(std::vector<std::string> const& names) {
  std::vector<Applicant> people;
  for (auto const& name : names) people.push_back({name, "某公司", people.size() + 2, {}, {}});
  for (auto& one : people) one.facts.level = sheets::Level::kMiddle;
  return {std::move(people), *parse_standard(table("standard-2023-13.toml")), "示例"};
}

std::string why(auto const& refused) { return refused ? "" : refused.error().in(Lang::kZh); }

/// A ledger of one clerk, and the casework beside it.
class Cases : public testing::Test {
 protected:
  static void SetUpTestSuite() { piaojue::init(); }
  Cases() {
    Action const enlist{
        Deed::kEnlist, day("06-01"), {}, {{"name", "周晓棠"}, {"key", to_hex(key_.public_key().view())}}, {}};
    EXPECT_TRUE(ledger.apply(*ledger.sign(enlist, {{1, &key_}})));
  }

  /// As the desk does it: on a copy first, then into the ledger.
  Explained<void> write(std::string const& date, entry::Body const& body, std::vector<Subject> subjects = {}) {
    auto const before = Casework::replay(ledger, basis);
    if (!before) return before.error();
    Action const action{entry::deed_of(body), day(date), std::move(subjects), entry::encode_texts(body), {}};
    if (auto const after = before->with(action, "周晓棠"); !after) return after.error();
    auto const entry = ledger.sign(action, {{1, &key_}});
    if (!entry) return entry.error();
    if (auto const applied = ledger.apply(*entry); !applied) return applied.error();
    return {};
  }
  Casework now() const {
    auto out = Casework::replay(ledger, basis);
    EXPECT_TRUE(out) << why(out);
    return std::move(*out);
  }
  /// Three are imported; the first and the third passed.
  void until_record() {
    basis.calendar = calendar();
    ASSERT_TRUE(write("06-02", entry::Import{}, people));
    ASSERT_TRUE(write("07-01", entry::Roster{{2, 3, 1}, {}, {}}, people));
    ASSERT_TRUE(write("09-17", entry::Record{crypto::sha256({as_bytes("x")})}, {people[0], people[2]}));
  }

  std::vector<Subject> const people{{1, "甲"}, {2, "乙"}, {3, "甲"}};
  Ledger ledger{LedgerId{}};
  Casework::Basis basis;

 private:
  crypto::SigningKey const key_ = crypto::SigningKey::generate();
};

}  // namespace

// Harm: people are judged by one sheet, and then it is exchanged for another.
TEST_F(Cases, NothingIsImportedOnceAnythingWasDone) {
  ASSERT_TRUE(write("06-02", entry::Import{}, people));
  EXPECT_TRUE(now().check_import());
  ASSERT_TRUE(write("06-03", entry::Import{{}, "沿用", {}}, people));
  EXPECT_EQ(now().import()->said.extension, "沿用");
  ASSERT_TRUE(write("06-04", entry::Decide{Verdict::kEligible, "齐", "第五条", {}}, {people[0]}));
  EXPECT_THAT(why(now().check_import()), HasSubstr("人工决定"));
}

// Harm: a decision is lost, or made for somebody else, when the page is opened again.
TEST_F(Cases, DecisionsStandBesideWhatTheMachineFound) {
  basis.review = review({"甲", "乙", "甲"});
  ASSERT_TRUE(write("06-02", entry::Import{}, people));
  EXPECT_FALSE(write("06-03", entry::Decide{Verdict::kEligible, "齐", "", {}}, {people[1]})) << "no basis";
  EXPECT_FALSE(write("06-03", entry::Decide{Verdict::kEligible, "齐", "第五条", {}}, {{9, "丁"}}));
  EXPECT_EQ(ledger.size(), 2U) << "what is refused wrote nothing";
  ASSERT_TRUE(write("06-03", entry::Decide{Verdict::kEligible, "齐", "第五条", {}}, {people[1]}));
  auto const state = now();
  auto const& assessed = state.review()->assessed();
  EXPECT_FALSE(assessed[0].human);
  ASSERT_TRUE(assessed[1].human);
  EXPECT_EQ(assessed[1].human->decided_by, "周晓棠");
  EXPECT_EQ(assessed[1].standing(), Verdict::kEligible);
  EXPECT_NE(assessed[1].machine.verdict, Verdict::kEligible);
}

// Harm: what was decided on facts that turned out wrong stands, and nobody looks at the applicant again; or the ledger
// can not be read any more because an old decision does not fit the facts as they are now.
TEST_F(Cases, ADecisionFallsWithTheFactsThatItWasAbout) {
  basis.review = review({"甲", "乙", "甲"});
  ASSERT_TRUE(write("06-02", entry::Import{}, people));
  ASSERT_TRUE(write("06-03", entry::Decide{Verdict::kEligible, "齐", "第五条", {}}, {people[0], people[1]}));
  entry::Amend const amend{{{"学历", "本科", "硕士"}}, "核对原件"};
  ASSERT_TRUE(write("06-04", amend, {people[1]}));
  auto const amended = now();
  EXPECT_TRUE(amended.review()->assessed()[0].human) << "only his own";
  EXPECT_FALSE(amended.review()->assessed()[1].human);
  ASSERT_TRUE(amended.fallen_decision(2));
  EXPECT_EQ(amended.fallen_decision(2)->verdict, Verdict::kEligible);
  ASSERT_EQ(amended.amendments(2).size(), 1U);
  EXPECT_EQ(amended.amendments(2)[0].by, "周晓棠");
  EXPECT_EQ(amended.amendments(2)[0].said.changes[0].after, "硕士");
  ASSERT_TRUE(write("06-05", entry::Decide{Verdict::kNotEligible, "再看", "第五条", {}}, {people[1]}));
  EXPECT_EQ(now().review()->assessed()[1].standing(), Verdict::kNotEligible);
  EXPECT_FALSE(now().fallen_decision(2));
  EXPECT_FALSE(write("06-05", entry::Amend{{{"学历", "硕士", "硕士"}}, "x"}, {people[1]})) << "no change";
  EXPECT_FALSE(write("06-05", entry::Amend{{{"学历", "硕士", "本科"}}, " "}, {people[1]})) << "no reason";
  EXPECT_FALSE(write("06-05", amend, {people[0], people[1]})) << "one at a time";
}

// Harm: of many who are decided together some are, and nobody can tell whom the entry is about.
TEST_F(Cases, ManyAreDecidedTogetherOrNone) {
  basis.review = review({"甲", "乙", "甲"});
  ASSERT_TRUE(write("06-02", entry::Import{}, people));
  EXPECT_FALSE(write("06-03", entry::Decide{Verdict::kEligible, "齐", "第五条", {}}, {people[0], {9, "丁"}}));
  EXPECT_FALSE(now().review()->assessed()[0].human);
  ASSERT_TRUE(write("06-03", entry::Decide{Verdict::kEligible, "齐", "第五条", {}}, people));
  auto const after = now();
  for (auto const& one : after.review()->assessed()) EXPECT_EQ(one.standing(), Verdict::kEligible);
}

// Harm: somebody who took the application back is waited for, voted on, posted.
TEST_F(Cases, WhoWithdrawsIsOutOfEverythingThatFollows) {
  basis = {calendar(), review({"甲", "乙", "甲"})};
  ASSERT_TRUE(write("06-02", entry::Import{}, people));
  ASSERT_TRUE(write("06-03", entry::Decide{Verdict::kEligible, "齐", "第五条", {}}, {people[0], people[2]}));
  ASSERT_TRUE(write("07-01", entry::Withdraw{"本人申请"}, {people[1]}));
  EXPECT_THAT(*now().check_roster(), ElementsAre(1, 3));
  ASSERT_TRUE(write("07-02", entry::Roster{{1, 3}, {}, {}}, {people[0], people[2]}));
  EXPECT_FALSE(now().roster_behind());
  ASSERT_TRUE(write("07-03", entry::Withdraw{"本人申请"}, {people[2]}));
  EXPECT_EQ(now().roster_behind(), Deed::kWithdraw);
  for (auto const& [body, date] : std::vector<std::pair<entry::Body, std::string>>{
           {entry::Decide{Verdict::kEligible, "齐", "第五条", {}}, "07-04"},
           {entry::Amend{{{"学历", "本科", "硕士"}}, "x"}, "07-04"},
           {entry::Notice{{{"缺考核表", ""}}, 5}, "07-04"},
           {entry::Withdraw{"再一次"}, "07-04"}})
    EXPECT_THAT(why(write(date, body, {people[2]})), HasSubstr("已撤回申报"));
  EXPECT_FALSE(write("07-04", entry::Withdraw{""}, {people[0]})) << "no reason";
  // He was on the ballot all the same, and passed.
  ASSERT_TRUE(write("09-17", entry::Record{crypto::sha256({as_bytes("x")})}, {people[0], people[2]}));
  EXPECT_THAT(now().record()->passed, ElementsAre(people[0]));
  EXPECT_THAT(why(write("09-18", entry::Withdraw{"晚了"}, {people[0]})), HasSubstr("会议已经开过"));
}

// Harm: a part of the list that comes again exchanges somebody who was decided about, or renumbers everybody.
TEST_F(Cases, APartOfTheListTouchesOnlyThoseAboutWhomNothingWasDone) {
  EXPECT_FALSE(write("06-01", entry::Import{{}, {}, {1}}, {{1, "甲"}})) << "a part of nothing";
  ASSERT_TRUE(write("06-02", entry::Import{}, people));
  ASSERT_TRUE(write("06-03", entry::Decide{Verdict::kEligible, "齐", "第五条", {}}, {people[0]}));
  ASSERT_TRUE(write("06-04", entry::Import{{}, {}, {4, 2}}, {{2, "乙二"}, {4, "丁"}}));
  EXPECT_THAT(now().import()->people, ElementsAre(people[0], Subject{2, "乙二"}, people[2], Subject{4, "丁"}));
  ASSERT_EQ(now().parts().size(), 1U);
  EXPECT_THAT(now().parts()[0].said.part, ElementsAre(4, 2));
  EXPECT_THAT(why(write("06-05", entry::Import{{}, {}, {3, 1}}, {people[0], people[2]})), HasSubstr("第 1 号"));
  ASSERT_TRUE(write("07-01", entry::Roster{{1}, {}, {}}, {people[0]}));
  ASSERT_TRUE(write("07-02", entry::Import{{}, {}, {3}}, {people[2]}));
  EXPECT_EQ(now().roster_behind(), Deed::kImport);
}

// Harm: a name that was corrected after the roster was made: the record's ballot is taken for another meeting's.
TEST_F(Cases, AnAmendedNameDoesNotPartTheRecordFromItsRoster) {
  ASSERT_TRUE(write("06-02", entry::Import{}, people));
  ASSERT_TRUE(write("07-01", entry::Roster{{2, 1}, {}, {}}, {people[0], people[1]}));
  ASSERT_TRUE(write("07-02", entry::Amend{{{"姓名", "乙", "乙二"}}, "身份证"}, {people[1]}));
  EXPECT_EQ(now().subject(2)->name, "乙二");
  EXPECT_THAT(*now().passers({"乙", "甲"}, {1}), ElementsAre(people[1]));
  EXPECT_FALSE(now().passers({"乙二", "甲"}, {1}));
}

// Harm: a roster that is made again after the vote parts the office from its meeting, and nobody gets a certificate.
TEST_F(Cases, TheRecordMayBeOfAnEarlierRoster) {
  ASSERT_TRUE(write("06-02", entry::Import{}, people));
  ASSERT_TRUE(write("07-01", entry::Roster{{2, 1}, {}, {}}, {people[0], people[1]}));
  ASSERT_TRUE(write("07-02", entry::Roster{{1}, {}, {}}, {people[0]}));
  EXPECT_THAT(*now().passers({"乙", "甲"}, {1}), ElementsAre(people[1]));
  EXPECT_THAT(*now().passers({"甲"}, {1}), ElementsAre(people[0]));
  EXPECT_FALSE(now().passers({"乙"}, {1}));
}

// Harm: somebody who was not heard yet is left out of the meeting, or sits in it undecided.
TEST_F(Cases, TheRosterWaitsForEverybodyWhoIsOpen) {
  basis = {calendar(), review({"甲", "乙", "甲"})};
  ASSERT_TRUE(write("06-02", entry::Import{}, people));
  ASSERT_TRUE(write("06-03", entry::Decide{Verdict::kEligible, "齐", "第五条", {}}, {people[0]}));
  ASSERT_TRUE(write("06-03", entry::Decide{Verdict::kNotEligible, "不齐", "第五条", {}}, {people[1]}));
  ASSERT_TRUE(write("06-03", entry::Notice{{{"缺考核表", ""}}, 5}, {people[0]}));
  auto const open = why(now().check_roster());
  EXPECT_THAT(open, HasSubstr("第 1 号 甲：补正未了"));
  EXPECT_THAT(open, HasSubstr("第 3 号 甲：须人工认定"));
  EXPECT_FALSE(write("06-30", entry::Answer{entry::Outcome::kCorrected}, {people[0]})) << "after the deadline";
  ASSERT_TRUE(write("06-04", entry::Answer{entry::Outcome::kCorrected}, {people[0]}));
  ASSERT_TRUE(write("06-05", entry::Decide{Verdict::kEligible, "齐", "第五条", {}}, {people[2]}));
  EXPECT_THAT(*now().check_roster(), ElementsAre(1, 3));
}

// Harm: a certificate for the neighbour on the list.
TEST_F(Cases, WhoPassedAreTheAuditorsQuestionsByTheRostersNumbers) {
  ASSERT_TRUE(write("06-02", entry::Import{}, people));
  // Without a roster the number is the place on the ballot.
  EXPECT_THAT(*now().passers({"乙", "甲", "甲"}, {2}), ElementsAre(Subject{2, "甲"}));
  ASSERT_TRUE(write("07-01", entry::Roster{{2, 3, 1}, {}, {}}, people));
  EXPECT_THAT(*now().passers({"乙", "甲", "甲"}, {2, 3}), ElementsAre(Subject{1, "甲"}, Subject{3, "甲"}));
  EXPECT_THAT(*now().passers({"乙", "甲", "甲"}, {}), ElementsAre());
  EXPECT_FALSE(now().passers({"甲", "乙", "甲"}, {1})) << "another order";
  EXPECT_FALSE(now().passers({"乙", "甲"}, {1})) << "one is missing";
}

// Harm: two applicants of one name; the objection against one holds back the other.
TEST_F(Cases, TwoPassersOfOneNameAreTwo) {
  until_record();
  ASSERT_TRUE(write("09-17", entry::Publish{"服务平台"}));
  ASSERT_TRUE(write("09-18", entry::Publish{"政务网"}));
  EXPECT_EQ(now().last_day(), day("09-24"));
  ASSERT_TRUE(write("09-21", entry::Object{"业绩待核"}, {people[2]}));
  EXPECT_THAT(why(write("09-21", entry::Object{"x"}, {people[1]})), HasSubstr("不在评审通过人员中"));
  auto const posted = *now().publicity();
  EXPECT_EQ(posted.people()[0].state, PasserState::kPosted);
  EXPECT_EQ(posted.people()[1].state, PasserState::kHeldBack);
  EXPECT_EQ(posted.people()[1].passer.number, 3U);
  EXPECT_THAT(*now().passers_at(PasserState::kCleared, day("09-25")), ElementsAre(people[0]));
  EXPECT_FALSE(now().passers_at(PasserState::kCleared, day("09-24"))) << "the last day is part of it";
}

// Harm: the way to the certificate is cut short, or gone twice.
TEST_F(Cases, EveryStepFollowsFromTheOneBefore) {
  until_record();
  EXPECT_FALSE(write("09-18", entry::File{"一号"}, {people[0]})) << "not posted";
  ASSERT_TRUE(write("09-17", entry::Publish{"服务平台"}));
  ASSERT_TRUE(write("09-18", entry::Publish{"政务网"}));
  EXPECT_FALSE(write("09-24", entry::File{"一号"}, {people[0]}));
  ASSERT_TRUE(write("09-25", entry::File{"一号"}, {people[0], people[2]}));
  EXPECT_FALSE(write("09-25", entry::File{"一号"}, {people[0]})) << "twice";
  EXPECT_FALSE(write("09-25", entry::Certificates{}, {people[0]})) << "not announced";
  ASSERT_TRUE(write("09-28", entry::Announce{"二号"}, {people[0]}));
  ASSERT_TRUE(write("09-29", entry::Certificates{}, {people[0]}));
  EXPECT_EQ(now().publicity()->people()[0].state, PasserState::kHandedOff);
  EXPECT_EQ(now().publicity()->people()[1].state, PasserState::kFiled);
}

// Harm: a table that only others need is missing, and nobody can read the ledger.
TEST_F(Cases, WhatIsNotGivenIsNotFollowed) {
  until_record();
  ASSERT_TRUE(write("09-17", entry::Publish{"服务平台"}));
  basis = {};
  EXPECT_TRUE(now().record());
  EXPECT_FALSE(now().publicity());
  EXPECT_FALSE(now().last_day());
}

TEST_F(Cases, WhereNobodyPassedNothingIsPosted) {
  basis.calendar = calendar();
  EXPECT_THAT(why(write("09-17", entry::Publish{"服务平台"})), HasSubstr("还没有会议记录"));
  ASSERT_TRUE(write("09-17", entry::Record{crypto::sha256({as_bytes("x")})}));
  EXPECT_THAT(why(write("09-17", entry::Publish{"服务平台"})), HasSubstr("没有评审通过人员"));
}
