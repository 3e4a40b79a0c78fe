// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The server of a single room: one meeting, its listener, its threads.
#include "server/meeting_host.h"
#include "server/settings.h"

namespace piaojue::server {

struct HostOptions {
  Settings settings;
  MeetingHostOptions meeting = {};
  unsigned loop_threads = 2;  ///< TLS and Core
};
net::ChannelLimits channel_limits(Settings const& settings);

class Host {
 public:
  /// Listens and serves. `store`, `pool` outlive the host. @return as net::Listener::listen.
  [[nodiscard]] static Result<std::unique_ptr<Host>> start(HostOptions options, std::unique_ptr<Core> core,
                                                           Store& store, WorkPool& pool, net::TlsContext tls,
                                                           MeetingHost::OnNotice on_notice,
                                                           MeetingHost::OnFatal on_fatal);
  ~Host();  ///< stops
  Host(Host const&) = delete;
  Host& operator=(Host const&) = delete;

  std::uint16_t port() const;
  /// No new connections; closes the others; waits for the commit and the jobs that run (a token key source that refuses
  /// from now on makes that short). What was not committed was not answered.
  void stop();

 private:
  explicit Host(WorkPool& pool);

  WorkPool& pool_;
  net::Loop loop_;
  WorkPool commits_;
  std::shared_ptr<MeetingHost> meeting_;
  std::shared_ptr<net::Listener> listener_;
  std::atomic<bool> stopping_{false};
};

}  // namespace piaojue::server
