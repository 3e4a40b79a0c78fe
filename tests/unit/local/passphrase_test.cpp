// SPDX-License-Identifier: Apache-2.0
/// Where a passphrase comes from, and what it leaves behind.
#include "local/passphrase.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace piaojue::local {
namespace {

class Passphrase : public ::testing::Test {
 protected:
  void SetUp() override { ::unsetenv("PIAOJUE_PASSPHRASE"); }
  void TearDown() override {
    ::unsetenv("PIAOJUE_PASSPHRASE");
    std::filesystem::remove(file_);
  }
  PassphraseSource written(std::string const& text) {
    std::ofstream(file_, std::ios::binary) << text;
    return {file_, false};
  }
  static std::string text(Explained<Secret> const& given) { return std::string(as_text(given.value().view())); }

  std::string const file_ = std::filesystem::temp_directory_path() / ("piaojue-phrase-" + std::to_string(::getpid()));
};

// Harm: an editor on Windows ends the line with two characters, and the keys never open again elsewhere.
TEST_F(Passphrase, IsTheFirstLineOfAFileHoweverItEnds) {
  for (auto const* content : {"正 确\n", "正 确\r\n", "正 确", "正 确\nsecond\n"}) {
    EXPECT_EQ(text(read_passphrase(written(content), "", false, Lang::kZh)), "正 确") << content;
  }
}

// Harm: keys that are sealed under nothing, although somebody asked for a passphrase.
TEST_F(Passphrase, AFileWithoutOneIsRefusedAndNamed) {
  for (auto const& content : {std::string(), std::string("\nsecond\n"), std::string(kPassphraseBytesMax + 2, 'x')}) {
    auto const given = read_passphrase(written(content), "", false, Lang::kZh);
    ASSERT_FALSE(given);
    EXPECT_EQ(given.error().code, Refusal::kMalformed);
    EXPECT_NE(given.error().in(Lang::kEn).find(file_), std::string::npos);
    EXPECT_NE(given.error().in(Lang::kZh).find(file_), std::string::npos);
  }
  EXPECT_FALSE(read_passphrase({file_ + ".not-there", false}, "", false, Lang::kZh));
}

// Harm: a browser, or whatever else this program starts, inherits the passphrase.
TEST_F(Passphrase, TheVariableIsGoneOnceItWasRead) {
  ::setenv("PIAOJUE_PASSPHRASE", "open", 1);
  EXPECT_TRUE(passphrase_given({}));
  EXPECT_EQ(text(read_passphrase({}, "", false, Lang::kZh)), "open");
  EXPECT_EQ(std::getenv("PIAOJUE_PASSPHRASE"), nullptr);
  EXPECT_FALSE(passphrase_given({}));
}

// Harm: a rehearsal's open keys by a slip of the hand in a real meeting: only the flag gives an empty one.
TEST_F(Passphrase, OnlyTheFlagGivesAnEmptyOne) {
  EXPECT_TRUE(read_passphrase({{}, true}, "", false, Lang::kZh).value().empty());
  ::setenv("PIAOJUE_PASSPHRASE", "", 1);
  EXPECT_FALSE(passphrase_given({}));
}

}  // namespace
}  // namespace piaojue::local
