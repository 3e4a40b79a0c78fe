// SPDX-License-Identifier: Apache-2.0
/// Checking one's own laptop (specification §8.4, §10.3): EnvelopeSpoil, CheckResult, and the casts that they count.
#include "refused.h"

namespace piaojue::test {
namespace {

class Checking : public ::testing::Test {
 protected:
  explicit Checking(MeetingOptions options = {.experts = 7, .trustees = 2, .batches = {2, 1}}) : m(std::move(options)) {
    m.begin();
    must(m.recuse(2, 2));
    m.run_batch(1, m.votes(1, 7, 0), Stage::kCast);
  }
  EnvelopeSpoil spoil_of(PersonId person) const {
    EnvelopeSpoil out{m.batch_open(), person, m.attempt().cast_of(person), {}, s1};
    for (auto const& [q, token] : m.experts.at(person).tokens) out.spent[q] = token.sk_v.public_key();
    return out;
  }
  template <class F>
  Result<void> with(PersonId person, F change) {
    EnvelopeSpoil body = spoil_of(person);
    change(body);
    return m.submit(body, {person, s1});
  }
  Result<void> verdict(PersonId person, CheckVerdict verdict, std::vector<PersonId> const& signers) {
    return m.check_result(person, verdict, signers);
  }
  /// Envelope, Spoil and verdict: the person is at the next cast.
  void check(PersonId person) {
    must(m.spoil(person, s1));
    must(verdict(person, CheckVerdict::kAgrees, {s1}));
  }
  Meeting m;
  PersonId const s1 = m.supervisor(1), s2 = m.supervisor(2);
};

// ---- EnvelopeSpoil -------------------------------------------------------------------------------------------------

// Whatever was looked at is never counted: cast and tokens end, and the next ones are others.
TEST_F(Checking, ASpoilEndsTheEnvelopeAndItsTokens) {
  ASSERT_TRUE(m.attempt().envelopes().contains(1));
  EXPECT_ACCEPTED(m.spoil(1, s1));
  EXPECT_EQ(m.record.last_by(), By::kPersonAndSupervisor);
  EXPECT_FALSE(m.attempt().envelopes().contains(1));
  EXPECT_EQ(m.attempt().cast_of(1), 1u);
  EXPECT_EQ(m.attempt().voter(1)->spoils.at(0).supervisor, s1);
  EXPECT_TRUE(m.record.ballot_spent(m.experts.at(1).tokens.at(1).sk_v.public_key()));
  EXPECT_FALSE(m.record.ballot_spent(m.experts.at(3).tokens.at(1).sk_v.public_key()));
  EXPECT_REFUSED(m, kConflict, m.submit(EnvelopeCast{m.batch_open(), 1, 0, {}}, {1}));
  EXPECT_REFUSED(m, kWrongPhase, m.submit(EnvelopeCast{m.batch_open(), 1, 1, {}}, {1}));
  must(verdict(1, CheckVerdict::kAgrees, {s1}));
  m.all_tokens(1);
  must(m.cast(1, {{1, Choice::kDisagree}, {2, Choice::kDisagree}}));
  m.continue_batch({}, Stage::kCast, Stage::kErased);
  EXPECT_EQ(m.record.question(1).declared->disagree, 1u);
  EXPECT_EQ(m.record.question(1).declared->agree, 6u);
}

// Who countersigns is shown the ballot and writes the verdict: the one whom the person chose, and nobody else.
TEST_F(Checking, ASpoilIsSignedByThePersonAndTheSupervisorWhomItNames) {
  EnvelopeSpoil const body = spoil_of(1);
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(body, {1}));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(body, {s1}));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(body, {1, s2}));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(body, {1, s1, s2}));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(body, {3, s1}));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(body, m.office()));
  EXPECT_REFUSED(m, kNotAuthorised, with(1, [&](EnvelopeSpoil& e) { e.supervisor = m.chair(); }));
  EXPECT_REFUSED(m, kNotAuthorised, with(1, [&](EnvelopeSpoil& e) { e.supervisor = 99; }));
  EXPECT_REFUSED(m, kNotAuthorised, with(1, [&](EnvelopeSpoil& e) { e.supervisor = 0; }));
  EXPECT_ACCEPTED(m.submit(body, {1, s1}));
}

TEST_F(Checking, ASpoilIsOfTheCurrentCastWithAnEnvelopeWhileVoting) {
  EXPECT_REFUSED(m, kWrongPhase, with(1, [](EnvelopeSpoil& e) { e.cast = 1; }));
  check(1);
  EXPECT_REFUSED(m, kWrongPhase, m.spoil(1, s1));  // not cast again yet
  EXPECT_REFUSED(m, kWrongPhase, m.spoil_by(1, m.office()));
  must(m.close_batch());
  // A ballot that has been counted is never opened.
  EXPECT_REFUSED(m, kWrongPhase, m.spoil(3, s1));
  EXPECT_REFUSED(m, kWrongPhase, m.spoil_by(3, m.office()));
}

