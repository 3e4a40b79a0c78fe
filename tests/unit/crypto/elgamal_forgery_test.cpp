// SPDX-License-Identifier: Apache-2.0
/// The OR proof against a prover who does not follow the program: `prove` below is the textbook's prover, written from
/// specification §7.3 without the library, with every part of it open to tampering.
#include <gtest/gtest.h>

#include <optional>
#include <set>

#include "crypto/elgamal.h"
#include "deterministic_randomness.h"
#include "group.h"

namespace piaojue::crypto::elgamal {
namespace {

using test::scalar;

struct Attempt {
  Scalar r = test::random_scalar();
  std::uint32_t value = 1;         ///< what B really holds
  std::size_t claimed_branch = 1;  ///< which branch the prover treats as true
  bool abstain_allowed = true;
  std::optional<Scalar> simulated_c;     ///< challenge of the simulated branches, else random
  std::optional<Scalar> simulated_s;     ///< response of the simulated branches, else random
  std::optional<VoteBinding> hash_over;  ///< another binding in the challenge
};

std::vector<std::uint32_t> admissible(bool abstain_allowed) {
  return abstain_allowed ? std::vector<std::uint32_t>{0, 1, 256} : std::vector<std::uint32_t>{1, 256};
}

Scalar or_hash(VoteBinding const& binding, Ciphertext const& ct, std::span<Point const> commitments) {
  Bytes flat;
  for (auto const& point : commitments) append(flat, point.view());
  return test::hash("piaojue/v2/or", {binding.ctx.view(), binding.election_key.view(), binding.pk_v.view(), ct.a.view(),
                                      ct.b.view(), flat});
}

EncryptedVote prove(VoteBinding const& binding, Attempt const& attempt) {
  Point const& x = binding.election_key;
  Ciphertext const ct{test::base(attempt.r), test::add(test::times(attempt.r, x), test::base(scalar(attempt.value)))};
  auto const values = admissible(attempt.abstain_allowed);
  std::vector<Scalar> c(values.size());
  std::vector<Scalar> s(values.size());
  std::vector<Point> commitments;
  Scalar const k = test::random_scalar();
  Scalar others = scalar(0);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i == attempt.claimed_branch) {
      commitments.push_back(test::base(k));
      commitments.push_back(test::times(k, x));
      continue;
    }
    c[i] = attempt.simulated_c.value_or(test::random_scalar());
    s[i] = attempt.simulated_s.value_or(test::random_scalar());
    commitments.push_back(test::sub(test::base(s[i]), test::times(c[i], ct.a)));
    Point const b = test::sub(ct.b, test::base(scalar(values[i])));
    commitments.push_back(test::sub(test::times(s[i], x), test::times(c[i], b)));
    others = test::add(others, c[i]);
  }
  if (attempt.claimed_branch < values.size()) {
    Scalar const total = or_hash(attempt.hash_over.value_or(binding), ct, commitments);
    c[attempt.claimed_branch] = test::sub(total, others);
    s[attempt.claimed_branch] = test::add(k, test::mul(c[attempt.claimed_branch], attempt.r));
  }
  EncryptedVote out{ct, {}};
  for (std::size_t i = 0; i < values.size(); ++i) {
    append(out.proof, c[i].view());
    append(out.proof, s[i].view());
  }
  return out;
}

class Vote : public testing::Test {
 protected:
  Vote() {
    binding_.ctx.data.fill(0x11);
    binding_.pk_v.data.fill(0x22);
    binding_.election_key = key_.public_share();
  }
  std::optional<Refusal> judge(EncryptedVote const& vote, bool abstain_allowed = true) const {
    auto const result = verify_vote(binding_, vote.ciphertext, vote.proof, abstain_allowed);
    return result ? std::optional<Refusal>() : result.error();
  }
  Point decrypted(Ciphertext const& ct) const {
    return test::sub(ct.b, test::times(*Scalar::from(key_.secret().view()), ct.a));
  }
  TallyKey key_ = TallyKey::generate();
  VoteBinding binding_;
};

