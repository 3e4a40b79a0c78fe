// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Where the attacks are performed: the real server::Core over a MemoryStore with nothing in between, and people whose
/// programs are this test: each can send whatever it likes, follow the protocol for a while, and then not. Trustee 0 is
/// the server's real one; the others are worked by hand with the functions of the trustee room, so that each of them
/// can be honest, absent or corrupt.
#include <gtest/gtest.h>

#include <set>

#include "client/session/wire.h"
#include "crypto/seal.h"
#include "protocol/meeting/codec.h"
#include "protocol/meeting/digest.h"
#include "protocol/meeting/halves.h"
#include "protocol/trustee/trustee.h"
#include "server/core.h"
#include "server/enrolments.h"
#include "simulation/key_pool.h"
#include "store/memory_store.h"

namespace piaojue {
inline void PrintTo(Refusal const code, std::ostream* out) { *out << name(code); }
}  // namespace piaojue

namespace piaojue::attack {

using crypto::Hash;
using crypto::elgamal::Choice;
using meeting::BatchId;
using meeting::Body;
using meeting::PersonId;
using meeting::QuestionId;
using meeting::TrusteeId;

struct Plan {
  std::uint32_t experts = 5;
  std::uint32_t trustees = 2;  ///< server, chair, supervisor, first expert
  std::vector<std::uint32_t> batches = {2};
  bool abstain = true;
  meeting::RecusalMode mode = meeting::RecusalMode::kInclude;
  std::uint32_t max_unconfirmed = 1;
  std::uint32_t supervisors = 1;
  std::set<QuestionId> exceptional;
  std::uint32_t committee = 0;  ///< 0: the smallest that holds the experts
  server::Limits limits;
};

/// One answer to one request.
struct Answer {
  std::optional<Refusal> refused;
  std::optional<std::uint64_t> accepted;
  bool pending = false;
  bool closed = false;  ///< the server closed the connection
  bool silent = true;   ///< no reply at all
  std::optional<client::wire::Message> message;
};
std::ostream& operator<<(std::ostream& out, Answer const& answer);

class AttackFixture {
 public:
  explicit AttackFixture(Plan plan = {}, std::uint64_t seed = 1);
  ~AttackFixture();

  simulation::Randomness randomness;
  simulation::KeyPool keys;
  Plan const setup;
  PersonId const chair = 1;
  std::vector<PersonId> experts;
  PersonId clerk = 0;
  std::vector<PersonId> supervisors;
  PersonId supervisor() const { return supervisors.front(); }

  // ---- The server
  store::MemoryStore store;
  std::unique_ptr<server::Core> core;
  crypto::SigningKey server_key, checkpoint_key;
  crypto::BoxKey server_box;
  Secret seal_key;
  std::uint64_t now_ms = 0;
  /// Trustee 0's person; nothing: has said nothing. From the next restart on.
  server::StopAsked stop_asked;
  std::uint64_t posix_s = 1'700'000'000;  ///< in cosignatures
  std::vector<server::Notice> notices;
  meeting::Record const& record() const { return core->record(); }
  meeting::Attempt const& attempt() const { return *record().attempt(); }
  /// Starts the program anew on what the store holds. @return false if it refuses.
  [[nodiscard]] bool restart();
  /// Does all that is due; false once the store has failed, and then the program is gone.
  bool settle();
  /// Every row that was ever written, also those that were erased or written over: what a thief may find in journals,
  /// backups and old blocks of the disk.
  std::vector<store::Write> old_blocks;
  /// Trustee 0's jobs are not run: it is the adversary, or slow.
  bool hold_jobs = false;

  // ---- Connections
  struct Person {
    PersonId id = 0;
    std::uint32_t roles = 0;
    meeting::SlipBits code{};
    std::optional<crypto::SigningKey> identity, witness;
    std::optional<crypto::BoxKey> box;
    Hash spki;
    server::SessionId session = 0;
    std::vector<client::wire::Message> inbox;  ///< pushes
  };
  std::map<PersonId, Person> people;
  server::SessionId connect(std::optional<Hash> const& spki, std::string const& address = "192.0.2.1");
  /// Sends one frame and waits until the server has nothing more to do.
  Answer send(server::SessionId session, ByteView frame);
  std::uint64_t next_request() { return ++requests_; }
  crypto::Exporter const& exporter(server::SessionId session) const { return exporters_.at(session); }
  bool open_sessions(server::SessionId session) const { return open_.contains(session); }
  /// What a laptop brings when it enrols.
  struct Claim {
    crypto::SigningKey identity = crypto::SigningKey::generate();
    crypto::SigningKey witness = crypto::SigningKey::generate();
    crypto::BoxKey box = crypto::BoxKey::generate();
    std::string csr = "request of a stranger";
    std::optional<meeting::DeviceKeys> other;  ///< sent instead of the own public keys
    PersonId possession_of = 0;                ///< signed for this person; 0: for whom it enrols
  };
  /// EnrolStart and EnrolKeys over one session, as whoever knows `code` would say them. @return the last answer.
  Answer enrol(server::SessionId session, PersonId person, Claim const& claim, meeting::SlipBits const& code);
  /// A further slip of a person, as the operator prints it.
  meeting::SlipBits new_slip(PersonId person);
  /// Halves that the laptops of other trustees hold for the server (§9.3), as each opened it. A corrupt one keeps them.
  std::map<std::pair<PersonId, meeting::HalfOf>, Secret> held;
  bool holders_answer = true;
  /// What opens the server's rows of an attempt: its key file and a half that a holder has kept.
  Secret attempt_key(meeting::HalfOf const& of) const;
  /// Trustee 0's keys out of the rows of a store, opened so.
  trustee::AttemptKeys server_keys(store::Contents const& contents, meeting::HalfOf const& of) const;

