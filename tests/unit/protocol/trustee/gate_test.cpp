// SPDX-License-Identifier: Apache-2.0
#include "protocol/trustee/gate.h"

#include "trustee_fixture.h"

namespace piaojue::trustee::test {
namespace {

using meeting::EntryType;
using Stage = Room::Stage;

auto refused(Refusal code) { return code; }

struct Gate : testing::Test {
  explicit Gate(Options options = {.batches = {2}}) : room(std::move(options)) {}
  Result<void> asked() { return gate(room.record, room.witnesses); }
  std::size_t shares() {
    room.run_all();
    return room.count(0, EntryType::kTallyShare) + room.count(1, EntryType::kTallyShare) +
           room.count(2, EntryType::kTallyShare);
  }
  Room room;
};

TEST_F(Gate, OpensWhenEverybodyConfirmedAValidWitnessedBox) {
  room.advance(Stage::kConfirmed);
  EXPECT_TRUE(asked()) << piaojue::name(asked().error());
  EXPECT_EQ(shares(), 3u);
  EXPECT_TRUE(room.refused.empty());
  EXPECT_EQ(room.attempt().rows.at(1).agree, 5u);
}

TEST_F(Gate, SharesOfThePureFunctionsDecode) {
  room.advance(Stage::kConfirmed);
  for (TrusteeId const id : {0u, 1u, 2u}) {
    auto const share = make_share(room.record, room.stored_keys(id).value(), id);
    ASSERT_TRUE(share);
    room.must(room.signed_by(*share, {room.seats[id].person}));
  }
  EXPECT_EQ(room.attempt().phase, meeting::BatchPhase::kCounted);
}

TEST_F(Gate, ThereIsNoShareWithoutABoxOrAfterTheEnd) {
  room.advance(Stage::kMixed);
  EXPECT_EQ(asked().error(), refused(Refusal::kWrongPhase));
  EXPECT_EQ(make_share(room.record, room.stored_keys(1).value(), 1).error(), refused(Refusal::kWrongPhase));
  room.advance(Stage::kConfirmed);
  AttemptKeys keys = room.stored_keys(1).value();
  room.void_questions({1, 2});
  EXPECT_EQ(asked().error(), refused(Refusal::kWrongPhase));
  EXPECT_EQ(make_share(room.record, keys, 1).error(), refused(Refusal::kWrongPhase));
}

TEST_F(Gate, ThereIsNoShareFromOtherKeysOrOtherTrustees) {
  room.advance(Stage::kConfirmed);
  AttemptKeys keys = room.stored_keys(1).value();
  EXPECT_EQ(make_share(room.record, keys, 3).error(), refused(Refusal::kNotAuthorised));
  keys.attempt = 2;
  EXPECT_EQ(make_share(room.record, keys, 1).error(), refused(Refusal::kWrongPhase));
}

// A dropped ballot is found by its owner only: who has not looked yet may be the one.
TEST_F(Gate, OneMissingConfirmKeepsItShut) {
  room.advance(Stage::kBox);
  std::vector<PersonId> const people = room.present();
  for (std::size_t i = 1; i < people.size(); ++i) room.confirm(people[i]);
  EXPECT_EQ(asked().error(), refused(Refusal::kGateUnconfirmed));
  EXPECT_EQ(shares(), 0u);
  EXPECT_EQ(room.seats[1].trustee->status(room.record).state, TrusteeState::kWaitingForGate);
  EXPECT_EQ(room.seats[1].trustee->status(room.record).waiting, Refusal::kGateUnconfirmed);
  EXPECT_FALSE(room.seats[1].trustee->status(room.record).refusal);
  // Waiting is not an error: it opens by itself.
  room.confirm(people[0]);
  EXPECT_EQ(shares(), 3u);
}

TEST_F(Gate, OverrideStandsForASilentLaptop) {
  room.advance(Stage::kBox);
  std::vector<PersonId> const people = room.present();
  for (std::size_t i = 1; i < people.size(); ++i) room.confirm(people[i]);
  meeting::Override const over{room.attempt().open_hash, room.attempt().box_hash, {people[0]}, {}, "battery"};
  room.must(room.signed_by(over, {Room::kChair, Room::kSupervisor}));
  EXPECT_TRUE(asked()) << piaojue::name(asked().error());
  EXPECT_EQ(shares(), 3u);
}

// Somebody says that her ballot is not there. Opening now would count without it.
TEST_F(Gate, SignedMissingKeepsItShut) {
  room.advance(Stage::kBox);
  std::vector<PersonId> const people = room.present();
  room.confirm(people[0], false);
  for (std::size_t i = 1; i < people.size(); ++i) room.confirm(people[i]);
  EXPECT_EQ(asked().error(), refused(Refusal::kGateMissing));
  EXPECT_EQ(shares(), 0u);
  EXPECT_EQ(room.seats[1].trustee->status(room.record).refusal, Refusal::kGateMissing);
}

// Of two ballots, either voter learns the other's vote from the sum.
TEST_F(Gate, TwoBallotsAreNeverOpened) {
  room.advance(Stage::kOpen);
  for (PersonId const p : room.present()) {
    room.request(p);
    room.deliver(p);
  }
  room.run_all();
  room.cast(Room::kFirstExpert);
  room.cast(Room::kFirstExpert + 1);
  room.close();
  room.run_all();
  room.deliver_envelopes();
  room.run_all();
  room.make_box();
  room.cosign();
  room.confirm(Room::kFirstExpert);
  room.confirm(Room::kFirstExpert + 1);
  EXPECT_EQ(asked().error(), refused(Refusal::kGateTooFew));
  EXPECT_EQ(shares(), 0u);
}

// The server could show one box to each half of the room.
TEST_F(Gate, UnwitnessedBoxKeepsItShut) {
  room.advance(Stage::kMixed);
  room.make_box();
  for (PersonId const p : room.present()) room.confirm(p);
  EXPECT_EQ(asked().error(), refused(Refusal::kLogSplit));
  EXPECT_EQ(shares(), 0u);
  room.cosign();
  EXPECT_TRUE(asked());
  EXPECT_EQ(shares(), 3u);
}

// Whoever leaves after the box came must not lower the number of people who have to have seen it.
TEST_F(Gate, PeopleWhoLeaveStillCountForTheBoxTheySaw) {
  room.advance(Stage::kMixed);
  room.make_box();
  for (PersonId const p : room.present()) room.confirm(p);
  for (PersonId const p : room.present())
    room.must(room.signed_by(meeting::SignOut{room.record.meeting(), p, 1, ""}, {p}));
  room.cosign();  // the three who are left: of eight
  EXPECT_EQ(asked().error(), refused(Refusal::kLogSplit));
}

struct CarelessServer : Gate {
  CarelessServer() { room.careless_server = true; }
};

// The state machine looks at a ballot's form only; behind it must be a token of every trustee.
TEST_F(CarelessServer, BoxWithAnInvalidBallotIsNeverOpened) {
  room.tamper = [](meeting::MixItems& items) { items[2][1].back() ^= 1; };
  room.advance(Stage::kConfirmed);
  EXPECT_EQ(asked().error(), refused(Refusal::kBallotSignature));
  EXPECT_EQ(shares(), 0u);
  EXPECT_EQ(room.refused, (std::vector<Refusal>(3, Refusal::kBallotSignature)));
  EXPECT_EQ(room.seats[2].trustee->status(room.record).refusal, Refusal::kBallotSignature);
  EXPECT_EQ(room.seats[2].trustee->status(room.record).waiting, Refusal::kBallotSignature);
}

// A ballot that the server makes itself has a good signature and a good proof, but no tokens.
TEST_F(CarelessServer, BoxWithABallotWithoutTokensIsNeverOpened) {
  room.tamper = [&](meeting::MixItems& items) {
    std::vector<Bytes> tokens(3, Bytes(256, 1));
    items[1][0] = meeting::make_ballot(room.record.ballot_context(1), crypto::SigningKey::generate(), {}, tokens,
                                       Choice::kDisagree)
                      .value();
  };
  room.advance(Stage::kConfirmed);
  EXPECT_EQ(asked().error(), refused(Refusal::kBallotToken));
  EXPECT_EQ(shares(), 0u);
}

// The good questions of a batch are not lost with the bad one.
TEST_F(CarelessServer, BatchOpensAfterTheBadQuestionIsVoided) {
  room.tamper = [](meeting::MixItems& items) { items[2][1].back() ^= 1; };
  room.advance(Stage::kConfirmed);
  EXPECT_EQ(shares(), 0u);
  room.void_questions({2});
  EXPECT_TRUE(asked()) << piaojue::name(asked().error());
  EXPECT_EQ(shares(), 3u);
}

// After a restart somebody could show a trustee another log, in which another box lies under the same keys: with both
// sums opened, the difference is a single vote.
TEST_F(Gate, TrusteeThatGaveAShareGivesNoneForAnotherBox) {
  room.advance(Stage::kMixed);
  meeting::Record const fork = room.record;
  std::vector<Bytes> const log = room.log;
  room.make_box();
  room.cosign();
  for (PersonId const p : room.present()) room.confirm(p);
  room.run(1);
  ASSERT_EQ(room.count(1, EntryType::kTallyShare), 1u);

  room.record = fork;
  room.log = log;
  room.witnesses = {};
  room.tamper = [](meeting::MixItems& items) { items[1][0].back() ^= 1; };
  room.restart(1);
  room.make_box();
  room.cosign();
  for (PersonId const p : room.present()) room.confirm(p);
  ASSERT_TRUE(asked()) << piaojue::name(asked().error());
  room.run(1);
  EXPECT_EQ(room.count(1, EntryType::kTallyShare), 1u);
  EXPECT_EQ(room.refused, (std::vector<Refusal>{Refusal::kGateReopened}));
  // The others gave none before, and give theirs.
  room.run(2);
  EXPECT_EQ(room.count(2, EntryType::kTallyShare), 1u);
}

// A second ballot on a question whose first sum somebody may know.
TEST_F(Gate, QuestionOnceOpenedCanNotBeOpenedAgain) {
  room.advance(Stage::kConfirmed);
  room.run(0);
  ASSERT_EQ(room.attempt().phase, meeting::BatchPhase::kOpening);
  EXPECT_TRUE(asked()) << "the other trustees go on with this attempt";
  room.must(room.signed_by(meeting::Void{room.attempt().open_hash, {1, 2}, "shares lost", true},
                           {Room::kChair, Room::kSupervisor}));
  EXPECT_EQ(asked().error(), refused(Refusal::kWrongPhase));
  room.run_all();
  // No keys for what can only be voted on by paper.
  EXPECT_EQ(room.count(0, EntryType::kBatchKeys), 1u);
  EXPECT_FALSE(room.record.draft_batch_open(1, false));
}

}  // namespace
}  // namespace piaojue::trustee::test
