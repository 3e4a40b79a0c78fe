// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The meeting's state machine (specification §10): decides what may follow what. The server runs it before it appends,
/// every client and trustee on what it receives, the verifier over the finished record. Pure: no clock, files, sockets
/// or threads, the same answer everywhere.
///
/// Ballots: `apply` checks a BallotBox's order, sizes, counts, encodings and uniqueness across the meeting. Tokens,
/// signatures and proofs of single ballots cost most of the time of a meeting, run in parallel, and are checked by
/// `check_box` / `check_ballot` by whoever is about to rest something on them (Confirm, TallyShare, verifier).
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <unordered_set>

#include "protocol/log/cosignature.h"
#include "protocol/log/merkle.h"
#include "protocol/meeting/arithmetic.h"
#include "protocol/meeting/ballot.h"
#include "protocol/meeting/entry.h"

namespace piaojue::meeting {

enum class MeetingPhase : std::uint8_t { kBeforeOpen, kOpen, kClosed };

enum class BatchPhase : std::uint8_t {
  kVoting,      ///< after BatchOpen: tokens and envelopes
  kClosing,     ///< after BatchClose: IssuanceClosed of every trustee
  kMixing,      ///< MixSteps in order, then BallotBox
  kConfirming,  ///< after BallotBox: Confirms and overrides
  kOpening,     ///< after the first TallyShare
  kCounted,     ///< all shares there (or PaperTally): figures known, waits for the Declaration
  kDeclared,
  kVoided,
};

std::string_view phase_name(MeetingPhase phase);  ///< "before-open", "open", "closed"
std::string_view phase_name(BatchPhase phase);    ///< "voting", … "voided"

/// One attempt of a batch. Only the current one is kept whole; of the others only what Erased needs.
struct Attempt {
  BatchOpen open;
  Hash open_hash;  ///< leaf hash of BatchOpen: names the attempt
  std::uint64_t open_index = 0;
  /// `Record::witnesses()` right after BatchOpen, and right after BallotBox: the n of the cosignature rule for these
  /// two entries. Kept, because who signs out or in later must not change whether they were witnessed.
  std::vector<PersonId> open_witnesses;
  std::vector<PersonId> box_witnesses;
  BatchPhase phase = BatchPhase::kVoting;
  std::vector<TrusteeId> hops;  ///< trustees taking part; hop h is hops[h]
  std::vector<BatchKeys> keys;  ///< by hop
  BallotShape shape;
  Point election_key;           ///< X
  std::set<QuestionId> voided;  ///< questions taken out by Void
  std::uint32_t left = 0;       ///< mode leave: signed in, but out of this batch

  std::map<PersonId, TokenRequest> requests;
  std::map<PersonId, std::uint64_t> request_index;
  std::map<PersonId, std::set<TrusteeId>> issued;
  std::map<PersonId, Hash> envelopes;      ///< leaf hash of the last EnvelopeCast
  std::map<PersonId, EnvelopeCast> casts;  ///< the last one
  std::map<PersonId, Hash> counted;        ///< from BatchClose
  std::set<TrusteeId> issuance_closed;
  std::vector<MixStep> mixes;            ///< in order of hops
  std::shared_ptr<BallotBox const> box;  ///< released when the attempt ends
  Hash box_hash;
  std::uint64_t box_index = 0;
  std::map<PersonId, Confirm> confirms;
  std::set<PersonId> overridden;                           ///< named in an Override, silent or missing
  std::set<PersonId> overridden_missing;                   ///< of those, the ones whose signed MISSING was overridden
  std::map<QuestionId, crypto::elgamal::Ciphertext> sums;  ///< ΣA, ΣB
  std::map<TrusteeId, TallyShare> shares;
  std::map<QuestionId, Row> rows;  ///< once kCounted: exactly what must be declared
  std::set<std::pair<PersonId, std::uint32_t>> incidents;
  std::set<TrusteeId> erased;
  /// By question, voided ones too; keys parsed once. Shared so that checks on other threads outlive the attempt.
  std::shared_ptr<std::map<QuestionId, BallotContext> const> contexts;