  // ---- Entries
  Bytes entry(Body const& body, std::vector<PersonId> const& signers) const;
  Answer submit(PersonId via, Bytes const& entry, Bytes const& payload = {});
  /// Signed by all of `signers`, submitted by the first; must be taken.
  void must(Body const& body, std::vector<PersonId> const& signers, Bytes const& payload = {});
  /// What every client's state machine says to an entry that the server would put into the log, whatever the server is.
  Result<void> everybody(Bytes const& entry) const;
  /// Everybody who is signed in cosigns the log as it is.
  void cosign();
  log::Cosignature cosignature_of(PersonId person) const;
  /// Of this log: everybody who is signed in has cosigned it.
  meeting::Witnesses all_cosigned(meeting::Record const& record) const;
  /// Who signs as the office, and as few of the committee as are enough.
  std::vector<PersonId> office() const;
  std::vector<PersonId> committee(PersonId concerned = meeting::kNobody) const;
  /// Size and root of the log, and the store's rows: equal before and after an attack that was stopped.
  std::pair<Hash, std::size_t> state() const;

  // ---- A meeting, step by step
  void enrol_all();
  void open_meeting();
  void sign_in(std::vector<PersonId> const& who);
  void sign_in_all();
  std::vector<PersonId> openers() const;  ///< who signs MeetingOpen
  meeting::BatchOpen draft_open(BatchId batch, bool paper = false) const;
  void publish_keys(BatchId batch);  ///< of trustees 1 …; trustee 0 does it by itself
  void open_batch(BatchId batch);    ///< keys, BatchOpen, cosigned
  struct Token {
    crypto::SigningKey sk_v;
    crypto::TokenPrefix prefix;
    std::vector<crypto::blind_rsa::Blinding> blindings;  ///< by hop
    std::vector<Bytes> tokens;                           ///< by hop
  };
  using Tokens = std::map<QuestionId, Token>;
  std::map<PersonId, Tokens> tokens;  ///< of the current attempt
  Tokens blind(PersonId expert) const;
  static meeting::BlindedMsgs messages(Tokens const& tokens);
  Answer request(PersonId expert, Tokens fresh);
  void request(PersonId expert);
  void issue(PersonId expert);    ///< by trustees 1 …
  void collect(PersonId expert);  ///< finalizes what was pushed to the expert
  Bytes ballot(PersonId expert, QuestionId q, Choice choice) const;
  std::vector<crypto::MixPublicKey> mix_keys() const;
  Bytes wrap(QuestionId q, ByteView ballot) const;
  /// One layer for one hop around `inner`, and all layers from `first` to the last hop.
  Bytes sealed_layer(QuestionId q, ByteView inner, TrusteeId hop) const;
  Bytes sealed_layers(QuestionId q, ByteView ballot, TrusteeId first) const;
  Bytes envelope(PersonId expert, meeting::Onions const& onions) const;  ///< the entry
  Answer cast_onions(PersonId expert, meeting::Onions const& onions);
  std::map<PersonId, std::map<QuestionId, Bytes>> ballots;  ///< the last ones cast
  void cast(PersonId expert, Choice choice);                ///< the same on every question
  /// Tokens and envelopes of every present expert who has none yet, cyclically.
  void vote_all(std::vector<Choice> const& choices);
  void close();
  void issuance_closed();  ///< by trustees 1 …
  /// The output of the hop before `trustee`, as the server pushed it.
  client::wire::MixWork mix_input(TrusteeId trustee) const;
  Answer submit_mix(TrusteeId trustee, trustee::MixResult const& result);
  void mix();                                       ///< by trustees 1 …, until the box is there, cosigned
  void to_box(std::vector<Choice> const& choices);  ///< everything from BatchOpen's tokens to the cosigned box
  bool finds(PersonId expert, QuestionId q) const;  ///< the ballot that was cast last is in the box
  /// What an honest program says: OK or MISSING as it finds, NOT_CAST without a counted envelope.
  meeting::Confirm make_confirm(PersonId expert) const;
  Answer confirm(PersonId expert);
  Answer confirm(PersonId expert, meeting::ConfirmVerdict verdict);  ///< the same of every live question
  void confirm_all();
  meeting::Override override_of(std::map<PersonId, bool> people, std::string reason = "设备失联") const;
  /// Time passes, as after an Override.
  void wait_ms(std::uint64_t ms);
  Answer share(TrusteeId trustee);  ///< of a trustee 1 … that does not ask the gate
  void share_all();
  void declare();
  void erase();  ///< by trustees 1 …
  void close_meeting();
  /// From the cosigned box to the declared rows: the meeting goes on.
  void finish();

  trustee::AttemptKeys& trustee_keys(TrusteeId trustee) { return trustee_keys_.at(trustee); }
  PersonId trustee_person(TrusteeId trustee) const { return manifest_.trustees.at(trustee); }
  meeting::Manifest const& manifest() const { return manifest_; }
  std::vector<PersonId> present() const { return attempt().open.present; }

 private:
  void deliver(std::vector<server::Output> const& outputs);
  void hold_for_server(Person const& holder, client::wire::Relay const& relay);
  meeting::Manifest manifest_;
  std::map<TrusteeId, trustee::AttemptKeys> trustee_keys_;
  std::set<server::SessionId> open_;
  std::map<server::SessionId, std::vector<client::wire::Message>> replies_;
  std::map<server::SessionId, crypto::Exporter> exporters_;
  Bytes const spki_ = to_bytes(as_bytes("SubjectPublicKeyInfo"));
  server::SessionId sessions_ = 0;
  std::uint64_t requests_ = 0;
};

/// A changed copy.
Bytes flipped(Bytes bytes, std::size_t at, std::uint8_t mask = 1);

}  // namespace piaojue::attack
