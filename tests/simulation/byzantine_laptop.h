// SPDX-License-Identifier: Apache-2.0
#pragma once
/// An honest person of a Byzantine meeting: the real client::Session over a wallet, and somebody before it who votes,
/// answers what is asked, and signs what others put before him, now and then without much thought. Everything that
/// comes to it comes from the adversary, who owns the network and the server.
#include <boost/json.hpp>
#include <deque>

#include "client/session/session.h"
#include "server/wire.h"
#include "simulation/randomness.h"
#include "support/meeting_fixture.h"

namespace piaojue::simulation::byzantine {

using crypto::Hash;
using crypto::elgamal::Choice;
using meeting::PersonId;
using meeting::QuestionId;
using server::wire::Request;

struct Log;

test::Meeting::PersonKeys copy(test::Meeting::PersonKeys const& keys);

class HonestLaptop {
 public:
  using Choices = std::map<QuestionId, Choice>;
  using Cast = std::pair<Hash, std::uint32_t>;  ///< attempt and cast

  HonestLaptop(PersonId person, std::uint32_t roles, meeting::MeetingId const& meeting_id,
               test::Meeting::PersonKeys const& keys, Dice& dice);

  PersonId person() const { return person_; }
  bool is(meeting::Role role) const { return (roles_ & role) != 0; }
  client::Session const& session() const { return *session_; }
  meeting::Record const& record() const { return session_->record(); }

  // ---- The machine
  void start();  ///< a new session over the wallet, not connected
  void connect();
  void disconnect();
  void power_cut();  ///< and started again, not connected
  bool connected() const { return connected_; }
  void receive(ByteView frame);
  void tick(std::uint64_t now_ms);

  // ---- The person
  void act();
  bool never_votes = false;
  double leaves = 0;                  ///< in a round of an attempt, for good
  double careless = 0.9;              ///< signs what is put before him, with this chance
  std::vector<PersonId> supervisors;  ///< whom he may ask to look at his envelope
  double asks_for_check = 0;
  std::function<bool(PersonId)> may_hold_a_slot;  ///< whom he would let guard the votes

  // ---- What came of it
  /// What leaves the program, in order, for the adversary to answer or not.
  std::deque<Request> requests;
  std::function<void(Request const&)> on_request;  ///< before it is put there
  std::map<Cast, Choices> const& meant() const { return meant_; }
  std::set<Cast> sent;                     ///< an envelope has left the program
  std::set<Cast> acknowledged;             ///< and is in its own log
  std::set<Cast> handed;                   ///< a Spoil of it has left the program
  std::set<Hash> declined;                 ///< attempts in which the person said that not to vote was his own decision
  std::map<std::uint64_t, Hash> cosigned;  ///< roots by size
  std::string fatal;                       ///< what no program may come to

  // ---- For the adversary's bookkeeping
  Log* log = nullptr;       ///< that it is shown
  std::uint64_t known = 0;  ///< entries of it that were sent
  std::set<std::pair<std::uint64_t, PersonId>> cosignatures_known;
  std::deque<Bytes> down;  ///< frames on their way to it
  std::vector<Bytes> old_frames;
  std::vector<Request> old_requests;

 private:
  struct ToSign {
    std::string id, type;
    std::uint64_t heads = 0;
    PersonId person = 0;
  };
  void pump();
  void take_event(std::string const& line);
  void take_proposal(boost::json::object const& event);
  void take_reply(boost::json::object const& event);
  void note_sent(Request const& request);
  void command(std::string const& line);
  bool sign_something();
  bool vote(meeting::Attempt const& attempt);
  bool ask_for_check(meeting::Attempt const& attempt);
  bool answer(meeting::Attempt const& attempt);
  bool supervise(meeting::Attempt const& attempt);
  bool wants_to_vote(Hash const& attempt);
  bool says_not_cast();

  PersonId const person_;
  std::uint32_t const roles_;
  meeting::MeetingId const meeting_id_;
  Dice& dice_;
  test::Meeting::PersonKeys keys_;
  client::MemoryWallet wallet_;
  std::unique_ptr<client::Session> session_;
  bool connected_ = false;
  std::uint64_t now_ms_ = 0;
  std::deque<ToSign> to_sign_;
  std::map<Cast, Choices> meant_;
  std::map<Hash, bool> wants_;
  std::set<Hash> asked_check_;
  std::map<Cast, int> tried_;
  std::size_t keys_made_ = 0;
  bool left_ = false;
};

}  // namespace piaojue::simulation::byzantine
