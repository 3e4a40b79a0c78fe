// SPDX-License-Identifier: Apache-2.0
#pragma once
/// A meeting of five experts and three trustees without server and clients: the record, what the experts' programs
/// keep, and each trustee with a store of its own, stepped one thing at a time.
#include <gtest/gtest.h>

#include <map>
#include <memory>

#include "crypto/box.h"
#include "protocol/meeting/codec.h"
#include "protocol/meeting/digest.h"
#include "protocol/trustee/trustee.h"

namespace piaojue::trustee::test {

using crypto::elgamal::Choice;

/// Keeps serialised state as a host would, without sealing, by its text. `broken` makes every call fail.
class MemoryStore : public TrusteeStore {
 public:
  Result<void> save(StoreName const& name, Secret const& plain) override;
  Result<std::optional<Secret>> load(StoreName const& name) override;
  Result<void> erase(StoreName const& name) override;
  std::map<std::string, Bytes> kept;
  bool broken = false;
  bool full = false;         ///< reads, but saves nothing
  bool halves_away = false;  ///< nobody who holds a half has answered yet
  bool forgetful = false;    ///< no pledges can be read
};

/// Token keys from the committed primes; no two alike.
TokenKeySource pooled_keys();

struct Options {
  /// Of each batch; questions are numbered through.
  std::vector<std::uint32_t> batches = {2, 1, 1};
  std::uint32_t experts = 5;
  std::uint32_t lookahead = 1;
  /// Question that the first expert steps back from.
  std::optional<QuestionId> recusal = std::nullopt;
};

class TrusteeFixture {
 public:
  explicit TrusteeFixture(Options options = {});

  static constexpr PersonId kChair = 1, kClerk = 2, kSupervisor = 3, kFirstExpert = 4;

  // ---- The log ----
  meeting::Record record;
  meeting::Witnesses witnesses;
  std::vector<Bytes> log;
  Result<void> apply(Bytes const& entry);
  /// Fails the test if it is refused.
  void must(Bytes const& entry);
  Bytes signed_by(meeting::Body const& body, std::vector<PersonId> const& signers) const;
  /// Everybody who is signed in cosigns the log as it is.
  void cosign();
  /// Everybody cosigns trustee 0's share at once, as laptops do.
  bool cosigns_shares = true;
  /// By the host's clock of every trustee.
  std::uint64_t now_ms = 1000;
  meeting::Attempt const& attempt() const { return *record.attempt(); }

  // ---- Trustees ----
  struct Seat {
    TrusteeId id = 0;
    PersonId person = 0;
    MemoryStore store;
    std::unique_ptr<Trustee> trustee;
  };
  std::array<Seat, 3> seats;
  struct Sent {
    TrusteeId trustee = 0;
    Submission submission;
    Result<void> outcome;
  };
  std::vector<Sent> sent;        ///< all that was submitted, in order
  std::vector<Refusal> refused;  ///< duties that ended in a refusal
  /// What the hosts have found of the box; empty: they do not look.
  LookAtBox look_at_box;
  /// A new program on the same disk.
  void restart(TrusteeId id);
  /// Runs what is due at one trustee until nothing is. @param submit false: the network loses everything. @param
  /// entries_max stops after so many.
  std::size_t run(TrusteeId id, bool submit = true, std::size_t entries_max = SIZE_MAX);
  /// At all of them, and on through the hops.
  void run_all();
  /// What the server pushes to a trustee that says Hello: token requests without an answer of it, and the input of its
  /// turn.
  void redeliver(TrusteeId id);
  /// Every program ends and starts again after each single entry.
  bool restless = false;
  /// The keys in a trustee's store that the current attempt (or the next one of batch 1) rests on.
  std::optional<AttemptKeys> stored_keys(TrusteeId id, BatchId batch = 1, std::uint32_t attempt = 1) const;
  std::size_t count(TrusteeId id, meeting::EntryType type) const;
  /// Last entry of a type that a trustee sent.
  Sent const* last(TrusteeId id, meeting::EntryType type) const;

  // ---- Experts ----
  struct Expert {
    PersonId id = 0;
    struct Token {
      crypto::SigningKey sk_v;
      crypto::TokenPrefix prefix;
      std::vector<crypto::blind_rsa::Blinding> blindings;
      std::vector<Bytes> signatures;
    };
    std::map<QuestionId, Token> tokens;
    meeting::BlindedMsgs msgs;
    meeting::Onions onions;
    std::map<QuestionId, Bytes> ballots;
  };
  std::map<PersonId, Expert> experts;

  // ---- Steps of a meeting ----
  void open_batch(BatchId batch = 1);
  void request(PersonId expert);
  void deliver(PersonId expert);  ///< its token work, to all trustees
  void cast(PersonId expert, Choice choice = Choice::kAgree);
  void cast_onions(PersonId expert);    ///< whatever they are
  meeting::MixItems envelopes() const;  ///< what hop 0 is given
  void close();
  void deliver_envelopes();  ///< to hop 0
  void make_box();
  /// OK, or NOT_CAST where nothing was cast; not found: MISSING.
  void confirm(PersonId expert, bool found = true);
  void override_people(std::map<PersonId, bool> people);
  /// Ends the expert's envelope by the expert and the supervisor, who then says that it agrees; forgets what the
  /// expert's program made.
  void spoil(PersonId expert);
  meeting::SignOut sign_out(PersonId person) const;
  /// As many of the committee as an entry that concerns this person needs.
  std::vector<PersonId> committee(PersonId concerned = meeting::kNobody) const;
  void declare();
  void void_questions(std::vector<QuestionId> questions);

  /// Up to, and with: keys, BatchOpen witnessed, all cast, BatchClose, mixed, box witnessed, all confirmed.
  enum class Stage { kKeys, kOpen, kCast, kClosed, kMixed, kBox, kConfirmed };
  void advance(Stage stage);
  std::vector<PersonId> present() const { return attempt().open.present; }

  /// Changes the ballots that come out of the mix before the server looks at them.
  std::function<void(meeting::MixItems&)> tamper;
  /// Changes what `cast` has made before its digest is signed.
  std::function<void(Expert&)> edit_envelope;
  /// Changes the box before the server signs it.
  std::function<void(meeting::BallotBox&)> edit_box;
  /// The first expert's program uses this seed for its ballot key of every question.
  std::optional<Secret> repeated_seed;
  /// Puts the box together without looking at the ballots.
  bool careless_server = false;

 private:
  crypto::SigningKey const& key_of(PersonId person) const;
  void take(Seat const& seat, Submission const& submission);
  Options options_;
  std::vector<crypto::SigningKey> identity_, witness_;  ///< by person, 0 the server
  std::vector<crypto::BoxKey> box_;
  TokenKeySource source_ = pooled_keys();
  std::optional<MixResult> output_;  ///< of the last hop that has mixed
};

}  // namespace piaojue::trustee::test
