// SPDX-License-Identifier: Apache-2.0
#include "base/refusal.h"

#include <gtest/gtest.h>

#include <string>

namespace piaojue {
namespace {

// Numbers are on the wire and names are in records: a changed row would make an old record mean something else.
TEST(Refusal, NumbersAndNamesAreThoseOfTheSpecification) {
  static constexpr std::string_view kNames[] = {
      "KEY_UNLOGGED",    "KEY_PARAM",         "FINALIZE_FAILED", "ALREADY_ISSUED",
      "NOT_ON_ROLL",     "RECUSED",           "WRONG_PHASE",     "OUT_OF_RANGE",
      "MIX_DUPLICATE",   "MIX_SIZE",          "MIX_OPEN",        "MIX_AGAIN",
      "BALLOT_TOKEN",    "BALLOT_SIGNATURE",  "BALLOT_PROOF",    "BALLOT_CONTEXT",
      "BALLOT_ENCODING", "BALLOT_DUPLICATE",  "LOG_SPLIT",       "LOG_INCONSISTENT",
      "GATE_COUNT",      "GATE_UNCONFIRMED",  "GATE_MISSING",    "GATE_TOO_FEW",
      "GATE_REOPENED",   "GATE_OVERRIDE",     "QUORUM",          "THRESHOLD_RULE",
      "UNBALANCED_ROW",  "INTERVIEW_MISSING", "MALFORMED",       "NOT_CANONICAL",
      "TOO_LARGE",       "UNKNOWN_TYPE",      "BAD_SIGNATURE",   "NOT_AUTHORISED",
      "PROOF",           "CONFLICT",          "UNKNOWN",         "BUSY",
      "STORAGE",         "INTERNAL",          "WITNESSES",       "BALLOT_SPENT",
      "FIRST_KEYS",      "CHECK_DIFFERS"};
  ASSERT_EQ(std::size(kNames), static_cast<std::size_t>(kLastRefusal));
  for (std::size_t i = 0; i < std::size(kNames); ++i) EXPECT_EQ(name(static_cast<Refusal>(i + 1)), kNames[i]);
}

// A code from a newer peer arrives as a number; it must not be read past the end of the table.
TEST(Refusal, UnlistedCodesAreNamedWithoutReadingPastTheTable) {
  for (int code : {0, static_cast<int>(kLastRefusal) + 1, 65535}) {
    EXPECT_EQ(name(static_cast<Refusal>(code)), "UNLISTED") << code;
  }
}

// Harm: a code cast from another library's error would be told to people as ours.
TEST(Refusal, AResultKeepsTheRefusalItself) {
  Result<int> const refused = Refusal::kMixOpen;
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), Refusal::kMixOpen);
  EXPECT_NE(refused.error(), Refusal::kMixSize);
  static_assert(std::is_same_v<decltype(refused.error()), Refusal>);
  EXPECT_EQ(name(refused.error()), "MIX_OPEN");
  EXPECT_THROW(static_cast<void>(refused.value()), std::logic_error);
}

}  // namespace
}  // namespace piaojue
