// SPDX-License-Identifier: Apache-2.0
#include "crypto/elgamal.h"

#include <gtest/gtest.h>

#include <thread>

#include "deterministic_randomness.h"
#include "group.h"

namespace piaojue::crypto::elgamal {
namespace {

using test::point;
using test::scalar;

TEST(Points, IdentityAndInvalidEncodingsAreRefused) {
  EXPECT_TRUE(is_valid_point(test::base(scalar(1))));
  EXPECT_FALSE(is_valid_point(Point{})) << "the identity: a ciphertext or key that hides nothing";
  for (char const* bad : test::kBadEncodings) EXPECT_FALSE(is_valid_point(point(bad))) << bad;
}

// s + L is the same number: a second spelling of one proof, and so of one ballot.
TEST(Scalars, AreCanonicalExactlyBelowL) {
  EXPECT_TRUE(is_canonical_scalar(scalar(0)));
  EXPECT_TRUE(is_canonical_scalar(test::minus_one()));
  EXPECT_FALSE(is_canonical_scalar(test::plus_order(scalar(0)))) << "L itself";
  EXPECT_FALSE(is_canonical_scalar(test::plus_order(scalar(1))));
  Scalar all;
  all.data.fill(0xff);
  EXPECT_FALSE(is_canonical_scalar(all));
  Scalar top;
  top.data[31] = 0x10;  // 2^252 < L
  EXPECT_TRUE(is_canonical_scalar(top));
  top.data[16] = 1;  // 2^252 + 2^128 > L
  EXPECT_FALSE(is_canonical_scalar(top));
}

TEST(Sum, AddsAndMayBeTheIdentity) {
  EXPECT_EQ(*sum({}), Point{});
  Point const g = test::base(scalar(1));
  EXPECT_EQ(*sum(std::array{g}), g);
  EXPECT_EQ(*sum(std::array{g, test::base(scalar(2)), g}), test::base(scalar(4)));
  EXPECT_EQ(*sum(std::array{g, test::base(test::minus_one())}), Point{});
  // and goes on from there
  EXPECT_EQ(*sum(std::array{g, test::base(test::minus_one()), g}), g);
}

TEST(Sum, AnyTermThatIsNotAValidPointRefusesTheSum) {
  Point const g = test::base(scalar(1));
  for (std::size_t at = 0; at < 3; ++at) {
    std::array<Point, 3> terms{g, g, g};
    terms[at] = Point{};
    EXPECT_EQ(sum(terms).error(), Refusal::kBallotEncoding) << at;
    terms[at] = point(test::kBadEncodings[0]);
    EXPECT_EQ(sum(terms).error(), Refusal::kBallotEncoding) << at;
  }
}

// ---- Opening a ciphertext ------------------------------------------------------------------------------------------

// A second r, or a second spelling of it, would let a laptop open another vote than the one that it has sent.
TEST(Opening, HoldsForTheChoiceAndTheRandomnessOfTheCiphertextOnly) {
  piaojue::init();
  TallyKey const key = TallyKey::generate();
  VoteBinding binding;
  binding.election_key = key.public_share();
  for (Choice const choice : {Choice::kAbstain, Choice::kAgree, Choice::kDisagree}) {
    auto const made = encrypt_openable(binding, choice, true).value();
    Ciphertext const& c = made.vote.ciphertext;
    for (Choice const other : {Choice::kAbstain, Choice::kAgree, Choice::kDisagree}) {
      EXPECT_EQ(opens_to(c, binding.election_key, made.r, other), other == choice);
    }
    EXPECT_FALSE(opens_to(c, binding.election_key, made.r, static_cast<Choice>(2)));
    EXPECT_FALSE(opens_to(c, TallyKey::generate().public_share(), made.r, choice));
    EXPECT_FALSE(opens_to(c, Point{}, made.r, choice));
    auto const plus_order = test::plus_order(Scalar::from(made.r.view()).value());
    EXPECT_FALSE(opens_to(c, binding.election_key, Secret::copy_of(plus_order.view()), choice)) << "r + L";
    EXPECT_FALSE(opens_to(c, binding.election_key, Secret::copy_of(made.r.view().first(31)), choice));
  }
}

// Harm: the halves of two ciphertexts open to a choice, and the sum that they are added to holds another.
TEST(Opening, BothHalvesAreOfTheRandomness) {
  piaojue::init();
  VoteBinding binding;
  binding.election_key = TallyKey::generate().public_share();
  auto const made = encrypt_openable(binding, Choice::kAgree, true).value();
  auto const other = encrypt_openable(binding, Choice::kAgree, true).value().vote.ciphertext;
  Ciphertext const& c = made.vote.ciphertext;
  EXPECT_TRUE(opens_to(c, binding.election_key, made.r, Choice::kAgree));
  EXPECT_FALSE(opens_to({other.a, c.b}, binding.election_key, made.r, Choice::kAgree));
  EXPECT_FALSE(opens_to({c.a, other.b}, binding.election_key, made.r, Choice::kAgree));
}

// With r = 0 the ciphertext says the choice to everybody: A is the identity, which is in no ballot.
TEST(Opening, RandomnessOfZeroOpensNothing) {
  piaojue::init();
  Point const x = TallyKey::generate().public_share();
  Ciphertext const plain{Point{}, test::base(scalar(1))};
  EXPECT_FALSE(opens_to(plain, x, Secret::copy_of(Scalar{}.view()), Choice::kAgree));
}

// ---- Knowledge of a tally key -------------------------------------------------------------------------------------

TEST(Knowledge, ProofHoldsForItsKeyAndItsBinding) {
  auto const key = TallyKey::generate();
  auto const proof = key.prove_knowledge(as_bytes("trustee 1"));
  EXPECT_TRUE(verify_knowledge(key.public_share(), as_bytes("trustee 1"), proof));
  // A proof that could be copied would let a trustee cancel another's share: Y = −Y' + its own.
  EXPECT_FALSE(verify_knowledge(key.public_share(), as_bytes("trustee 2"), proof));
  EXPECT_FALSE(verify_knowledge(TallyKey::generate().public_share(), as_bytes("trustee 1"), proof));
}

TEST(Knowledge, EquationIsThatOfTheSpecification) {
  auto const key = TallyKey::generate();
  auto const proof = key.prove_knowledge(as_bytes("b"));
  Point const r = test::sub(test::base(proof.s), test::times(proof.c, key.public_share()));
  EXPECT_EQ(proof.c, test::hash("piaojue/v2/pok", {as_bytes("b"), key.public_share().view(), r.view()}));
}

TEST(Knowledge, AlteredOrNonCanonicalOrIdentityIsRefused) {
  auto const key = TallyKey::generate();
  auto const proof = key.prove_knowledge({});
  ASSERT_TRUE(verify_knowledge(key.public_share(), {}, proof));
  EXPECT_FALSE(verify_knowledge(key.public_share(), {}, {test::add(proof.c, scalar(1)), proof.s}));
  EXPECT_FALSE(verify_knowledge(key.public_share(), {}, {proof.c, test::add(proof.s, scalar(1))}));
  EXPECT_FALSE(verify_knowledge(key.public_share(), {}, {test::plus_order(proof.c), proof.s}));
  EXPECT_FALSE(verify_knowledge(key.public_share(), {}, {proof.c, test::plus_order(proof.s)}));
  EXPECT_FALSE(verify_knowledge(point(test::kBadEncodings[0]), {}, proof));
  // For the identity the equation itself holds with x = 0: R = s·G, c = H(…).
  Scalar const k = test::random_scalar();
  Scalar const c = test::hash("piaojue/v2/pok", {Point{}.view(), test::base(k).view()});
  EXPECT_FALSE(verify_knowledge(Point{}, {}, {c, k}));
}

TEST(TallyKeys, ComeBackFromTheirSecretAndNothingElseIsTaken) {
  auto const key = TallyKey::generate();
  auto const again = TallyKey::from_secret(key.secret().clone());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->public_share(), key.public_share());
  EXPECT_EQ(TallyKey::from_secret(Secret::copy_of(Bytes(32, 0))).error(), Refusal::kProof) << "zero";
  EXPECT_EQ(TallyKey::from_secret(Secret::copy_of(test::plus_order(scalar(5)).view())).error(), Refusal::kProof);
  EXPECT_EQ(TallyKey::from_secret(Secret::copy_of(Bytes(31, 1))).error(), Refusal::kProof);
  EXPECT_EQ(TallyKey::from_secret(Secret{}).error(), Refusal::kProof);
}

// ---- Shares of the tally ------------------------------------------------------------------------------------------

class Share : public testing::Test {
 protected:
  TallyKey key_ = TallyKey::generate();
  Point sum_a_ = test::base(test::random_scalar());
  TallyShare share_ = *make_tally_share(key_, sum_a_, as_bytes("question 1"));
  bool holds(TallyShare const& share) const {
    return verify_tally_share(key_.public_share(), sum_a_, share, as_bytes("question 1"));
  }
};

TEST_F(Share, IsXTimesTheSumAndEquationsAreThoseOfTheSpecification) {
  EXPECT_TRUE(holds(share_));
  EXPECT_EQ(share_.d, test::times(*Scalar::from(key_.secret().view()), sum_a_));
  auto const& [c, s] = share_.proof;
  Point const r1 = test::sub(test::base(s), test::times(c, key_.public_share()));
  Point const r2 = test::sub(test::times(s, sum_a_), test::times(c, share_.d));
  EXPECT_EQ(c, test::hash("piaojue/v2/dleq", {as_bytes("question 1"), key_.public_share().view(), sum_a_.view(),
                                              share_.d.view(), r1.view(), r2.view()}));
}

// A wrong share that is believed changes the result by any number its trustee likes.
TEST_F(Share, WrongShareOrProofOfSomethingElseIsRefused) {
  auto shifted = share_;
  shifted.d = test::add(share_.d, test::base(scalar(1)));
  EXPECT_FALSE(holds(shifted));
  EXPECT_FALSE(verify_tally_share(key_.public_share(), sum_a_, share_, as_bytes("question 2")));
  EXPECT_FALSE(verify_tally_share(TallyKey::generate().public_share(), sum_a_, share_, as_bytes("question 1")));
  EXPECT_FALSE(verify_tally_share(key_.public_share(), test::add(sum_a_, test::base(scalar(1))), share_,
                                  as_bytes("question 1")));
  auto other = *make_tally_share(TallyKey::generate(), sum_a_, as_bytes("question 1"));
  EXPECT_FALSE(holds(other));
}

TEST_F(Share, ShareWithOneEquationOnlyIsRefused) {
  // A prover who knows x but uses x' for D can satisfy either equation, never both: here the first alone holds.
  Scalar const k = test::random_scalar();
  Scalar const x = *Scalar::from(key_.secret().view());
  Scalar const wrong_x = test::random_scalar();
  TallyShare forged;
  forged.d = test::times(wrong_x, sum_a_);
  Point const r1 = test::base(k);
  Point const r2 = test::times(k, sum_a_);
  forged.proof.c = test::hash("piaojue/v2/dleq", {as_bytes("question 1"), key_.public_share().view(), sum_a_.view(),
                                                  forged.d.view(), r1.view(), r2.view()});
  forged.proof.s = test::add(k, test::mul(forged.proof.c, x));
  EXPECT_FALSE(holds(forged));
  forged.proof.s = test::add(k, test::mul(forged.proof.c, wrong_x));
  EXPECT_FALSE(holds(forged));
}

TEST_F(Share, NonCanonicalScalarsAndBadPointsAreRefused) {
  auto bad = share_;
  bad.proof.c = test::plus_order(share_.proof.c);
  EXPECT_FALSE(holds(bad));
  bad = share_;
  bad.proof.s = test::plus_order(share_.proof.s);
  EXPECT_FALSE(holds(bad));
  bad = share_;
  bad.d = Point{};
  EXPECT_FALSE(holds(bad));
  bad.d = point(test::kBadEncodings[0]);
  EXPECT_FALSE(holds(bad));
  EXPECT_FALSE(verify_tally_share(Point{}, sum_a_, share_, as_bytes("question 1")));
  EXPECT_FALSE(verify_tally_share(key_.public_share(), Point{}, share_, as_bytes("question 1")));
  EXPECT_FALSE(verify_tally_share(point(test::kBadEncodings[1]), sum_a_, share_, as_bytes("question 1")));
  EXPECT_FALSE(verify_tally_share(key_.public_share(), point(test::kBadEncodings[1]), share_, as_bytes("question 1")));
  EXPECT_EQ(make_tally_share(key_, Point{}, {}).error(), Refusal::kBallotEncoding);
  EXPECT_EQ(make_tally_share(key_, point(test::kBadEncodings[2]), {}).error(), Refusal::kBallotEncoding);
}

// With x = 0 for Y, ΣA and D all the identity, the equations hold for anybody; identities are refused on their own
// account.
TEST_F(Share, IdentityIsRefusedEvenWhenTheEquationsHold) {
  Scalar const k = test::random_scalar();
  TallyShare forged;
  Point const r2 = test::times(k, sum_a_);
  forged.proof.c = test::hash(
      "piaojue/v2/dleq", {ByteView{}, Point{}.view(), sum_a_.view(), Point{}.view(), test::base(k).view(), r2.view()});
  forged.proof.s = k;
  EXPECT_FALSE(verify_tally_share(Point{}, sum_a_, forged, {}));

  // ΣA = 0 and D = 0 fit every key.
  Scalar const x = *Scalar::from(key_.secret().view());
  forged.proof.c = test::hash("piaojue/v2/dleq", {ByteView{}, key_.public_share().view(), Point{}.view(),
                                                  Point{}.view(), test::base(k).view(), Point{}.view()});
  forged.proof.s = test::add(k, test::mul(forged.proof.c, x));
  EXPECT_FALSE(verify_tally_share(key_.public_share(), Point{}, forged, {}));
}

// ---- From votes to sums -------------------------------------------------------------------------------------------

struct Question {
  std::vector<TallyKey> keys;
  VoteBinding binding;
  explicit Question(std::size_t trustees) {
    std::vector<Point> shares;
    for (std::size_t i = 0; i < trustees; ++i) {
      keys.push_back(TallyKey::generate());
      shares.push_back(keys.back().public_share());
    }
    binding.election_key = *sum(shares);
    binding.ctx.data.fill(1);
    binding.pk_v.data.fill(2);
  }
};

TEST(Tally, SumOfVotesIsWhatWasVotedForAnyNumberOfTrustees) {
  for (std::size_t trustees : {1U, 3U, 7U}) {
    Question const question(trustees);
    std::vector<Point> a;
    std::vector<Point> b;
    for (auto const choice : {Choice::kAgree, Choice::kDisagree, Choice::kAgree, Choice::kAbstain, Choice::kAgree}) {
      auto const vote = *encrypt(question.binding, choice, true);
      ASSERT_TRUE(verify_vote(question.binding, vote.ciphertext, vote.proof, true));
      a.push_back(vote.ciphertext.a);
      b.push_back(vote.ciphertext.b);
    }
    std::vector<Point> shares;
    for (auto const& key : question.keys) {
      auto const share = *make_tally_share(key, *sum(a), {});
      EXPECT_TRUE(verify_tally_share(key.public_share(), *sum(a), share, {}));
      shares.push_back(share.d);
    }
    auto const sums = decode_sum(*sum(b), shares, 5);
    ASSERT_TRUE(sums);
    EXPECT_EQ(sums->agree, 3U);
    EXPECT_EQ(sums->disagree, 1U);
    // A missing share, a share twice, or one that is off by one vote opens nothing.
    auto wrong = shares;
    wrong[0] = test::base(test::random_scalar());
    EXPECT_EQ(decode_sum(*sum(b), wrong, 5).error(), Refusal::kThresholdRule);
    wrong = shares;
    wrong.push_back(shares[0]);
    EXPECT_EQ(decode_sum(*sum(b), wrong, 5).error(), Refusal::kThresholdRule);
    wrong = shares;
    wrong.pop_back();
    EXPECT_EQ(decode_sum(*sum(b), wrong, 5).error(), Refusal::kThresholdRule);
  }
}

/// ΣB for a total T under one trustee, whose share is `share`.
Point sealed_total(Point const& share, std::uint32_t total) { return test::add(share, test::base(scalar(total))); }

TEST(DecodeSum, EveryPairWithinTheNumberOfBallotsIsFoundAndNoOther) {
  Point const share = test::base(test::random_scalar());
  std::array const shares{share};
  constexpr std::uint32_t kBallots = 9;
  // Harm: a process that has counted a larger meeting knows larger sums, and finds them for a smaller one.
  ASSERT_TRUE(decode_sum(sealed_total(share, 30), shares, 30));
  for (std::uint32_t agree = 0; agree <= kBallots + 1; ++agree) {
    for (std::uint32_t disagree = 0; disagree <= kBallots + 1; ++disagree) {
      auto const sums = decode_sum(sealed_total(share, agree + 256 * disagree), shares, kBallots);
      // More votes than ballots: someone's ballot counted twice.
      ASSERT_EQ(sums.has_value(), agree + disagree <= kBallots) << agree << ' ' << disagree;
      if (!sums) {
        EXPECT_EQ(sums.error(), Refusal::kThresholdRule);
        continue;
      }
      EXPECT_EQ(sums->agree, agree);
      EXPECT_EQ(sums->disagree, disagree);
    }
  }
}

// libsodium reports a multiplication that gives the identity as an error; all abstaining is a legal result.
TEST(DecodeSum, AllAbstainIsZero) {
  Point const share = test::base(test::random_scalar());
  auto const sums = decode_sum(share, std::array{share}, 3);
  ASSERT_TRUE(sums);
  EXPECT_EQ(sums->agree + sums->disagree, 0U);
  EXPECT_TRUE(decode_sum(share, std::array{share}, 0));
  EXPECT_FALSE(decode_sum(sealed_total(share, 1), std::array{share}, 0));
}

TEST(DecodeSum, LargestMeetingIsDecodedAndALargerOneIsRefused) {
  Point const share = test::base(test::random_scalar());
  std::array const shares{share};
  for (auto const& [agree, disagree] : {std::pair{255U, 0U}, {0U, 255U}, {100U, 155U}, {128U, 1U}}) {
    auto const sums = decode_sum(sealed_total(share, agree + 256 * disagree), shares, 255);
    ASSERT_TRUE(sums);
    EXPECT_EQ(sums->agree, agree);
    EXPECT_EQ(sums->disagree, disagree);
  }
  EXPECT_EQ(decode_sum(sealed_total(share, 256 * 256), shares, 255).error(), Refusal::kThresholdRule);
  // The table is large now; a smaller box still has its own bound.
  EXPECT_EQ(decode_sum(sealed_total(share, 200), shares, 199).error(), Refusal::kThresholdRule);
  // 256 agreements would read as one disagreement.
  EXPECT_EQ(decode_sum(sealed_total(share, 256), shares, 256).error(), Refusal::kThresholdRule);
}

TEST(DecodeSum, InvalidPointsAreRefused) {
  Point const share = test::base(scalar(7));
  EXPECT_EQ(decode_sum(point(test::kBadEncodings[0]), std::array{share}, 3).error(), Refusal::kBallotEncoding);
  EXPECT_EQ(decode_sum(share, std::array{Point{}}, 3).error(), Refusal::kBallotEncoding);
  EXPECT_EQ(decode_sum(share, std::array{point(test::kBadEncodings[0])}, 3).error(), Refusal::kBallotEncoding);
}

TEST(DecodeSum, ManyThreadsShareTheTable) {
  Point const share = test::base(test::random_scalar());
  std::array<int, 4> right{};
  {
    std::vector<std::jthread> threads;
    for (std::size_t t = 0; t < right.size(); ++t) {
      threads.emplace_back([&, t] {
        for (std::uint32_t ballots = 1; ballots <= 20; ++ballots) {
          auto const sums = decode_sum(sealed_total(share, 256 * ballots), std::array{share}, ballots);
          right[t] += sums && sums->disagree == ballots ? 1 : 0;
        }
      });
    }
  }
  for (int const count : right) EXPECT_EQ(count, 20);
}

}  // namespace
}  // namespace piaojue::crypto::elgamal
