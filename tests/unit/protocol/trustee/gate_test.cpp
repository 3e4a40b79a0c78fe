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
  /// A valid ballot, under the name of an invalid one.
  void leave_one_out() {
    hall.edit_box = [](meeting::BallotBox& box) {
      box.boxes[1].ballots.pop_back();
      box.boxes[1].refused[static_cast<std::uint32_t>(Refusal::kBallotDuplicate)] = 1;
    };
  }
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
  hall.override_people({{people[0], false}});
  EXPECT_TRUE(asked()) << piaojue::name(asked().error());
  EXPECT_EQ(shares(), 0u) << "its person may still say stop";
  hall.now_ms += 20'000;
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
  for (PersonId const p : hall.present()) hall.confirm(p);
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
  // The office signs them out: W stays what it was. The three who are left are of eight.
  for (PersonId const p : hall.present()) {
    meeting::SignOut out = hall.sign_out(p);
    out.size = 0;
    out.root.reset();
    out.reason = "asked to leave";
    hall.must(hall.signed_by(out, {TrusteeFixture::kChair, TrusteeFixture::kSupervisor}));
  }
  hall.cosign();
  EXPECT_EQ(asked().error(), refused(Refusal::kLogSplit));
}

// Who holds back his own share reads the sums from the others' and has the batch voted again.
TEST_F(Gate, TrusteeZeroGivesItsShareFirstAndTheOthersWaitUntilItIsWitnessed) {
  hall.cosigns_shares = false;
  hall.advance(Stage::kConfirmed);
  hall.run(1);
  hall.run(2);
  EXPECT_EQ(hall.count(1, EntryType::kTallyShare) + hall.count(2, EntryType::kTallyShare), 0u);
  EXPECT_EQ(hall.seats[1].trustee->status(hall.record).waiting, Refusal::kLogSplit);
  EXPECT_EQ(is_turn_to_share(hall.record, hall.witnesses, 1).error(), refused(Refusal::kLogSplit));
  hall.run_all();
  EXPECT_EQ(hall.count(0, EntryType::kTallyShare), 1u);
  EXPECT_EQ(hall.count(1, EntryType::kTallyShare) + hall.count(2, EntryType::kTallyShare), 0u);
  hall.cosign();
  EXPECT_EQ(shares(), 3u);
}

// A valid ballot that is left out under the name of an invalid one: only who made the last output can tell.
TEST_F(Gate, LastTrusteeOpensOnlyTheBoxOfItsOwnOutput) {
  leave_one_out();
  hall.advance(Stage::kConfirmed);
  EXPECT_EQ(shares(), 2u);
  EXPECT_EQ(hall.count(2, EntryType::kTallyShare), 0u);
  EXPECT_EQ(hall.seats[2].trustee->status(hall.record).waiting, Refusal::kConflict);
}

// The reason under which an invalid ballot is counted says who is at fault for it.
TEST_F(Gate, LastTrusteeOpensNoBoxThatCountsUnderAnotherReason) {
  hall.tamper = [](meeting::MixItems& items) { items[1][0].back() ^= 1; };
  hall.advance(Stage::kConfirmed);
  EXPECT_EQ(shares(), 2u);
  EXPECT_EQ(hall.count(2, EntryType::kTallyShare), 0u);
}

// A laptop checks every ballot for its person too. Harm: a share that leaves before it has looked, or whatever it
// found.
TEST_F(Gate, WhileTheHostLooksAtTheBoxNoShareLeaves) {
  std::size_t asked = 0;
  hall.look_at_box = [&](Hash const& box, std::vector<QuestionId> const& live) {
    EXPECT_EQ(box, hall.attempt().box_hash);
    EXPECT_EQ(live, hall.attempt().live());
    ++asked;
    return BoxLook{.running = true, .verdict = std::nullopt};
  };
  hall.advance(Stage::kConfirmed);
  EXPECT_EQ(shares(), 0u);
  EXPECT_GT(asked, 0u);
  hall.look_at_box = [](auto const&, auto const&) { return BoxLook{.running = false, .verdict = Result<void>()}; };
  EXPECT_EQ(shares(), 3u);
}

TEST_F(Gate, WhatTheHostFoundInvalidIsNeverOpened) {
  hall.look_at_box = [](auto const&, auto const&) {
    return BoxLook{.running = false, .verdict = Result<void>(Refusal::kBallotProof)};
  };
  hall.advance(Stage::kConfirmed);
  EXPECT_EQ(shares(), 0u);
  EXPECT_EQ(hall.seats[1].trustee->status(hall.record).waiting, Refusal::kBallotProof);
}

