// SPDX-License-Identifier: Apache-2.0
#include "protocol/trustee/issuer.h"

#include "trustee_fixture.h"

namespace piaojue::trustee::test {
namespace {

constexpr PersonId kExpert = TrusteeFixture::kFirstExpert + 1;

struct Issuing : testing::Test {
  explicit Issuing(Options options = {}) : hall(std::move(options)) {
    hall.advance(TrusteeFixture::Stage::kOpen);
    keys = hall.stored_keys(1).value();
  }
  Result<meeting::BlindSigs> answer(PersonId person, TrusteeId trustee = 1) {
    return issue(hall.record, keys, trustee, person, hall.experts.at(person).msgs);
  }
  static auto refused(Refusal code) { return code; }
  /// Logs a request whose digest covers `change`d messages.
  void request_with(std::function<void(meeting::BlindedMsgs&)> const& change) {
    // The messages are made as if for the log, but only the changed ones are logged.
    meeting::BlindedMsgs& msgs = hall.experts.at(kExpert).msgs;
    for (QuestionId const q : hall.attempt().questions_of(kExpert)) {
      for (auto const& key : hall.record.ballot_context(q).token_keys) {
        Bytes z = key.modulus();
        z[0] = 1;  // anything in range
        msgs[q].push_back(z);
      }
    }
    change(msgs);
    Hash const& open = hall.attempt().open_hash;
    hall.must(hall.signed_by(
        meeting::TokenRequest{open, kExpert, 0, meeting::token_request_digest(open, kExpert, 0, msgs)}, {kExpert}));
  }

