// SPDX-License-Identifier: Apache-2.0
#pragma once
// Real TLS over the loopback interface: a listener with its loop, peers of this room, and one that is not bound to it.
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <condition_variable>
#include <ctime>
#include <future>
#include <mutex>
#include <thread>

#include "net/channel.h"

namespace piaojue::net {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using asio::ip::tcp;

constexpr auto kPatience = 5s;

/// What one end of a channel has seen. The handlers own it together with the test: the loop may outlive the test's end.
class Recorder {
 public:
  void start(std::shared_ptr<Channel> const& channel, Channel::OnFrame extra = {}) {
    channel->start(
        [state = state_, extra = std::move(extra)](Bytes payload) {
          {
            std::lock_guard const lock(state->mutex);
            if (state->closed) state->frame_after_close = true;
            state->frames.push_back(payload);
            state->changed.notify_all();
          }
          if (extra) extra(std::move(payload));
        },
        [state = state_](Closed const& closed) {
          std::lock_guard const lock(state->mutex);
          ++state->closes;
          state->closed = closed;
          state->changed.notify_all();
        });
  }
  bool wait_frames(std::size_t count) {
    std::unique_lock lock(state_->mutex);
    return state_->changed.wait_for(lock, kPatience, [&] { return state_->frames.size() >= count; });
  }
  /// @return nothing when the channel did not close in time.
  std::optional<CloseReason> wait_closed() {
    std::unique_lock lock(state_->mutex);
    if (!state_->changed.wait_for(lock, kPatience, [&] { return state_->closed.has_value(); })) return std::nullopt;
    return state_->closed->reason;
  }
  std::vector<Bytes> frames() const {
    std::lock_guard const lock(state_->mutex);
    return state_->frames;
  }
  std::size_t count() const { return frames().size(); }
  int closes() const {
    std::lock_guard const lock(state_->mutex);
    return state_->closes;
  }
  bool frame_after_close() const {
    std::lock_guard const lock(state_->mutex);
    return state_->frame_after_close;
  }

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<Bytes> frames;
    std::optional<Closed> closed;
    int closes = 0;
    bool frame_after_close = false;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

struct Accepted {
  std::shared_ptr<Channel> channel;
  std::unique_ptr<Recorder> recorder = std::make_unique<Recorder>();
};

inline std::uint64_t now_s() { return static_cast<std::uint64_t>(std::time(nullptr)); }

/// Keys are made once: they are not what is tested here.
struct Keys {
  Validity validity{now_s() - 60, now_s() + 3600};
  Credential authority = make_authority("meeting", validity).value();
  Credential server = make_server_certificate(authority, "127.0.0.1", validity).value();
  Hash pin = spki_sha256(server.certificate_pem).value();
  Credential client = certified(authority, validity);

  static Credential certified(Credential const& ca, Validity when) {
    Secret key = make_tls_key().value();
    Bytes const csr = make_csr(key).value();
    return {std::move(key), issue_client_certificate(ca, csr, 7, when).value()};
  }
  TlsContext context() const { return TlsContext::server(server, authority.certificate_pem).value(); }
  static Keys const& get() {
    static Keys const keys = [] {
      piaojue::init();
      return Keys{};
    }();
    return keys;
  }
};

struct Connected {
  std::shared_ptr<Channel> channel;
  Closed failure;
};

/// A listener, the loop, and all that it accepted. The loop is stopped before what the handlers refer to goes.
class Site {
 public:
  explicit Site(ChannelLimits limits = {}, ListenOptions options = {}, TlsContext tls = Keys::get().context()) {
    options.address = "127.0.0.1";
    listener = Listener::listen(
                   loop.io(), options, std::move(tls), limits,
                   [this](std::shared_ptr<Channel> channel) {
                     auto accepted = std::make_shared<Accepted>();
                     accepted->channel = channel;
                     std::weak_ptr<Channel> const weak = channel;
                     accepted->recorder->start(channel, [this, weak](Bytes payload) {
                       if (on_frame) on_frame(*weak.lock(), std::move(payload));
                     });
                     {
                       std::lock_guard const lock(mutex_);
                       accepted_.push_back(std::move(accepted));
                     }
                     changed_.notify_all();
                   },
                   [this](std::string const&, Closed const& why) {
                     {
                       std::lock_guard const lock(mutex_);
                       refused_.push_back(why.reason);
                     }
                     changed_.notify_all();
                   })
                   .value();
    loop.start(2);
  }
  ~Site() { loop.stop(); }

