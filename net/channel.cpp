// SPDX-License-Identifier: Apache-2.0
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "net/channel_impl.h"
#include "net/openssl_types.h"

namespace piaojue::net {
namespace {

/// Every operation yields its error as a value: in this room nothing is thrown for what a peer does.
constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

constexpr std::size_t kReadBytes = 16U << 10;        // one TLS record
constexpr std::size_t kWriteChunkBytes = 64U << 10;  // what one write deadline is for

/// Specification §9.1.
constexpr std::string_view kExporterLabel = "EXPORTER-piaojue-enrol";

}  // namespace

std::string_view name(CloseReason reason) {
  switch (reason) {
    case CloseReason::kLocal:
      return "LOCAL";
    case CloseReason::kPeer:
      return "PEER";
    case CloseReason::kTruncated:
      return "TRUNCATED";
    case CloseReason::kNetwork:
      return "NETWORK";
    case CloseReason::kTls:
      return "TLS";
    case CloseReason::kConnectFailed:
      return "CONNECT_FAILED";
    case CloseReason::kConnectTimeout:
      return "CONNECT_TIMEOUT";
    case CloseReason::kHandshakeTimeout:
      return "HANDSHAKE_TIMEOUT";
    case CloseReason::kFrameTimeout:
      return "FRAME_TIMEOUT";
    case CloseReason::kStrangerTimeout:
      return "STRANGER_TIMEOUT";
    case CloseReason::kIdleTimeout:
      return "IDLE_TIMEOUT";
    case CloseReason::kWriteTimeout:
      return "WRITE_TIMEOUT";
    case CloseReason::kFrameTooLarge:
      return "FRAME_TOO_LARGE";
    case CloseReason::kFrameMalformed:
      return "FRAME_MALFORMED";
    case CloseReason::kSendOverflow:
      return "SEND_OVERFLOW";
    case CloseReason::kRateLimit:
      return "RATE_LIMIT";
    case CloseReason::kTooMany:
      return "TOO_MANY";
    case CloseReason::kReplaced:
      return "REPLACED";
    case CloseReason::kRefused:
      return "REFUSED";
    case CloseReason::kShutdown:
      return "SHUTDOWN";
    case CloseReason::kProxyHeader:
      return "PROXY_HEADER";
    case CloseReason::kInternal:
      return "INTERNAL";
  }
  return "UNKNOWN";
}

Closed failure_of(boost::system::error_code const& error) {
  bool const tls = error.category() == asio::error::get_ssl_category();
  if (tls) return {CloseReason::kTls, error.message()};
  if (error == asio::ssl::error::stream_truncated || error == asio::error::eof) {
    return {CloseReason::kTruncated, "the stream ended without close_notify"};
  }
  return {CloseReason::kNetwork, error.message()};
}

std::string endpoint_text(tcp::endpoint const& endpoint) {
  std::string const address = endpoint.address().to_string();
  std::string const port = std::to_string(endpoint.port());
  return endpoint.address().is_v6() ? "[" + address + "]:" + port : address + ":" + port;
}

// ---- Birth --------------------------------------------------------------------------------------------------------

void Channel::Impl::time_handshake(std::shared_ptr<Channel> const& channel, Milliseconds deadline) {
  Impl& impl = of(*channel);
  impl.watchdog.expires_after(deadline);
  impl.watchdog.async_wait([channel](boost::system::error_code const& error) {
    Impl& late = of(*channel);
    if (error || late.established) return;
    late.timed_out = true;
    late.close_socket();
  });
}

bool Channel::Impl::establish() {
  established = true;
  watchdog.cancel();
  SSL* const ssl = stream.native_handle();
  bool const is_server = tls.impl()->is_server;
  // Nothing here resumes; a connection that did would prove no key.
  if (SSL_session_reused(ssl) != 0) return false;
  detail::CertificatePtr const certificate(SSL_get1_peer_certificate(ssl));
  if (certificate) {
    auto const spki = detail::spki_of(certificate.get());
    if (!spki || SSL_get_verify_result(ssl) != X509_V_OK) return false;
    peer = *spki;
  }
  // The verify callback has seen to it; a second look costs nothing and does not depend on OpenSSL calling it.
  if (!is_server && !peer) return false;
  if (tls.impl()->pin && peer != tls.impl()->pin) return false;
  auto own_or_peer = detail::spki_der_of(is_server ? SSL_get_certificate(ssl) : certificate.get());
  if (!own_or_peer) return false;
  server_spki = std::move(*own_or_peer);
  if (char const* const asked = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name)) server_name = asked;
  if (SSL_export_keying_material(ssl, exporter.data.data(), crypto::Exporter::kSize, kExporterLabel.data(),
                                 kExporterLabel.size(), nullptr, 0, 1) != 1) {
    return false;
  }
  bool const is_stranger = is_server && !peer;
  reader.set_frame_bytes_max(is_stranger ? limits.frame_bytes_max_unauthenticated : limits.frame_bytes_max);
  if (is_stranger) {
    stranger_deadline = Clock::now() + limits.stranger_deadline;
  } else {
    place.reset();
  }
  return true;
}

