// SPDX-License-Identifier: Apache-2.0
#include "base/sentence.h"

#include <gtest/gtest.h>

#include "base/explained.h"

namespace piaojue {
namespace {

constinit Text const kCount{"test.count", "共 {n} 人：{who}", "{who}: {n} people"};
constinit Text const kNobody{"test.nobody", "无", "nobody"};

// Harm: a refusal that was worded where it arose is Chinese on an English page, or English on a Chinese paper.
TEST(Sentence, IsSaidInTheReadersLanguageAlsoInside) {
  Sentence const sentence(kCount, {{"n", 0}, {"who", kNobody}});
  EXPECT_EQ(sentence.in(Lang::kZh), "共 0 人：无");
  EXPECT_EQ(sentence.in(Lang::kEn), "nobody: 0 people");
}

// Harm: a name from a sheet that holds braces would be taken for a place, and another value shown in it.
TEST(Sentence, WhatIsPutInIsNotReadAgain) {
  EXPECT_EQ(Sentence(kCount, {{"n", 1}, {"who", "{n}"}}).in(Lang::kEn), "{n}: 1 people");
}

// Harm: two reasons of one applicant are taken for one because they happen to read alike, and one is left out.
TEST(Sentence, IsTheSameByItsTextAndValuesAlsoInside) {
  Sentence const sentence(kCount, {{"n", 1}, {"who", kNobody}});
  EXPECT_EQ(sentence, Sentence(kCount, {{"n", 1}, {"who", Sentence(kNobody)}}));
  EXPECT_FALSE(sentence == Sentence(kCount, {{"n", 2}, {"who", kNobody}}));
  EXPECT_FALSE(sentence == Sentence(kCount, {{"n", 1}, {"who", Sentence()}}));
  EXPECT_FALSE(sentence == Sentence(kCount, {{"n", 1}, {"who", "无"}}));
  EXPECT_FALSE(sentence == Sentence(kNobody));
}

TEST(Sentence, APlaceWithoutAValueStays) {
  EXPECT_EQ(Sentence(kCount, {{"n", 2}}).in(Lang::kEn), "{who}: 2 people");
  static constexpr Text kOpen{"test.open", "{", "a {b"};
  EXPECT_EQ(Sentence(kOpen).in(Lang::kEn), "a {b");
}

TEST(Explained, SaysWhereAndKeepsTheRefusal) {
  Explained<int> const refused = Explanation(kNobody, "members.xlsx B7", Refusal::kUnknown);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().in(Lang::kEn), "members.xlsx B7: nobody");
  EXPECT_EQ(refused.error().code, Refusal::kUnknown);
}

}  // namespace
}  // namespace piaojue
