// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The meeting's state machine (specification §10): decides what may follow what. The server runs it before it appends,
/// every client and trustee on what it receives, the verifier over the finished record. Pure: no clock, files, sockets
/// or threads, the same answer everywhere.
///
/// Ballots: `apply` checks a BallotBox's order, sizes, counts, encodings and uniqueness across the meeting. Tokens,
/// signatures and proofs of single ballots cost most of the time of a meeting, run in parallel, and are checked by
/// `check_box` / `check_ballot` by whoever is about to rest something on them (Confirm, TallyShare, verifier).
///
/// What is checked of each type of entry, who signs it and what it makes true: rules/, a file a part of a meeting.
#include "base/parallel.h"
#include "protocol/meeting/arithmetic.h"
#include "protocol/meeting/bodies.h"

namespace piaojue::meeting {

class Record {
 public:
  /// Would `apply` accept it? Changes nothing. With `kPartial`, required signatures may still be missing (a proposal),
  /// but those that are there must be valid and by people whose signature the entry wants.
  enum class Signatures : std::uint8_t { kComplete, kPartial };
  [[nodiscard]] Result<void> check(Entry const& entry, Signatures signatures = Signatures::kComplete) const;

  /// Checks and takes the entry in: the leaf is appended to the tree. On refusal nothing has changed.
  /// @param bytes the entry as received; `entry` must be what `decode_entry` made of them.
  /// @return any refusal of the specification §10 table.
  [[nodiscard]] Result<void> apply(ByteView bytes);
  [[nodiscard]] Result<void> apply(Entry const& entry, ByteView bytes);

  MeetingPhase phase() const { return state_.phase; }
  Manifest const& manifest() const { return state_.manifest; }  ///< after MeetingOpen
  Hash const& meeting() const { return state_.meeting; }        ///< leaf hash of entry 0
  log::Tree const& tree() const { return state_.tree; }
  std::uint64_t size() const { return state_.tree.size(); }

  /// Current keys (KeyChange replaces them). Nothing for an unknown or not yet enrolled person.
  std::optional<SigningPublicKey> identity_key(PersonId person) const { return state_.identity_key(person); }
  std::optional<SigningPublicKey> witness_key(PersonId person) const { return state_.witness_key(person); }
  /// In force over a tree of so many entries: what a cosignature of that tree is checked under.
  std::optional<SigningPublicKey> witness_key_at(PersonId person, std::uint64_t size) const {
    return state_.witness_key_at(person, size);
  }
  std::optional<BoxPublicKey> box_key(PersonId person) const;  ///< also the server's
  bool has_first_key(PersonId person) const { return state_.has_first_key(person); }
  /// No KeyChange of this person lies behind the BatchOpen of `attempt()`, which must be there.
  bool key_as_old_as_attempt(PersonId person) const { return state_.key_as_old_as_attempt(person); }
  /// Who holds each trustee's slot now, 0 (the server) first.
  std::vector<PersonId> const& slots() const { return state_.slots; }
  std::optional<TrusteeId> slot_of(PersonId person) const;
  bool has_role(PersonId person, Role role) const { return state_.has_role(person, role); }
  Presence presence(PersonId person) const { return state_.presence(person); }
  /// Signed-in experts, ascending.
  std::vector<PersonId> experts_present() const { return state_.experts_present(); }
  std::vector<PersonId> signed_in() const { return state_.signed_in(); }  ///< of any role, ascending
  /// The two bodies as they would sign now an entry that concerns this person (kNobody: nobody).
  Office office(PersonId concerned) const { return meeting::office(state_, concerned); }
  Committee committee(PersonId concerned) const { return meeting::committee(state_, concerned); }
  std::size_t quorum() const { return meeting::quorum(state_.manifest); }  ///< q
  /// Those that stand.
  std::map<PersonId, std::map<QuestionId, RecusalNote>> const& recusals() const { return state_.recusals; }
  /// How often a recusal of this person from this question was taken back: what its next Recuse or RecuseBack says.
  std::uint32_t recuse_backs(PersonId person, QuestionId q) const { return state_.recuse_backs_of(person, q); }
  /// What the last RecuseBack took back.
  RecusalNote const& taken_back() const { return state_.taken_back; }
  std::map<QuestionId, Interview> const& interviews() const { return state_.interviews; }
  QuestionState const& question(QuestionId q) const { return state_.questions.at(q); }

