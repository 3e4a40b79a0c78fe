// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Private to this room: what an expert's program keeps for one attempt (specification §6, §7, §14), and the heavy work
/// on it. Every function touches only what it is given, so that a job can run it on any thread.
///
/// What is never in `BallotState`: a choice, the randomness of a ciphertext, the seed of an onion. They exist in memory
/// only: `OpenPaper`, until BatchClose or until it was opened to a supervisor.
#include <memory>
#include <set>

#include "crypto/onion.h"
#include "protocol/meeting/check_opening.h"
#include "protocol/meeting/digest.h"

namespace piaojue::client {

using crypto::Hash;
using crypto::SigningKey;
using crypto::SigningPublicKey;
using meeting::PersonId;
using meeting::QuestionId;

/// By question.
using BallotKeys = std::map<QuestionId, SigningPublicKey>;

/// Of one ballot, until it is sealed.
struct QuestionSecret {
  QuestionId question = 0;
  SigningKey sk_v;
  crypto::TokenPrefix prefix;
  std::vector<Bytes> blinded;  ///< z by hop; empty once all tokens are there
  std::vector<Secret> inv;     ///< r^−1 by hop; wiped once all tokens are there: it links the request to the token
  std::vector<Bytes> tokens;   ///< σ by hop; an empty one has not been finalized

  QuestionSecret(QuestionId q, SigningKey sk, crypto::TokenPrefix const& p)
      : question(q), sk_v(std::move(sk)), prefix(p) {}
  QuestionSecret(QuestionSecret&&) = default;
  QuestionSecret& operator=(QuestionSecret&&) = default;
  ~QuestionSecret();
};

/// The one envelope of a cast: these bytes are sent, and no others.
struct SealedEnvelope {
  Hash digest;                         ///< of its EnvelopeCast
  Bytes payload;                       ///< the onions, as they are sent
  std::map<QuestionId, Hash> ballots;  ///< SHA-256 of each
};

/// Everything about the current cast, and of the casts before it the keys of their ballots.
struct BallotState {
  Hash batch_open;
  std::uint32_t hops = 0;
  std::uint32_t cast = 0;
  BallotKeys keys;                         ///< pk_v; empty until tokens are asked for
  std::vector<QuestionSecret> questions;   ///< ascending; empty once the envelope is sealed
  std::optional<SealedEnvelope> envelope;  ///< it may have been sent
  std::set<PersonId> spoil_to;             ///< supervisors to whom a Spoil of this cast was signed
  std::vector<BallotKeys> before;          ///< of earlier casts

  bool has_tokens(std::uint32_t hop) const;
  bool ready() const;  ///< every token of every question is there, and no envelope yet
  meeting::BlindedMsgs blinded() const;
  /// Once `ready`: forgets z and r^−1.
  void forget_blinding();
  /// What is left of it when the log has ended its cast.
  BallotState next(std::uint32_t cast) const;

  /// The same length whatever was voted. @return kMalformed.
  Secret serialise() const;
  [[nodiscard]] static Result<BallotState> parse(Secret const& bytes);
};

/// Copies of what ballots of these questions are made with and checked against.
using Contexts = std::map<QuestionId, meeting::BallotContext>;

/// Draws a key, a prefix and the blinding of every hop for each question. @return kKeyParam: a key that does not fit.
[[nodiscard]] Result<std::vector<QuestionSecret>> make_secrets(Contexts const& contexts);

/// Why a blind signature was refused: enough to show it to everybody.
struct BadSignature {
  QuestionId question = 0;
  Bytes blinded_msg, blind_sig;
};
/// @return the tokens of one hop, by question; kFinalizeFailed, then `bad` says which.
[[nodiscard]] Result<std::map<QuestionId, Bytes>> finalize_hop(Contexts const& contexts, BallotState const& state,
                                                               std::uint32_t hop, meeting::BlindSigs const& sigs,
                                                               BadSignature& bad);

/// What a sealed envelope can be opened with. Whoever has it sees the votes.
struct OpenPaper {
  std::uint32_t cast = 0;
  Secret seed;
  std::map<QuestionId, meeting::KeptVote> votes;

  OpenPaper() = default;
  OpenPaper(OpenPaper&&) = default;
  OpenPaper& operator=(OpenPaper&&) = default;
  ~OpenPaper() { wipe(); }
  void wipe();
};

struct SealedPaper {
  meeting::Onions onions;
  std::map<QuestionId, Hash> ballots;  ///< SHA-256
  OpenPaper open;
};
/// @param mix_keys by hop. @param choices one byte a question of `state`, in order: 1 abstain, 2 agree, 3 disagree.
[[nodiscard]] Result<SealedPaper> seal_ballots(Contexts const& contexts, BallotState const& state,
                                               std::vector<crypto::MixPublicKey> const& mix_keys,
                                               Secret const& choices);

/// What a box must hold of this person for one question, and what it must not.
struct OwnBallots {
  std::set<SigningPublicKey> keys;  ///< of every cast
  std::optional<Hash> counted;      ///< SHA-256 of the one ballot that counts; nothing: none does
};
struct BoxVerdict {
  std::optional<meeting::BallotRefusal> refusal;  ///< of the first ballot that may not be there
  QuestionId question = 0;                        ///< its question
  /// By question of `own`: exactly one ballot stands under the keys, and it is the one that counts; where none counts,
  /// none does.
  std::map<QuestionId, bool> as_meant;
};
/// Checks every ballot of the live questions and looks for the own ones.
BoxVerdict check_live_box(Contexts const& live, meeting::BallotBox const& box,
                          std::map<QuestionId, OwnBallots> const& own, ParallelFor const& parallel);

}  // namespace piaojue::client
