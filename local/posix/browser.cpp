// SPDX-License-Identifier: Apache-2.0
#include "local/browser.h"

#include "base/platform/child.h"
#include "strings/local.h"

namespace piaojue::local {

Explained<void> open_browser(std::string const& url) {
  if (!platform::start({.program = "xdg-open", .arguments = {url}})) return Explanation(strings::local::kBrowserNone);
  return {};
}

}  // namespace piaojue::local
