// SPDX-License-Identifier: Apache-2.0
#include "server/host.h"

#include <future>
#include <thread>

#include "strings/server.h"

namespace piaojue::server {
namespace {

/// "192.0.2.7:50312" without its port.
std::string without_port(std::string const& remote) { return remote.substr(0, remote.rfind(':')); }

}  // namespace

net::ChannelLimits channel_limits(Settings const& settings) {
  net::ChannelLimits limits;
  limits.handshake_deadline = net::Milliseconds(settings.handshake_ms);
  limits.frame_deadline = net::Milliseconds(settings.frame_ms);
  limits.idle_deadline = net::Milliseconds(settings.idle_ms);
  limits.inbound_frames_per_s = settings.frames_per_s;
  limits.inbound_frames_burst = settings.frames_burst;
  limits.send_queue_bytes_max = std::size_t{settings.send_queue_mib} << 20;
  limits.send_queue_frames_max = 16'384;
  return limits;
}

// Commits have a thread of their own, which nothing heavy stands before. What throws there is caught there.
Host::Host(WorkPool& pool) : pool_(pool), commits_({.threads = 1}, [](std::string const&) {}) {}

Result<std::unique_ptr<Host>> Host::start(HostOptions options, std::unique_ptr<Core> core, Store& store, WorkPool& pool,
                                          net::TlsContext tls, MeetingHost::OnNotice on_notice,
                                          MeetingHost::OnFatal on_fatal) {
  auto const& settings = options.settings;
  options.meeting.unsent_max = std::size_t{settings.send_queues_mib} << 20;
  std::unique_ptr<Host> host(new Host(pool));
  std::shared_ptr<Store> const borrowed(&store, [](Store*) {});
  host->meeting_ = MeetingHost::make(host->loop_, std::move(options.meeting), std::move(core), borrowed,
                                     {.work = pool, .commits = host->commits_, .reads = pool}, std::move(on_notice),
                                     std::move(on_fatal));
  net::ListenOptions listen;
  listen.address = settings.listen.host;
  listen.port = settings.listen.port;
  listen.connections_max = settings.connections_max;
  auto listener = net::Listener::listen(
      host->loop_.io(), listen, std::move(tls), channel_limits(settings),
      [meeting = host->meeting_](auto const& channel) { meeting->accept(channel); },
      [meeting = host->meeting_](std::string const& remote, net::Closed const& why) {
        meeting->refused_by_limit(without_port(remote), why.reason);
      });
  if (!listener) return listener.error();
  host->listener_ = std::move(*listener);
  host->loop_.start(std::max(1U, options.loop_threads));
  host->meeting_->begin();
  return host;
}

Host::~Host() { stop(); }

std::uint16_t Host::port() const { return listener_->port(); }

void Host::stop() {
  if (stopping_.exchange(true)) return;
  if (listener_) listener_->stop();
  // The commit that runs, and what it answers; then time to say goodbye to those who still listen.
  auto const ended = std::make_shared<std::promise<void>>();
  meeting_->end([ended] { ended->set_value(); });
  if (listener_) ended->get_future().wait();
  for (int i = 0; listener_ && i < 200 && listener_->connections() > 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  commits_.stop();
  // What a job still posts is dropped with the loop.
  pool_.stop();
  loop_.stop();
}

}  // namespace piaojue::server