// That each ballot of a box is valid does not say that it holds all of them.
TEST_F(Gate, LastTrusteeComparesWhateverTheHostFound) {
  hall.look_at_box = [](auto const&, auto const&) { return BoxLook{.running = false, .verdict = Result<void>()}; };
  leave_one_out();
  hall.advance(Stage::kConfirmed);
  EXPECT_EQ(shares(), 2u);
  EXPECT_EQ(hall.count(2, EntryType::kTallyShare), 0u);
  EXPECT_EQ(hall.seats[2].trustee->status(hall.record).waiting, Refusal::kConflict);
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
  hall.run(0);
  ASSERT_EQ(hall.count(0, EntryType::kTallyShare), 1u);

  hall.record = fork;
  hall.log = log;
  hall.witnesses = {};
  hall.tamper = [](meeting::MixItems& items) { items[1][0].back() ^= 1; };
  hall.restart(0);
  hall.make_box();
  hall.cosign();
  for (PersonId const p : hall.present()) hall.confirm(p);
  ASSERT_TRUE(asked()) << piaojue::name(asked().error());
  hall.run(0);
  EXPECT_EQ(hall.count(0, EntryType::kTallyShare), 1u);
  EXPECT_EQ(hall.seats[0].trustee->status(hall.record).refusal, Refusal::kGateReopened);
}

// A second ballot on a question whose first sum somebody may know.
TEST_F(Gate, QuestionOnceOpenedCanNotBeOpenedAgain) {
  hall.advance(Stage::kConfirmed);
  hall.run(0);
  ASSERT_EQ(hall.attempt().phase, meeting::BatchPhase::kOpening);
  EXPECT_TRUE(asked()) << "the other trustees go on with this attempt";
  hall.must(hall.signed_by(meeting::Void{hall.attempt().open_hash, {1, 2}, "a laptop fell"}, hall.committee()));
  EXPECT_EQ(asked().error(), refused(Refusal::kWrongPhase));
  hall.run_all();
  // No keys for what can only be voted on by paper.
  EXPECT_EQ(hall.count(0, EntryType::kBatchKeys), 1u);
  EXPECT_FALSE(hall.record.draft_batch_open(1, false, {}));
  EXPECT_TRUE(hall.seats[0].trustee->status(hall.record).voided_shares.empty()) << "everybody sees that it was opened";
}

// ---- What a share binds to -----------------------------------------------------------------------------------------

// The server hides a share that it has read and has the batch voided: the second vote would be compared with the first.
TEST_F(Gate, QuestionOfAShareThatIsNotInTheLogIsNeverVotedOnAgain) {
  hall.advance(Stage::kConfirmed);
  hall.run(0, false);
  ASSERT_EQ(hall.count(0, EntryType::kTallyShare), 1u);
  EXPECT_TRUE(hall.seats[0].trustee->status(hall.record).voided_shares.empty()) << "it may still come";
  hall.void_questions({1, 2});
  hall.run_all();
  EXPECT_EQ(hall.count(0, EntryType::kBatchKeys), 1u) << "of the first attempt";
  EXPECT_EQ(hall.count(1, EntryType::kBatchKeys), 2u) << "who gave none goes on";
  std::vector<Trustee::VoidedShare> const red = {{1, 1, {1, 2}}};
  EXPECT_EQ(hall.seats[0].trustee->status(hall.record).voided_shares, red);
  hall.restart(0);
  hall.run_all();
  EXPECT_EQ(hall.count(0, EntryType::kBatchKeys), 1u);
  EXPECT_EQ(hall.seats[0].trustee->status(hall.record).voided_shares, red) << "after a restart too";
}

// A question that is taken out while its share is on its way comes back in another attempt.
TEST_F(Gate, QuestionVoidedUnderAShareIsShownAndTheOthersAreOpened) {
  hall.advance(Stage::kConfirmed);
  hall.run(0, false);
  hall.void_questions({2});
  EXPECT_EQ(shares(), 4u) << "trustee 0 gives it once more for what is left";
  EXPECT_EQ(hall.attempt().phase, meeting::BatchPhase::kCounted);
  hall.declare();
  hall.run_all();
  EXPECT_EQ(hall.count(0, EntryType::kBatchKeys), 1u);
}

// A share that leaves before the word about it is on the disk could be followed by a second one.
TEST_F(Gate, NoShareLeavesBeforeItsMarkIsSaved) {
  hall.advance(Stage::kConfirmed);
  hall.seats[0].store.full = true;
  hall.run(0);
  EXPECT_EQ(hall.count(0, EntryType::kTallyShare), 0u);
  EXPECT_EQ(hall.seats[0].trustee->status(hall.record).refusal, Refusal::kStorage);
  hall.seats[0].store.full = false;
  hall.seats[0].trustee->resubmit();
  EXPECT_EQ(shares(), 3u);
}

// Whoever cannot read what it has promised must not sign against it.
TEST_F(Gate, UnreadableMarksAllowNeitherSharesNorKeys) {
  hall.advance(Stage::kConfirmed);
  hall.seats[0].store.forgetful = true;
  hall.restart(0);
  EXPECT_EQ(shares(), 0u);
  EXPECT_EQ(hall.seats[0].trustee->status(hall.record).refusal, Refusal::kStorage);
  hall.seats[0].store.forgetful = false;
  hall.seats[0].store.kept["pledges"] = {1, 2, 3};
  hall.restart(0);
  EXPECT_EQ(shares(), 0u);
  hall.seats[0].store.kept.erase("pledges");
  hall.restart(0);
  EXPECT_EQ(shares(), 3u);
}

