// SPDX-License-Identifier: Apache-2.0
#include "protocol/meeting/ballot.h"

#include "refused.h"

namespace piaojue::test {
namespace {

/// A meeting with three ballots in hand that nobody has cast yet.
class BallotTest : public ::testing::Test {
 protected:
  static Meeting& meeting() {
    static Meeting* const made = [] {
      auto* m = new Meeting({.trustees = 2, .batches = {2, 1}});
      m->begin();
      m->run_batch(1, m->votes(1, 5, 0), Stage::kCast);
      return m;
    }();
    return *made;
  }
  static BallotContext const& context(QuestionId q = 1) { return meeting().record.ballot_context(q); }
  static Bytes ballot(PersonId person = 1, QuestionId q = 1) { return meeting().experts.at(person).ballots.at(q); }
  static Refusal refusal(Bytes const& bytes) {
    auto const bad = check_ballot(context(), bytes);
    return bad ? bad->code : Refusal{};
  }
  /// Signs again what was changed, as its own author could.
  static Bytes resigned(Bytes bytes, PersonId person = 1, QuestionId q = 1) {
    bytes.resize(bytes.size() - 64);
    auto const& sk_v = meeting().experts.at(person).tokens.at(q).sk_v;
    Bytes const head = {'p', 'i', 'a', 'o', 'j', 'u', 'e', '/', 'v', '2', '/', 'b', 'a', 'l', 'l', 'o', 't', 0};
    piaojue::append(bytes, sk_v.sign({head, context(q).ctx.view(), bytes}).view());
    return bytes;
  }
  static constexpr std::size_t kPrefix = 37, kTokens = 69, kA = 69 + 2 * 256, kB = kA + 32, kProof = kB + 32;
};

TEST_F(BallotTest, HasTheSizeAndLayoutOfTheSpecification) {
  Bytes const bytes = ballot();
  EXPECT_EQ(context().shape.bytes(), bytes.size());
  EXPECT_EQ(bytes.size(), 1u + 4 + 32 + 32 + 2 * 256 + 64 + 192 + 64);
  EXPECT_EQ((BallotShape{3, 384, false}.bytes()), 1u + 4 + 32 + 32 + 3 * 384 + 64 + 128 + 64);
  auto const view = parse_ballot(context().shape, bytes);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->question, 1u);
  EXPECT_EQ(view->pk_v, meeting().experts.at(1).tokens.at(1).sk_v.public_key());
  EXPECT_EQ(view->prefix, meeting().experts.at(1).tokens.at(1).prefix);
  EXPECT_EQ(to_bytes(view->tokens[1]), meeting().experts.at(1).tokens.at(1).tokens[1]);
  EXPECT_EQ(to_bytes(view->vote.b.view()), Bytes(bytes.begin() + kB, bytes.begin() + kB + 32));
  EXPECT_EQ(view->signed_part.size(), bytes.size() - 64);
  EXPECT_EQ(refusal(bytes), Refusal{});
}

TEST_F(BallotTest, AnotherLengthOrVersionIsNoBallot) {
  Bytes bytes = ballot();
  bytes.push_back(0);
  EXPECT_EQ(refusal(bytes), Refusal::kBallotEncoding);
  bytes.resize(bytes.size() - 2);
  EXPECT_EQ(refusal(bytes), Refusal::kBallotEncoding);
  EXPECT_EQ(refusal({}), Refusal::kBallotEncoding);
  bytes = ballot();
  bytes[0] = 2;
  EXPECT_EQ(refusal(resigned(bytes)), Refusal::kBallotEncoding);
}

// A ballot for one candidate must not count for another.
TEST_F(BallotTest, ABallotOfAnotherQuestionIsRefused) {
  EXPECT_EQ(refusal(ballot(1, 2)), Refusal::kBallotContext);
  // Not even with its number changed: signature, tokens and proof are bound to the question.
  Bytes moved = ballot(1, 2);
  moved[4] = 1;
  EXPECT_EQ(refusal(moved), Refusal::kBallotToken);
  moved.resize(moved.size() - 64);
  Bytes const head = {'p', 'i', 'a', 'o', 'j', 'u', 'e', '/', 'v', '2', '/', 'b', 'a', 'l', 'l', 'o', 't', 0};
  piaojue::append(moved, meeting().experts.at(1).tokens.at(2).sk_v.sign({head, context(1).ctx.view(), moved}).view());
  EXPECT_EQ(refusal(moved), Refusal::kBallotToken);
}

TEST_F(BallotTest, NothingIsAlteredWithoutATokenOrItsOwnSignatureFailing) {
  for (std::size_t const at : {kPrefix, kTokens, kProof + 1, ballot().size() - 1}) {
    Bytes bytes = ballot();
    bytes[at] ^= 1;
    EXPECT_EQ(refusal(bytes), at < kA ? Refusal::kBallotToken : Refusal::kBallotSignature) << at;
  }
}

// All count a lost ballot under one code (specification §8.3): 17, 16, 13, 14, 15.
TEST_F(BallotTest, ABallotThatSeveralChecksRefuseIsCountedUnderTheFirst) {
  Bytes bytes = ballot();
  bytes[kProof] ^= 1;  // 15, and 14 until it is signed again
  EXPECT_EQ(refusal(bytes), Refusal::kBallotSignature);
  bytes[kTokens] ^= 1;
  EXPECT_EQ(refusal(bytes), Refusal::kBallotToken);
  bytes[4] = 2;
  EXPECT_EQ(refusal(bytes), Refusal::kBallotContext);
  std::fill_n(bytes.begin() + kA, 32, std::uint8_t{0});
  EXPECT_EQ(refusal(bytes), Refusal::kBallotEncoding);
}

// Under a key of small order one signature fits every ballot.
TEST_F(BallotTest, ItsKeyIsNotOfSmallOrder) {
  Bytes bytes = ballot();
  std::fill_n(bytes.begin() + 5, 32, std::uint8_t{0});
  EXPECT_EQ(refusal(bytes), Refusal::kBallotEncoding);
}

// A minted ballot has no token of somebody who does not take part in the forgery.
TEST_F(BallotTest, EveryTrusteesTokenIsNeeded) {
  for (std::uint32_t hop = 0; hop < 2; ++hop) {
    Bytes bytes = ballot();
    bytes[kTokens + hop * 256 + 9] ^= 1;
    auto const bad = check_ballot(context(), resigned(bytes));
    ASSERT_TRUE(bad);
    EXPECT_EQ(bad->code, Refusal::kBallotToken);
    EXPECT_EQ(bad->trustee, hop);
  }
  // Tokens swapped between trustees.
  Bytes bytes = ballot();
  std::swap_ranges(bytes.begin() + kTokens, bytes.begin() + kTokens + 256, bytes.begin() + kTokens + 256);
  EXPECT_EQ(refusal(resigned(bytes)), Refusal::kBallotToken);
  // Another prefix than the one under the tokens.
  bytes = ballot();
  bytes[kPrefix] ^= 1;
  EXPECT_EQ(refusal(resigned(bytes)), Refusal::kBallotToken);
}

TEST_F(BallotTest, PointsAndScalarsAreCanonicalAndNotTheIdentity) {
  for (std::size_t const at : {kA, kB}) {
    Bytes bytes = ballot();
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), 32, std::uint8_t{0});
    EXPECT_EQ(refusal(resigned(bytes)), Refusal::kBallotEncoding);
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), 32, std::uint8_t{0xff});
    EXPECT_EQ(refusal(resigned(bytes)), Refusal::kBallotEncoding);
  }
  for (std::size_t i = 0; i < 6; ++i) {
    Bytes bytes = ballot();
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(kProof + 32 * i), 32, std::uint8_t{0xff});
    EXPECT_EQ(refusal(resigned(bytes)), Refusal::kBallotEncoding) << i;
  }
}

