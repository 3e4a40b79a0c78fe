// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <limits>
#include <set>

#include "base/platform/machine.h"
#include "net/channel_impl.h"
#include "net/listen_at.h"
#include "net/proxy_header.h"
#include "net/strangers.h"

namespace piaojue::net {
namespace {

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

/// How long a refused client may take to fetch the TLS alert that tells it why.
constexpr Milliseconds kAlertDeadline{500};
/// After accept fails for want of descriptors or memory: long enough not to spin, short enough not to be noticed.
constexpr Milliseconds kAcceptPause{50};

std::shared_ptr<Channel> make_channel(TlsContext const& tls, Strand const& strand, tcp::socket socket,
                                      ChannelLimits const& limits) {
  return std::make_shared<Channel>(std::make_unique<Channel::Impl>(tls, strand, std::move(socket), limits));
}

}  // namespace

// ---- Listener -----------------------------------------------------------------------------------------------------

namespace {

/// The strangers with their channels. From any strand: a channel gives its place back wherever it ends.
class Places {
 public:
  Places(std::size_t places_max, std::size_t per_address_max)
      : strangers_(std::max<std::size_t>(1, places_max), per_address_max) {}

  /// @return false: its address has its share.
  static bool enter(std::shared_ptr<Places> const& self, asio::ip::address const& address,
                    std::shared_ptr<Channel> const& channel) {
    std::weak_ptr<Channel> loses;
    std::shared_ptr<void> given;
    {
      std::lock_guard const lock(self->mutex_);
      auto const entered = self->strangers_.enter(address);
      if (!entered) return false;
      if (entered->loses) loses = self->take(*entered->loses);
      self->channel_of_.emplace(entered->id, channel);
      given = std::shared_ptr<void>(nullptr, [self, id = entered->id](void*) { self->leave(id); });
    }
    // Without the lock: whoever lets a channel go last gives its place back. So does this one with the place that it
    // had among the proxied.
    Channel::Impl::of(*channel).place = std::move(given);
    if (auto const losing = loses.lock()) Channel::Impl::lose_place(losing);
    return true;
  }

 private:
  std::weak_ptr<Channel> take(Strangers::Id id) {
    auto const found = channel_of_.extract(id);
    return found ? found.mapped() : std::weak_ptr<Channel>();
  }
  void leave(Strangers::Id id) {
    std::lock_guard const lock(mutex_);
    strangers_.leave(id);
    channel_of_.erase(id);
  }

  std::mutex mutex_;
  Strangers strangers_;
  std::map<Strangers::Id, std::weak_ptr<Channel>> channel_of_;
};

}  // namespace

namespace {

/// An IPv4 address that is written as IPv6 is an IPv4 address.
asio::ip::address plain(asio::ip::address const& address) {
  if (!address.is_v6()) return address;
  auto const v6 = address.to_v6();
  if (v6.is_v4_mapped()) return asio::ip::make_address_v4(asio::ip::v4_mapped, v6);
  return asio::ip::address_v6(v6.to_bytes());  // without a scope
}

}  // namespace

struct Listener::Impl {
  Impl(asio::io_context& own_io, ListenOptions own_options, TlsContext own_tls, ChannelLimits const& own_limits,
       OnChannel own_on_channel, OnRefused own_on_refused)
      : io(own_io),
        strand(own_io),
        acceptor(strand.impl()->executor),
        wake(strand.impl()->executor),
        options(std::move(own_options)),
        tls(std::move(own_tls)),
        limits(own_limits),
        on_channel(std::move(own_on_channel)),
        on_refused(std::move(own_on_refused)),
        places(std::make_shared<Places>(options.strangers_max, options.strangers_per_address_max)),
        // One proxy may have them all: its oldest goes, and not the one that comes.
        proxied(std::make_shared<Places>(options.strangers_max, std::numeric_limits<std::size_t>::max())) {}

  asio::io_context& io;
  Strand strand;
  tcp::acceptor acceptor;   ///< on the strand
  asio::steady_timer wake;  ///< on the strand: a pause is over, or `stop`
  ListenOptions const options;
  TlsContext const tls;
  ChannelLimits const limits;
  OnChannel const on_channel;
  OnRefused const on_refused;
  std::uint16_t port = 0;
  std::atomic<bool> stopped = false;
  /// Apart from Impl: a channel that outlives its listener still gives its place back.
  std::shared_ptr<std::atomic<std::size_t>> connections = std::make_shared<std::atomic<std::size_t>>(0);
  std::shared_ptr<Places> const places;
  std::shared_ptr<Places> const proxied;  ///< of connections from proxies that have not said for whom
  std::set<asio::ip::address> proxies;    ///< not changed once `listen` is done

