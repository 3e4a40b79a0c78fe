// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The phases of meeting and batch, and what is known of one attempt of a batch (specification §10).
#include <memory>
#include <optional>
#include <set>

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
  /// People with a token of this trustee, per question of the attempt: what its IssuanceClosed must say.
  std::map<QuestionId, std::uint32_t> issued_by(TrusteeId trustee) const;
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

}  // namespace piaojue::meeting
