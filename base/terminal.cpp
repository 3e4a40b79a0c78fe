// SPDX-License-Identifier: Apache-2.0
#include "base/terminal.h"

#include "base/platform/process.h"

namespace piaojue {

Lang lang_of_locale(std::string_view locale) {
  auto const language = locale.substr(0, locale.find_first_of("_-.@"));
  bool const none = language.empty() || language == "C" || language == "POSIX";
  return none || language == "zh" ? Lang::kZh : Lang::kEn;
}

Lang terminal_lang(int argc, char const* const* argv) {
  static constexpr std::string_view kOption = "--lang";
  for (int i = 1; i < argc; ++i) {
    std::string_view word = argv[i];
    if (!word.starts_with(kOption)) continue;
    word.remove_prefix(kOption.size());
    if (word.starts_with('=')) return lang_of(word.substr(1));
    if (word.empty() && i + 1 < argc) return lang_of(argv[i + 1]);
  }
  return lang_of_locale(platform::locale_name());
}

}  // namespace piaojue
