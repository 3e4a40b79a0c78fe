// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The skin around Session: one connection (link), lines of stdin in, lines of stdout out and the page beside them
/// (door), a pool for the heavy work, signals. Before there is a session, the page can enrol or unlock (first_steps).
/// Nothing of the meeting is decided here.
#include "client/first_steps.h"
#include "local/instance.h"

namespace piaojue::client {

struct HostOptions {
  StartOptions start;
  bool exit_on_eof = false;
  std::chrono::milliseconds enrol_patience{20'000};
  std::optional<PageOptions> page;
  std::unique_ptr<local::Instance> instance;  ///< with a page: who starts a second program on this folder gets the page
};

/// Runs until `quit`, SIGTERM, SIGINT, or the wallet fails. To be called once, before any other thread is started.
/// @param started nothing: the page asks for slip or passphrase first. @param wallet that of `started`.
/// @return the exit code: 0, or 1 after a failure that was written to stderr.
int run_host(std::optional<Started> started, Wallet& wallet, HostOptions options);

}  // namespace piaojue::client