  std::shared_ptr<Accepted> accepted(std::size_t index = 0) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, kPatience, [&] { return accepted_.size() > index; })) return nullptr;
    return accepted_[index];
  }
  std::size_t accepted_count() {
    std::lock_guard const lock(mutex_);
    return accepted_.size();
  }
  std::optional<CloseReason> refused(std::size_t index = 0) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, kPatience, [&] { return refused_.size() > index; })) return std::nullopt;
    return refused_[index];
  }
  Connected connect(TlsContext const& tls, ChannelLimits const& limits = {}) { return connect_to(port(), tls, limits); }
  Connected connect_to(std::uint16_t to, TlsContext const& tls, ChannelLimits const& limits = {},
                       std::string const& host = "127.0.0.1") {
    auto result = std::make_shared<std::promise<Connected>>();
    auto future = result->get_future();
    net::connect(loop.io(), host, to, tls, limits, [result](std::shared_ptr<Channel> channel, Closed why) {
      result->set_value({std::move(channel), std::move(why)});
    });
    if (future.wait_for(kPatience) != std::future_status::ready) return {};
    return future.get();
  }
  std::uint16_t port() const { return listener->port(); }
  /// Waits until the listener counts `count` connections.
  bool connections_become(std::size_t count) {
    for (int i = 0; i < 500 && listener->connections() != count; ++i) std::this_thread::sleep_for(10ms);
    return listener->connections() == count;
  }

  std::function<void(Channel&, Bytes)> on_frame;
  Loop loop;
  std::shared_ptr<Listener> listener;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::shared_ptr<Accepted>> accepted_;
  std::vector<CloseReason> refused_;
};

inline TlsContext trusted() { return TlsContext::client(Keys::get().pin, Keys::get().client.clone()).value(); }
inline TlsContext nameless() { return TlsContext::client(Keys::get().pin).value(); }

/// A peer that is not bound to our code: blocking TLS under the test's own hand.
class RawPeer {
 public:
  explicit RawPeer(std::uint16_t port, bool with_certificate = true, int max_version = TLS1_3_VERSION)
      : context_(asio::ssl::context::tls_client), stream_(io_, prepared(context_, with_certificate, max_version)) {
    socket().connect(tcp::endpoint(asio::ip::address_v4::loopback(), port));
  }
  boost::system::error_code handshake() {
    boost::system::error_code error;
    stream_.handshake(asio::ssl::stream_base::client, error);
    return error;
  }
  void write(ByteView bytes) {
    boost::system::error_code ignored;
    asio::write(stream_, asio::buffer(bytes.data(), bytes.size()), ignored);
  }
  /// Reads until the other side ends the stream. @return how it did.
  boost::system::error_code drain() {
    boost::system::error_code error;
    std::array<std::uint8_t, 4096> dropped;
    while (!error) stream_.read_some(asio::buffer(dropped), error);
    return error;
  }
  void close() { socket().close(); }
  tcp::socket& socket() { return stream_.next_layer(); }
  SSL* ssl() { return stream_.native_handle(); }
  asio::ssl::stream<tcp::socket>& stream() { return stream_; }

 private:
  static asio::ssl::context& prepared(asio::ssl::context& context, bool with_certificate, int max_version) {
    SSL_CTX_set_max_proto_version(context.native_handle(), max_version);
    if (with_certificate) {
      Credential const& client = Keys::get().client;
      context.use_certificate(asio::buffer(client.certificate_pem), asio::ssl::context::pem);
      context.use_private_key(asio::buffer(client.key_pem.data(), client.key_pem.size()), asio::ssl::context::pem);
    }
    return context;
  }
  asio::io_context io_;
  asio::ssl::context context_;
  asio::ssl::stream<tcp::socket> stream_;
};

inline Bytes bytes_of(std::string_view text) { return to_bytes(as_bytes(text)); }

}  // namespace piaojue::net
