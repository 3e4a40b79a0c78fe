// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The ballot (specification §7): fixed size for given k, key size and abstaining.
///
///   version(1) = 1 ‖ q(4, u32be) ‖ pk_v(32) ‖ prefix(32) ‖ σ_0 … σ_{k−1} (modulus bytes each) ‖ A(32) ‖ B(32)
///   ‖ proof(64·m, m = 3 or 2 admissible choices) ‖ sig(64)
///
/// sig = Ed25519 by sk_v over "piaojue/v2/ballot" ‖ 0x00 ‖ ctx ‖ everything before sig.
#include "crypto/blind_rsa.h"
#include "crypto/sign.h"
#include "protocol/meeting/entry.h"

namespace piaojue::meeting {

struct BallotShape {
  std::uint32_t trustees = 0;  ///< k taking part in the attempt
  std::uint32_t modulus_bytes = 0;
  bool abstain_allowed = true;
  std::size_t bytes() const;
};

/// A ballot taken apart. Views point into the caller's bytes.
struct BallotView {
  QuestionId question = 0;
  SigningPublicKey pk_v;
  crypto::TokenPrefix prefix;
  std::vector<ByteView> tokens;
  crypto::elgamal::Ciphertext vote;
  ByteView proof;
  Signature signature;
  ByteView signed_part;  ///< everything before sig
};

/// @return kBallotEncoding: another length or version.
[[nodiscard]] Result<BallotView> parse_ballot(BallotShape const& shape, ByteView bytes);

/// Everything that a ballot of one question is checked against.
struct BallotContext {
  BallotShape shape;
  QuestionId question = 0;
  Hash ctx;
  Point election_key;                                    ///< X
  std::vector<crypto::blind_rsa::PublicKey> token_keys;  ///< by hop
};

/// Which check failed; `trustee` is the hop whose token failed.
struct BallotRefusal {
  Refusal code;
  std::uint32_t trustee = 0;
};

/// One check each, so that the verifier can number them. All pure and safe to run on many threads.
/// A and B are points other than the identity, pk_v is canonical and not of small order: BALLOT_ENCODING.
[[nodiscard]] bool ballot_points_valid(BallotView const& ballot);
[[nodiscard]] std::optional<std::uint32_t> first_bad_token(BallotContext const&, BallotView const&);  // BALLOT_TOKEN(t)
[[nodiscard]] bool ballot_signature_valid(BallotContext const&, BallotView const&);     // BALLOT_SIGNATURE
[[nodiscard]] Result<void> ballot_vote_valid(BallotContext const&, BallotView const&);  // BALLOT_ENCODING, BALLOT_PROOF

/// All of them, in the order of specification §8.3: what several would refuse is counted by the first. Length, version,
/// points and scalars (BALLOT_ENCODING), question (BALLOT_CONTEXT), tokens, signature, proof.
[[nodiscard]] std::optional<BallotRefusal> check_ballot(BallotContext const& context, ByteView bytes);

struct OpenableBallot {
  Bytes bytes;
  Secret r;  ///< of A = r·G: with it anybody sees the vote. For the memory of the laptop only (specification §8.4)
};

/// Client: builds, proves and signs. @param tokens finalized, by hop.
/// @return kBallotEncoding: abstain where it is not allowed, or a wrong number of tokens.
[[nodiscard]] Result<OpenableBallot> make_openable_ballot(BallotContext const& context, crypto::SigningKey const& sk_v,
                                                          crypto::TokenPrefix const& prefix,
                                                          std::vector<Bytes> const& tokens,
                                                          crypto::elgamal::Choice choice);
/// The same without r: it can never be opened.
[[nodiscard]] Result<Bytes> make_ballot(BallotContext const& context, crypto::SigningKey const& sk_v,
                                        crypto::TokenPrefix const& prefix, std::vector<Bytes> const& tokens,
                                        crypto::elgamal::Choice choice);

}  // namespace piaojue::meeting