void Channel::Impl::lose_place(std::shared_ptr<Channel> const& channel) {
  asio::dispatch(of(*channel).strand.impl()->executor, [channel] {
    Impl& c = of(*channel);
    if (c.established) {
      // With a certificate it has become no stranger meanwhile, and stays.
      if (!c.peer) c.shut_now(CloseReason::kTooMany, "its place went to another address");
      return;
    }
    c.lost_place = true;
    c.close_socket();
  });
}

void Channel::Impl::close_socket() {
  boost::system::error_code ignored;
  // Closing ends what is pending, too, but not everywhere: under Wine a send stays that the peer does not take, and
  // with it the channel.
  stream.lowest_layer().cancel(ignored);
  stream.lowest_layer().close(ignored);
}

// ---- Life ---------------------------------------------------------------------------------------------------------

void Channel::Impl::shut_now(CloseReason reason, std::string detail) {
  if (shut) return;
  shut = true;
  closed = {reason, std::move(detail)};
  stop_sending(Queued::kDropped);
  close_socket();  // the coroutines then see `shut` and return
  watchdog.cancel();
  wake_writer.cancel();
  wake_reader.cancel();
}

void Channel::Impl::begin_finish(CloseReason reason, std::string detail) {
  if (shut || finishing) return;
  if (!started) {
    shut_now(reason, std::move(detail));
    return;
  }
  finishing = true;
  closed = {reason, std::move(detail)};
  stop_sending(Queued::kKept);
  finish_deadline = Clock::now() + limits.finish_deadline;
  read_deadline = Clock::time_point::max();
  wake_writer.cancel();
  wake_reader.cancel();  // a paused reader goes on, to see the peer's end; what it reads is dropped
  rearm();
}

/// Wakes the watchdog if the nearest deadline has moved before the one that it sleeps towards. A deadline that moves
/// back costs nothing: the watchdog looks again when it wakes.
void Channel::Impl::rearm() {
  if (nearest_deadline() < watchdog.expiry()) watchdog.cancel();
}

/// After each read: the frame deadline if a frame has begun (kept, while it lasts), else the idle deadline.
void Channel::Impl::time_reading() {
  if (paused || finishing) {
    read_deadline = Clock::time_point::max();
    frame_timed = false;
  } else if (!reader.mid_frame()) {
    read_deadline = Clock::now() + limits.idle_deadline;
    frame_timed = false;
  } else if (!frame_timed) {
    read_deadline = Clock::now() + limits.frame_deadline;
    frame_timed = true;
  }
  rearm();
}

bool Channel::Impl::take_token() {
  if (limits.inbound_frames_per_s == 0) return true;
  double const full = std::max(1U, limits.inbound_frames_burst);
  auto const now = Clock::now();
  double const seconds = std::chrono::duration<double>(now - tokens_at).count();
  tokens = std::min(full, tokens + seconds * limits.inbound_frames_per_s);
  tokens_at = now;
  if (tokens < 1) return false;
  tokens -= 1;
  return true;
}

Closed Channel::Impl::read_failure(boost::system::error_code const& error) const {
  if (error == asio::error::eof) {
    if (reader.mid_frame()) return {CloseReason::kTruncated, "the stream ended inside a frame"};
    return {CloseReason::kPeer, "the peer closed the connection"};
  }
  return failure_of(error);
}

