// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Private to this room: the conversation with the server (specification §9) as far as it is the same for every
/// request. What was asked is asked again after each reconnect, and after BUSY, until it is answered; what answers
/// somebody else is not; and no frame leaves before the wallet holds durably what it rests on.
///
/// An answer Accepted{i} is only a claim (specification §8.2): it counts when this person's own verified log holds, at
/// index i, what was submitted. Until the log has come so far nobody hears of it.
#include "client/session/keeper.h"
#include "client/session/limits.h"
#include "client/session/wire.h"
#include "protocol/meeting/codec.h"

namespace piaojue::client {

using crypto::Hash;
using meeting::PersonId;

/// The answer to a request, or why there is none.
using Answer = Result<wire::Message>;

class Requests {
 public:
  using Done = std::function<void(Answer&)>;
  /// @param index of the entry, once it stands in this person's own copy; nothing: a proposal, then its id.
  using Submitted = std::function<void(Result<std::optional<std::uint64_t>> const& index, Hash const& proposal)>;
  /// What must stand at the index of an Accepted.
  struct Expected {
    Hash proposal;             ///< of type and body
    bool signed_here = false;  ///< and this person's signature
  };
  /// Whether the own log, which has come so far, holds it there. @return false: it does not, and everything has ended.
  using IsLogged = std::function<bool(std::uint64_t index, Expected const& expected)>;
  /// What BUSY means to whoever asks.
  enum class Busy : std::uint8_t { kTryAgain, kIsAnswer };

  Requests(SessionLimits const& limits, Clock const& clock, Keeper& keeper)
      : limits_(limits), clock_(clock), keeper_(keeper) {}
  /// Once, before anything is submitted.
  void check_by(IsLogged is_logged) { is_logged_ = std::move(is_logged); }

  // ---- Asking
  /// @return false: the bound is reached, or nothing is asked any more; `done` is not called then.
  bool ask(std::function<Bytes(std::uint64_t id)> const& make, Done done, Busy busy = Busy::kTryAgain);
  bool submit(meeting::Made const& made, ByteView payload, Submitted done);
  bool countersign(Hash const& proposal, PersonId signer, crypto::Signature const& signature, Submitted done);
  /// To another person's program, or the server (0). @param done Relayed, or why not; BUSY: not connected.
  bool relay(PersonId to, meeting::RelayKind kind, ByteView body, Done done);
  /// What another's program, or the server, has asked for: over this connection or never, for it asks again over the
  /// next, and then an older answer would no longer be true.
  bool answer_relay(PersonId to, meeting::RelayKind kind, ByteView body);
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
  /// Counts the connections that were welcomed: another number is another Hello.
  std::uint64_t welcomes() const { return welcomes_; }
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
    Busy when_busy = Busy::kTryAgain;
    bool ends_with_connection = false;
    bool sent = false;
    std::uint64_t again_ms = 0;  ///< after BUSY: not before
    std::uint32_t busy = 0;
  };
  struct Claimed {
    Expected expected;
    Submitted done;
  };
  bool may_ask() const { return !closed_ && !keeper_.failed() && open_.size() < limits_.requests_max; }
  void take_submitted(Answer const& answer, Expected const& expected, Submitted const& done);
  void check(std::uint64_t index, Claimed const& claimed);

  SessionLimits const& limits_;
  Clock const& clock_;
  Keeper& keeper_;
  IsLogged is_logged_;
  std::vector<Bytes> frames_;
  std::map<std::uint64_t, Request> open_;
  std::size_t in_flight_ = 0;
  std::uint64_t next_id_ = 1;
  std::uint64_t hello_ = 0;
  bool connected_ = false;
  bool welcomed_ = false;
  bool reconnect_ = false;
  bool closed_ = false;
  std::uint64_t welcomes_ = 0;
  std::uint64_t welcome_size_ = 0;
  std::uint64_t pinged_ms_ = 0;
  bool pinging_ = false;
  std::uint64_t logged_ = 0;
  std::multimap<std::uint64_t, Claimed> claimed_;  ///< by index, beyond the own log
};

}  // namespace piaojue::client
