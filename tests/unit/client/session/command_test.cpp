// SPDX-License-Identifier: Apache-2.0
#include "client/session/command.h"

#include <gtest/gtest.h>

#include "base/utf8.h"

namespace piaojue::client::command {
namespace {

using crypto::elgamal::Choice;

template <class T>
T parsed(std::string_view line) {
  auto const command = parse(line);
  EXPECT_TRUE(command) << line;
  auto const* const out = command ? std::get_if<T>(&*command) : nullptr;
  EXPECT_NE(out, nullptr) << line;
  return out == nullptr ? T{} : *out;
}

// Harm: a vote that is taken for another because a word was read loosely.
TEST(Command, ChoicesAreExactlyTheirWords) {
  for (auto const* word : {"agree", "同意"})
    EXPECT_EQ(parsed<Vote>(std::string("vote 7 ") + word).choice, Choice::kAgree);
  for (auto const* word : {"disagree", "不同意", "反对"}) {
    EXPECT_EQ(parsed<Vote>(std::string("vote 7 ") + word).choice, Choice::kDisagree);
  }
  for (auto const* word : {"abstain", "弃权"})
    EXPECT_EQ(parsed<Vote>(std::string("vote 7 ") + word).choice, Choice::kAbstain);
  for (auto const* line :
       {"vote 7 Agree", "vote 7 agre", "vote 7 agree now", "vote 7", "vote agree 7", "vote 0 agree", "vote -1 agree",
        "vote +1 agree", "vote 1.0 agree", "vote 4294967297 agree", "vote 7 同 意"}) {
    EXPECT_EQ(parse(line).error(), Refusal::kMalformed) << line;
  }
}

// Harm: a time that nobody has set is shown to the hall.
TEST(Command, ACountdownIsSecondsOrOff) {
  EXPECT_EQ(parsed<Countdown>("countdown 120").seconds, 120U);
  EXPECT_EQ(parsed<Countdown>("countdown off").seconds, 0U);
  for (auto const* line : {"countdown", "countdown 0", "countdown -1", "countdown 2 min", "countdown on"}) {
    EXPECT_EQ(parse(line).error(), Refusal::kMalformed) << line;
  }
}

TEST(Command, TextsRunToTheEndOfTheLine) {
  EXPECT_EQ(parsed<Recuse>("recuse 3 与申报人为 同一单位  ").reason, "与申报人为 同一单位");
  EXPECT_EQ(parsed<Recuse>("recuse 3 x").person, 0U);
  EXPECT_EQ(parsed<RecuseBack>("recuse-back 3 误登 了").reason, "误登 了");
  EXPECT_EQ(parsed<RecuseBack>("recuse-back 3 x").question, 3U);
  auto const by_office = parsed<Recuse>("recuse-person 4 3 亲属 关系");
  EXPECT_EQ(by_office.person, 4U);
  EXPECT_EQ(by_office.question, 3U);
  EXPECT_EQ(by_office.reason, "亲属 关系");
  EXPECT_EQ(parsed<SignOut>("sign-out").person, 0U);
  EXPECT_EQ(parsed<SignOut>("sign-out 5 设备失联").reason, "设备失联");
  EXPECT_EQ(parsed<Export>("export /tmp/a b.piaojue").path, "/tmp/a b.piaojue");
  // Harm: an act of office without the reason that the record must show.
  for (auto const* line : {"recuse 3", "recuse-person 4 3", "sign-out 5", "void", "void all", "void 1,2", "override 3",
                           "change-trustee 2 7", "interview 3", "export"}) {
    EXPECT_EQ(parse(line).error(), Refusal::kMalformed) << line;
  }
  EXPECT_EQ(parse("recuse 3 " + std::string(meeting::kTextBytesMax + 1, 'x')).error(), Refusal::kMalformed);
}

// Harm: a reason that begins with a number is taken for a list, or half a list for a reason.
TEST(Command, VoidTellsQuestionsFromReason) {
  EXPECT_EQ(parsed<Void>("void 3,1,2 材料有误").questions, (std::vector<meeting::QuestionId>{1, 2, 3}));
  EXPECT_TRUE(parsed<Void>("void all 材料有误").questions.empty());
  EXPECT_EQ(parsed<Void>("void all 材料有误").reason, "材料有误");
  EXPECT_EQ(parsed<Void>("void 第一轮有误 3").reason, "第一轮有误 3");
  for (auto const* line : {"void 1,1 x", "void 1,,2 x", "void ,1 x", "void 0 x", "void 1, x"}) {
    EXPECT_EQ(parse(line).error(), Refusal::kMalformed) << line;
  }
}

TEST(Command, OverrideNamesItsPeople) {
  auto const in = parsed<Override>("override 4,2 设备失联");
  EXPECT_EQ(in.people, (std::vector<meeting::PersonId>{2, 4}));
  EXPECT_EQ(in.reason, "设备失联");
  for (auto const* line : {"override silent 2 x", "override all x", "override 2,2 x", "override x 2"}) {
    EXPECT_EQ(parse(line).error(), Refusal::kMalformed) << line;
  }
}

TEST(Command, WhatIsAskedIsAnsweredYesOrNo) {
  EXPECT_FALSE(parsed<SignOut>("sign-out").not_voted);
  EXPECT_EQ(parsed<SignOut>("sign-out not-voted yes").not_voted, true);
  EXPECT_EQ(parsed<SignOut>("sign-out not-voted no").not_voted, false);
  EXPECT_TRUE(parsed<NotVoted>("not-voted yes").own_decision);
  EXPECT_FALSE(parsed<NotVoted>("not-voted no").own_decision);
  // Harm: "no" is taken for "yes", and a vote that was lost is called one's own decision.
  for (auto const* line :
       {"sign-out not-voted", "sign-out not-voted maybe", "not-voted", "not-voted y", "not-voted yes no"}) {
    EXPECT_EQ(parse(line).error(), Refusal::kMalformed) << line;
  }
}

TEST(Command, ACheckNamesWhomAndAVerdictIsOneOfThree) {
  EXPECT_EQ(parsed<Check>("check 8").supervisor, 8U);
  EXPECT_EQ(parsed<CheckAccept>("check-accept 4").person, 4U);
  EXPECT_EQ(parsed<CheckRefuse>("check-refuse 4").person, 4U);
  EXPECT_EQ(parsed<Verdict>("verdict 4 agrees").verdict, meeting::CheckVerdict::kAgrees);
  EXPECT_EQ(parsed<Verdict>("verdict 4 differs").verdict, meeting::CheckVerdict::kDiffers);
  EXPECT_EQ(parsed<Verdict>("verdict 4 unopened").verdict, meeting::CheckVerdict::kUnopened);
  EXPECT_EQ(parsed<Spoil>("spoil 4").person, 4U);
  EXPECT_EQ(parsed<Tick>("tick 4 7KQ2-9XWT-M4ZD-8R5C").device_code, "7KQ2-9XWT-M4ZD-8R5C");
  EXPECT_TRUE(parsed<Tick>("untick 4").device_code.empty());
  auto const change = parsed<ChangeTrustee>("change-trustee 2 7 电脑 损坏");
  EXPECT_EQ(change.trustee, 2U);
  EXPECT_EQ(change.person, 7U);
  EXPECT_EQ(change.reason, "电脑 损坏");
  for (auto const* line : {"check", "check 0", "check 8 now", "verdict 4", "verdict 4 agree", "verdict agrees", "spoil",
                           "tick 4", "tick 4 a b", "untick", "untick 4 x", "stop it"}) {
    EXPECT_EQ(parse(line).error(), Refusal::kMalformed) << line;
  }
}

TEST(Command, OpenMayBeOnPaper) {
  EXPECT_FALSE(parsed<Open>("open 2").paper);
  EXPECT_TRUE(parsed<Open>("open 2 paper").paper);
  for (auto const* line :
       {"open", "open x", "open 2 papers", "open 2 paper paper", "open 2 fewer-trustees", "open 0"}) {
    EXPECT_EQ(parse(line).error(), Refusal::kMalformed) << line;
  }
}

TEST(Command, ApproveNamesAllOrOnePrefix) {
  EXPECT_EQ(parsed<Approve>("approve all").prefix, "");
  EXPECT_EQ(parsed<Approve>("approve 0A9f").prefix, "0a9f");
  EXPECT_FALSE(parsed<Approve>("approve 0a9f").heads);
  EXPECT_EQ(parsed<Approve>("approve 0a9f 11").heads, 11U);
  for (auto const* line : {"approve", "approve xyz", "approve all now", "approve all 11", "approve 0a9f x"}) {
    EXPECT_EQ(parse(line).error(), Refusal::kMalformed) << line;
  }
}

TEST(Command, PaperTakesEightNumbers) {
  auto const paper = parsed<Paper>("paper 4 11 10 9 1 6 2 1");
  EXPECT_EQ(paper.question, 4U);
  EXPECT_EQ(paper.row, (meeting::PaperRow{11, 10, 9, 1, 6, 2, 1}));
  EXPECT_EQ(parse("paper 4 11 10 9 1 6 2").error(), Refusal::kMalformed);
  EXPECT_EQ(parse("paper 4 11 10 9 1 6 2 1 0").error(), Refusal::kMalformed);
}

TEST(Command, InterviewMayNameItsSignedPaper) {
  EXPECT_FALSE(parsed<Interview>("interview 3 回答清楚").document);
  auto const with = parsed<Interview>("interview 3 sha256:" + std::string(64, 'a') + " 回答 清楚");
  ASSERT_TRUE(with.document);
  EXPECT_EQ(with.text, "回答 清楚");
  EXPECT_EQ(parse("interview 3 sha256:abcd 回答").error(), Refusal::kMalformed);
}

// Harm: bytes that are no text end up in a signed entry that no other client takes in.
TEST(Command, NothingButUtf8IsRead) {
  for (auto const* line : {"recuse 1 \xff", "recuse 1 \xc0\xaf", "recuse 1 \xed\xa0\x80", "recuse 1 \xf5\x80\x80\x80",
                           "recuse 1 \xe4\xb8", "sign-in \x80"}) {
    EXPECT_EQ(parse(line).error(), Refusal::kMalformed);
  }
  EXPECT_TRUE(is_utf8("票决 \xF0\xA0\xAE\xB7"));
  EXPECT_EQ(word_of("\xff\xfe x"), "?");
}

// Harm: a reply that two askers take for theirs, or a tag that writes into somebody's JSON.
TEST(Command, ATagIsAFewLettersOrDigits) {
  auto const tagged = split_tag("  @a7Z sign-out 4 走了");
  ASSERT_TRUE(tagged);
  EXPECT_EQ(tagged->tag, "a7Z");
  EXPECT_EQ(tagged->line, "sign-out 4 走了");
  EXPECT_EQ(split_tag("sign-in").value().tag, "");
  EXPECT_EQ(split_tag("interview 3 a@b").value().line, "interview 3 a@b");
  EXPECT_EQ(split_tag("@7").value().line, "");
  for (auto const* line : {"@", "@ now", "@a.b now", "@\"x now", "@甲 now", "@12345678901234567 now"}) {
    EXPECT_EQ(split_tag(line).error(), Refusal::kMalformed) << line;
  }
}

TEST(Command, ToLookAndToFollow) {
  EXPECT_TRUE(parsed<Follow>("follow on").on);
  EXPECT_FALSE(parsed<Follow>("follow off").on);
  for (auto const* line : {"follow", "follow on off", "follow up", "now then", "meeting 1", "marks 1", "unmark 1"}) {
    EXPECT_EQ(parse(line).error(), Refusal::kMalformed) << line;
  }
  EXPECT_EQ(parse("recuse 3 亲属\nquit").error(), Refusal::kMalformed);
  EXPECT_EQ(parse("recuse 3 亲属\r\nquit").error(), Refusal::kMalformed);
}

TEST(Command, UnknownAndBlankLines) {
  EXPECT_EQ(parse("rob bank").error(), Refusal::kUnknownType);
  EXPECT_EQ(parse("cast now").error(), Refusal::kMalformed);
  EXPECT_TRUE(is_blank("   \t\r"));
  EXPECT_TRUE(is_blank("# a comment"));
  EXPECT_FALSE(is_blank("cast"));
  EXPECT_EQ(word_of("  open 1"), "open");
  EXPECT_EQ(usage_of("open"), "open <batch> [paper]");
  EXPECT_EQ(usage_of("rob"), "");
}

}  // namespace
}  // namespace piaojue::client::command
