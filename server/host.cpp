// SPDX-License-Identifier: Apache-2.0
#include "server/host.h"

#include "strings/server.h"

namespace piaojue::server {
namespace {

net::CloseReason reason_of(Close close) {
  switch (close) {
    case Close::kReplaced:
      return net::CloseReason::kReplaced;
    case Close::kRefused:
      return net::CloseReason::kRefused;
    case Close::kMalformed:
      return net::CloseReason::kFrameMalformed;
    case Close::kTooLarge:
      return net::CloseReason::kFrameTooLarge;
    case Close::kTooMany:
      return net::CloseReason::kTooMany;
  }
  return net::CloseReason::kInternal;
}

/// The connection went beyond a bound of specification §9.4 or of the settings.
bool is_limit(net::CloseReason reason) {
  switch (reason) {
    case net::CloseReason::kHandshakeTimeout:
    case net::CloseReason::kStrangerTimeout:
    case net::CloseReason::kFrameTimeout:
    case net::CloseReason::kFrameTooLarge:
    case net::CloseReason::kSendOverflow:
    case net::CloseReason::kRateLimit:
    case net::CloseReason::kTooMany:
      return true;
    default:
      return false;
  }
}

/// "192.0.2.7:50312" without its port.
std::string without_port(std::string const& remote) { return remote.substr(0, remote.rfind(':')); }

std::uint64_t steady_ms() {
  auto const now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

}  // namespace

Host::Host(HostOptions options, std::unique_ptr<Core> core, Store& store, WorkPool& pool, OnNotice on_notice,
           OnFatal on_fatal)
    : options_(std::move(options)),
      core_(std::move(core)),
      store_(store),
      pool_(pool),
      on_notice_(std::move(on_notice)),
      on_fatal_(std::move(on_fatal)),
      strand_(loop_.io()),
      timer_(strand_) {}

Result<std::unique_ptr<Host>> Host::start(HostOptions options, std::unique_ptr<Core> core, Store& store, WorkPool& pool,
                                          net::TlsContext tls, OnNotice on_notice, OnFatal on_fatal) {
  auto const settings = options.settings;
  std::unique_ptr<Host> host(
      new Host(std::move(options), std::move(core), store, pool, std::move(on_notice), std::move(on_fatal)));
  net::ChannelLimits limits;
  limits.handshake_deadline = net::Milliseconds(settings.handshake_ms);
  limits.frame_deadline = net::Milliseconds(settings.frame_ms);
  limits.idle_deadline = net::Milliseconds(settings.idle_ms);
  limits.inbound_frames_per_s = settings.frames_per_s;
  limits.inbound_frames_burst = settings.frames_burst;
  limits.send_queue_bytes_max = std::size_t{settings.send_queue_mib} << 20;
  limits.send_queue_frames_max = 16'384;
  net::ListenOptions listen;
  listen.address = settings.listen.host;
  listen.port = settings.listen.port;
  listen.connections_max = settings.connections_max;
  auto listener = net::Listener::listen(
      host->loop_.io(), listen, std::move(tls), limits, [raw = host.get()](auto channel) { raw->accept(channel); },
      [raw = host.get()](std::string const& remote, net::Closed const& why) {
        raw->strand_.post([raw, remote, reason = why.reason] { raw->refused_by_limit(without_port(remote), reason); });
      });
  if (!listener) return listener.error();
  host->listener_ = std::move(*listener);
  host->writer_ = std::thread([raw = host.get()] { raw->write(); });
  host->loop_.start(std::max(1U, host->options_.loop_threads));
  // Work that a restart finds due.
  host->strand_.post([raw = host.get()] { raw->pump(); });
  return host;
}

Host::~Host() { stop(); }

std::uint16_t Host::port() const { return listener_->port(); }

void Host::stop() {
  if (stopping_.exchange(true)) return;
  if (listener_) listener_->stop();
  strand_.post([this] {
    for (auto& [id, peer] : peers_) peer.channel->close(net::CloseReason::kShutdown);
  });
  {
    std::lock_guard const lock(writer_mutex_);
    writer_stops_ = true;
  }
  writer_wake_.notify_all();
  if (writer_.joinable()) writer_.join();
  // Time to say goodbye to those who still listen.
  for (int i = 0; listener_ && i < 200 && listener_->connections() > 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  // A job captured nothing of the host but what it posts, and nothing posted runs after this.
  pool_.stop();
  loop_.stop();
  peers_.clear();
}

void Host::accept(std::shared_ptr<net::Channel> const& channel) {
  auto const id = ++last_session_;
  Peer const peer{channel, std::make_shared<Load>()};
  if (channel->peer_spki_sha256()) channel->set_frame_bytes_max(kFrameBytesAtFirst);
  strand_.post([this, id, peer] { opened(id, peer); });
  std::weak_ptr<net::Channel> const weak = channel;
  channel->start(
      [this, id, weak, load = peer.load](Bytes bytes) {
        auto const frames = ++load->frames;
        auto const total = load->bytes += bytes.size();
        // In this order, and before the frame is handed on: the credit for it, which undoes this, can only come after.
        if (frames >= options_.session_frames_max || total >= options_.session_bytes_max) {
          if (auto const self = weak.lock()) self->pause();
          load->paused = true;
        }
        strand_.post([this, id, bytes = std::move(bytes)] { frame(id, bytes); });
      },
      [this, id, address = channel->address()](net::Closed const& why) {
        strand_.post([this, id, address, reason = why.reason] {
          refused_by_limit(address, reason);
          closed(id);
        });
      });
}

void Host::opened(SessionId id, Peer const& peer) {
  if (stopping_) return peer.channel->close(net::CloseReason::kShutdown);
  peers_[id] = peer;
  auto const& channel = *peer.channel;
  core_->open(id, {channel.peer_spki_sha256(), channel.address(), channel.exporter(), channel.server_spki()});
  pump();
}

void Host::frame(SessionId id, Bytes const& bytes) {
  if (!peers_.contains(id) || failed_) return;
  taken_.push_back({id, bytes.size()});
  core_->on_frame(id, bytes);
  pump();
}

void Host::credit(Taken const& taken) {
  auto const it = peers_.find(taken.session);
  if (it == peers_.end()) return;
  auto& load = *it->second.load;
  auto const frames = --load.frames;
  auto const bytes = load.bytes -= taken.bytes;
  if (frames < options_.session_frames_max / 2 && bytes < options_.session_bytes_max / 2 &&
      load.paused.exchange(false)) {
    it->second.channel->resume();
  }
}

void Host::closed(SessionId id) {
  if (peers_.erase(id) == 0) return;
  core_->closed(id);
  pump();
}

void Host::refused_by_limit(std::string const& address, net::CloseReason reason) {
  if (!is_limit(reason) || !limit_log_.is_due(address, steady_ms())) return;
  on_notice_({Event::kLimit, {}, 0, address});
}

void Host::wake_later() {
  auto wanted = core_->readings_wanted_in_ms();
  auto const protest = core_->trustee_status().protest;
  if (protest && protest->left_ms > 0) wanted = std::min(wanted.value_or(protest->left_ms), protest->left_ms);
  if (!wanted) return timer_.cancel();
  timer_.after(net::Milliseconds(*wanted), [this] {
    core_->look_again();
    pump();
  });
}

void Host::read_pieces() {
  for (auto const& reading : core_->take_readings()) {
    auto const give = [this, id = reading.id](std::optional<Bytes> bytes) {
      strand_.post([this, id, bytes = std::move(bytes)]() mutable {
        if (failed_) return;
        core_->finish_reading(id, std::move(bytes));
        pump();
      });
    };
    bool const taken = options_.read_piece &&
                       pool_.post(Urgency::kUrgent, [this, reading, give] { give(options_.read_piece(reading)); });
    if (!taken) give(std::nullopt);
  }
}

void Host::pump() {
  if (failed_) return;
  for (auto& job : core_->take_jobs()) {
    auto const urgency = job.can_wait() ? Urgency::kBackground : Urgency::kUrgent;
    bool const taken = pool_.post(urgency, [this, id = job.id, run = std::move(job.run)] {
      run();
      strand_.post([this, id] {
        if (failed_) return;
        core_->finish_job(id);
        pump();
      });
    });
    // Core hands out each duty once, and fewer than the pool's bound: one that is lost would stall the meeting.
    if (!taken && !stopping_) return fail(strings::server::kRunWorkLost);
  }
  read_pieces();
  for (auto const& notice : core_->take_notices()) on_notice_(notice);
  while (!committing_ && core_->has_group()) {
    auto group = core_->take_group();
    taken_before_ = std::exchange(taken_, {});
    if (group.writes.empty()) {
      // Nothing before it is on its way to the disk either.
      send(group.outputs);
    } else {
      begin_commit(std::move(group));
    }
  }
  wake_later();
}

void Host::fail(Sentence const& reason) {
  if (failed_.exchange(true)) return;
  on_fatal_(reason);
  strand_.post([this] {
    for (auto& [id, peer] : peers_) peer.channel->close(net::CloseReason::kShutdown);
  });
}

void Host::begin_commit(CommitGroup group) {
  committing_ = true;
  {
    std::lock_guard const lock(writer_mutex_);
    to_write_ = std::move(group);
  }
  writer_wake_.notify_one();
}

void Host::write() {
  for (;;) {
    CommitGroup group;
    {
      std::unique_lock lock(writer_mutex_);
      writer_wake_.wait(lock, [this] { return writer_stops_ || to_write_.has_value(); });
      if (!to_write_) return;
      group = std::move(*to_write_);
      to_write_.reset();
    }
    if (auto const done = store_.commit(group.writes); !done) {
      return fail(Sentence(strings::server::kRunCommitFailed, {{"reason", done.error().what}}));
    }
    strand_.post([this, outputs = std::move(group.outputs)] { committed(outputs); });
  }
}

void Host::committed(std::vector<Output> const& outputs) {
  committing_ = false;
  send(outputs);
  pump();
}

void Host::send(std::vector<Output> const& outputs) {
  for (auto const& output : outputs) {
    auto const it = peers_.find(output.session);
    if (it == peers_.end()) continue;
    auto& channel = *it->second.channel;
    if (auto const* bytes = std::get_if<Frame>(&output.what)) {
      channel.send(*bytes);
    } else if (auto const* limit = std::get_if<FrameLimit>(&output.what)) {
      channel.set_frame_bytes_max(limit->bytes_max);
    } else {
      channel.finish(reason_of(std::get<Close>(output.what)));
    }
  }
  for (auto const& taken : std::exchange(taken_before_, {})) credit(taken);
}

}  // namespace piaojue::server
