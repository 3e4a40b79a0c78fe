// SPDX-License-Identifier: Apache-2.0
#include "local/browser.h"

#include <boost/json.hpp>
#include <iostream>

#include "strings/local.h"

namespace piaojue::local {

void show_page(std::string const& url, bool browser, Lang lang) {
  std::cout << boost::json::serialize(boost::json::object{{"event", "page"}, {"url", url}}) << std::endl;
  if (!browser) return;
  if (auto const opened = open_browser(url); !opened) std::cerr << opened.error().in(lang) << std::endl;
}

void show_running_page(std::string const& folder, std::string const& url, bool browser, Lang lang) {
  std::cerr << Sentence(strings::local::kInstanceRunning, {{"folder", folder}}).in(lang) << std::endl;
  show_page(url, browser, lang);
}

}  // namespace piaojue::local