// ---- The person's word ---------------------------------------------------------------------------------------------

struct Overridden : Gate {
  Overridden() {
    hall.advance(Stage::kBox);
    people = hall.present();
    for (std::size_t i = 1; i < people.size(); ++i) hall.confirm(people[i]);
    hall.override_people({{people[0], false}});
    hall.run_all();
  }
  std::optional<Trustee::Protest> protest(TrusteeId id) { return hall.seats[id].trustee->status(hall.record).protest; }
  std::vector<PersonId> people;
};

// An Override that nobody had time to look at would pass over whoever is in the way.
TEST_F(Overridden, NamesKindsAndTheTimeLeftAreShown) {
  ASSERT_TRUE(protest(0));
  EXPECT_EQ(protest(0)->people, (std::map<PersonId, bool>{{people[0], false}}));
  EXPECT_EQ(protest(0)->left_ms, 20'000u);
  hall.now_ms += 19'999;
  EXPECT_EQ(protest(1)->left_ms, 1u);
  EXPECT_EQ(shares(), 0u);
  hall.now_ms += 1;
  EXPECT_EQ(protest(1)->left_ms, 0u);
  EXPECT_EQ(shares(), 3u);
  EXPECT_FALSE(protest(0));
}

// A restart must not be a way to jump the time.
TEST_F(Overridden, TimeBeginsAgainAfterARestartAndWithTheNextOverride) {
  hall.now_ms += 15'000;
  hall.restart(0);
  hall.run(0);
  EXPECT_EQ(protest(0)->left_ms, 20'000u);
  hall.confirm(people[0], false);
  hall.now_ms += 15'000;
  hall.override_people({{people[0], true}});
  hall.run_all();
  EXPECT_EQ(protest(0)->people, (std::map<PersonId, bool>{{people[0], true}}));
  EXPECT_EQ(protest(0)->left_ms, 20'000u);
  hall.now_ms += 19'999;
  EXPECT_EQ(shares(), 0u);
  hall.now_ms += 1;
  EXPECT_EQ(shares(), 3u);
}

TEST_F(Overridden, StopIsForTheWholeAttemptWhateverFollows) {
  ASSERT_TRUE(hall.seats[0].trustee->stop(hall.record));
  hall.now_ms += 60'000;
  EXPECT_EQ(shares(), 0u);
  EXPECT_EQ(hall.seats[0].trustee->status(hall.record).state, TrusteeState::kStopped);
  hall.restart(0);
  hall.run_all();
  hall.now_ms += 60'000;
  EXPECT_EQ(shares(), 0u);
  EXPECT_EQ(hall.seats[0].trustee->status(hall.record).state, TrusteeState::kStopped);
  // The next attempt is another matter.
  hall.void_questions({1, 2});
  hall.run_all();
  hall.advance(Stage::kConfirmed);
  EXPECT_EQ(shares(), 3u);
}

TEST_F(Overridden, StopThatCannotBeSavedIsSaidAndHoldsUntilTheEnd) {
  hall.seats[1].store.full = true;
  EXPECT_EQ(hall.seats[1].trustee->stop(hall.record).error(), refused(Refusal::kStorage));
  hall.seats[1].store.full = false;
  hall.now_ms += 60'000;
  EXPECT_EQ(shares(), 2u);
  EXPECT_EQ(hall.count(1, EntryType::kTallyShare), 0u);
}

// What has been given cannot be taken back, and nobody should think so.
TEST_F(Overridden, StopAfterTheShareIsRefused) {
  hall.now_ms += 20'000;
  hall.run(0, false);
  ASSERT_EQ(hall.count(0, EntryType::kTallyShare), 1u);
  EXPECT_EQ(hall.seats[0].trustee->stop(hall.record).error(), refused(Refusal::kWrongPhase));
}

// An Override that comes in while a share is being made is looked at before the share leaves.
TEST_F(Gate, OverrideThatComesWhileTheShareIsMadeHoldsItBack) {
  hall.advance(Stage::kBox);
  std::vector<PersonId> const people = hall.present();
  for (std::size_t i = 1; i < people.size(); ++i) hall.confirm(people[i]);
  hall.override_people({{people[0], false}});
  hall.run(0);
  hall.now_ms += 20'000;
  auto jobs = hall.seats[0].trustee->due(hall.record, hall.witnesses);
  ASSERT_EQ(jobs.size(), 1u);
  ASSERT_EQ(jobs[0].duty.kind, DutyKind::kShare);
  jobs[0].run();
  hall.confirm(people[0], false);
  hall.override_people({{people[0], true}});
  auto const out = jobs[0].finish(hall.record);
  ASSERT_TRUE(out);
  EXPECT_TRUE(out->empty());
}

}  // namespace
}  // namespace piaojue::trustee::test