// `spent` left empty, or with another key in it, and the ballot that was looked at is fed again.
TEST_F(Checking, SpentNamesEveryQuestionOfTheEnvelopeWithNewKeys) {
  auto const key_of_3 = m.experts.at(3).tokens.at(1).sk_v.public_key();
  EXPECT_REFUSED(m, kConflict, with(1, [](EnvelopeSpoil& e) { e.spent.clear(); }));
  EXPECT_REFUSED(m, kConflict, with(1, [](EnvelopeSpoil& e) { e.spent.erase(2); }));
  EXPECT_REFUSED(m, kConflict, with(1, [&](EnvelopeSpoil& e) { e.spent[3] = key_of_3; }));
  EXPECT_REFUSED(m, kConflict, with(2, [&](EnvelopeSpoil& e) { e.spent[2] = key_of_3; }));  // recused from it
  EXPECT_REFUSED(m, kBallotDuplicate, with(1, [](EnvelopeSpoil& e) { e.spent[2] = e.spent[1]; }));
  EXPECT_REFUSED(m, kBallotEncoding, with(1, [](EnvelopeSpoil& e) { e.spent[2] = {}; }));
  check(3);
  EXPECT_REFUSED(m, kBallotDuplicate, with(1, [&](EnvelopeSpoil& e) { e.spent[1] = key_of_3; }));
  EXPECT_ACCEPTED(m.spoil(2, s1));
}

TEST_F(Checking, SpentKeysHaveNeverBeenInABox) {
  m.continue_batch({}, Stage::kCast, Stage::kErased);
  auto const counted = m.experts.at(1).tokens.at(1).sk_v.public_key();
  m.run_batch(2, m.votes(2, 7, 0), Stage::kCast);
  EXPECT_REFUSED(m, kBallotDuplicate, with(1, [&](EnvelopeSpoil& e) { e.spent[3] = counted; }));
}

// The office opens an unwilling expert's vote by a "check": what it signs opens nothing, and only twice.
TEST_F(Checking, TheOfficeSpoilsWithoutKeysTwiceAtMost) {
  EnvelopeSpoil with_keys = spoil_of(1);
  with_keys.supervisor = 0;
  EXPECT_REFUSED(m, kConflict, m.submit(with_keys, m.office()));
  for (std::uint32_t i = 0; i < kUnsignedSpoilsMax; ++i) {
    EXPECT_ACCEPTED(m.spoil_by(1, m.office()));
    Spoil const& spoil = m.attempt().voter(1)->spoils.back();
    EXPECT_EQ(spoil.supervisor, 0u);
    EXPECT_EQ(spoil.verdict, CheckVerdict::kUnopened);
    EXPECT_REFUSED(m, kConflict, verdict(1, CheckVerdict::kUnopened, m.office()));
    EXPECT_REFUSED(m, kNotAuthorised, verdict(1, CheckVerdict::kDiffers, {s1}));
    // It bars nobody, and nothing has to be waited for.
    m.all_tokens(1);
    must(m.cast(1, {}));
  }
  EXPECT_REFUSED(m, kConflict, m.spoil_by(1, m.office()));
  EXPECT_REFUSED(m, kConflict, m.spoil_by(1, m.committee(1)));
  EXPECT_ACCEPTED(m.spoil(1, s1));  // the person's own are not counted
  EXPECT_ACCEPTED(m.spoil_by(3, m.office()));
}

TEST_F(Checking, SixteenCastsOfAPersonInAnAttempt) {
  m.witnessed = false;
  for (std::uint32_t cast = 0; cast + 1 < kCastsMax; ++cast) {
    ASSERT_EQ(m.attempt().cast_of(1), cast);
    check(1);
    m.all_tokens(1);
    must(m.cast(1, {}));
  }
  EXPECT_EQ(m.attempt().cast_of(1), 15u);
  EXPECT_REFUSED(m, kTooLarge, m.spoil(1, s1));
  EXPECT_REFUSED(m, kTooLarge, m.spoil_by(1, m.office()));
}

// Keys that the office brought meanwhile open nobody's envelope, and countersign none.
TEST_F(Checking, UnderKeysAsOldAsTheAttempt) {
  must(m.change_keys(1, m.committee(1)));
  EXPECT_REFUSED(m, kNotOnRoll, m.spoil(1, s1));
  must(m.change_keys(s1, m.committee()));
  EXPECT_REFUSED(m, kNotOnRoll, m.spoil(3, s1));
  EXPECT_ACCEPTED(m.spoil(3, s2));
  EXPECT_ACCEPTED(m.spoil_by(1, m.office()));
}

TEST(CheckingIsOff, NothingIsSpoiled) {
  Rules rules;
  rules.checks_allowed = false;
  Meeting m({.trustees = 2, .rules = rules});
  m.begin();
  m.run_batch(1, m.votes(1, 5, 0), Stage::kCast);
  EXPECT_REFUSED(m, kNotAuthorised, m.spoil(1, m.supervisor()));
  EXPECT_REFUSED(m, kNotAuthorised, m.spoil_by(1, m.office()));
}

// ---- CheckResult ---------------------------------------------------------------------------------------------------