/// Hands out one payload from the front of the chunk. @return false when the chunk holds no complete one any more, or
/// the channel has been shut.
bool Channel::Impl::deliver(ByteView& chunk) {
  auto payload = reader.next(chunk);
  if (!payload) {
    bool const too_large = payload.error() == Refusal::kTooLarge;
    shut_now(too_large ? CloseReason::kFrameTooLarge : CloseReason::kFrameMalformed,
             too_large ? "a frame over " + std::to_string(reader.frame_bytes_max()) + " bytes" : "an empty frame");
    return false;
  }
  if (!*payload) return false;
  frame_timed = false;  // a next one that has begun in this chunk gets its own time
  if (!take_token()) {
    shut_now(CloseReason::kRateLimit, "more than " + std::to_string(limits.inbound_frames_per_s) + " frames a second");
    return false;
  }
  try {
    if (on_frame) on_frame(std::move(**payload));
  } catch (std::exception const& thrown) {
    shut_now(CloseReason::kInternal, thrown.what());
  }
  return !shut;
}

asio::awaitable<void> Channel::Impl::read_loop(std::shared_ptr<Channel> self) {
  Impl& s = of(*self);
  Bytes buffer(kReadBytes);
  s.time_reading();
  while (!s.shut) {
    auto const [error, count] = co_await s.stream.async_read_some(asio::buffer(buffer), kAwait);
    if (s.shut) break;
    if (error) {
      Closed failure = s.finishing ? s.closed : s.read_failure(error);
      s.shut_now(failure.reason, std::move(failure.detail));
      break;
    }
    ByteView chunk(buffer.data(), count);
    for (bool more = true; more && !s.shut && !s.finishing;) {
      while (s.paused && !s.shut && !s.finishing) {
        s.wake_reader.expires_at(Clock::time_point::max());
        co_await s.wake_reader.async_wait(kAwait);
      }
      if (s.shut || s.finishing) break;
      more = s.deliver(chunk);
    }
    // A pause in the handler of the chunk's last frame must hold before the next read, not after it.
    while (s.paused && !s.shut && !s.finishing) {
      s.wake_reader.expires_at(Clock::time_point::max());
      co_await s.wake_reader.async_wait(kAwait);
    }
    if (!s.shut) s.time_reading();
  }
}

void Channel::Impl::stop_sending(Queued queued) {
  // What lets go of them may be a long way, and is not gone under the lock.
  std::deque<Item> dropped;
  Task forgotten;
  std::lock_guard const lock(mutex);
  send_open = false;
  if (queued == Queued::kKept) return;
  for (auto const& item : queue) queued_bytes -= item->size();
  queued_frames -= queue.size();
  dropped.swap(queue);
  forgotten.swap(when_drained);
}

Channel::Impl::Item Channel::Impl::next_item() {
  std::lock_guard const lock(mutex);
  if (queue.empty()) return nullptr;
  Item item = std::move(queue.front());
  queue.pop_front();
  writing = item;
  writing_bytes = item->size();
  return item;
}

/// Only now does the frame leave the count: what a slow peer makes us hold includes the one that it is taking.
void Channel::Impl::item_written(std::size_t bytes) {
  Task drained;
  {
    std::lock_guard const lock(mutex);
    --queued_frames;
    queued_bytes -= bytes;
    if (queued_frames <= drained_frames && queued_bytes <= drained_bytes)
      drained = std::exchange(when_drained, nullptr);
  }
  if (drained) drained();
}

asio::awaitable<void> Channel::Impl::write_loop(std::shared_ptr<Channel> self) {
  Impl& s = of(*self);
  while (!s.shut) {
    Item const item = s.next_item();
    if (!item) {
      if (s.finishing) break;
      s.wake_writer.expires_at(Clock::time_point::max());
      co_await s.wake_writer.async_wait(kAwait);
      continue;
    }
    auto const header = frame_header(static_cast<std::uint32_t>(item->size()));
    std::size_t header_bytes = header.size();
    for (ByteView rest = *item; !rest.empty();) {
      ByteView const part = rest.first(std::min(rest.size(), kWriteChunkBytes));
      std::array<asio::const_buffer, 2> const buffers{asio::buffer(header.data(), header_bytes),
                                                      asio::buffer(part.data(), part.size())};
      s.write_deadline = Clock::now() + s.limits.write_deadline;
      s.rearm();
      auto const [error, count] = co_await asio::async_write(s.stream, buffers, kAwait);
      s.write_deadline = Clock::time_point::max();
      if (s.shut) co_return;
      if (error) {
        Closed failure = s.finishing ? s.closed : failure_of(error);
        s.shut_now(failure.reason, std::move(failure.detail));
        co_return;
      }
      rest = rest.subspan(part.size());
      header_bytes = 0;
    }
    s.item_written(item->size());
  }
  if (s.shut) co_return;
  // Says close_notify and waits for the peer's: closing a socket with unread bytes would reset the connection and could
  // take from the peer the last frame that we sent it. finish_deadline bounds the wait.
  co_await s.stream.async_shutdown(kAwait);
  if (!s.shut) s.shut_now(s.closed.reason, s.closed.detail);
}