// Two votes in one ballot, or a negative one, would pass unseen in the sum.
TEST_F(BallotTest, TheProofIsForThisCiphertextAndThisBallot) {
  Bytes bytes = ballot();
  bytes[kProof] ^= 1;
  EXPECT_EQ(refusal(resigned(bytes)), Refusal::kBallotProof);
  // Another expert's vote with its proof, under an own token: a copied ballot.
  bytes = ballot(1);
  Bytes const other = ballot(2);
  std::copy_n(other.begin() + kA, 64 + 192, bytes.begin() + kA);
  EXPECT_EQ(refusal(resigned(bytes)), Refusal::kBallotProof);
  // Not even one's own vote under a second token of another attempt: pk_v is in the challenge.
  bytes = ballot(2);
  std::copy_n(ballot(1).begin() + kA, 64 + 192, bytes.begin() + kA);
  EXPECT_EQ(refusal(resigned(bytes, 2)), Refusal::kBallotProof);
}

TEST_F(BallotTest, IsMadeWithAllTokensOrNotAtAll) {
  auto const& token = meeting().experts.at(1).tokens.at(1);
  EXPECT_FALSE(make_ballot(context(), token.sk_v, token.prefix, {token.tokens[0]}, Choice::kAgree));
  EXPECT_FALSE(make_ballot(context(), token.sk_v, token.prefix, {token.tokens[0], Bytes(255)}, Choice::kAgree));
  for (Choice const choice : {Choice::kAbstain, Choice::kAgree, Choice::kDisagree}) {
    auto const made = make_ballot(context(), token.sk_v, token.prefix, token.tokens, choice);
    ASSERT_TRUE(made);
    EXPECT_EQ(refusal(*made), Refusal{});
  }
}