TEST_F(Vote, EachChoiceEncryptsToItsValueAndIsProved) {
  for (bool const abstain_allowed : {true, false}) {
    for (Choice const choice : {Choice::kAbstain, Choice::kAgree, Choice::kDisagree}) {
      auto const vote = encrypt(binding_, choice, abstain_allowed);
      if (choice == Choice::kAbstain && !abstain_allowed) {
        EXPECT_EQ(vote.error(), Refusal::kBallotEncoding);
        continue;
      }
      ASSERT_TRUE(vote);
      EXPECT_EQ(vote->proof.size(), or_proof_bytes(abstain_allowed));
      EXPECT_EQ(decrypted(vote->ciphertext), test::base(scalar(static_cast<std::uint32_t>(choice))));
      EXPECT_FALSE(judge(*vote, abstain_allowed));
    }
  }
  EXPECT_EQ(or_proof_bytes(true), 192U);
  EXPECT_EQ(or_proof_bytes(false), 128U);
}

// Another verifier, written from the specification, must accept what this program makes.
TEST_F(Vote, ProofSatisfiesTheEquationsOfTheSpecification) {
  for (bool const abstain_allowed : {true, false}) {
    auto const vote = *encrypt(binding_, Choice::kDisagree, abstain_allowed);
    auto const& [a, b] = vote.ciphertext;
    std::vector<Point> commitments;
    Scalar total = scalar(0);
    std::size_t at = 0;
    for (std::uint32_t const v : admissible(abstain_allowed)) {
      auto const c = *Scalar::from(ByteView(vote.proof).subspan(at, 32));
      auto const s = *Scalar::from(ByteView(vote.proof).subspan(at + 32, 32));
      at += 64;
      commitments.push_back(test::sub(test::base(s), test::times(c, a)));
      commitments.push_back(
          test::sub(test::times(s, binding_.election_key), test::times(c, test::sub(b, test::base(scalar(v))))));
      total = test::add(total, c);
    }
    EXPECT_EQ(total, or_hash(binding_, vote.ciphertext, commitments));
  }
}

// The prover below must be a good one, or the refusals that follow would prove nothing.
TEST_F(Vote, TextbookProverIsAcceptedForEveryTrueBranch) {
  for (bool const abstain_allowed : {true, false}) {
    auto const values = admissible(abstain_allowed);
    for (std::size_t i = 0; i < values.size(); ++i) {
      Attempt attempt;
      attempt.value = values[i];
      attempt.claimed_branch = i;
      attempt.abstain_allowed = abstain_allowed;
      EXPECT_FALSE(judge(prove(binding_, attempt), abstain_allowed)) << values[i];
    }
  }
}

// A ballot for 2 is two votes; one for 257 agrees and disagrees; a huge one empties another's count.
TEST_F(Vote, ValueThatIsNotAdmissibleCanNotBeProvedOnAnyBranch) {
  for (std::uint32_t const value : {2U, 255U, 257U, 512U, 0xffffffffU}) {
    for (std::size_t branch = 0; branch <= 3; ++branch) {  // 3: all simulated
      Attempt attempt;
      attempt.value = value;
      attempt.claimed_branch = branch;
      EXPECT_EQ(judge(prove(binding_, attempt)), Refusal::kBallotProof) << value << ' ' << branch;
    }
  }
}

// Claiming one value while holding another would make every count a guess.
TEST_F(Vote, AdmissibleValueOnTheWrongBranchIsRefused) {
  auto const values = admissible(true);
  for (std::size_t holds = 0; holds < 3; ++holds) {
    for (std::size_t claims = 0; claims <= 3; ++claims) {
      if (holds == claims) continue;
      Attempt attempt;
      attempt.value = values[holds];
      attempt.claimed_branch = claims;
      EXPECT_EQ(judge(prove(binding_, attempt)), Refusal::kBallotProof) << holds << ' ' << claims;
    }
  }
}

