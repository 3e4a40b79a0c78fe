// SPDX-License-Identifier: Apache-2.0
/// The page where no page is.
#include "local/notice.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "strings/local.h"

namespace piaojue::local {
namespace {

constexpr std::array kAll{Notice::kUsed, Notice::kClosed, Notice::kOpened, Notice::kNotOpened};

bool chinese(std::string_view text) {
  // U+4E00 to U+9FFF begin with E4 to E9 in UTF-8.
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0xe4; });
}

// Harm: half of what a person reads is in a language that he does not know.
TEST(NoticePage, IsInOneLanguageWithTheOtherOneClickAway) {
  for (auto const what : kAll) {
    for (bool const button : {false, true}) {
      auto en = notice_page(what, Lang::kEn, button);
      auto const link =
          std::string("<a href=\"?lang=zh\" lang=\"zh\">") + std::string(strings::local::kNoticeLanguage.zh);
      auto const at = en.find(link);
      ASSERT_NE(at, std::string::npos);
      en.erase(at, link.size());
      auto const style = en.find("<style>");
      en.erase(style, en.find("</style>") - style);
      EXPECT_FALSE(chinese(en)) << en;
      auto const zh = notice_page(what, Lang::kZh, button);
      EXPECT_TRUE(zh.starts_with("<!doctype html><html lang=\"zh\">"));
      EXPECT_NE(zh.find("<a href=\"?lang=en\" lang=\"en\">English</a>"), std::string::npos);
    }
  }
}

// Harm: the browser's own error, or a sentence without a way on.
TEST(NoticePage, SaysWhatToDo) {
  namespace text = strings::local;
  for (auto const what : {Notice::kUsed, Notice::kClosed}) {
    auto const with = notice_page(what, Lang::kZh, true);
    EXPECT_NE(with.find("<button autofocus>打开页面</button>"), std::string::npos);
    auto const without = notice_page(what, Lang::kZh, false);
    EXPECT_EQ(without.find("<form"), std::string::npos);
    EXPECT_NE(without.find(text::kNoticeAgain.zh), std::string::npos);
  }
  EXPECT_NE(notice_page(Notice::kNotOpened, Lang::kEn, true).find(text::kNoticeAgain.en), std::string::npos);
  EXPECT_EQ(notice_page(Notice::kOpened, Lang::kEn, true).find("<form"), std::string::npos);
}

// Harm: a sentence with a bracket in it becomes markup.
TEST(NoticePage, ItsSentencesAreNoMarkup) {
  namespace text = strings::local;
  for (auto const* one : {&text::kNoticeUsedTitle, &text::kNoticeUsedText, &text::kNoticeUsedOther,
                          &text::kNoticeClosedTitle, &text::kNoticeClosedText, &text::kNoticeAsk, &text::kNoticeButton,
                          &text::kNoticeAgain, &text::kNoticeOpenedTitle, &text::kNoticeOpenedText,
                          &text::kNoticeNotOpenedTitle, &text::kNoticeNotOpenedText, &text::kNoticeLanguage}) {
    for (auto const words : {one->zh, one->en})
      EXPECT_EQ(words.find_first_of("<>&\""), std::string_view::npos) << words;
  }
}

TEST(NoticePage, LanguageIsTheBrowsersFirst) {
  for (auto const* given : {"", "*", "zh", "zh-CN,zh;q=0.9,en;q=0.8", " zh-Hans"}) {
    EXPECT_EQ(lang_of_browser(given), Lang::kZh) << given;
  }
  for (auto const* given : {"en", "en-US,en;q=0.9,zh;q=0.8", "de"})
    EXPECT_EQ(lang_of_browser(given), Lang::kEn) << given;
}

}  // namespace
}  // namespace piaojue::local
