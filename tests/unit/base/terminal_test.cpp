// SPDX-License-Identifier: Apache-2.0
#include "base/terminal.h"

#include <gtest/gtest.h>

#include <array>
#include <optional>

#include "base/platform/process.h"

namespace piaojue {
namespace {

/// The three variables as a test sets them, and afterwards as they were.
class Locale {
 public:
  Locale(char const* all, char const* messages, char const* lang) {
    put(0, all);
    put(1, messages);
    put(2, lang);
  }
  ~Locale() {
    for (std::size_t i = 0; i < kNames.size(); ++i) platform::set_variable(kNames[i], before_[i]);
  }
  Locale(Locale const&) = delete;
  Locale& operator=(Locale const&) = delete;

 private:
  static constexpr std::array<char const*, 3> kNames{"LC_ALL", "LC_MESSAGES", "LANG"};
  void put(std::size_t i, char const* value) {
    before_[i] = platform::variable(kNames[i]);
    platform::set_variable(kNames[i], value == nullptr ? std::nullopt : std::optional<std::string>(value));
  }
  std::array<std::optional<std::string>, 3> before_;
};

// Harm: on a machine in Qingdao whose locale nobody has set, the clerk reads English; or a foreign auditor Chinese.
TEST(TerminalLang, IsChineseUnlessTheLocaleNamesAnotherLanguage) {
  for (auto const* locale : {"", "C", "POSIX", "C.UTF-8", "zh", "zh_CN.UTF-8", "zh_TW", "zh@pinyin", "zh-Hans"}) {
    EXPECT_EQ(lang_of_locale(locale), Lang::kZh) << locale;
  }
  for (auto const* locale : {"en", "en_US.UTF-8", "de_DE@euro", "zha_CN", "cs_CZ"}) {
    EXPECT_EQ(lang_of_locale(locale), Lang::kEn) << locale;
  }
}

// Harm: four programs of one machine speak two languages.
TEST(TerminalLang, TheFirstVariableThatSaysSomethingDecides) {
  {
    Locale const locale(nullptr, nullptr, nullptr);
    // On Windows the system has a language of its own.
    if (platform::locale_name().empty()) {
      EXPECT_EQ(terminal_lang(), Lang::kZh);
    }
  }
  {
    Locale const locale("", "", "en_US.UTF-8");
    EXPECT_EQ(terminal_lang(), Lang::kEn);
  }
  {
    Locale const locale(nullptr, "zh_CN.UTF-8", "en_US.UTF-8");
    EXPECT_EQ(terminal_lang(), Lang::kZh);
  }
  Locale const locale("en_GB.UTF-8", "zh_CN.UTF-8", "zh_CN.UTF-8");
  EXPECT_EQ(terminal_lang(), Lang::kEn);
}

// Harm: whoever asks for a language gets the help, or the refusal, in the other one.
TEST(TerminalLang, TheOptionComesBeforeTheLocale) {
  Locale const locale("en_GB.UTF-8", nullptr, nullptr);
  std::array<char const*, 3> const apart{"piaojue", "--lang", "zh"};
  EXPECT_EQ(terminal_lang(3, apart.data()), Lang::kZh);
  EXPECT_EQ(terminal_lang(2, apart.data()), Lang::kEn) << "nothing stands after it";
  std::array<char const*, 2> const together{"piaojue", "--lang=zh"};
  EXPECT_EQ(terminal_lang(2, together.data()), Lang::kZh);
  std::array<char const*, 2> const other{"piaojue", "--language=zh"};
  EXPECT_EQ(terminal_lang(2, other.data()), Lang::kEn);
}

}  // namespace
}  // namespace piaojue
