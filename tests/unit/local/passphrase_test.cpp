// SPDX-License-Identifier: Apache-2.0
/// Where a passphrase comes from, and what it leaves behind.
#include "local/passphrase.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/platform/process.h"

namespace piaojue::local {
namespace {

class Passphrase : public ::testing::Test {
 protected:
  void SetUp() override { platform::set_variable("PIAOJUE_PASSPHRASE", std::nullopt); }
  void TearDown() override {
    platform::set_variable("PIAOJUE_PASSPHRASE", std::nullopt);
    std::filesystem::remove(file_);
  }
  PassphraseSource written(std::string const& text) {
    std::ofstream(std::filesystem::path(file_), std::ios::binary) << text;
    return {file_, false};
  }
  static std::string text(Explained<Secret> const& given) { return std::string(as_text(given.value().view())); }

  std::string const file_ =
      (std::filesystem::temp_directory_path() / ("piaojue-phrase-" + std::to_string(platform::process_number())))
          .string();
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
  platform::set_variable("PIAOJUE_PASSPHRASE", "open");
  EXPECT_TRUE(passphrase_given({}));
  EXPECT_EQ(text(read_passphrase({}, "", false, Lang::kZh)), "open");
  EXPECT_EQ(platform::variable("PIAOJUE_PASSPHRASE"), std::nullopt);
  EXPECT_FALSE(passphrase_given({}));
}

// Harm: a person who gave one is told that there is none, and looks for the fault in the wrong place.
TEST_F(Passphrase, AVariableThatIsTooLongIsNotCalledMissing) {
  platform::set_variable("PIAOJUE_PASSPHRASE", std::string(kPassphraseBytesMax + 1, 'x'));
  auto const given = read_passphrase({}, "", false, Lang::kZh);
  ASSERT_FALSE(given);
  EXPECT_EQ(given.error().code, Refusal::kMalformed);
  EXPECT_NE(given.error().in(Lang::kEn).find("more than 1024 bytes"), std::string::npos);
  EXPECT_EQ(platform::variable("PIAOJUE_PASSPHRASE"), std::nullopt);
}

// Harm: a rehearsal's open keys by a slip of the hand in a real meeting: only the flag gives an empty one.
TEST_F(Passphrase, OnlyTheFlagGivesAnEmptyOne) {
  EXPECT_TRUE(read_passphrase({{}, true}, "", false, Lang::kZh).value().empty());
  platform::set_variable("PIAOJUE_PASSPHRASE", "");
  EXPECT_FALSE(passphrase_given({}));
}

// Harm: a laptop that is found after the meeting opens with eight blanks; or one page takes what another refuses.
TEST(NewPassphrase, HasEightCharactersThatAreNotAllTheSame) {
  for (auto const* good : {"12345678", "一二三四五六七八", "aaaaaaab", "correct horse", "口令 一二三 abc"}) {
    EXPECT_TRUE(check_new_passphrase(good)) << good;
  }
  for (auto const* weak : {"", "1234567", "一二三四五六七", "        ", "一一一一一一一一一", "aaaaaaaaaaaaaaaa",
                           "\xff"
                           "2345678"}) {
    auto const given = check_new_passphrase(weak);
    ASSERT_FALSE(given) << weak;
    EXPECT_EQ(given.error().code, Refusal::kMalformed);
  }
}

// Harm: the same keys are enough on one keyboard and too few on another, which sends letter and accent apart.
TEST(NewPassphrase, CountsCharactersAsComposed) {
  std::string const apart = "e\xCC\x81";  // e with U+0301
  EXPECT_FALSE(check_new_passphrase("abc" + apart + apart + apart + apart)) << "seven, of eleven code points";
  EXPECT_TRUE(check_new_passphrase("abcd" + apart + apart + apart + apart));
  std::string same;
  for (int i = 0; i < 9; ++i) same += i % 2 == 0 ? apart : "\xC3\xA9";
  EXPECT_FALSE(check_new_passphrase(same)) << "one character, written in two ways";
}

// Harm: the rule holds in the page alone, and whoever enrols by a command goes round it.
TEST_F(Passphrase, ANewOneIsHeldToTheRuleWhereverItComesFrom) {
  EXPECT_FALSE(read_passphrase(written("short\n"), "", true, Lang::kZh));
  EXPECT_TRUE(read_passphrase(written("short\n"), "", false, Lang::kZh)) << "one that is in use is asked for as it is";
  EXPECT_TRUE(read_passphrase(written("long enough\n"), "", true, Lang::kZh));
}

}  // namespace
}  // namespace piaojue::local