TEST_F(Vote, AbstentionIsRefusedWhereAbstainingIsOff) {
  for (std::size_t branch = 0; branch <= 2; ++branch) {
    Attempt attempt;
    attempt.value = 0;
    attempt.claimed_branch = branch;
    attempt.abstain_allowed = false;
    EXPECT_EQ(judge(prove(binding_, attempt), false), Refusal::kBallotProof) << branch;
  }
  // and a proof of one form does not pass for the other
  EXPECT_EQ(judge(*encrypt(binding_, Choice::kAgree, true), false), Refusal::kBallotEncoding);
  EXPECT_EQ(judge(*encrypt(binding_, Choice::kAgree, false), true), Refusal::kBallotEncoding);
}

// Copying someone's ciphertext under one's own ballot key makes one's vote equal hers, and the sum tells which it was.
TEST_F(Vote, ProofIsBoundToBallotKeyContextElectionKeyAndCiphertext) {
  auto const vote = *encrypt(binding_, Choice::kAgree, true);
  ASSERT_FALSE(judge(vote));
  auto const judged_under = [&](VoteBinding const& other) {
    return verify_vote(other, vote.ciphertext, vote.proof, true).error();
  };
  auto other = binding_;
  other.pk_v.data[31] ^= 1;
  EXPECT_EQ(judged_under(other), Refusal::kBallotProof);
  other = binding_;
  other.ctx.data[0] ^= 1;
  EXPECT_EQ(judged_under(other), Refusal::kBallotProof);
  other = binding_;
  other.election_key = TallyKey::generate().public_share();
  EXPECT_EQ(judged_under(other), Refusal::kBallotProof);
  auto const another = *encrypt(binding_, Choice::kAgree, true);
  EXPECT_EQ(judge({another.ciphertext, vote.proof}), Refusal::kBallotProof);
  EXPECT_EQ(judge({{vote.ciphertext.b, vote.ciphertext.a}, vote.proof}), Refusal::kBallotProof);
  // Re-randomised: (A + G, B + X) holds the same vote in new clothes.
  Ciphertext const moved{test::add(vote.ciphertext.a, test::base(scalar(1))),
                         test::add(vote.ciphertext.b, binding_.election_key)};
  EXPECT_EQ(judge({moved, vote.proof}), Refusal::kBallotProof);
}

// A challenge that leaves out what it must bind would accept the same proof elsewhere.
TEST_F(Vote, ChallengeOverAnotherBindingIsRefused) {
  for (int part = 0; part < 3; ++part) {
    Attempt attempt;
    attempt.hash_over = binding_;
    if (part == 0) attempt.hash_over->ctx = Hash{};
    if (part == 1) attempt.hash_over->pk_v = SigningPublicKey{};
    if (part == 2) attempt.hash_over->election_key = test::base(scalar(1));
    EXPECT_EQ(judge(prove(binding_, attempt)), Refusal::kBallotProof) << part;
  }
}

// c + L or s + L is the same proof in other bytes: a second ballot in the eyes of a duplicate check.
TEST_F(Vote, NonCanonicalScalarsAreRefused) {
  auto const vote = *encrypt(binding_, Choice::kAgree, true);
  for (std::size_t at = 0; at < vote.proof.size(); at += 32) {
    auto second = vote;
    auto const raised = test::plus_order(*Scalar::from(ByteView(vote.proof).subspan(at, 32)));
    std::ranges::copy(raised.data, second.proof.begin() + static_cast<std::ptrdiff_t>(at));
    EXPECT_EQ(judge(second), Refusal::kBallotEncoding) << at;
  }
}

