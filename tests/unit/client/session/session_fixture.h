// SPDX-License-Identifier: Apache-2.0
#pragma once
/// One person's Session on a laptop of its own: all others, the trustees and the server are played by the test, entry
/// by entry, so that each can be made to do wrong.
#include <boost/json.hpp>
#include <deque>

#include "client/session/session.h"
#include "client/session/wire.h"
#include "protocol/meeting/halves.h"
#include "server/wire.h"
#include "support/meeting_fixture.h"

namespace piaojue::test {

using client::MemoryWallet;
using client::Session;

class SessionFixture {
 public:
  explicit SessionFixture(MeetingOptions options = {}, PersonId person = 1);

  Meeting meeting;
  PersonId const me;
  MemoryWallet wallet;
  std::unique_ptr<Session> session;
  client::SessionLimits limits;
  client::MaterialCache* materials = nullptr;

  // ---- The laptop
  void start();    ///< a new session over the wallet
  void connect();  ///< Hello is answered as an honest server would
  void disconnect();
  void crash();  ///< power cut and restart, connected again
  void say(std::string const& line);
  /// The reply to the last command of that word; fails the test if there is none.
  boost::json::object reply(std::string_view word);
  std::vector<boost::json::object> events;  ///< all so far
  std::vector<boost::json::object> seen(std::string_view event) const;
  std::size_t replies(std::string_view word) const;
  void tick(std::uint64_t ms = 1000);
  void pump();

  // ---- The server
  /// Everything that the session sent, in order.
  std::vector<server::wire::Request> requests;
  template <class T>
  std::vector<T> sent() const {
    std::vector<T> out;
    for (auto const& request : requests) {
      if (auto const* what = std::get_if<T>(&request.what)) out.push_back(*what);
    }
    return out;
  }
  /// Submitted entries of one type.
  template <class T>
  std::vector<T> submitted() const {
    std::vector<T> out;
    for (auto const& submit : sent<server::wire::Submit>()) {
      auto const entry = decode_entry(submit.entry);
      if (!entry) continue;
      if (auto const* body = std::get_if<T>(&entry->body)) out.push_back(*body);
    }
    return out;
  }
  /// Answers a request instead of the honest server; nothing: honest. An empty answer: none at all.
  std::function<std::optional<Bytes>(server::wire::Request const&)> instead;
  void receive(Bytes const& frame);  ///< the session gets a frame
  /// New entries with the checkpoint of the whole log, then the cosignatures that the hall gave.
  void push();
  bool push_cosignatures = true;
  void push_entry(Bytes const& entry, std::string const& note = {});  ///< as the next one, whatever it is
  std::string sign_note(std::uint64_t size, Hash const& root) const;
  meeting::HeldHalves halves;  ///< that the server holds for this person
  bool holds_halves = true;    ///< false: what is deposited is neither kept nor answered
  /// As it would be given back. Nothing: none is held.
  std::optional<Secret> half(meeting::HalfOf const& of);
  std::set<PersonId> online;  ///< other people's programs; what is relayed to others is BUSY
  /// From another person's program.
  void relay(PersonId from, meeting::RelayKind kind, Bytes const& body);
  /// What this program has sent to another person's, newest last.
  std::vector<Bytes> relayed_to(PersonId person, meeting::RelayKind kind) const;
  BlindedMsgs blinded;  ///< of this person's last TokenRequest

  // ---- A batch
  /// Keys, BatchOpen, tokens of everybody else; pushed.
  void open_batch(BatchId batch = 1);
  /// TokensIssued of this person; pushed with the answer. @param before changes it before the trustee signs for it,
  /// @param after: on the way.
  void issue(TrusteeId trustee, std::function<void(BlindSigs&)> const& before = {},
             std::function<void(BlindSigs&)> const& after = {});
  void issue_all();
  std::map<TrusteeId, Bytes> issued_pushes;  ///< as the server repeats them after a Hello
  void vote_all(std::string const& choice);
  /// Everybody else casts; BatchClose; issuance closed; all mix; the box. Pushed after each.
  void others_cast();
  void close();
  void mix();
  void box(std::function<void(BallotBox&)> const& change = {});
  /// Everybody but this person confirms, then all shares; pushed.
  void others_confirm();

 private:
  void answer(std::uint64_t id, server::wire::Relay const& relay);
};

}  // namespace piaojue::test