TEST(Ballot, WithoutAbstainingThereIsNoBallotThatAbstains) {
  Rules rules;
  rules.abstain_allowed = false;
  Meeting meeting({.trustees = 2, .rules = rules});
  meeting.begin();
  meeting.run_batch(1, meeting.votes(1, 3, 2), Stage::kCast);
  auto const& token = meeting.experts.at(1).tokens.at(1);
  auto const& context = meeting.record.ballot_context(1);
  auto const made = make_ballot(context, token.sk_v, token.prefix, token.tokens, Choice::kAbstain);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error(), Refusal::kBallotEncoding);
  EXPECT_FALSE(check_ballot(context, meeting.experts.at(1).ballots.at(1)));
}

// The link between two attempts: a ballot of a voided attempt must not come back.
TEST(Ballot, ABallotOfAnEarlierAttemptIsRefused) {
  Prepared at(Stage::kCast);
  Bytes const old = at.meeting.experts.at(1).ballots.at(1);
  must(at.meeting.void_questions({}));
  at.meeting.run_batch(1, {}, Stage::kOpen);
  auto const bad = check_ballot(at.meeting.record.ballot_context(1), old);
  ASSERT_TRUE(bad);
  EXPECT_EQ(bad->code, Refusal::kBallotToken);
}

TEST(Ballot, CheckBoxFindsTheBadOneAndRunsOnAnyThreads) {
  Prepared at(Stage::kMixed);
  EXPECT_EQ(check_box(at.meeting.record)->code, Refusal::kWrongPhase);
  BallotBox box = at.meeting.make_box();
  box.boxes.at(1).ballots.back()[100] ^= 1;
  must(at.meeting.submit(box, {kServer}));
  auto const bad = check_box(at.meeting.record);
  ASSERT_TRUE(bad);
  EXPECT_EQ(bad->code, Refusal::kBallotToken);
  std::size_t asked = 0;
  auto const backwards = [&](std::size_t n, std::function<void(std::size_t)> const& fn) {
    for (std::size_t i = n; i-- > 0;) fn(i);
    asked = n;
  };
  EXPECT_EQ(check_box(at.meeting.record, backwards)->code, Refusal::kBallotToken);
  EXPECT_EQ(asked, 5u);
  // Of a question that was voided nothing is opened, so nothing in it can do harm.
  Prepared good(Stage::kBox);
  EXPECT_FALSE(check_box(good.meeting.record));
}

}  // namespace
}  // namespace piaojue::test
