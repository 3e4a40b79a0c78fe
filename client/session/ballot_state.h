// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Private to this room: an expert's secrets for one attempt (specification §6, §7, §14), and the heavy work on them.
/// Every function touches only what it is given, so that a job can run it on any thread.
///
/// What is never in here: a choice, or the randomness of a ciphertext. They exist in memory between `vote` and the end
/// of `seal_ballots`, and nowhere else.
#include <memory>

#include "crypto/onion.h"
#include "protocol/meeting/digest.h"
#include "protocol/meeting/record.h"

namespace piaojue::client {

using crypto::Hash;
using crypto::SigningKey;
using crypto::SigningPublicKey;
using meeting::PersonId;
using meeting::QuestionId;

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

/// One paper that was sealed and signed; whether it counts, the log says.
struct CastPaper {
  std::uint32_t sequence = 0;
  Hash digest;                         ///< of its EnvelopeCast
  std::map<QuestionId, Hash> ballots;  ///< SHA-256 of each ballot
};

struct BallotState {
  Hash batch_open;
  std::uint32_t hops = 0;
  std::vector<QuestionSecret> questions;  ///< ascending
  std::vector<CastPaper> casts;           ///< the newest last

  bool has_tokens(std::uint32_t hop) const;
  bool ready() const;  ///< every token of every question
  meeting::BlindedMsgs blinded() const;
  /// Once `ready`: forgets z and r^−1.
  void forget_blinding();
  CastPaper const* cast(Hash const& digest) const;

  /// The same length whatever was voted. @return kMalformed.
  Secret serialise() const;
  [[nodiscard]] static Result<BallotState> parse(Secret const& bytes);
};

/// Copies of what ballots of these questions are made with and checked against.
using Contexts = std::map<QuestionId, meeting::BallotContext>;

/// Draws a key, a prefix and the blinding of every hop for each question. @return kKeyParam: a key that does not fit.
[[nodiscard]] Result<BallotState> make_state(Hash const& batch_open, Contexts const& contexts);

/// Why a blind signature was refused: enough to show it to everybody.
struct BadSignature {
  QuestionId question = 0;
  Bytes blinded_msg, blind_sig;
};
/// @return the tokens of one hop, by question; kFinalizeFailed, then `bad` says which.
[[nodiscard]] Result<std::map<QuestionId, Bytes>> finalize_hop(Contexts const& contexts, BallotState const& state,
                                                               std::uint32_t hop, meeting::BlindSigs const& sigs,
                                                               BadSignature& bad);

struct SealedPaper {
  meeting::Onions onions;
  std::map<QuestionId, Hash> ballots;  ///< SHA-256
};
/// @param mix_keys by hop. @param choices one byte a question of `state`, in order: 1 abstain, 2 agree, 3 disagree.
[[nodiscard]] Result<SealedPaper> seal_ballots(Contexts const& contexts, BallotState const& state,
                                               std::vector<crypto::MixPublicKey> const& mix_keys,
                                               Secret const& choices);

struct OwnBallot {
  SigningPublicKey pk_v;
  Hash ballot;  ///< SHA-256 of the last one
};
struct BoxVerdict {
  std::optional<meeting::BallotRefusal> refusal;  ///< of the first ballot that may not be there
  QuestionId question = 0;                        ///< its question
  std::map<QuestionId, bool> found;               ///< own ballots: exactly the last one is in the box
};
/// Checks every ballot of the live questions and looks for the own ones.
BoxVerdict check_live_box(Contexts const& live, meeting::BallotBox const& box,
                          std::map<QuestionId, OwnBallot> const& own, ParallelFor const& parallel);

}  // namespace piaojue::client
