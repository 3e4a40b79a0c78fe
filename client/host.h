// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The skin around Session: one TLS connection that is made again when it breaks, lines of stdin in, JSON lines of
/// stdout out, the page beside them, worker threads for the heavy work, signals. Before there is a session, a page can
/// enrol or unlock here. Nothing of the meeting is decided here.
#include <chrono>
#include <csignal>

#include "client/setup.h"
#include "local/page_host.h"

namespace piaojue::client {

using local::Asset;
using local::Assets;
using local::PageHost;

struct PageOptions {
  std::uint16_t port = 0;  ///< 0: any free one
  bool browser = true;     ///< open it there
  bool empty_passphrase = false;
  Assets assets;
  std::string slip;  ///< fills in the first form
  std::string version;
};

struct HostOptions {
  StartOptions start;
  bool exit_on_eof = false;
  unsigned workers = 2;
  std::chrono::milliseconds backoff_min{100};
  std::chrono::milliseconds backoff_max{5'000};
  std::chrono::milliseconds enrol_patience{20'000};
  std::optional<PageOptions> page;
};

/// Runs until `quit`, SIGTERM, SIGINT, or the wallet fails. To be called once, before any other thread is started.
/// @param started nothing: the page asks for slip or passphrase first. @param wallet that of `started`.
/// @return the exit code: 0, or 1 after a failure that was written to stderr.
int run_host(std::optional<Started> started, Wallet& wallet, HostOptions options);

/// One enrolment: connects until `patience` is over, sends the frame, gives the answer.
/// @return the server's refusal; kBusy: no server was reached, and `why` says how it failed.
[[nodiscard]] Result<Enrolled> enrol_online(std::string const& host, std::uint16_t port, net::TlsContext const& tls,
                                            Bytes const& frame, std::chrono::milliseconds patience, std::string& why);

/// Checks the ballots of a box on the processor's cores, at most four.
meeting::ParallelFor parallel_for();

}  // namespace piaojue::client