  void refused(std::string const& remote, Closed const& why) const {
    if (on_refused) on_refused(remote, why);
  }
  void accepted(std::shared_ptr<Impl> const& self, Strand const& channel_strand, tcp::socket socket);
  bool is_proxy(asio::ip::address const& address) const { return proxies.contains(plain(address)); }
  static asio::awaitable<void> accept_loop(std::shared_ptr<Impl> self);
  /// Reads the header, exactly, and takes its client's place among the strangers. @return false: refused, and told.
  static asio::awaitable<bool> read_header(Impl const& listener, std::shared_ptr<Channel> channel);
  /// Whether what was waited for is void, because the time is up or the place is gone; then it is told.
  bool is_over(Channel::Impl& c) const;
  static asio::awaitable<void> handshake(std::shared_ptr<Impl> self, std::shared_ptr<Channel> channel);
};

/// One connection that has just come in: judges the bounds, then begins its handshake.
void Listener::Impl::accepted(std::shared_ptr<Impl> const& self, Strand const& channel_strand, tcp::socket socket) {
  boost::system::error_code ignored;
  auto const endpoint = socket.remote_endpoint(ignored);
  std::string const remote = endpoint_text(endpoint);
  if (*connections >= options.connections_max) {
    socket.close(ignored);
    return refused(remote, {CloseReason::kTooMany, "connections_max"});
  }
  socket.set_option(tcp::no_delay(true), ignored);
  auto const channel = make_channel(tls, channel_strand, std::move(socket), limits);
  Channel::Impl& c = Channel::Impl::of(*channel);
  c.remote = remote;
  c.address = counted_address(endpoint.address()).to_string();
  c.proxied = is_proxy(endpoint.address());
  if (!Places::enter(c.proxied ? proxied : places, endpoint.address(), channel)) {
    return refused(remote, {CloseReason::kTooMany, "strangers_per_address_max"});
  }
  ++*connections;
  c.slot = std::shared_ptr<void>(nullptr, [count = connections](void*) { --*count; });
  asio::co_spawn(channel_strand.impl()->executor, handshake(self, channel), [](std::exception_ptr const&) {});
}

asio::awaitable<void> Listener::Impl::accept_loop(std::shared_ptr<Impl> self) {
  Impl& l = *self;
  while (!l.stopped) {
    Strand const strand(l.io);
    tcp::socket socket(strand.impl()->executor);
    auto const [error] = co_await l.acceptor.async_accept(socket, kAwait);
    if (l.stopped) break;
    if (!error) {
      l.accepted(self, strand, std::move(socket));
    } else if (error == asio::error::no_descriptors || error == asio::error::no_memory ||
               error == asio::error::no_buffer_space) {
      l.wake.expires_after(kAcceptPause);
      co_await l.wake.async_wait(kAwait);
    }
  }
}

bool Listener::Impl::is_over(Channel::Impl& c) const {
  if (c.lost_place) {
    c.watchdog.cancel();  // it would keep the channel, and the count of it, until the deadline
    refused(c.remote, {CloseReason::kTooMany, "its place went to another address"});
  } else if (c.timed_out) {
    refused(c.remote, {CloseReason::kHandshakeTimeout, "the TLS handshake did not end in time"});
  }
  return c.lost_place || c.timed_out;
}

asio::awaitable<bool> Listener::Impl::read_header(Impl const& listener, std::shared_ptr<Channel> channel) {
  Channel::Impl& c = Channel::Impl::of(*channel);
  auto& socket = c.stream.next_layer();
  auto const give_up = [&](Closed const& why) {
    boost::system::error_code ignored;
    socket.close(ignored);
    c.watchdog.cancel();
    listener.refused(c.remote, why);
    return false;
  };
  // Not a byte more than the header: what follows it is TLS's.
  std::array<std::uint8_t, kProxyPreambleBytes> first{};
  auto const [first_error, first_bytes] = co_await asio::async_read(socket, asio::buffer(first), kAwait);
  if (listener.is_over(c)) co_return false;
  if (first_error) co_return give_up(failure_of(first_error));
  auto const preamble = parse_proxy_preamble(first);
  if (!preamble) co_return give_up({CloseReason::kProxyHeader, "no PROXY header of version 2"});
  Bytes rest(preamble->rest_bytes);
  auto const [rest_error, rest_bytes] = co_await asio::async_read(socket, asio::buffer(rest), kAwait);
  if (listener.is_over(c)) co_return false;
  if (rest_error) co_return give_up(failure_of(rest_error));
  auto const client = proxied_client(*preamble, rest);
  if (!client) co_return give_up({CloseReason::kProxyHeader, "a PROXY header without a client"});
  boost::system::error_code ignored;
  auto const from =
      *client ? tcp::endpoint(plain((*client)->address), (*client)->port) : socket.remote_endpoint(ignored);
  c.remote = endpoint_text(from);
  c.address = counted_address(from.address()).to_string();
  if (!Places::enter(listener.places, from.address(), channel)) {
    co_return give_up({CloseReason::kTooMany, "strangers_per_address_max"});
  }
  co_return true;
}

asio::awaitable<void> Listener::Impl::handshake(std::shared_ptr<Impl> self, std::shared_ptr<Channel> channel) {
  Channel::Impl& c = Channel::Impl::of(*channel);
  Channel::Impl::time_handshake(channel, self->limits.handshake_deadline);
  if (c.proxied && !co_await read_header(*self, channel)) co_return;
  auto const [error] = co_await c.stream.async_handshake(asio::ssl::stream_base::server, kAwait);
  if (self->is_over(c)) co_return;
  if (error) {
    self->refused(c.remote, failure_of(error));
    // Closing a socket with unread bytes resets it, and the reset can overtake the alert: let the client fetch it
    // first.
    Channel::Impl::time_handshake(channel, std::min(kAlertDeadline, self->limits.handshake_deadline));
    boost::system::error_code ignored;
    c.stream.next_layer().shutdown(tcp::socket::shutdown_send, ignored);
    std::array<std::uint8_t, 1024> dropped;
    for (bool open = true; open;) {
      auto const [ended, count] = co_await c.stream.next_layer().async_read_some(asio::buffer(dropped), kAwait);
      open = !ended;
    }
    c.watchdog.cancel();
    co_return;
  }
  if (!c.establish()) {
    self->refused(c.remote, {CloseReason::kTls, "the peer's certificate can not be read"});
    co_return;
  }
  if (self->stopped) co_return;
  self->on_channel(channel);
}

Listener::Listener(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
namespace {

/// As Asio wants options to be.
struct OwnPort {
  platform::SocketOption which = platform::option_of_listener();
  int on = 1;

  template <class Protocol>
  int level(Protocol const&) const {
    return which.level;
  }
  template <class Protocol>
  int name(Protocol const&) const {
    return which.name;
  }
  template <class Protocol>
  int const* data(Protocol const&) const {
    return &on;
  }
  template <class Protocol>
  std::size_t size(Protocol const&) const {
    return sizeof on;
  }
};

}  // namespace

boost::system::error_code bind_at(tcp::acceptor& acceptor, tcp::endpoint const& endpoint) {
  boost::system::error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(OwnPort(), error);
  if (!error) acceptor.bind(endpoint, error);
  return error;
}

bool can_listen(std::string const& address, std::uint16_t port) {
  asio::io_context io;
  tcp::acceptor acceptor(io);
  boost::system::error_code error;
  auto const literal = asio::ip::make_address(address, error);
  return !error && !bind_at(acceptor, {literal, port});
}

Listener::~Listener() { stop(); }

Result<std::shared_ptr<Listener>> Listener::listen(asio::io_context& io, ListenOptions options, TlsContext tls,
                                                   ChannelLimits limits, OnChannel on_channel, OnRefused on_refused) {
  boost::system::error_code error;
  auto const address = asio::ip::make_address(options.address, error);
  if (error) return Refusal::kMalformed;
  tcp::endpoint const endpoint(address, options.port);
  auto impl = std::make_shared<Impl>(io, std::move(options), std::move(tls), limits, std::move(on_channel),
                                     std::move(on_refused));
  for (auto const& proxy : impl->options.proxies) {
    auto const literal = asio::ip::make_address(proxy, error);
    if (error) return Refusal::kMalformed;
    impl->proxies.insert(plain(literal));
  }
  tcp::acceptor& acceptor = impl->acceptor;
  error = bind_at(acceptor, endpoint);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return Refusal::kConflict;
  impl->port = acceptor.local_endpoint(error).port();
  asio::co_spawn(impl->strand.impl()->executor, Impl::accept_loop(impl), [impl](std::exception_ptr const&) {
    boost::system::error_code ignored;
    impl->acceptor.close(ignored);
  });
  return std::make_shared<Listener>(std::move(impl));
}

std::uint16_t Listener::port() const { return impl_->port; }

void Listener::stop() {
  if (impl_->stopped.exchange(true)) return;
  asio::post(impl_->strand.impl()->executor, [impl = impl_] {
    boost::system::error_code ignored;
    impl->acceptor.close(ignored);
    impl->wake.cancel();
  });
}

std::size_t Listener::connections() const { return *impl_->connections; }

// ---- connect ------------------------------------------------------------------------------------------------------

namespace {

/// One attempt. `done` makes the deadline and the coroutine agree on who reports.
struct Attempt {
  std::shared_ptr<Channel> channel;
  std::function<void(std::shared_ptr<Channel>, Closed)> on_done;
  bool done = false;

  void report(std::shared_ptr<Channel> result, Closed why) {
    if (std::exchange(done, true)) return;
    Channel::Impl::of(*channel).watchdog.cancel();
    auto const told = std::exchange(on_done, nullptr);
    channel.reset();
    told(std::move(result), std::move(why));
  }
};

asio::awaitable<void> attempt_loop(std::shared_ptr<Attempt> self, std::string host, std::uint16_t port) {
  std::shared_ptr<Channel> const channel = self->channel;  // outlives a report by the deadline
  Channel::Impl& c = Channel::Impl::of(*channel);
  auto& socket = c.stream.next_layer();
  std::vector<tcp::endpoint> endpoints;
  boost::system::error_code not_literal;
  if (auto const address = asio::ip::make_address(host, not_literal); !not_literal) {
    endpoints.emplace_back(address, port);
  } else {
    tcp::resolver resolver(c.strand.impl()->executor);
    std::string const service = std::to_string(port);
    auto const [error, found] = co_await resolver.async_resolve(host, service, kAwait);
    if (self->done) co_return;
    if (error) {
      self->report(nullptr, {CloseReason::kConnectFailed, error.message()});
      co_return;
    }
    for (auto const& entry : found) endpoints.push_back(entry.endpoint());
  }
  auto const [connect_error, endpoint] = co_await asio::async_connect(socket, endpoints, kAwait);
  if (self->done) co_return;
  if (connect_error) {
    self->report(nullptr, {CloseReason::kConnectFailed, connect_error.message()});
    co_return;
  }
  c.remote = endpoint_text(endpoint);
  boost::system::error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  // Written out: OpenSSL's macro casts as C does.
  std::string name = c.tls.server_name();
  if (!name.empty() &&
      SSL_ctrl(c.stream.native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data()) != 1) {
    self->report(nullptr, {CloseReason::kTls, "a server name that can not be asked for"});
    co_return;
  }
  auto const [handshake_error] = co_await c.stream.async_handshake(asio::ssl::stream_base::client, kAwait);
  if (self->done) co_return;
  if (handshake_error) {
    self->report(nullptr, failure_of(handshake_error));
  } else if (!c.establish()) {
    self->report(nullptr, {CloseReason::kTls, "the server's key is not the pinned one"});
  } else {
    self->report(channel, {});
  }
}

}  // namespace

void connect(asio::io_context& io, std::string host, std::uint16_t port, TlsContext const& tls, ChannelLimits limits,
             std::function<void(std::shared_ptr<Channel>, Closed)> on_done) {
  Strand const strand(io);
  auto const attempt = std::make_shared<Attempt>();
  attempt->channel = make_channel(tls, strand, tcp::socket(strand.impl()->executor), limits);
  attempt->on_done = std::move(on_done);
  asio::post(strand.impl()->executor, [attempt, strand, host = std::move(host), port, limits]() mutable {
    Channel::Impl& c = Channel::Impl::of(*attempt->channel);
    c.watchdog.expires_after(limits.connect_deadline);
    c.watchdog.async_wait([attempt](boost::system::error_code const& error) {
      if (error || attempt->done) return;
      Channel::Impl::of(*attempt->channel).close_socket();
      attempt->report(nullptr, {CloseReason::kConnectTimeout, "no connection in time"});
    });
    asio::co_spawn(strand.impl()->executor, attempt_loop(attempt, std::move(host), port),
                   [](std::exception_ptr const&) {});
  });
}

}  // namespace piaojue::net