asio::awaitable<void> Channel::Impl::watch_loop(std::shared_ptr<Channel> self) {
  Impl& s = of(*self);
  while (!s.shut) {
    s.watchdog.expires_at(s.nearest_deadline());
    co_await s.watchdog.async_wait(kAwait);
    if (s.shut) break;
    auto const now = Clock::now();
    bool const write_late = now >= s.write_deadline;
    if (now >= s.finish_deadline || (s.finishing && write_late)) {
      s.shut_now(s.closed.reason, s.closed.detail);
    } else if (write_late) {
      s.shut_now(CloseReason::kWriteTimeout, "the peer does not read");
    } else if (now >= s.stranger_deadline) {
      s.shut_now(CloseReason::kStrangerTimeout, "no certificate, and the time is up");
    } else if (now >= s.read_deadline) {
      s.shut_now(s.frame_timed ? CloseReason::kFrameTimeout : CloseReason::kIdleTimeout,
                 s.frame_timed ? "a frame began and did not end in time" : "nothing was received in time");
    }
  }
}

namespace {

/// Ends one coroutine. If the loop is destroyed with the coroutine still in it, `on_close` can not run any more; then
/// the handlers are let go, which commonly hold a session that holds the channel.
class Ending {
 public:
  Ending(std::shared_ptr<Channel> channel, void (*ended)(Channel&, bool))
      : channel_(std::move(channel)), ended_(ended) {}
  Ending(Ending&&) noexcept = default;
  Ending& operator=(Ending&&) = delete;
  Ending(Ending const&) = delete;
  Ending& operator=(Ending const&) = delete;
  ~Ending() {
    if (auto const channel = std::move(channel_)) ended_(*channel, false);
  }
  void operator()(std::exception_ptr const& thrown) {
    auto const channel = std::move(channel_);
    if (thrown) channel->close(CloseReason::kInternal, "a coroutine threw");
    ended_(*channel, true);
  }

 private:
  std::shared_ptr<Channel> channel_;
  void (*ended_)(Channel&, bool);
};

}  // namespace

void Channel::Impl::spawn(std::shared_ptr<Channel> const& self,
                          asio::awaitable<void> (*loop)(std::shared_ptr<Channel>)) {
  ++of(*self).running;
  asio::co_spawn(of(*self).strand.impl()->executor, loop(self), Ending(self, &Impl::ended));
}

void Channel::Impl::ended(Channel& channel, bool in_order) {
  Impl& s = of(channel);
  if (in_order && --s.running != 0) return;
  OnFrame const on_frame = std::exchange(s.on_frame, nullptr);
  OnClose const on_close = std::exchange(s.on_close, nullptr);
  if (!in_order) return;
  s.slot.reset();
  s.place.reset();
  try {
    if (on_close) on_close(s.closed);
  } catch (std::exception const&) {
    // Nothing is left that could be closed.
  }
}

// ---- Public -------------------------------------------------------------------------------------------------------

