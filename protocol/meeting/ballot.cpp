// SPDX-License-Identifier: Apache-2.0
#include "protocol/meeting/ballot.h"

#include "crypto/domain.h"
#include "protocol/meeting/digest.h"

namespace piaojue::meeting {

namespace elgamal = crypto::elgamal;
namespace blind_rsa = crypto::blind_rsa;

namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::array<std::uint8_t, 1> kEndOfDomain{0};

/// Takes a ballot of known length apart from its beginning.
class Cursor {
 public:
  explicit Cursor(ByteView bytes) : rest_(bytes) {}
  ByteView take(std::size_t n) {
    ByteView const out = rest_.first(n);
    rest_ = rest_.subspan(n);
    return out;
  }
  template <class T>
  T fixed() {
    T out;
    std::ranges::copy(take(T::kSize), out.data.begin());
    return out;
  }
  std::uint32_t u32be() { return read_u32be(take(4)); }

 private:
  ByteView rest_;
};

}  // namespace

std::size_t BallotShape::bytes() const {
  return 1 + 4 + SigningPublicKey::kSize + crypto::TokenPrefix::kSize + std::size_t{trustees} * modulus_bytes +
         2 * Point::kSize + elgamal::or_proof_bytes(abstain_allowed) + Signature::kSize;
}

Result<BallotView> parse_ballot(BallotShape const& shape, ByteView bytes) {
  if (bytes.size() != shape.bytes()) return Refusal::kBallotEncoding;
  Cursor in(bytes);
  if (in.take(1)[0] != kVersion) return Refusal::kBallotEncoding;
  BallotView out;
  out.question = in.u32be();
  out.pk_v = in.fixed<SigningPublicKey>();
  out.prefix = in.fixed<crypto::TokenPrefix>();
  out.tokens.reserve(shape.trustees);
  for (std::uint32_t hop = 0; hop < shape.trustees; ++hop) out.tokens.push_back(in.take(shape.modulus_bytes));
  out.vote.a = in.fixed<Point>();
  out.vote.b = in.fixed<Point>();
  out.proof = in.take(elgamal::or_proof_bytes(shape.abstain_allowed));
  out.signature = in.fixed<Signature>();
  out.signed_part = bytes.first(bytes.size() - Signature::kSize);
  return out;
}

bool ballot_points_valid(BallotView const& ballot) {
  return elgamal::is_valid_point(ballot.vote.a) && elgamal::is_valid_point(ballot.vote.b) &&
         crypto::is_valid(ballot.pk_v);
}

std::optional<std::uint32_t> first_bad_token(BallotContext const& context, BallotView const& ballot) {
  Bytes const prepared = blind_rsa::prepare(ballot.prefix.view(), token_message(context.ctx, ballot.pk_v));
  for (std::uint32_t hop = 0; hop < context.token_keys.size(); ++hop) {
    if (hop >= ballot.tokens.size() ||
        !blind_rsa::verify(context.token_keys[hop], blind_rsa::Variant::kPssRandomized, prepared, ballot.tokens[hop])) {
      return hop;
    }
  }
  return std::nullopt;
}

bool ballot_signature_valid(BallotContext const& context, BallotView const& ballot) {
  return crypto::verify(ballot.pk_v,
                        {as_bytes(crypto::domain::kBallot), kEndOfDomain, context.ctx.view(), ballot.signed_part},
                        ballot.signature);
}

Result<void> ballot_vote_valid(BallotContext const& context, BallotView const& ballot) {
  return elgamal::verify_vote({context.ctx, context.election_key, ballot.pk_v}, ballot.vote, ballot.proof,
                              context.shape.abstain_allowed);
}

namespace {

/// Scalars are a matter of form, not of proof.
bool scalars_canonical(BallotView const& ballot) {
  for (std::size_t at = 0; at < ballot.proof.size(); at += crypto::Scalar::kSize) {
    auto const scalar = crypto::Scalar::from(ballot.proof.subspan(at, crypto::Scalar::kSize));
    if (!scalar || !elgamal::is_canonical_scalar(*scalar)) return false;
  }
  return true;
}

std::optional<BallotRefusal> check_content(BallotContext const& context, BallotView const& ballot) {
  if (ballot.question != context.question) return BallotRefusal{Refusal::kBallotContext};
  if (ballot.tokens.size() != context.token_keys.size() || context.token_keys.empty()) {
    return BallotRefusal{Refusal::kBallotToken};
  }
  if (auto const hop = first_bad_token(context, ballot)) return BallotRefusal{Refusal::kBallotToken, *hop};
  if (!ballot_signature_valid(context, ballot)) return BallotRefusal{Refusal::kBallotSignature};
  if (auto const vote = ballot_vote_valid(context, ballot); !vote) {
    return BallotRefusal{vote.error() == Refusal::kBallotEncoding ? Refusal::kBallotEncoding : Refusal::kBallotProof};
  }
  return std::nullopt;
}

}  // namespace

std::optional<BallotRefusal> check_ballot(BallotContext const& context, ByteView bytes) {
  auto const ballot = parse_ballot(context.shape, bytes);
  if (!ballot || !crypto::is_valid(ballot->pk_v) || !scalars_canonical(*ballot)) {
    return BallotRefusal{Refusal::kBallotEncoding};
  }
  auto const refused = check_content(context, *ballot);
  // The proof decodes A and B itself, so that of a ballot that holds they need not be decoded once more. Where they are
  // no points, this is what is wrong, whatever else is.
  if (refused && !ballot_points_valid(*ballot)) return BallotRefusal{Refusal::kBallotEncoding};
  return refused;
}

Result<OpenableBallot> make_openable_ballot(BallotContext const& context, crypto::SigningKey const& sk_v,
                                            crypto::TokenPrefix const& prefix, std::vector<Bytes> const& tokens,
                                            elgamal::Choice choice) {
  if (tokens.size() != context.shape.trustees) return Refusal::kBallotEncoding;
  auto made = elgamal::encrypt_openable({context.ctx, context.election_key, sk_v.public_key()}, choice,
                                        context.shape.abstain_allowed);
  if (!made) return made.error();
  elgamal::EncryptedVote const& vote = made->vote;
  Bytes out;
  out.reserve(context.shape.bytes());
  out.push_back(kVersion);
  append_u32be(out, context.question);
  piaojue::append(out, sk_v.public_key().view());
  piaojue::append(out, prefix.view());
  for (Bytes const& token : tokens) {
    if (token.size() != context.shape.modulus_bytes) return Refusal::kBallotEncoding;
    piaojue::append(out, token);
  }
  piaojue::append(out, vote.ciphertext.a.view());
  piaojue::append(out, vote.ciphertext.b.view());
  piaojue::append(out, vote.proof);
  Signature const signature = sk_v.sign({as_bytes(crypto::domain::kBallot), kEndOfDomain, context.ctx.view(), out});
  piaojue::append(out, signature.view());
  return OpenableBallot{std::move(out), std::move(made->r)};
}

Result<Bytes> make_ballot(BallotContext const& context, crypto::SigningKey const& sk_v,
                          crypto::TokenPrefix const& prefix, std::vector<Bytes> const& tokens, elgamal::Choice choice) {
  auto made = make_openable_ballot(context, sk_v, prefix, tokens, choice);
  if (!made) return made.error();
  return std::move(made->bytes);
}

}  // namespace piaojue::meeting
