// SPDX-License-Identifier: Apache-2.0
#include "protocol/trustee/gate.h"

#include "trustee_fixture.h"

namespace piaojue::trustee::test {
namespace {

using meeting::EntryType;
using Stage = TrusteeFixture::Stage;

auto refused(Refusal code) { return code; }

struct Gate : testing::Test {
  explicit Gate(Options options = {.batches = {2}}) : hall(std::move(options)) {}
  Result<void> asked() { return gate(hall.record, hall.witnesses); }
  std::size_t shares() {
    hall.run_all();
    return hall.count(0, EntryType::kTallyShare) + hall.count(1, EntryType::kTallyShare) +
           hall.count(2, EntryType::kTallyShare);
  }
  TrusteeFixture hall;
};

TEST_F(Gate, OpensWhenEverybodyConfirmedAValidWitnessedBox) {
  hall.advance(Stage::kConfirmed);
  EXPECT_TRUE(asked()) << piaojue::name(asked().error());
  EXPECT_EQ(shares(), 3u);
  EXPECT_TRUE(hall.refused.empty());
  EXPECT_EQ(hall.attempt().rows.at(1).agree, 5u);
}

TEST_F(Gate, SharesOfThePureFunctionsDecode) {
  hall.advance(Stage::kConfirmed);
  for (TrusteeId const id : {0u, 1u, 2u}) {
    auto const share = make_share(hall.record, hall.stored_keys(id).value(), id);
    ASSERT_TRUE(share);
    hall.must(hall.signed_by(*share, {hall.seats[id].person}));
  }
  EXPECT_EQ(hall.attempt().phase, meeting::BatchPhase::kCounted);
}

TEST_F(Gate, ThereIsNoShareWithoutABoxOrAfterTheEnd) {
  hall.advance(Stage::kMixed);
  EXPECT_EQ(asked().error(), refused(Refusal::kWrongPhase));
  EXPECT_EQ(make_share(hall.record, hall.stored_keys(1).value(), 1).error(), refused(Refusal::kWrongPhase));
  hall.advance(Stage::kConfirmed);
  AttemptKeys keys = hall.stored_keys(1).value();
  hall.void_questions({1, 2});
  EXPECT_EQ(asked().error(), refused(Refusal::kWrongPhase));
  EXPECT_EQ(make_share(hall.record, keys, 1).error(), refused(Refusal::kWrongPhase));
}

TEST_F(Gate, ThereIsNoShareFromOtherKeysOrOtherTrustees) {
  hall.advance(Stage::kConfirmed);
  AttemptKeys keys = hall.stored_keys(1).value();
  EXPECT_EQ(make_share(hall.record, keys, 3).error(), refused(Refusal::kNotAuthorised));
  keys.attempt = 2;
  EXPECT_EQ(make_share(hall.record, keys, 1).error(), refused(Refusal::kWrongPhase));
}

// A dropped ballot is found by its owner only: who has not looked yet may be the one.
TEST_F(Gate, OneMissingConfirmKeepsItShut) {
  hall.advance(Stage::kBox);
  std::vector<PersonId> const people = hall.present();
  for (std::size_t i = 1; i < people.size(); ++i) hall.confirm(people[i]);
  EXPECT_EQ(asked().error(), refused(Refusal::kGateUnconfirmed));
  EXPECT_EQ(shares(), 0u);
  EXPECT_EQ(hall.seats[1].trustee->status(hall.record).state, TrusteeState::kWaitingForGate);
  EXPECT_EQ(hall.seats[1].trustee->status(hall.record).waiting, Refusal::kGateUnconfirmed);
  EXPECT_FALSE(hall.seats[1].trustee->status(hall.record).refusal);
  // Waiting is not an error: it opens by itself.
  hall.confirm(people[0]);
  EXPECT_EQ(shares(), 3u);
}

TEST_F(Gate, OverrideStandsForASilentLaptop) {
  hall.advance(Stage::kBox);
  std::vector<PersonId> const people = hall.present();
  for (std::size_t i = 1; i < people.size(); ++i) hall.confirm(people[i]);
  meeting::Override const over{hall.attempt().open_hash, hall.attempt().box_hash, {people[0]}, {}, "battery"};
  hall.must(hall.signed_by(over, {TrusteeFixture::kChair, TrusteeFixture::kSupervisor}));
  EXPECT_TRUE(asked()) << piaojue::name(asked().error());
  EXPECT_EQ(shares(), 3u);
}

// Somebody says that her ballot is not there. Opening now would count without it.
TEST_F(Gate, SignedMissingKeepsItShut) {
  hall.advance(Stage::kBox);
  std::vector<PersonId> const people = hall.present();
  hall.confirm(people[0], false);
  for (std::size_t i = 1; i < people.size(); ++i) hall.confirm(people[i]);
  EXPECT_EQ(asked().error(), refused(Refusal::kGateMissing));
  EXPECT_EQ(shares(), 0u);
  EXPECT_EQ(hall.seats[1].trustee->status(hall.record).refusal, Refusal::kGateMissing);
}

// Of two ballots, either voter learns the other's vote from the sum.
TEST_F(Gate, TwoBallotsAreNeverOpened) {
  hall.advance(Stage::kOpen);
  for (PersonId const p : hall.present()) {
    hall.request(p);
    hall.deliver(p);
  }
  hall.run_all();
  hall.cast(TrusteeFixture::kFirstExpert);
  hall.cast(TrusteeFixture::kFirstExpert + 1);
  hall.close();
  hall.run_all();
  hall.deliver_envelopes();
  hall.run_all();
  hall.make_box();
  hall.cosign();
  hall.confirm(TrusteeFixture::kFirstExpert);
  hall.confirm(TrusteeFixture::kFirstExpert + 1);
  EXPECT_EQ(asked().error(), refused(Refusal::kGateTooFew));
  EXPECT_EQ(shares(), 0u);
}

// The server could show one box to each half of the hall.
TEST_F(Gate, UnwitnessedBoxKeepsItShut) {
  hall.advance(Stage::kMixed);
  hall.make_box();
  for (PersonId const p : hall.present()) hall.confirm(p);
  EXPECT_EQ(asked().error(), refused(Refusal::kLogSplit));
  EXPECT_EQ(shares(), 0u);
  hall.cosign();
  EXPECT_TRUE(asked());
  EXPECT_EQ(shares(), 3u);
}

// Whoever leaves after the box came must not lower the number of people who have to have seen it.
TEST_F(Gate, PeopleWhoLeaveStillCountForTheBoxTheySaw) {
  hall.advance(Stage::kMixed);
  hall.make_box();
  for (PersonId const p : hall.present()) hall.confirm(p);
  for (PersonId const p : hall.present())
    hall.must(hall.signed_by(meeting::SignOut{hall.record.meeting(), p, 1, ""}, {p}));
  hall.cosign();  // the three who are left: of eight
  EXPECT_EQ(asked().error(), refused(Refusal::kLogSplit));
}

struct CarelessServer : Gate {
  CarelessServer() { hall.careless_server = true; }
};

// The state machine looks at a ballot's form only; behind it must be a token of every trustee.
TEST_F(CarelessServer, BoxWithAnInvalidBallotIsNeverOpened) {
  hall.tamper = [](meeting::MixItems& items) { items[2][1].back() ^= 1; };
  hall.advance(Stage::kConfirmed);
  EXPECT_EQ(asked().error(), refused(Refusal::kBallotSignature));
  EXPECT_EQ(shares(), 0u);
  EXPECT_EQ(hall.refused, (std::vector<Refusal>(3, Refusal::kBallotSignature)));
  EXPECT_EQ(hall.seats[2].trustee->status(hall.record).refusal, Refusal::kBallotSignature);
  EXPECT_EQ(hall.seats[2].trustee->status(hall.record).waiting, Refusal::kBallotSignature);
}

// A ballot that the server makes itself has a good signature and a good proof, but no tokens.
TEST_F(CarelessServer, BoxWithABallotWithoutTokensIsNeverOpened) {
  hall.tamper = [&](meeting::MixItems& items) {
    std::vector<Bytes> tokens(3, Bytes(256, 1));
    items[1][0] = meeting::make_ballot(hall.record.ballot_context(1), crypto::SigningKey::generate(), {}, tokens,
                                       Choice::kDisagree)
                      .value();
  };
  hall.advance(Stage::kConfirmed);
  EXPECT_EQ(asked().error(), refused(Refusal::kBallotToken));
  EXPECT_EQ(shares(), 0u);
}

// The good questions of a batch are not lost with the bad one.
TEST_F(CarelessServer, BatchOpensAfterTheBadQuestionIsVoided) {
  hall.tamper = [](meeting::MixItems& items) { items[2][1].back() ^= 1; };
  hall.advance(Stage::kConfirmed);
  EXPECT_EQ(shares(), 0u);
  hall.void_questions({2});
  EXPECT_TRUE(asked()) << piaojue::name(asked().error());
  EXPECT_EQ(shares(), 3u);
}

// After a restart somebody could show a trustee another log, in which another box lies under the same keys: with both
// sums opened, the difference is a single vote.
TEST_F(Gate, TrusteeThatGaveAShareGivesNoneForAnotherBox) {
  hall.advance(Stage::kMixed);
  meeting::Record const fork = hall.record;
  std::vector<Bytes> const log = hall.log;
  hall.make_box();
  hall.cosign();
  for (PersonId const p : hall.present()) hall.confirm(p);
  hall.run(1);
  ASSERT_EQ(hall.count(1, EntryType::kTallyShare), 1u);

  hall.record = fork;
  hall.log = log;
  hall.witnesses = {};
  hall.tamper = [](meeting::MixItems& items) { items[1][0].back() ^= 1; };
  hall.restart(1);
  hall.make_box();
  hall.cosign();
  for (PersonId const p : hall.present()) hall.confirm(p);
  ASSERT_TRUE(asked()) << piaojue::name(asked().error());
  hall.run(1);
  EXPECT_EQ(hall.count(1, EntryType::kTallyShare), 1u);
  EXPECT_EQ(hall.refused, (std::vector<Refusal>{Refusal::kGateReopened}));
  // The others gave none before, and give theirs.
  hall.run(2);
  EXPECT_EQ(hall.count(2, EntryType::kTallyShare), 1u);
}

// A second ballot on a question whose first sum somebody may know.
TEST_F(Gate, QuestionOnceOpenedCanNotBeOpenedAgain) {
  hall.advance(Stage::kConfirmed);
  hall.run(0);
  ASSERT_EQ(hall.attempt().phase, meeting::BatchPhase::kOpening);
  EXPECT_TRUE(asked()) << "the other trustees go on with this attempt";
  hall.must(hall.signed_by(meeting::Void{hall.attempt().open_hash, {1, 2}, "shares lost", true},
                           {TrusteeFixture::kChair, TrusteeFixture::kSupervisor}));
  EXPECT_EQ(asked().error(), refused(Refusal::kWrongPhase));
  hall.run_all();
  // No keys for what can only be voted on by paper.
  EXPECT_EQ(hall.count(0, EntryType::kBatchKeys), 1u);
  EXPECT_FALSE(hall.record.draft_batch_open(1, false));
}

}  // namespace
}  // namespace piaojue::trustee::test