  std::vector<QuestionId> live() const;  ///< questions that are not voided
  bool recused(PersonId person, QuestionId q) const;
  bool present(PersonId person) const;
  std::vector<QuestionId> questions_of(PersonId person) const;  ///< of `open.questions`, without recusals
  std::vector<QuestionId> live_questions_of(PersonId person) const;
  /// Whom the gate waits for (specification §10.4): counted, with a live question, neither confirmed nor overridden.
  /// Whose questions were all voided has nothing to confirm; everybody who shows or decides who is late asks this.
  std::vector<PersonId> unconfirmed() const;
  /// Counted envelopes with a ballot for q.
  std::uint32_t cast(QuestionId q) const;
  std::uint32_t confirmed(QuestionId q) const;
  std::optional<std::uint32_t> hop_of(TrusteeId trustee) const;
};

/// How a question stands.
struct QuestionState {
  BatchId batch = 0;
  std::optional<Row> declared;
  bool opened = false;  ///< a TallyShare was given for an attempt: never again by ballot (GATE_REOPENED)
  std::uint32_t attempts = 0;
  bool interview = false;
};

/// What is kept of an attempt after the next one has begun: its trustees may sign Erased late.
struct PastAttempt {
  BatchId batch = 0;
  std::uint32_t attempt = 0;
  std::vector<TrusteeId> hops;
  std::set<TrusteeId> erased;
};

struct Presence {
  bool signed_in = false;
  std::uint32_t sequence = 0;  ///< SignIn and SignOut so far
};

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

  MeetingPhase phase() const { return phase_; }
  Manifest const& manifest() const { return manifest_; }  ///< after MeetingOpen
  Hash const& meeting() const { return meeting_; }        ///< leaf hash of entry 0
  log::Tree const& tree() const { return tree_; }
  std::uint64_t size() const { return tree_.size(); }

  /// Current keys (KeyChange replaces them). Nothing for an unknown or not yet enrolled person.
  std::optional<SigningPublicKey> identity_key(PersonId person) const;
  std::optional<SigningPublicKey> witness_key(PersonId person) const;
  bool has_role(PersonId person, Role role) const;
  Presence presence(PersonId person) const;
  std::vector<PersonId> experts_present() const;  ///< signed-in experts, ascending
  std::vector<PersonId> witnesses() const;  ///< signed-in people of any role but screen: the n of the cosignature rule
  std::map<PersonId, std::map<QuestionId, std::string>> const& recusals() const { return recusals_; }
  std::map<QuestionId, Interview> const& interviews() const { return interviews_; }
  QuestionState const& question(QuestionId q) const { return questions_.at(q); }

  /// The attempt that is open or was the last one; nothing before the first BatchOpen.
  std::optional<Attempt> const& attempt() const { return attempt_; }
  /// Every attempt before `attempt()`, by leaf hash of its BatchOpen; Erased of these is still taken.
  std::map<Hash, PastAttempt> const& past_attempts() const { return past_attempts_; }
  /// pk_v or (A, B) stood in a box of this meeting: the server leaves such a ballot out of the next box, which would
  /// otherwise be refused whole (BALLOT_DUPLICATE).
  bool ballot_seen(SigningPublicKey const& pk_v, crypto::elgamal::Ciphertext const& vote) const;
  /// An attempt is in progress: neither declared nor voided.
  bool in_progress() const;
  /// The newest BatchKeys of a trustee for a batch that are not used yet: entry and leaf hash.
  struct PendingKeys {
    BatchKeys keys;
    Hash leaf;
    std::map<QuestionId, crypto::blind_rsa::PublicKey> token_keys;  ///< parsed
  };
  std::map<std::pair<BatchId, TrusteeId>, PendingKeys> const& pending_keys() const { return pending_keys_; }
  /// Attempts of a batch that were opened so far.
  std::uint32_t attempts(BatchId batch) const;
  /// Questions of a batch that have no declared row.
  std::vector<QuestionId> undecided(BatchId batch) const;
  /// The gate before a tally share (specification §10.4) as far as the log alone decides it; neither ballots nor
  /// cosignatures.
  /// @return kGateUnconfirmed, kGateMissing, kGateTooFew, kGateCount; kWrongPhase: no box to be opened.
  [[nodiscard]] Result<void> gate() const;