Channel::Channel(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Channel::~Channel() = default;

void Channel::start(OnFrame on_frame, OnClose on_close) {
  asio::dispatch(impl_->strand.impl()->executor,
                 [self = shared_from_this(), on_frame = std::move(on_frame), on_close = std::move(on_close)]() mutable {
                   Impl& s = *self->impl_;
                   if (s.started) return;
                   s.started = true;
                   s.on_frame = std::move(on_frame);
                   s.on_close = std::move(on_close);
                   s.tokens = s.limits.inbound_frames_burst;
                   s.tokens_at = Clock::now();
                   if (s.shut) {
                     s.running = 1;
                     asio::post(s.strand.impl()->executor, [self] { Impl::ended(*self, true); });
                     return;
                   }
                   Impl::spawn(self, &Impl::read_loop);
                   Impl::spawn(self, &Impl::write_loop);
                   Impl::spawn(self, &Impl::watch_loop);
                 });
}

bool Channel::send(Bytes payload) { return send(std::make_shared<Bytes const>(std::move(payload))); }

bool Channel::send(std::shared_ptr<Bytes const> payload) {
  Impl& s = *impl_;
  if (!payload || payload->empty() || payload->size() > s.limits.frame_bytes_max) return false;
  bool overflow = false;
  bool wake = false;
  {
    std::lock_guard const lock(s.mutex);
    if (!s.send_open) return false;
    overflow = s.queued_frames + 1 > s.limits.send_queue_frames_max ||
               s.queued_bytes + payload->size() > s.limits.send_queue_bytes_max;
    if (overflow) {
      s.send_open = false;
    } else {
      ++s.queued_frames;
      s.queued_bytes += payload->size();
      s.queue.push_back(std::move(payload));
      wake = !std::exchange(s.wake_posted, true);
    }
  }
  if (overflow) {
    close(CloseReason::kSendOverflow, "the outbound queue is at its bound");
    return false;
  }
  if (wake) {
    asio::post(s.strand.impl()->executor, [self = shared_from_this()] {
      {
        std::lock_guard const lock(self->impl_->mutex);
        self->impl_->wake_posted = false;
      }
      self->impl_->wake_writer.cancel();
    });
  }
  return true;
}

Channel::Waiting Channel::waiting() const {
  std::lock_guard const lock(impl_->mutex);
  Waiting out{impl_->queued_frames, impl_->queued_bytes, 0};
  for (auto const& item : impl_->queue) {
    if (item.use_count() == 1) out.alone += item->size();
  }
  // Held by the writer, and goes with it.
  if (impl_->writing.use_count() == 1) out.alone += impl_->writing_bytes;
  return out;
}

void Channel::when_drained(std::size_t frames, std::size_t bytes, Task task) {
  Impl& s = *impl_;
  Task replaced;
  {
    std::lock_guard const lock(s.mutex);
    replaced = std::exchange(s.when_drained, nullptr);
    if (s.queued_frames > frames || s.queued_bytes > bytes) {
      s.drained_frames = frames;
      s.drained_bytes = bytes;
      s.when_drained = std::move(task);
      return;
    }
  }
  s.strand.post(std::move(task));
}

void Channel::close(CloseReason reason, std::string detail) {
  impl_->stop_sending(Impl::Queued::kDropped);
  asio::dispatch(impl_->strand.impl()->executor,
                 [self = shared_from_this(), reason, detail = std::move(detail)]() mutable {
                   self->impl_->shut_now(reason, std::move(detail));
                 });
}

void Channel::finish(CloseReason reason, std::string detail) {
  impl_->stop_sending(Impl::Queued::kKept);
  asio::dispatch(impl_->strand.impl()->executor,
                 [self = shared_from_this(), reason, detail = std::move(detail)]() mutable {
                   self->impl_->begin_finish(reason, std::move(detail));
                 });
}

void Channel::pause() {
  asio::dispatch(impl_->strand.impl()->executor, [self = shared_from_this()] {
    Impl& s = *self->impl_;
    s.paused = true;
    if (s.started && !s.shut) s.time_reading();
  });
}

void Channel::resume() {
  asio::dispatch(impl_->strand.impl()->executor, [self = shared_from_this()] {
    Impl& s = *self->impl_;
    s.paused = false;
    s.wake_reader.cancel();
    if (s.started && !s.shut) s.time_reading();
  });
}

void Channel::set_frame_bytes_max(std::uint32_t frame_bytes_max) {
  asio::dispatch(impl_->strand.impl()->executor, [self = shared_from_this(), frame_bytes_max] {
    self->impl_->reader.set_frame_bytes_max(frame_bytes_max);
  });
}

std::optional<Hash> Channel::peer_spki_sha256() const { return impl_->peer; }
Bytes const& Channel::server_spki() const { return impl_->server_spki; }
std::string const& Channel::server_name() const { return impl_->server_name; }
crypto::Exporter const& Channel::exporter() const { return impl_->exporter; }
std::string const& Channel::remote() const { return impl_->remote; }
std::string const& Channel::address() const { return impl_->address; }
void Channel::post(Task task) { impl_->strand.post(std::move(task)); }
Strand const& Channel::strand() const { return impl_->strand; }

}  // namespace piaojue::net
