// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The browser of this machine, and the signals that end a program that waits for one.
#include <csignal>
#include <string>

#include "base/explained.h"

namespace piaojue::local {

/// Blocks SIGTERM and SIGINT for whoever waits for them, ignores SIGPIPE. To be called once, before any
/// other thread is started. @return the blocked ones.
sigset_t set_signals();

/// Opens the address in this machine's browser. It gets nothing of this program: no descriptor, no blocked signal.
/// Explains: none could be started.
[[nodiscard]] Explained<void> open_browser(std::string const& url);

}  // namespace piaojue::local
