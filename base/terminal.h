// SPDX-License-Identifier: Apache-2.0
#pragma once
/// In which language a program speaks on its terminal. All programs choose by this one rule.
#include "base/sentence.h"

namespace piaojue {

/// Chinese, unless the locale names another language than Chinese, as "en_US.UTF-8" does. "", "C" and "POSIX" name
/// none, and so do they with an encoding after them.
Lang lang_of_locale(std::string_view locale);

/// By `--lang zh|en` if that stands among the arguments, else by the first of LC_ALL, LC_MESSAGES and LANG that is not
/// empty, on Windows then by the language that it shows; none of them: Chinese. It is asked before the options are
/// read, because their help is in this language.
Lang terminal_lang(int argc = 0, char const* const* argv = nullptr);

}  // namespace piaojue
