// SPDX-License-Identifier: Apache-2.0
#include "strings/refusals.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <string>

namespace piaojue::strings {
namespace {

constexpr auto kLast = static_cast<std::uint16_t>(kLastRefusal);

// A table with two rows exchanged would tell people of another thing than what happened.
TEST(Refusals, ARefusalHasTheTextOfItsOwnName) {
  for (std::uint16_t code = 1; code <= kLast; ++code) {
    auto const refusal = static_cast<Refusal>(code);
    EXPECT_EQ(sentence_of(refusal).key, "refusal." + std::string(name(refusal)));
  }
}

// Someone who is refused must be told what happened in their own language, and two causes must not look the same.
TEST(Refusals, EveryCodeHasItsOwnSentenceInBothLanguages) {
  std::set<std::string_view> zh;
  std::set<std::string_view> en;
  for (std::uint16_t code = 1; code <= kLast; ++code) {
    auto const& text = sentence_of(static_cast<Refusal>(code));
    zh.insert(text.zh);
    en.insert(text.en);
    EXPECT_TRUE(text.zh.ends_with("。")) << code;
    EXPECT_EQ(text.zh.find("。"), text.zh.size() - std::string_view("。").size()) << "one sentence: " << code;
    EXPECT_TRUE(text.en.ends_with(".")) << code;
    EXPECT_EQ(text.en.find(". "), std::string_view::npos) << "one sentence: " << code;
  }
  EXPECT_EQ(zh.size(), kLast);
  EXPECT_EQ(en.size(), kLast);
}

// A code from a newer peer arrives as a number; whoever reads it is told something, not what lies behind the table.
TEST(Refusals, AnUnlistedCodeIsToldAsUnknown) {
  for (int code : {0, kLast + 1, 65535}) {
    EXPECT_EQ(sentence_of(static_cast<Refusal>(code)).key, "refusal.UNLISTED") << code;
  }
}

}  // namespace
}  // namespace piaojue::strings
