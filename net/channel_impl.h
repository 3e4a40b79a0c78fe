// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Inside net/ only: the state behind Channel, shared by channel.cpp (its life) and listener.cpp (its birth).
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <mutex>

#include "net/channel.h"
#include "net/loop_impl.h"
#include "net/tls_impl.h"

namespace piaojue::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using Clock = std::chrono::steady_clock;

/// Everything without a mutex belongs to the strand.
struct Channel::Impl {
  using Stream = asio::ssl::stream<tcp::socket>;
  using Item = std::shared_ptr<Bytes const>;

  Impl(TlsContext tls_context, Strand own_strand, tcp::socket socket, ChannelLimits const& own_limits)
      : tls(std::move(tls_context)),
        strand(std::move(own_strand)),
        limits(own_limits),
        stream(std::move(socket), tls.impl()->context),
        watchdog(strand.impl()->executor, Clock::time_point::max()),
        wake_writer(strand.impl()->executor, Clock::time_point::max()),
        wake_reader(strand.impl()->executor, Clock::time_point::max()),
        reader(limits.frame_bytes_max) {}

  static Impl& of(Channel& channel) { return *channel.impl_; }

  TlsContext tls;
  Strand strand;
  ChannelLimits const limits;
  Stream stream;
  std::string remote;
  std::string address;
  std::optional<Hash> peer;
  Bytes server_spki;
  std::string server_name;
  crypto::Exporter exporter;
  std::shared_ptr<void> slot;   ///< place among the Listener's connections, given back at the end
  std::shared_ptr<void> place;  ///< among its strangers, given back with the first sight of a certificate
  bool proxied = false;         ///< the peer is a proxy, whose header comes first

  // Birth: the watchdog times the handshake.
  bool established = false;
  bool timed_out = false;
  bool lost_place = false;
  /// Closes the socket unless `established` is set within `deadline`.
  static void time_handshake(std::shared_ptr<Channel> const& channel, Milliseconds deadline);
  /// Ends every pending operation.
  void close_socket();
  /// After a successful handshake. @return false if the peer's key cannot be read or is not the pinned one.
  bool establish();
  /// Its place among the strangers went to another address. From any strand.
  static void lose_place(std::shared_ptr<Channel> const& channel);

  // Life.
  OnFrame on_frame;
  OnClose on_close;
  asio::steady_timer watchdog;
  asio::steady_timer wake_writer;
  asio::steady_timer wake_reader;
  FrameReader reader;
  bool started = false;
  bool paused = false;
  bool finishing = false;
  bool shut = false;
  unsigned running = 0;  ///< coroutines that have not ended
  Closed closed;
  Clock::time_point read_deadline = Clock::time_point::max();
  Clock::time_point write_deadline = Clock::time_point::max();
  Clock::time_point finish_deadline = Clock::time_point::max();
  Clock::time_point stranger_deadline = Clock::time_point::max();
  Clock::time_point nearest_deadline() const {
    return std::min({read_deadline, write_deadline, finish_deadline, stranger_deadline});
  }
  bool frame_timed = false;  ///< read_deadline is that of a frame that has begun
  double tokens = 0;
  Clock::time_point tokens_at{};

  // Outbound queue: from any thread.
  std::mutex mutex;
  std::deque<Item> queue;                             ///< guarded by mutex
  std::weak_ptr<Bytes const> writing;                 ///< guarded by mutex; the one that is being written
  std::size_t writing_bytes = 0;                      ///< guarded by mutex
  std::size_t queued_frames = 0;                      ///< guarded by mutex; with the one that is being written
  std::size_t queued_bytes = 0;                       ///< guarded by mutex; with the one that is being written
  bool send_open = true;                              ///< guarded by mutex
  bool wake_posted = false;                           ///< guarded by mutex
  std::size_t drained_frames = 0, drained_bytes = 0;  ///< guarded by mutex; for `when_drained`
  Task when_drained;                                  ///< guarded by mutex

  void shut_now(CloseReason reason, std::string detail);
  void begin_finish(CloseReason reason, std::string detail);
  void rearm();
  void time_reading();
  bool take_token();
  enum class Queued : std::uint8_t { kKept, kDropped };
  void stop_sending(Queued queued);  ///< from any thread
  Item next_item();
  void item_written(std::size_t bytes);
  bool deliver(ByteView& chunk);
  Closed read_failure(boost::system::error_code const& error) const;

  static asio::awaitable<void> read_loop(std::shared_ptr<Channel> self);
  static asio::awaitable<void> write_loop(std::shared_ptr<Channel> self);
  static asio::awaitable<void> watch_loop(std::shared_ptr<Channel> self);
  static void spawn(std::shared_ptr<Channel> const& self, asio::awaitable<void> (*loop)(std::shared_ptr<Channel>));
  /// @param in_order false: the loop was destroyed around the coroutine.
  static void ended(Channel& channel, bool in_order);
};

/// Names what made a TLS or TCP operation fail.
Closed failure_of(boost::system::error_code const& error);
std::string endpoint_text(tcp::endpoint const& endpoint);

}  // namespace piaojue::net