  TrusteeFixture hall;
  AttemptKeys keys;
};

// Two answers to one request would be two logged digests, and the trustee would look like a liar.
TEST_F(Issuing, SameRequestGetsTheSameAnswer) {
  hall.request(kExpert);
  auto const first = answer(kExpert);
  ASSERT_TRUE(first) << piaojue::name(first.error());
  EXPECT_EQ(first->size(), 2u);
  EXPECT_EQ(*first, *answer(kExpert));
}

// Answers to requests that nobody can see would be tokens out of nothing.
TEST_F(Issuing, RequestThatIsNotInTheLogIsRefused) {
  hall.experts.at(kExpert).msgs[1].push_back(Bytes(256, 1));
  EXPECT_EQ(answer(kExpert).error(), refused(Refusal::kWrongPhase));
}

// The server could have its own messages signed in an expert's name.
TEST_F(Issuing, MessagesThatAreNotTheLoggedOnesAreRefused) {
  hall.request(kExpert);
  hall.experts.at(kExpert).msgs[2][0][200] ^= 1;
  EXPECT_EQ(answer(kExpert).error(), refused(Refusal::kConflict));
  hall.request(kExpert + 1);
  EXPECT_EQ(issue(hall.record, keys, 1, kExpert + 1, hall.experts.at(kExpert).msgs).error(),
            refused(Refusal::kConflict));
}

// People without a vote would get tokens.
TEST_F(Issuing, PersonWhoIsNotPresentIsRefused) {
  EXPECT_EQ(issue(hall.record, keys, 1, TrusteeFixture::kClerk, {}).error(), refused(Refusal::kNotOnRoll));
  EXPECT_EQ(issue(hall.record, keys, 1, 99, {}).error(), refused(Refusal::kNotOnRoll));
}

// Raw RSA of a chosen special value gives things away about the key, or is of no use to an honest client.
TEST_F(Issuing, BlindedMessageOutsideItsRangeIsRefused) {
  request_with([](meeting::BlindedMsgs& msgs) {
    std::ranges::fill(msgs[1][1], std::uint8_t{0});
    msgs[1][1].back() = 1;
  });
  EXPECT_EQ(answer(kExpert).error(), refused(Refusal::kOutOfRange));
}

TEST_F(Issuing, BlindedMessageThatSharesAFactorWithTheModulusIsRefused) {
  Secret const primes = keys.token_keys.at(1).primes();
  request_with([&](meeting::BlindedMsgs& msgs) {
    std::ranges::fill(msgs[1][1], std::uint8_t{0});
    std::ranges::copy(primes.view().first(128), msgs[1][1].begin() + 128);
  });
  EXPECT_EQ(answer(kExpert).error(), refused(Refusal::kOutOfRange));
}

TEST_F(Issuing, BlindedMessageAboveTheModulusOrOfAnotherLengthIsRefused) {
  Bytes const modulus = keys.token_keys.at(1).public_key().modulus();
  request_with([&](meeting::BlindedMsgs& msgs) {
    msgs[1][1] = modulus;
    msgs[2][1].pop_back();
  });
  EXPECT_EQ(answer(kExpert).error(), refused(Refusal::kOutOfRange));
}

// A list that is too short would be read beyond its end.
TEST_F(Issuing, RequestForTooFewHopsIsRefused) {
  request_with([](meeting::BlindedMsgs& msgs) { msgs[1].resize(1); });
  EXPECT_EQ(answer(kExpert).error(), refused(Refusal::kConflict));
}

// An envelope without one of the questions would stand out.
TEST_F(Issuing, RequestForFewerOrOtherQuestionsIsRefused) {
  request_with([](meeting::BlindedMsgs& msgs) { msgs.erase(2); });
  EXPECT_EQ(answer(kExpert).error(), refused(Refusal::kConflict));
}

TEST_F(Issuing, RequestForAQuestionOfAnotherBatchIsRefused) {
  request_with([](meeting::BlindedMsgs& msgs) { msgs[3] = msgs[1]; });
  EXPECT_EQ(answer(kExpert).error(), refused(Refusal::kConflict));
}

// Whoever takes no part has no key in the log; its signatures would only confuse.
TEST_F(Issuing, TrusteeThatTakesNoPartIsRefused) {
  hall.request(kExpert);
  EXPECT_EQ(answer(kExpert, 3).error(), refused(Refusal::kNotAuthorised));
}

// Keys of an older attempt must not speak for this one.
TEST_F(Issuing, KeysOfAnotherAttemptAreRefused) {
  hall.request(kExpert);
  keys.attempt = 2;
  EXPECT_EQ(answer(kExpert).error(), refused(Refusal::kWrongPhase));
}

// Tokens minted after the close are ballots for people who are not there.
TEST_F(Issuing, NothingIsSignedAfterBatchClose) {
  hall.request(kExpert);
  hall.close();
  EXPECT_EQ(answer(kExpert).error(), refused(Refusal::kWrongPhase));
}

TEST_F(Issuing, NothingIsSignedWithDestroyedKeys) {
  hall.request(kExpert);
  keys.token_keys.clear();
  EXPECT_EQ(answer(kExpert).error(), refused(Refusal::kWrongPhase));
}

// Tokens of an envelope that was looked at are a second ballot for whoever gets hold of them.
TEST_F(Issuing, RequestOfAnEndedCastIsRefused) {
  hall.request(kExpert);
  hall.deliver(kExpert);
  hall.run_all();
  hall.cast(kExpert);
  meeting::BlindedMsgs const old = hall.experts.at(kExpert).msgs;
  hall.spoil(kExpert);
  EXPECT_EQ(issue(hall.record, keys, 1, kExpert, old).error(), refused(Refusal::kWrongPhase));
  hall.request(kExpert);
  EXPECT_EQ(issue(hall.record, keys, 1, kExpert, old).error(), refused(Refusal::kConflict));
  EXPECT_TRUE(answer(kExpert));
}

struct IssuingWithRecusal : Issuing {
  IssuingWithRecusal() : Issuing(Options{.recusal = 1}) {}
};

// She has stepped back because she must not vote on this candidate.
TEST_F(IssuingWithRecusal, TokenForAQuestionThatTheExpertStepsBackFromIsRefused) {
  meeting::BlindedMsgs& msgs = hall.experts.at(TrusteeFixture::kFirstExpert).msgs;
  for (QuestionId const q : {1u, 2u}) msgs[q].assign(3, Bytes(256, 1));
  Hash const& open = hall.attempt().open_hash;
  hall.must(
      hall.signed_by(meeting::TokenRequest{open, TrusteeFixture::kFirstExpert, 0,
                                           meeting::token_request_digest(open, TrusteeFixture::kFirstExpert, 0, msgs)},
                     {TrusteeFixture::kFirstExpert}));
  EXPECT_EQ(answer(TrusteeFixture::kFirstExpert).error(), refused(Refusal::kRecused));
}

TEST_F(IssuingWithRecusal, TheOtherQuestionsOfTheExpertAreSigned) {
  hall.request(TrusteeFixture::kFirstExpert);
  auto const sigs = answer(TrusteeFixture::kFirstExpert);
  ASSERT_TRUE(sigs) << piaojue::name(sigs.error());
  EXPECT_EQ(sigs->size(), 1u);
  EXPECT_TRUE(sigs->contains(2));
}

}  // namespace
}  // namespace piaojue::trustee::test
