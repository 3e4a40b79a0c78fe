// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The browser of this machine.
#include <string>

#include "base/explained.h"

namespace piaojue::local {

/// Opens the address in this machine's browser. It gets nothing of this program: no descriptor, no blocked signal.
/// Explains: none could be started.
[[nodiscard]] Explained<void> open_browser(std::string const& url);

/// Prints the page's address, `{"event":"page","url":…}`, a line on stdout; `browser`: and opens it, or says on stderr
/// that none could be started.
void show_page(std::string const& url, bool browser, Lang lang);

/// The same for a page of the program that has `folder` already, which is said on stderr (instance.h).
void show_running_page(std::string const& folder, std::string const& url, bool browser, Lang lang);

}  // namespace piaojue::local