  /// What the chair would sign now for `batch`: every undecided question that all pending keys cover and that no sum
  /// was opened of (or, for paper, every undecided one), P and recusals.
  /// @param allow_fewer_trustees go ahead with the trustees whose keys are there, if they are `trustees_min` or more.
  /// @return kQuorum, kInterviewMissing, kUnknown, kWrongPhase (an attempt in progress, or nothing left), kGateReopened
  /// (what is left can be voted on paper only), kKeyUnlogged (keys of too few trustees), kTooLarge.
  [[nodiscard]] Result<BatchOpen> draft_batch_open(BatchId batch, bool paper, bool allow_fewer_trustees = false) const;
  [[nodiscard]] Result<BatchClose> draft_batch_close() const;
  [[nodiscard]] Result<Declaration> draft_declaration() const;
  [[nodiscard]] Result<MeetingClose> draft_meeting_close() const;

  /// What ballots of question q of the current attempt (not on paper) are checked against; q must be one of its
  /// questions.
  BallotContext const& ballot_context(QuestionId q) const;

  /// Who must sign what (specification §10): signers still missing, as alternatives by role.
  [[nodiscard]] bool wants_signature(Entry const& entry, PersonId person) const;
  [[nodiscard]] bool signatures_complete(Entry const& entry) const;

 private:
  /// One check and one effect for each type of entry, in record.cpp.
  struct Steps;
  struct Keys {
    SigningPublicKey identity, witness;
  };

  MeetingPhase phase_ = MeetingPhase::kBeforeOpen;
  Manifest manifest_;
  Hash meeting_;
  log::Tree tree_;
  std::uint64_t settled_ = 0;  ///< size after the last entry that MeetingClose must have seen
  std::map<PersonId, std::map<QuestionId, std::string>> recusals_;
  std::map<QuestionId, Interview> interviews_;
  std::map<QuestionId, QuestionState> questions_;
  std::optional<Attempt> attempt_;
  std::map<Hash, PastAttempt> past_attempts_;
  std::map<std::pair<BatchId, TrusteeId>, PendingKeys> pending_keys_;
  std::map<PersonId, Keys> keys_;
  std::map<PersonId, Presence> presence_;
  std::map<BatchId, std::uint32_t> attempts_;
  /// What may occur once in a meeting. Hashes only: moduli, mix keys and tally keys; pk_v and (A, B) of ballots.
  std::unordered_set<SigningPublicKey, FixedBytesHash<SigningPublicKey>> seen_people_keys_;
  std::unordered_set<Hash, FixedBytesHash<Hash>> seen_trustee_keys_;
  std::unordered_set<Hash, FixedBytesHash<Hash>> seen_ballots_;
};

/// Which cosignatures a client, a trustee or the verifier has seen: person → largest tree size that the person cosigned
/// and that agrees with this party's own tree.
class Witnesses {
 public:
  /// Checks signature, key and root against `record`'s own tree.
  /// @return kLogInconsistent: the root is not ours: a split view, to be shown loudly. kOutOfRange: larger than our
  /// tree (ask again later). kNotOnRoll, kBadSignature.
  [[nodiscard]] Result<void> add(Record const& record, log::Cosignature const& cosignature);
  /// Distinct people of `among` who cosigned a tree of more than `index` entries.
  std::uint32_t count(std::uint64_t index, std::vector<PersonId> const& among) const;
  /// ⌊2n/3⌋+1 of the n people in `among`.
  bool enough(std::uint64_t index, std::vector<PersonId> const& among) const;

 private:
  std::map<PersonId, std::uint64_t> largest_;
};

/// Checks every ballot of a box by itself: one verdict a ballot, in the box's order.
/// @param parallel runs fn(i) for i in [0, n), on any threads; by default one after another.
using ParallelFor = std::function<void(std::size_t n, std::function<void(std::size_t)> const& fn)>;
[[nodiscard]] std::optional<BallotRefusal> check_box(Record const& record, ParallelFor const& parallel = {});

}  // namespace piaojue::meeting