TEST_F(Vote, EveryAlteredByteOfTheProofIsRefused) {
  auto const vote = *encrypt(binding_, Choice::kAgree, true);
  for (std::size_t i = 0; i < vote.proof.size(); ++i) {
    auto altered = vote;
    altered.proof[i] ^= 0x01;
    EXPECT_TRUE(judge(altered)) << i;
  }
}

TEST_F(Vote, BranchesInAnotherOrderAreRefused) {
  auto vote = *encrypt(binding_, Choice::kAgree, true);
  std::swap_ranges(vote.proof.begin(), vote.proof.begin() + 64, vote.proof.begin() + 64);
  EXPECT_EQ(judge(vote), Refusal::kBallotProof);
}

TEST_F(Vote, ProofOfAnotherLengthIsRefused) {
  auto vote = *encrypt(binding_, Choice::kAgree, true);
  vote.proof.push_back(0);
  EXPECT_EQ(judge(vote), Refusal::kBallotEncoding);
  vote.proof.resize(191);
  EXPECT_EQ(judge(vote), Refusal::kBallotEncoding);
  vote.proof.clear();
  EXPECT_EQ(judge(vote), Refusal::kBallotEncoding);
}

// A = 0 means r = 0: the vote lies open. libsodium takes the identity for a valid point.
TEST_F(Vote, IdentityIsRefusedEvenWithAProofThatHolds) {
  Attempt open;
  open.r = scalar(0);
  auto const open_vote = prove(binding_, open);
  ASSERT_EQ(open_vote.ciphertext.a, Point{});
  EXPECT_EQ(judge(open_vote), Refusal::kBallotEncoding);

  // B = 0: r·X = −v·G, which the holder of x can make.
  Attempt zero_b;
  Scalar inverse;
  ASSERT_EQ(crypto_core_ristretto255_scalar_invert(inverse.data.data(), key_.secret().data()), 0);
  zero_b.r = test::mul(test::minus_one(), inverse);
  auto const zero_b_vote = prove(binding_, zero_b);
  ASSERT_EQ(zero_b_vote.ciphertext.b, Point{});
  EXPECT_EQ(judge(zero_b_vote), Refusal::kBallotEncoding);

  // X = 0 encrypts nothing at all.
  VoteBinding no_key = binding_;
  no_key.election_key = Point{};
  auto const unencrypted = prove(no_key, Attempt{});
  EXPECT_EQ(verify_vote(no_key, unencrypted.ciphertext, unencrypted.proof, true).error(), Refusal::kBallotEncoding);
  EXPECT_EQ(encrypt(no_key, Choice::kAgree, true).error(), Refusal::kBallotEncoding);
}

TEST_F(Vote, InvalidPointsAreAnEncodingErrorWhereverTheyStand) {
  auto const vote = *encrypt(binding_, Choice::kAgree, true);
  for (bool const abstain_allowed : {true, false}) {
    auto const fitting = *encrypt(binding_, Choice::kAgree, abstain_allowed);
    for (char const* bad : test::kBadEncodings) {
      auto altered = fitting;
      altered.ciphertext.a = test::point(bad);
      EXPECT_EQ(judge(altered, abstain_allowed), Refusal::kBallotEncoding) << bad;
      altered = fitting;
      altered.ciphertext.b = test::point(bad);
      EXPECT_EQ(judge(altered, abstain_allowed), Refusal::kBallotEncoding) << bad;
      auto other = binding_;
      other.election_key = test::point(bad);
      EXPECT_EQ(verify_vote(other, fitting.ciphertext, fitting.proof, abstain_allowed).error(),
                Refusal::kBallotEncoding);
      EXPECT_EQ(encrypt(other, Choice::kAgree, abstain_allowed).error(), Refusal::kBallotEncoding);
    }
  }
}

