// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Core over a MemoryStore, spoken to in real frames by everybody of a `test::Meeting`. The fixture holds the people's
/// and the other trustees' keys and a record of its own, which is fed by what Core pushes: an expert of these tests is
/// no more in Core's confidence than a laptop.
#include "piaojue/v2/rpc.pb.h"
#include "protocol/log/cosignature.h"
#include "protocol/meeting/halves.h"
#include "server/core.h"
#include "server/draft.h"
#include "server/enrolments.h"
#include "store/memory_store.h"
#include "support/meeting_fixture.h"

namespace piaojue::server::test {

using store::MemoryStore;

using piaojue::test::Meeting;
using piaojue::test::MeetingOptions;
using piaojue::test::must;

/// Throws if the frame holds no refusal.
Refusal refusal(v2::ServerFrame const& frame);

/// A rehearsal of few people, so that everything goes quickly: q is 2, W six, of whom five must have cosigned.
MeetingOptions small(std::uint32_t trustees = 2);

class ServerFixture {
 public:
  explicit ServerFixture(MeetingOptions options = {});

  Meeting meeting;  ///< trustee 0 in it is not used: that is Core
  MemoryStore store;
  std::unique_ptr<Core> core;
  Limits limits;
  std::uint64_t now_ms = 1'000'000;
  std::uint32_t meeting_number = 0;    ///< from the next restart on
  std::vector<std::string> addresses;  ///< as above
  std::map<PersonId, meeting::SlipBits> codes;
  /// After every group that became durable.
  std::function<void(CommitGroup const&)> after_group;
  /// In place of Core's own, for who measures.
  std::function<void(SessionId, ByteView frame)> on_frame;
  std::function<CommitGroup()> take_group;

  Config config();
  /// Forgets Core and its sessions, as a crash does, and starts again from the store.
  void restart();
  /// Runs jobs and commits groups until nothing is left to do. @return false: a commit failed; nothing was sent.
  bool settle();

  // ---- Sessions
  SessionId connect(std::optional<Hash> const& spki, std::string const& address = "192.0.2.1");
  /// With the certificate of the person's enrolment `number`, and Hello.
  SessionId hello(PersonId person, std::uint32_t number = 0, std::uint64_t next_index = 0);
  Hash spki(PersonId person, std::uint32_t number = 0) const;
  void send(SessionId session, v2::ClientFrame frame);
  void send_bytes(SessionId session, ByteView frame);
  /// Sends, settles, and gives the reply with this frame's id.
  v2::ServerFrame ask_on(SessionId session, v2::ClientFrame frame);
  v2::ServerFrame ask(PersonId person, v2::ClientFrame frame) { return ask_on(sessions.at(person), std::move(frame)); }
  bool open(SessionId session) const { return !closed.contains(session); }
  std::vector<v2::ServerFrame>& inbox(SessionId session) { return inboxes[session]; }
  /// Pushes of one kind, in order.
  std::vector<v2::ServerFrame> pushes(SessionId session, v2::ServerFrame::BodyCase kind);
  std::map<PersonId, SessionId> sessions;
  std::map<SessionId, std::vector<v2::ServerFrame>> inboxes;
  std::map<SessionId, Close> closed;
  std::map<SessionId, std::uint32_t> frame_limits;
  SessionId last_session = 0;
  std::uint64_t last_id = 0;

  // ---- Requests
  /// A further slip, as `piaojue-server slip` writes it.
  void new_slip(PersonId person);
  static v2::ClientFrame start_frame(PersonId person);
  /// Proved over this session. @param tamper before it is proved.
  v2::ClientFrame keys_frame(SessionId session, PersonId person, std::uint32_t number = 0,
                             std::function<void(v2::EnrolKeys&)> const& tamper = {}) const;
  /// On a session of its own. @return what EnrolKeys was answered.
  v2::ServerFrame enrol(PersonId person, std::uint32_t number = 0,
                        std::function<void(v2::EnrolKeys&)> const& tamper = {});
  std::map<SessionId, crypto::Exporter> exporters;
  Bytes const server_spki = to_bytes(as_bytes("SubjectPublicKeyInfo"));
  static v2::ClientFrame submit_frame(ByteView entry, ByteView payload = {});
  v2::ServerFrame submit(PersonId person, ByteView entry, ByteView payload = {}) {
    return ask(person, submit_frame(entry, payload));
  }
  /// Signed by this person alone, and must be accepted.
  void take(PersonId person, meeting::Body const& body, ByteView payload = {});
  /// Signed by all of them, handed in by the first.
  v2::ServerFrame submit_by(std::vector<PersonId> const& signers, meeting::Body const& body);
  void take_by(std::vector<PersonId> const& signers, meeting::Body const& body);
  static v2::ClientFrame relay_frame(PersonId to, meeting::RelayKind kind, ByteView body);
  /// What the other trustees hold for the server, and give back, while `holders_answer`.
  std::map<std::pair<PersonId, meeting::HalfOf>, Secret> held;
  bool holders_answer = true;
  v2::ClientFrame countersign_frame(Bytes const& entry, PersonId signer) const;
  v2::ClientFrame cosign_frame(PersonId person, std::uint64_t size) const;

  // ---- Stages
  /// Everybody enrols, connects, opens the meeting, signs in.
  void begin();
  void enrol_all();
  void open_meeting();
  void cosign_all();
  void open_batch(meeting::BatchId batch);  ///< keys of all trustees, BatchOpen, cosigned
  /// What an expert's laptop makes: entry and payload.
  struct Made {
    Bytes entry, payload;
  };
  Made token_request(PersonId person);
  Made token_request(PersonId person, std::function<void(v2::TokenPayload&)> const& tamper);
  void tokens(PersonId person);  ///< request, and all answers
  void request(PersonId person);
  void issue(TrusteeId trustee, PersonId person);
  void collect_answers(PersonId person);
  Made envelope(PersonId person, std::function<void(meeting::Onions&)> const& tamper = {});
  void cast(PersonId person);
  Made mix(TrusteeId trustee, std::function<void(v2::MixPayload&)> const& tamper = {});
  void close_batch();    ///< BatchClose, and IssuanceClosed of everybody
  void close_and_mix();  ///< BatchClose … BallotBox, cosigned
  void confirm_and_open();
  void declare();
  void run_batch(meeting::BatchId batch);
  meeting::EnvelopeSpoil spoil(PersonId person, PersonId supervisor) const;

  std::vector<PersonId> experts() const;
  std::vector<PersonId> people() const;  ///< all but the screen

 private:
  void deliver(std::vector<Output> const& outputs);
  void mirror(v2::LogPush const& push);
  void answer_relay(SessionId session, v2::RelayPush const& push);
  /// Made by the fixture's own record, which goes back to what it was.
  Bytes entry_of(std::function<Result<void>()> const& step);
  std::string note_;
  std::size_t next_key_ = 700;
  std::uint64_t time_s_ = 1'800'000'000;
};

}  // namespace piaojue::server::test
