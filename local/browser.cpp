// SPDX-License-Identifier: Apache-2.0
#include "local/browser.h"

#include <sys/wait.h>

#include <boost/json.hpp>
#include <cerrno>
#include <iostream>
#include <thread>

#include "base/spawn.h"
#include "strings/local.h"

namespace piaojue::local {

Explained<void> open_browser(std::string const& url) {
  auto const child = spawn({.argv = {"xdg-open", url}});
  if (!child) return Explanation(strings::local::kBrowserNone);
  // It must not stay behind as a dead process. A program that starts others asks how they ended, so that its children
  // can not be forgotten by a signal that is ignored.
  std::thread([child = *child] {
    while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
    }
  }).detach();
  return {};
}

void show_page(std::string const& url, bool browser, Lang lang) {
  std::cout << boost::json::serialize(boost::json::object{{"event", "page"}, {"url", url}}) << std::endl;
  if (!browser) return;
  if (auto const opened = open_browser(url); !opened) std::cerr << opened.error().in(lang) << std::endl;
}

void show_running_page(std::string const& folder, std::string const& url, bool browser, Lang lang) {
  std::cerr << Sentence(strings::local::kInstanceRunning, {{"folder", folder}}).in(lang) << std::endl;
  show_page(url, browser, lang);
}

sigset_t set_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);  // NOLINT: a closed pipe is an error of write, not an end
  return signals;
}

}  // namespace piaojue::local