TEST_F(Checking, TheVerdictIsOfWhoCountersignedOnce) {
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(CheckResult{m.batch_open(), 1, 0, CheckVerdict::kAgrees}, {s1}));
  must(m.spoil(1, s1));
  EXPECT_REFUSED(m, kNotAuthorised, verdict(1, CheckVerdict::kDiffers, {s2}));
  EXPECT_REFUSED(m, kNotAuthorised, verdict(1, CheckVerdict::kDiffers, {1}));
  EXPECT_REFUSED(m, kNotAuthorised, verdict(1, CheckVerdict::kDiffers, m.office()));
  EXPECT_REFUSED(m, kNotAuthorised, verdict(1, CheckVerdict::kAgrees, m.office()));
  EXPECT_REFUSED(m, kNotAuthorised, verdict(1, CheckVerdict::kDiffers, m.committee()));
  EXPECT_REFUSED(m, kUnknown, m.submit(CheckResult{m.batch_open(), 1, 1, CheckVerdict::kAgrees}, {s1}));
  EXPECT_ACCEPTED(verdict(1, CheckVerdict::kAgrees, {s1}));
  EXPECT_REFUSED(m, kConflict, verdict(1, CheckVerdict::kDiffers, {s1}));
  EXPECT_REFUSED(m, kConflict, verdict(1, CheckVerdict::kUnopened, m.office()));
}

// A supervisor whose laptop died must not keep an expert from voting; and says no more afterwards.
TEST_F(Checking, TheOfficeMaySayThatNothingWasOpened) {
  must(m.spoil(1, s1));
  must(m.spoil(3, s1));
  EXPECT_ACCEPTED(verdict(1, CheckVerdict::kUnopened, m.office()));
  EXPECT_ACCEPTED(verdict(3, CheckVerdict::kUnopened, m.committee()));
  EXPECT_REFUSED(m, kConflict, verdict(1, CheckVerdict::kDiffers, {s1}));
  EXPECT_ACCEPTED(m.request(1));
}

TEST_F(Checking, TheVerdictIsOfTheLatestSpoilWhileVoting) {
  check(1);
  m.all_tokens(1);
  must(m.cast(1, {}));
  must(m.spoil(1, s2));
  EXPECT_REFUSED(m, kUnknown, m.submit(CheckResult{m.batch_open(), 1, 0, CheckVerdict::kDiffers}, {s2}));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(CheckResult{m.batch_open(), 1, 0, CheckVerdict::kDiffers}, {s1}));
  must(m.close_batch());
  EXPECT_REFUSED(m, kWrongPhase, verdict(1, CheckVerdict::kAgrees, {s2}));
  EXPECT_EQ(m.attempt().voter(1)->spoils.back().verdict, std::nullopt);
}

TEST_F(Checking, WhoSaysItAloneDoesSoUnderAKeyAsOldAsTheAttempt) {
  must(m.spoil(1, s1));
  must(m.change_keys(s1, m.committee()));
  EXPECT_REFUSED(m, kNotOnRoll, verdict(1, CheckVerdict::kDiffers, {s1}));
  EXPECT_REFUSED(m, kNotOnRoll, verdict(1, CheckVerdict::kUnopened, {s1}));
  EXPECT_ACCEPTED(verdict(1, CheckVerdict::kUnopened, m.office()));
}

// ---- What follows --------------------------------------------------------------------------------------------------

TEST_F(Checking, NoTokensBeforeTheVerdict) {
  must(m.spoil(1, s1));
  EXPECT_REFUSED(m, kWrongPhase, m.request(1));
  must(verdict(1, CheckVerdict::kUnopened, {s1}));
  EXPECT_ACCEPTED(m.request(1));
}

// A laptop that was caught changing a vote casts no more in this meeting, until its person has other keys.
TEST_F(Checking, AfterDiffersThatLaptopCastsNoMore) {
  must(m.spoil(1, s1));
  must(verdict(1, CheckVerdict::kDiffers, {s1}));
  EXPECT_REFUSED(m, kCheckDiffers, m.request(1));
  // The person's word is still his own.
  EXPECT_ACCEPTED(m.sign_out_saying(1, true));
  must(m.sign_in(1));
  must(m.void_questions({}));
  m.run_batch(1, {}, Stage::kOpen);
  EXPECT_REFUSED(m, kCheckDiffers, m.request(1));
  must(m.change_keys(1, m.office()));
  EXPECT_REFUSED(m, kNotOnRoll, m.request(1));
  must(m.void_questions({}));
  m.run_batch(1, {}, Stage::kOpen);
  EXPECT_ACCEPTED(m.request(1));
}

// Of a laptop that has been replaced before anybody said what was seen, it is said of that one. Harm: two verifiers of
// which one bars the new laptop, and an expert who is kept from voting for what another laptop did.
TEST_F(Checking, DiffersIsSaidOfTheLaptopThatWasChecked) {
  must(m.spoil(1, s1));
  must(m.change_keys(1, m.office()));
  must(verdict(1, CheckVerdict::kDiffers, {s1}));
  must(m.void_questions({}));
  m.run_batch(1, {}, Stage::kOpen);
  EXPECT_ACCEPTED(m.request(1));
}

}  // namespace
}  // namespace piaojue::test
