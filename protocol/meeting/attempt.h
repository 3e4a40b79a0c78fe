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

/// W of an attempt (specification §4.3): frozen at its BatchOpen.
struct Witness {
  bool expert = false;
  /// The WK that was a first key in force at BatchOpen; nothing: this person can witness nothing of the attempt.
  std::optional<SigningPublicKey> key;
  /// Index of the person's own SignOut under that key: from there on not in W(s) any more.
  std::optional<std::uint64_t> left;
};

/// A spoiled envelope and what became of its check (specification §8.4).
struct Spoil {
  std::uint32_t cast = 0;
  Hash digest;                                   ///< of the EnvelopeCast that it ended: what an opening must fit
  std::uint64_t index = 0;                       ///< of the EnvelopeSpoil
  PersonId supervisor = 0;                       ///< who countersigned; 0: the person did not sign
  std::map<QuestionId, SigningPublicKey> spent;  ///< none: the person did not sign
  std::optional<CheckVerdict> verdict;           ///< nothing: not there yet, unopened from BatchClose on
};

/// What an expert's voting has come to in the current cast.
struct Voter {
  std::uint32_t cast = 0;  ///< EnvelopeSpoils of this person in this attempt so far
  std::optional<TokenRequest> request;
  std::uint64_t request_index = 0;
  std::set<TrusteeId> issued;
  std::optional<EnvelopeCast> envelope;
  Hash envelope_leaf;         ///< of `envelope`
  std::vector<Spoil> spoils;  ///< in order of casts
  /// What the latest own SignOut that carries this attempt says; nothing: there is none, or the person has signed in or
  /// cast since.
  std::optional<bool> signed_out_not_cast;
};

/// One attempt of a batch. Only the current one is kept whole; of the others only what Erased needs.
struct Attempt {
  BatchOpen open;
  Hash open_hash;  ///< leaf hash of BatchOpen: names the attempt
  std::uint64_t open_index = 0;
  std::map<PersonId, Witness> witnesses;  ///< W
  BatchPhase phase = BatchPhase::kVoting;
  std::vector<PersonId> holders;  ///< who holds each trustee's slot in this attempt; hop h is trustee h; none on paper
  std::vector<BatchKeys> keys;    ///< by trustee
  BallotShape shape;
  Point election_key;                            ///< X
  std::set<QuestionId> voided;                   ///< questions taken out by Void
  std::uint32_t left = 0;                        ///< mode leave: signed in, but out of this batch
  std::uint32_t kept_out = 0;                    ///< U: of `left`, those whose recusals rest on the office's word alone
  std::map<QuestionId, std::uint32_t> attested;  ///< A: of `open.recusals`, the attested ones

  std::map<PersonId, Voter> voters;                         ///< who has asked for tokens, or signed out in the attempt
  std::vector<std::map<QuestionId, std::uint32_t>> issued;  ///< by trustee, over all casts: IssuanceClosed says it
  std::map<PersonId, Hash> counted;                         ///< from BatchClose
  std::set<TrusteeId> issuance_closed;
  std::vector<MixStep> mixes;            ///< by trustee
  std::shared_ptr<BallotBox const> box;  ///< released when the attempt ends
  Hash box_hash;
  std::uint64_t box_index = 0;
  std::map<PersonId, Confirm> confirms;
  std::map<PersonId, bool> overridden;          ///< named by an Override; as the last one that names them says: missing
  std::set<PersonId> overridden_counted;        ///< of those, with a counted envelope
  std::optional<std::uint64_t> override_index;  ///< of the last Override
  std::map<QuestionId, crypto::elgamal::Ciphertext> sums;  ///< ΣA, ΣB
  std::map<TrusteeId, TallyShare> shares;
  std::uint64_t first_share_index = 0;                       ///< trustee 0's, once it is there
  std::map<QuestionId, Row> rows;                            ///< once kCounted: exactly what must be declared
  std::optional<std::uint64_t> paper_index, declared_index;  ///< of PaperTally and Declaration
  bool paper_by_committee = false;                           ///< who signed PaperTally
  std::set<std::pair<PersonId, std::uint32_t>> incidents;
  std::set<TrusteeId> erased;
  /// By question, voided ones too; keys parsed once. Shared so that checks on other threads outlive the attempt.
  std::shared_ptr<std::map<QuestionId, BallotContext> const> contexts;

  std::vector<QuestionId> live() const;  ///< questions that are not voided
  bool recused(PersonId person, QuestionId q) const;
  bool present(PersonId person) const;
  std::uint32_t recused_from(QuestionId q) const;               ///< R
  std::vector<QuestionId> questions_of(PersonId person) const;  ///< of `open.questions`, without recusals
  std::vector<QuestionId> live_questions_of(PersonId person) const;
  Voter const* voter(PersonId person) const;     ///< nothing: has done nothing yet
  std::uint32_t cast_of(PersonId person) const;  ///< the current one
  /// EnvelopeCast of each current cast, by its leaf: what BatchClose must say.
  std::map<PersonId, Hash> envelopes() const;
  std::vector<PersonId> without() const;  ///< of `present`: no envelope counts, ascending
  bool takes_part(TrusteeId trustee) const { return trustee < holders.size(); }

  // ---- Confirming (specification §10.4)

  /// Stands in `present` and has a live question from which he is not recused; signed in or not.
  bool entitled(PersonId person) const;
  std::vector<PersonId> entitled() const;
  /// What a person has said of a question: his Confirm, or his own word when he signed out. Nothing: nothing yet.
  std::optional<ConfirmVerdict> said(PersonId person, QuestionId q) const;
  bool said_anything(PersonId person) const;  ///< of a live question
  bool said_missing(PersonId person) const;   ///< of a live question
  /// The last Override that names the person says what the person has said: nothing, or MISSING.
  bool covered(PersonId person) const;
  /// Whom the gate waits for: entitled, not covered, and with a live question of which they have said nothing, or
  /// MISSING. Everybody who shows or decides who is late asks this.
  std::vector<PersonId> unconfirmed() const;
  std::uint32_t counted_for(QuestionId q) const;                      ///< E: counted envelopes with q
  std::uint32_t said_by(QuestionId q, ConfirmVerdict verdict) const;  ///< OK (kOk) and N (kNotCast) of §11
};

/// How a question stands.
struct QuestionState {
  BatchId batch = 0;
  std::optional<Row> declared;  ///< the last declared row; a contested one decides nothing
  bool opened = false;          ///< a TallyShare was given for an attempt: never again by ballot (GATE_REOPENED)
  bool tallied = false;         ///< a PaperTally had a row of it, also one that was void
  std::uint32_t attempts = 0;
  bool interview = false;
  bool paper = false;         ///< `declared` was counted on paper
  bool by_committee = false;  ///< then: the committee signed the count; else it is marked
  bool decided() const { return declared && !declared->contested; }
};

/// What is kept of an attempt after the next one has begun: who held its slots may sign Erased late.
struct PastAttempt {
  BatchId batch = 0;
  std::uint32_t attempt = 0;
  std::vector<PersonId> holders;
  std::set<TrusteeId> shared;  ///< whose TallyShare is in the log
  std::set<TrusteeId> erased;
};

}  // namespace piaojue::meeting
