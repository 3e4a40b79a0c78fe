// SPDX-License-Identifier: Apache-2.0
#pragma once
/// A virtual clock with a queue of what is to happen, and connections over it. A connection keeps the order of its
/// frames, as TCP does, delays them at will, and may break at any moment: what is under way is lost, and each end
/// learns of it at its own time, so that the server may hold a connection that the client has given up long ago.
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <queue>

#include "crypto/types.h"
#include "randomness.h"

namespace piaojue::simulation {

class Clock {
 public:
  std::uint64_t now_ms() const { return now_ms_; }
  void after(std::uint64_t delay_ms, std::function<void()> what);
  /// Runs what is due first; of the same time, what was asked for first. False when nothing is left.
  bool step();
  std::uint64_t steps() const { return steps_; }

 private:
  struct Event {
    std::uint64_t time_ms;
    std::uint64_t number;
    std::function<void()> what;
  };
  struct Later {
    bool operator()(Event const& a, Event const& b) const {
      return std::pair(a.time_ms, a.number) > std::pair(b.time_ms, b.number);
    }
  };
  std::priority_queue<Event, std::vector<Event>, Later> queue_;
  std::uint64_t now_ms_ = 0;
  std::uint64_t numbers_ = 0;
  std::uint64_t steps_ = 0;
};

/// SHA-256 chain over everything that was delivered and when: equal for equal runs.
class Trace {
 public:
  void note(std::string_view what, std::uint64_t time_ms, std::uint64_t who, ByteView bytes = {});
  crypto::Hash const& hash() const { return hash_; }

 private:
  crypto::Hash hash_;
};

using LinkId = std::uint64_t;

/// What one end of a connection does with what comes to it.
struct End {
  std::function<void(LinkId, ByteView)> frame;
  std::function<void(LinkId)> closed;
};

struct NetworkFaults {
  std::uint64_t delay_ms_max = 40;
  double slow = 0.02;     ///< chance that a frame takes up to fifty times as long
  double breaks = 0.0;    ///< chance, a frame, that the connection breaks there
  double repeated = 0.0;  ///< chance that a request arrives twice
};

class Network {
 public:
  Network(Clock& clock, Dice& dice, Trace& trace) : clock_(clock), dice_(dice), trace_(trace) {}
  NetworkFaults faults;

  /// The server's end; `accept` is called when a connection reaches it.
  struct Listener {
    std::function<bool(LinkId, std::uint32_t client)> accept;  ///< false: nobody listens
    End end;
  };
  void listen(Listener listener) { listener_ = std::move(listener); }

  /// A new connection of client number `client`. The server hears of it before any frame on it.
  LinkId connect(std::uint32_t client, End end);
  void to_server(LinkId link, Bytes frame);
  void to_client(LinkId link, std::shared_ptr<Bytes const> frame);
  /// One end closes in order: what it sent before still arrives, then the other end hears of it.
  void close_from_server(LinkId link);
  void close_from_client(LinkId link);
  /// Breaks: nothing arrives any more; both ends hear of it later.
  void cut(LinkId link);
  /// The server's machine stops: all of its connections break.
  void cut_all();
  /// Frames looked at on their way to a client or to the server, for adversaries on the wire; may change or drop them.
  std::function<bool(std::uint32_t client, bool to_server, Bytes& frame)> tamper;
  /// Connections that neither end has given up.
  bool alive(LinkId link) const;
  std::uint64_t frames() const { return frames_; }

 private:
  struct Link {
    std::uint32_t client = 0;
    End client_end;
    bool client_open = true, server_open = false, cut = false;
    std::uint64_t last_to_server_ms = 0, last_to_client_ms = 0;
  };
  std::uint64_t delay();
  /// Arrival in order: never before what was sent earlier in this direction.
  void deliver(std::uint64_t& last_ms, std::function<void()> what);
  void client_hears_closed(LinkId id, std::shared_ptr<Link> const& link, std::uint64_t delay_ms);
  void server_hears_closed(LinkId id, std::shared_ptr<Link> const& link, std::uint64_t delay_ms);

  Clock& clock_;
  Dice& dice_;
  Trace& trace_;
  Listener listener_;
  std::map<LinkId, std::shared_ptr<Link>> links_;
  LinkId next_ = 1;
  std::uint64_t frames_ = 0;
};

}  // namespace piaojue::simulation
