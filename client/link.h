// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The TLS connection to the server, made again whenever it breaks, also to another node that the meeting has moved to
/// (specification §9.6): always with the same pin and certificate, so that nothing rests on who names an address. All
/// calls, and all that it calls, on one strand.
#include <random>

#include "base/sentence.h"
#include "net/channel.h"
#include "protocol/meeting/slip.h"

namespace piaojue::client {

/// In a row, without a Welcome: two nodes that name each other cost no more than that before the delay of a failure.
inline constexpr int kHopsMax = 4;
/// Between two tries after a Moved: whoever sent it takes the meeting as soon as the other's time has run out.
inline constexpr std::chrono::milliseconds kMovedBackoffMax{1'000};
/// To connect to an address that is not the slip's: there is always one that is.
inline constexpr std::chrono::milliseconds kElsewhereDeadline{4'000};

class Link {
 public:
  struct Options {
    std::string host;  ///< the slip's address, and the first that is tried
    std::uint16_t port = 0;
    net::TlsContext tls;
    Lang lang = Lang::kZh;  ///< of what is said on stderr
    std::chrono::milliseconds backoff_min{100};
    std::chrono::milliseconds backoff_max{5'000};
  };
  struct Calls {
    std::function<void()> up;
    std::function<void(Bytes const& frame)> frame;
    std::function<void()> down;
  };
  /// Begins to connect at once. @param loop outlives this, and so does this what it has begun.
  Link(net::Loop& loop, net::Strand strand, Options options, Calls calls);

  void send(Bytes frame);
  /// Another node serves the meeting: this connection ends and that one is made, at once; after kHopsMax of these in a
  /// row after the usual delay, and at the slip's address.
  void go_to(std::string host, std::uint16_t port);
  /// The meeting is served here. @param addresses where else it may be reached: when this one can not be any more, the
  /// slip's is tried and then these, in turn.
  void welcomed(std::vector<meeting::SlipAddress> addresses);
  /// The server sent what no server sends: another connection follows.
  void break_off(std::string const& why);
  /// What is queued still goes out, then nothing more is connected. @param done when it is closed.
  /// @return false: there is no connection, and `done` is not called.
  bool finish(std::function<void()> done);

 private:
  void connect();
  void opened(std::shared_ptr<net::Channel> const& channel, net::Closed const& why);
  void closed(std::uint64_t number, net::Closed const& why);
  void retry();
  /// The address that was tried did not lead to the meeting.
  void try_next();
  void begin_again();
  void complain(net::Closed const& why);

  net::Loop& loop_;
  net::Strand strand_;
  Options options_;
  Calls calls_;
  std::chrono::milliseconds backoff_;
  net::Timer reconnector_;
  std::minstd_rand dice_;  ///< for delays, nothing else
  std::shared_ptr<net::Channel> channel_;
  std::uint64_t connections_ = 0;
  std::vector<meeting::SlipAddress> known_;  ///< the slip's, then those of the last Welcome
  meeting::SlipAddress target_;
  std::optional<std::size_t> turn_ = 0;  ///< target_ among known_; nothing: of a Moved
  int hops_ = 0;
  bool welcomed_ = false;  ///< on this connection
  bool moving_ = false;    ///< this connection is closed because of a Moved, to be followed at once
  std::chrono::steady_clock::time_point opened_at_;
  std::optional<net::CloseReason> complained_;
  bool ending_ = false;
  std::function<void()> ended_;
};

}  // namespace piaojue::client
