// SPDX-License-Identifier: Apache-2.0
#include "protocol/meeting/check_opening.h"

#include <gtest/gtest.h>

#include "support/meeting_fixture.h"

namespace piaojue::meeting {
namespace {

using test::Choice;
using test::Meeting;
using test::must;

/// The first expert has cast an envelope over two questions and had it spoiled with the first supervisor.
class Opening : public testing::Test {
 protected:
  Opening() {
    m.begin();
    m.run_batch(1, m.votes(1, 5, 0), Meeting::Stage::kOpen);
    cast();
    must(m.spoil(kPerson, m.supervisor()));
  }
  static constexpr PersonId kPerson = 1;

  void cast() {
    m.all_tokens(kPerson);
    must(m.cast(kPerson, {{1, Choice::kAgree}, {2, Choice::kDisagree}}));
  }
  std::map<QuestionId, SigningPublicKey> own_keys() const {
    std::map<QuestionId, SigningPublicKey> out;
    for (auto const& [q, token] : m.experts.at(kPerson).tokens) out[q] = token.sk_v.public_key();
    return out;
  }
  CheckOpening opening() {
    auto const& state = m.experts.at(kPerson);
    return make_check_opening(m.batch_open(), kPerson, 0, state.kept, state.seed, m.attempt().holders.size(),
                              m.keys_of(kPerson).identity);
  }
  /// Signed again after a change: by the person himself, who opens something else than he has sent.
  OpeningFailure failure(CheckOpening changed) {
    changed.signature = m.keys_of(kPerson).identity.sign({check_opening_input(changed)});
    return verdict(changed);
  }
  OpeningFailure verdict(CheckOpening const& changed) {
    auto const out = check_opening(m.record, changed);
    EXPECT_TRUE(std::holds_alternative<OpeningFailure>(out));
    return std::holds_alternative<OpeningFailure>(out) ? std::get<OpeningFailure>(out) : OpeningFailure{};
  }

