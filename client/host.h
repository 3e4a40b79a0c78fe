#pragma once
/// The skin around Session: one TLS connection that is made again when it breaks, lines of stdin in, JSON lines of
/// stdout out, worker threads for the heavy work, signals. Nothing is decided here.
#include <chrono>

#include "client/session.h"
#include "net/tls.h"

namespace piaojue::client {

struct HostOptions {
  std::string host;
  std::uint16_t port = 0;
  bool exit_on_eof = false;
  unsigned workers = 2;
  std::chrono::milliseconds backoff_min{100};
  std::chrono::milliseconds backoff_max{5'000};
};

/// Runs until `quit`, SIGTERM, SIGINT, or the wallet fails. To be called once, before any other thread is started.
/// @return the exit code: 0, or 1 after a failure that was written to stderr.
int run_host(SessionConfig config, Wallet& wallet, net::TlsContext tls, HostOptions options);

/// One enrolment: connects until `patience` is over, sends the frame, gives the answer.
/// @return the server's refusal; kBusy: no server was reached, and `why` says how it failed.
[[nodiscard]] Result<Enrolled> enrol_online(std::string const& host, std::uint16_t port, net::TlsContext const& tls,
                                            Bytes const& frame, std::chrono::milliseconds patience, std::string& why);

/// Checks the ballots of a box on the processor's cores, at most four.
meeting::ParallelFor parallel_for();

}  // namespace piaojue::client
