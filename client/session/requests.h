// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Private to this room: the conversation with the server (specification §9) as far as it is the same for every
/// request. What was asked is asked again after each reconnect, and after BUSY, until it is answered; and no frame
/// leaves before the wallet holds durably what it rests on.
#include "client/session/keeper.h"
#include "client/session/limits.h"
#include "client/session/wire.h"

namespace piaojue::client {

using crypto::Hash;

/// The answer to a request, or why there is none.
using Answer = Result<wire::Message>;

class Requests {
 public:
  using Done = std::function<void(Answer&)>;
  /// @param index of the entry, once it stands in this person's own copy; nothing: a proposal, then its id.
  using Submitted = std::function<void(Result<std::optional<std::uint64_t>> const& index, Hash const& proposal)>;

  Requests(SessionLimits const& limits, Clock const& clock, Keeper& keeper)
      : limits_(limits), clock_(clock), keeper_(keeper) {}

  // ---- Asking
  /// @return false: the bound is reached, or nothing is asked any more; `done` is not called then.
  bool ask(std::function<Bytes(std::uint64_t id)> const& make, Done done);
  bool submit(Bytes const& entry, ByteView payload, Submitted done);
  /// Runs `then` when entry `index` stands in the own copy. Replies come before the log that they speak of; whoever
  /// asked shall see both.
  void when_logged(std::uint64_t index, std::function<void()> then);
  std::size_t unanswered() const { return open_.size(); }
  bool half_full() const { return open_.size() >= limits_.requests_max / 2; }

  // ---- What the follower of the log tells
  void logged(std::uint64_t size);
  /// Refuses everything that is open with `why`, and asks nothing any more.
  void close(Refusal why);

  // ---- The connection
  /// @return false: it was there already.
  bool connected();
  /// @return whether the server had welcomed this program.
  bool disconnected();
  void say_hello(std::uint64_t next_index);
  bool is_hello(std::uint64_t id) const { return id == hello_; }
  /// @param size of the server's log. @return whether it is the first Welcome of this connection.
  bool take_welcome(std::uint64_t size);
  void take_answer(wire::Message message);
  void ping_if_due();
  /// Sends what is due.
  void pump();
  bool is_connected() const { return connected_; }
  bool is_welcomed() const { return connected_ && welcomed_; }
  std::uint64_t welcome_size() const { return welcome_size_; }
  /// The server sent what no server sends: the host shall make another connection.
  void give_up() { reconnect_ = true; }
  bool wants_reconnect() const { return reconnect_; }

  /// Nothing leaves before it is durable: here, and nowhere else.
  std::vector<Bytes> take_frames();

 private:
  struct Request {
    Bytes frame;
    Done done;
    bool sent = false;
    std::uint64_t again_ms = 0;  ///< after BUSY: not before
    std::uint32_t busy = 0;
  };

  SessionLimits const& limits_;
  Clock const& clock_;
  Keeper& keeper_;
  std::vector<Bytes> frames_;
  std::map<std::uint64_t, Request> open_;
  std::size_t in_flight_ = 0;
  std::uint64_t next_id_ = 1;
  std::uint64_t hello_ = 0;
  bool connected_ = false;
  bool welcomed_ = false;
  bool reconnect_ = false;
  bool closed_ = false;
  std::uint64_t welcome_size_ = 0;
  std::uint64_t pinged_ms_ = 0;
  bool pinging_ = false;
  std::uint64_t logged_ = 0;
  std::multimap<std::uint64_t, std::function<void()>> when_logged_;  ///< by index
};

}  // namespace piaojue::client