  Meeting m{{.batches = {2}}};
};

TEST_F(Opening, OfAnHonestLaptopShowsTheChoices) {
  auto const out = check_opening(m.record, opening());
  ASSERT_TRUE(std::holds_alternative<OpenedChoices>(out));
  EXPECT_EQ(std::get<OpenedChoices>(out), (OpenedChoices{{1, Choice::kAgree}, {2, Choice::kDisagree}}));
}

TEST_F(Opening, SurvivesTheWay) {
  auto const read = parse_check_opening(encode_check_opening(opening()).view());
  ASSERT_TRUE(read);
  EXPECT_TRUE(std::holds_alternative<OpenedChoices>(check_opening(m.record, *read)));
}

// Anybody who can reach the supervisor could bar a laptop by sending nonsense in its name.
TEST_F(Opening, ThatThePersonDidNotSignIsUnopened) {
  CheckOpening forged = opening();
  forged.questions.at(1).choice = 256;
  EXPECT_EQ(verdict(forged).verdict, CheckVerdict::kUnopened);
  EXPECT_EQ(verdict(forged).why, Refusal::kBadSignature);
  CheckOpening other = opening();
  other.signature = m.keys_of(2).identity.sign({check_opening_input(other)});
  EXPECT_EQ(verdict(other).verdict, CheckVerdict::kUnopened);
}

// Whoever was given the person's keys behind the attempt's beginning opens in his name.
TEST_F(Opening, UnderAKeyThatIsNewerThanTheAttemptIsUnopened) {
  must(m.change_keys(kPerson, m.office()));
  EXPECT_EQ(verdict(opening()).verdict, CheckVerdict::kUnopened);
  EXPECT_EQ(verdict(opening()).why, Refusal::kNotOnRoll);
}

TEST_F(Opening, OfAnotherCastOrAttemptIsUnopened) {
  CheckOpening other = opening();
  other.cast = 1;
  EXPECT_EQ(failure(std::move(other)).verdict, CheckVerdict::kUnopened);
  other = opening();
  other.batch_open = m.record.meeting();
  EXPECT_EQ(failure(std::move(other)).verdict, CheckVerdict::kUnopened);
  other = opening();
  other.person = 2;
  EXPECT_EQ(failure(std::move(other)).verdict, CheckVerdict::kUnopened);
}

// Where the office ends an envelope its person has agreed to nothing, and nothing is opened.
TEST(OpeningOfTheOffice, IsUnopened) {
  Meeting m{{.batches = {2}}};
  m.begin();
  m.run_batch(1, m.votes(1, 5, 0), Meeting::Stage::kOpen);
  m.all_tokens(1);
  must(m.cast(1, {}));
  must(m.spoil_by(1, m.office()));
  auto const& state = m.experts.at(1);
  auto const out = check_opening(
      m.record, make_check_opening(m.batch_open(), 1, 0, state.kept, state.seed, 3, m.keys_of(1).identity));
  ASSERT_TRUE(std::holds_alternative<OpeningFailure>(out));
  EXPECT_EQ(std::get<OpeningFailure>(out).verdict, CheckVerdict::kUnopened);
}

// The laptop has sent another vote than it shows, and opens what it shows.
TEST_F(Opening, OfAnotherBallotDiffers) {
  auto const& token = m.experts.at(kPerson).tokens.at(1);
  auto made =
      must(make_openable_ballot(m.record.ballot_context(1), token.sk_v, token.prefix, token.tokens, Choice::kDisagree));
  CheckOpening other = opening();
  other.questions.at(1).choice = 256;
  other.questions.at(1).r = std::move(made.r);
  other.questions.at(1).ballot = std::move(made.bytes);
  OpeningFailure const out = failure(std::move(other));
  EXPECT_EQ(out.verdict, CheckVerdict::kDiffers);
  EXPECT_EQ(out.why, Refusal::kConflict) << "the onion is not the one whose digest is logged";
}

TEST_F(Opening, OfAnotherChoiceOrRandomnessDiffers) {
  CheckOpening other = opening();
  other.questions.at(1).choice = 256;
  EXPECT_EQ(failure(std::move(other)).why, Refusal::kProof);
  other = opening();
  other.questions.at(2).choice = 2;
  OpeningFailure out = failure(std::move(other));
  EXPECT_EQ(out.why, Refusal::kOutOfRange);
  EXPECT_EQ(out.question, 2u);
  other = opening();
  other.questions.at(2).r.writable()[3] ^= 1;
  out = failure(std::move(other));
  EXPECT_EQ(out.verdict, CheckVerdict::kDiffers);
  EXPECT_EQ(out.why, Refusal::kProof);
}

TEST_F(Opening, OfOtherSecretsOrQuestionsDiffers) {
  CheckOpening other = opening();
  other.questions.at(1).secrets.pop_back();
  EXPECT_EQ(failure(std::move(other)).verdict, CheckVerdict::kDiffers);
  other = opening();
  other.questions.at(1).secrets.at(1).writable()[9] ^= 1;
  EXPECT_EQ(failure(std::move(other)).why, Refusal::kConflict);
  other = opening();
  other.questions.erase(2);
  EXPECT_EQ(failure(std::move(other)).verdict, CheckVerdict::kDiffers);
}

/// The envelope was made wrong from the beginning: its onions are the logged ones, and what is in them is not a vote.
class BadLaptop : public testing::Test {
 protected:
  /// @param spent the Spoil's keys; nothing: the true ones.
  OpeningFailure verdict(std::function<void(PersonId, QuestionId, Bytes&)> const& tamper,
                         std::optional<SigningPublicKey> spent = {}) {
    m.begin();
    m.run_batch(1, m.votes(1, 5, 0), Meeting::Stage::kOpen);
    m.all_tokens(1);
    std::map<QuestionId, Bytes> sent;
    m.tamper_ballot = [&](PersonId person, QuestionId q, Bytes& ballot) {
      tamper(person, q, ballot);
      sent[q] = ballot;
    };
    must(m.cast(1, {{1, Choice::kAgree}}));
    if (spent) {
      m.tamper_body = [&](Body& body) {
        if (auto* spoil = std::get_if<EnvelopeSpoil>(&body)) spoil->spent.at(1) = *spent;
      };
    }
    must(m.spoil(1, m.supervisor()));
    auto& state = m.experts.at(1);
    for (auto const& [q, ballot] : sent) state.kept.at(q).ballot = ballot;
    auto const out = check_opening(
        m.record, make_check_opening(m.batch_open(), 1, 0, state.kept, state.seed, 3, m.keys_of(1).identity));
    EXPECT_TRUE(std::holds_alternative<OpeningFailure>(out));
    return std::holds_alternative<OpeningFailure>(out) ? std::get<OpeningFailure>(out) : OpeningFailure{};
  }
  Meeting m{{.batches = {2}}};
};

// It would fall out of the box, and its person would be told that he has voted.
TEST_F(BadLaptop, ThatSentAnInvalidBallotDiffers) {
  OpeningFailure const out = verdict([](PersonId, QuestionId q, Bytes& ballot) {
    if (q == 1) ballot.back() ^= 1;
  });
  EXPECT_EQ(out.verdict, CheckVerdict::kDiffers);
  EXPECT_EQ(out.why, Refusal::kBallotSignature);
  EXPECT_EQ(out.question, 1u);
}

// The spent key would be another one, and the ballot that was looked at could still be counted.
TEST_F(BadLaptop, ThatNamesAnotherSpentKeyDiffers) {
  OpeningFailure const out = verdict([](PersonId, QuestionId, Bytes&) {}, crypto::SigningKey::generate().public_key());
  EXPECT_EQ(out.verdict, CheckVerdict::kDiffers);
  EXPECT_EQ(out.why, Refusal::kBallotSpent);
}

// Before the Spoil is witnessed the envelope may count in the log that the others see: a secret vote would be shown.
TEST_F(Opening, WaitsUntilTheOwnSpoilIsWitnessed) {
  EXPECT_TRUE(may_be_opened(m.record, m.seen, kPerson, 0, own_keys()));
  EXPECT_FALSE(may_be_opened(m.record, Witnesses(), kPerson, 0, own_keys()));
  EXPECT_FALSE(may_be_opened(m.record, m.seen, kPerson, 1, own_keys()));
  auto keys = own_keys();
  keys.at(1) = crypto::SigningKey::generate().public_key();
  EXPECT_FALSE(may_be_opened(m.record, m.seen, kPerson, 0, keys)) << "somebody else's Spoil";
  EXPECT_FALSE(may_be_opened(m.record, m.seen, 2, 0, own_keys()));
}

TEST(OpeningOnTheWire, IsRefusedWhenItIsNotOne) {
  EXPECT_EQ(parse_check_opening(Bytes{1, 2, 3}).error(), Refusal::kMalformed);
  EXPECT_EQ(parse_check_opening(Bytes{}).error(), Refusal::kMalformed) << "no hash, no signature";
}

}  // namespace
}  // namespace piaojue::meeting