// All-zero scalars make libsodium report errors on the way; an invalid point must not hide behind them.
TEST_F(Vote, InvalidPointsAreFoundBehindZeroScalarsToo) {
  auto const vote = *encrypt(binding_, Choice::kAgree, true);
  EncryptedVote zeros{vote.ciphertext, Bytes(192, 0)};
  EXPECT_EQ(judge(zeros), Refusal::kBallotProof);
  zeros.ciphertext.a = test::point(test::kBadEncodings[0]);
  EXPECT_EQ(judge(zeros), Refusal::kBallotEncoding);
  zeros.ciphertext = {vote.ciphertext.a, test::point(test::kBadEncodings[0])};
  EXPECT_EQ(judge(zeros), Refusal::kBallotEncoding);
  auto other = binding_;
  other.election_key = test::point(test::kBadEncodings[0]);
  EXPECT_EQ(verify_vote(other, vote.ciphertext, zeros.proof, true).error(), Refusal::kBallotEncoding);
}

// c_i = 0 or s_i = 0 is a legal (if odd) scalar: two verifiers must not differ about such a ballot. libsodium reports
// the identity that comes out as an error.
TEST_F(Vote, ZeroChallengeOrResponseInASimulatedBranchIsLegal) {
  Attempt attempt;
  attempt.simulated_c = scalar(0);
  EXPECT_FALSE(judge(prove(binding_, attempt)));
  attempt.simulated_s = scalar(0);
  EXPECT_FALSE(judge(prove(binding_, attempt)));
  attempt.simulated_c.reset();
  EXPECT_FALSE(judge(prove(binding_, attempt)));
}

// B − v_i·G = 0 is the identity on the way; it must be computed with, not stumbled over.
TEST_F(Vote, CiphertextWhoseBIsAnAdmissiblePointIsOnlyAWrongProof) {
  auto vote = *encrypt(binding_, Choice::kAgree, true);
  vote.ciphertext.b = test::base(scalar(1));
  EXPECT_EQ(judge(vote), Refusal::kBallotProof);
  vote.ciphertext.b = test::base(scalar(256));
  EXPECT_EQ(judge(vote), Refusal::kBallotProof);
}

TEST_F(Vote, ChoiceOutsideTheEnumIsRefused) {
  for (int value : {2, 255, 257, 65535}) {
    EXPECT_EQ(encrypt(binding_, static_cast<Choice>(value), true).error(), Refusal::kBallotEncoding) << value;
  }
}

// Equal ciphertexts of equal votes would be read like plain text.
TEST_F(Vote, EncryptionIsFreshEachTimeAndReplaysFromTheSameRandomness) {
  std::set<Ciphertext> seen;
  for (int i = 0; i < 20; ++i) seen.insert(encrypt(binding_, Choice::kAgree, true)->ciphertext);
  EXPECT_EQ(seen.size(), 20U);
  EncryptedVote first;
  {
    test::DeterministicRandomness const random(1);
    first = *encrypt(binding_, Choice::kAgree, true);
  }
  test::DeterministicRandomness const random(1);
  auto const second = *encrypt(binding_, Choice::kAgree, true);
  EXPECT_EQ(second.ciphertext, first.ciphertext);
  EXPECT_EQ(second.proof, first.proof);
}

// The number and order of draws must not depend on the vote: with the same randomness A is the same for every choice.
TEST_F(Vote, RandomnessIsDrawnAlikeForEveryChoice) {
  std::set<Point> a;
  std::set<std::size_t> draws;
  for (Choice const choice : {Choice::kAbstain, Choice::kAgree, Choice::kDisagree}) {
    std::size_t count = 0;
    test::DeterministicRandomness const random([&](std::uint8_t* to, std::size_t size) {
      std::uint8_t const key[randombytes_SEEDBYTES] = {static_cast<std::uint8_t>(++count)};
      randombytes_buf_deterministic(to, size, key);
    });
    a.insert(encrypt(binding_, choice, true)->ciphertext.a);
    draws.insert(count);
  }
  EXPECT_EQ(a.size(), 1U);
  EXPECT_EQ(draws.size(), 1U);
}

}  // namespace
}  // namespace piaojue::crypto::elgamal
