// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The TLS connection to the server, made again whenever it breaks. All calls, and all that it calls, on one strand.
#include <random>

#include "base/sentence.h"
#include "net/channel.h"

namespace piaojue::client {

class Link {
 public:
  struct Options {
    std::string host;
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
  std::chrono::steady_clock::time_point opened_at_;
  std::optional<net::CloseReason> complained_;
  bool ending_ = false;
  std::function<void()> ended_;
};

}  // namespace piaojue::client