  /// The attempt that is open or was the last one; nothing before the first BatchOpen.
  std::optional<Attempt> const& attempt() const { return state_.attempt; }
  /// Every attempt before `attempt()`, by leaf hash of its BatchOpen; Erased of these is still taken.
  std::map<Hash, PastAttempt> const& past_attempts() const { return state_.past_attempts; }
  /// pk_v or (A, B) stood in a box of this meeting: the server leaves such a ballot out of the next box, which would
  /// otherwise be refused whole (BALLOT_DUPLICATE).
  bool ballot_seen(SigningPublicKey const& pk_v, crypto::elgamal::Ciphertext const& vote) const;
  bool ballot_seen(SigningPublicKey const& pk_v) const;
  bool ballot_seen(crypto::elgamal::Ciphertext const& vote) const;
  /// Y_t stood in a BatchKeys of this meeting: a second one with it is refused (KEY_PARAM).
  bool tally_key_seen(Point const& y) const;
  /// An attempt is in progress: neither declared nor voided.
  bool in_progress() const { return state_.in_progress(); }
  /// The newest BatchKeys of a trustee for a batch that are not used yet.
  std::map<std::pair<BatchId, TrusteeId>, PendingKeys> const& pending_keys() const { return state_.pending_keys; }
  /// A Declaration or PaperTally of this log that no BatchOpen has named unwitnessed.
  bool can_be_named_unwitnessed(Hash const& leaf) const;
  /// The pk_v was spent by an EnvelopeSpoil: such a ballot is left out of the box (BALLOT_SPENT).
  bool ballot_spent(SigningPublicKey const& pk_v) const;
  /// How the last entry is signed.
  By last_by() const { return state_.last_by; }
  /// Attempts of a batch that were opened so far.
  std::uint32_t attempts(BatchId batch) const { return state_.attempts(batch); }
  /// Questions of a batch that have no declared row but a contested one.
  std::vector<QuestionId> undecided(BatchId batch) const { return state_.undecided(batch); }
  /// The gate before a tally share (specification §10.4) as far as the log alone decides it; neither ballots nor
  /// cosignatures.
  /// @return kGateUnconfirmed, kGateMissing, kGateCount, kGateTooFew; kWrongPhase: no box to be opened.
  [[nodiscard]] Result<void> gate() const;

  /// What would be signed now for `batch`: every undecided question that all pending keys cover and that no sum was
  /// opened of (or, for paper, every undecided one), P and recusals.
  /// @param unwitnessed what the signers accept (`meeting::unwitnessed`).
  /// @return kQuorum, kInterviewMissing, kUnknown, kWrongPhase (an attempt in progress, or nothing left), kGateReopened
  /// (what is left can be voted on paper only), kKeyUnlogged (keys of a trustee are missing), kWitnesses, kTooLarge.
  [[nodiscard]] Result<BatchOpen> draft_batch_open(BatchId batch, bool paper, std::vector<Hash> unwitnessed) const;
  [[nodiscard]] Result<BatchClose> draft_batch_close() const;
  [[nodiscard]] Result<Declaration> draft_declaration() const;
  [[nodiscard]] Result<MeetingClose> draft_meeting_close(std::vector<Hash> unwitnessed) const;

  /// What ballots of question q of the current attempt (not on paper) are checked against; q must be one of its
  /// questions.
  BallotContext const& ballot_context(QuestionId q) const { return state_.attempt->contexts->at(q); }

  /// Who must sign what (specification §10.0): each way that is open now. Empty: nobody can, or what it names is not
  /// there.
  [[nodiscard]] WaysToSign ways_to_sign(Entry const& entry) const;
  /// @return whether this person's signature would bring the entry nearer to being complete.
  [[nodiscard]] bool wants_signature(Entry const& entry, PersonId person) const;
  [[nodiscard]] bool signatures_complete(Entry const& entry) const;

 private:
  State state_;
};

/// Checks every ballot of a box by itself: one verdict a ballot, in the box's order.
/// @param parallel by default one after another.
[[nodiscard]] std::optional<BallotRefusal> check_box(Record const& record, ParallelFor const& parallel = {});

}  // namespace piaojue::meeting
