// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What a browser shows where no page of ours is: what happened, what was kept, and what to do, with a button. Nothing
/// of the request stands in it, and nothing of what the program is at.
#include <string>
#include <string_view>

#include "base/sentence.h"

namespace piaojue::local {

enum class Notice : std::uint8_t {
  kUsed,       ///< the address was used already
  kClosed,     ///< no such address, or not one of this browser's
  kOpened,     ///< after the button: the browser was asked to open a new page
  kNotOpened,  ///< after the button: there is no browser
};

/// One language, the other one click away (`?lang=en`). @param button whether the program can open the page by itself;
/// else the notice says to start it once more.
std::string notice_page(Notice what, Lang lang, bool button);

/// Content-Security-Policy of a notice: its own style, by hash, and its own button.
std::string const& notice_policy();

/// By a browser's Accept-Language: Chinese, unless the first language there is another one.
Lang lang_of_browser(std::string_view accept_language);

}  // namespace piaojue::local
