// SPDX-License-Identifier: Apache-2.0
#include "protocol/trustee/trustee.h"

#include "trustee_fixture.h"

namespace piaojue::trustee::test {
namespace {

using meeting::BatchPhase;
using meeting::EntryType;
using Stage = TrusteeFixture::Stage;

constexpr PersonId kExpert = TrusteeFixture::kFirstExpert;

/// @param name without the trustee: "keys/1/1".
bool holds(TrusteeFixture const& hall, TrusteeId id, std::string name) {
  return hall.seats[id].store.kept.contains(name.insert(name.find('/') + 1, std::to_string(id) + "/"));
}

MixResult const& mix_of(TrusteeFixture const& hall, TrusteeId id) {
  return std::get<MixResult>(hall.last(id, EntryType::kMixStep)->submission.payload);
}

std::vector<Bytes> entries_of(TrusteeFixture const& hall, TrusteeId id, EntryType type) {
  std::vector<Bytes> out;
  for (auto const& one : hall.sent) {
    if (one.trustee == id && meeting::decode_entry(one.submission.made.bytes)->type() == type) {
      out.push_back(one.submission.made.bytes);
    }
  }
  return out;
}

void finish_batch(TrusteeFixture& hall) {
  hall.run_all();
  hall.declare();
  hall.run_all();
}

void close_meeting(TrusteeFixture& hall) {
  auto const draft = hall.record.draft_meeting_close({});
  ASSERT_TRUE(draft) << piaojue::name(draft.error());
  hall.must(hall.signed_by(*draft, {TrusteeFixture::kChair, TrusteeFixture::kSupervisor}));
  hall.run_all();
}

// ---- The whole -----------------------------------------------------------------------------------------------------

// Whoever takes the disks after the meeting must find nothing that opens a vote.
TEST(TrusteeTest, AtTheEndNothingIsLeftInAnyStore) {
  TrusteeFixture hall;
  hall.advance(Stage::kConfirmed);
  finish_batch(hall);
  EXPECT_TRUE(hall.refused.empty());
  for (TrusteeId const id : {0u, 1u, 2u}) {
    EXPECT_EQ(hall.count(id, EntryType::kErased), 1u);
    EXPECT_FALSE(holds(hall, id, "mix/1/1"));
    EXPECT_FALSE(holds(hall, id, "keys/1/1"));
    EXPECT_TRUE(holds(hall, id, "keys/2/1")) << "made ahead";
  }
  close_meeting(hall);
  for (auto const& seat : hall.seats) {
    EXPECT_EQ(seat.store.kept.size(), 1u);
    EXPECT_TRUE(seat.store.kept.contains("pledges")) << "binds for ever and opens nothing";
    EXPECT_EQ(seat.trustee->status(hall.record).state, TrusteeState::kOffDuty);
  }
  for (auto const& sent : hall.sent) EXPECT_TRUE(sent.outcome);
}

// A laptop that restarts at the wrong moment must not cost the hall its vote: here each one restarts after every step.
TEST(TrusteeTest, RestartAfterEveryStepResumesFromTheRecordAlone) {
  TrusteeFixture hall;
  hall.restless = true;
  hall.advance(Stage::kConfirmed);
  finish_batch(hall);
  EXPECT_TRUE(hall.refused.empty());
  EXPECT_EQ(hall.attempt().phase, BatchPhase::kDeclared);
  EXPECT_EQ(hall.attempt().rows.at(1).agree, 5u);
  EXPECT_EQ(hall.attempt().erased.size(), 3u);
  for (auto const& sent : hall.sent) EXPECT_TRUE(sent.outcome) << piaojue::name(sent.outcome.error());
}

// An answer that was lost on the way is given again in the same bytes; other bytes would be a second answer.
TEST(TrusteeTest, WhatWasSignedBeforeACrashIsSignedAgainInTheSameBytes) {
  TrusteeFixture hall;
  auto const twice = [&](EntryType type) {
    for (TrusteeId const id : {1u}) {
      std::size_t const before = hall.count(id, type);
      hall.run(id, false);
      std::size_t const once = hall.count(id, type) - before;
      ASSERT_GT(once, 0u) << meeting::name(type);
      hall.restart(id);
      hall.redeliver(id);
      hall.run(id, false);
      auto const all = entries_of(hall, id, type);
      ASSERT_EQ(all.size(), before + 2 * once) << meeting::name(type);
      for (std::size_t i = 0; i < once; ++i) EXPECT_EQ(all[before + i], all[before + once + i]);
      hall.restart(id);
      hall.redeliver(id);
    }
  };
  twice(EntryType::kBatchKeys);
  hall.advance(Stage::kOpen);
  hall.request(kExpert);
  hall.deliver(kExpert);
  twice(EntryType::kTokensIssued);
  hall.run_all();
  hall.cast(kExpert);
  hall.close();
  twice(EntryType::kIssuanceClosed);
  hall.run_all();
  hall.deliver_envelopes();
  hall.run(0);
  hall.redeliver(1);
  twice(EntryType::kMixStep);
  hall.run_all();
  hall.void_questions({1, 2});
  twice(EntryType::kErased);
}

// A record on which the trustee keeps working after its end would not be the one that was read out.
TEST(TrusteeTest, NothingIsDueBeforeTheMeetingOrAfterIt) {
  TrusteeFixture hall;
  EXPECT_TRUE(hall.seats[1].trustee->due(meeting::Record{}, {}).empty());
  close_meeting(hall);
  std::size_t const sent = hall.sent.size();
  EXPECT_EQ(hall.run(1), 0u);
  EXPECT_EQ(hall.sent.size(), sent);
}

// Whatever happens in between, the same duty must not fill the line again and again.
TEST(TrusteeTest, NothingIsHandedOutTwiceUnlessAskedFor) {
  TrusteeFixture hall;
  hall.run(1, false);
  EXPECT_EQ(hall.count(1, EntryType::kBatchKeys), 1u);
  EXPECT_EQ(hall.run(1, false), 0u);
  hall.seats[1].trustee->resubmit();
  hall.run(1, false);
  auto const keys = entries_of(hall, 1, EntryType::kBatchKeys);
  ASSERT_EQ(keys.size(), 2u);
  EXPECT_EQ(keys[0], keys[1]);
}

// ---- Keys ----------------------------------------------------------------------------------------------------------

TEST(TrusteeKeys, AreMadeAheadInTheOrderOfTheManifest) {
  TrusteeFixture hall(Options{.lookahead = 2});
  hall.run_all();
  EXPECT_TRUE(holds(hall, 0, "keys/1/1"));
  EXPECT_TRUE(holds(hall, 0, "keys/2/1"));
  EXPECT_FALSE(holds(hall, 0, "keys/3/1"));
  EXPECT_EQ(hall.seats[0].trustee->status(hall.record).state, TrusteeState::kKeysReady);
  hall.open_batch(1);
  hall.run_all();
  EXPECT_TRUE(holds(hall, 0, "keys/3/1")) << "the open batch is not among those to come";
}

// Keys that are in the log but not on the disk open nothing.
TEST(TrusteeKeys, AreSavedBeforeTheyAreHandedOut) {
  TrusteeFixture hall;
  hall.seats[1].store.full = true;
  hall.run(1);
  EXPECT_TRUE(hall.sent.empty());
  EXPECT_EQ(hall.seats[1].trustee->status(hall.record).refusal, Refusal::kStorage);
  hall.seats[1].store.full = false;
  hall.seats[1].trustee->resubmit();
  hall.run(1);
  EXPECT_EQ(hall.count(1, EntryType::kBatchKeys), 1u);
  EXPECT_TRUE(holds(hall, 1, "keys/1/1"));
}

// With a new laptop the old keys are gone; the batch must not wait for them.
TEST(TrusteeKeys, AreReplacedWhenThePrivatePartIsLost) {
  TrusteeFixture hall;
  hall.run_all();
  hall.seats[1].store.kept.clear();
  hall.restart(1);
  hall.run(1);
  EXPECT_EQ(hall.count(1, EntryType::kBatchKeys), 2u);
  EXPECT_EQ(meeting::encode_body(hall.record.pending_keys().at({1, 1}).keys),
            meeting::decode_entry(entries_of(hall, 1, EntryType::kBatchKeys)[1])->body_bytes);
  hall.advance(Stage::kConfirmed);
  finish_batch(hall);
  EXPECT_EQ(hall.attempt().phase, BatchPhase::kDeclared);
}

TEST(TrusteeKeys, UnreadableStateCountsAsLost) {
  TrusteeFixture hall;
  hall.run_all();
  hall.seats[1].store.kept["keys/1/1/1"].resize(50);
  hall.restart(1);
  hall.run(1);
  EXPECT_EQ(hall.count(1, EntryType::kBatchKeys), 2u);
}

// Lost in the middle: nothing can replace them, and people must hear it instead of waiting.
TEST(TrusteeKeys, LossInARunningAttemptIsShown) {
  TrusteeFixture hall;
  hall.advance(Stage::kOpen);
  hall.seats[1].store.kept.clear();
  hall.restart(1);
  hall.request(kExpert);
  hall.deliver(kExpert);
  hall.run(1);
  EXPECT_EQ(hall.count(1, EntryType::kTokensIssued), 0u);
  EXPECT_EQ(hall.seats[1].trustee->status(hall.record).state, TrusteeState::kKeysLost);
  hall.void_questions({1, 2});
  hall.run_all();
  EXPECT_EQ(hall.count(1, EntryType::kErased), 1u) << "what is lost is erased";
  hall.open_batch(1);
  EXPECT_EQ(hall.attempt().open.attempt, 2u);
  EXPECT_EQ(hall.attempt().holders.size(), 3u);
}

TEST(TrusteeKeys, VoidedQuestionsGetNewOnesForTheNextAttempt) {
  TrusteeFixture hall;
  hall.advance(Stage::kOpen);
  hall.void_questions({2});
  hall.run_all();
  EXPECT_EQ(hall.record.pending_keys().at({1, 1}).keys.attempt, 2u);
  EXPECT_EQ(hall.record.pending_keys().at({1, 1}).keys.token_keys.size(), 1u);
  // The rest of the batch follows: the keys that are there do not cover it.
  hall.void_questions({1});
  hall.run_all();
  EXPECT_EQ(hall.record.pending_keys().at({1, 1}).keys.token_keys.size(), 2u);
  hall.open_batch(1);
  EXPECT_EQ(hall.attempt().open.questions.size(), 2u);
}

// Newer keys that never reach the log must not push out the older ones that BatchOpen takes.
TEST(TrusteeKeys, OlderOnesAreKeptUntilBatchOpenHasChosen) {
  TrusteeFixture hall;
  hall.advance(Stage::kOpen);
  hall.void_questions({2});
  hall.run_all();
  hall.void_questions({1});
  for (TrusteeId const id : {0u, 1u, 2u}) {
    hall.run(id, false);
    hall.restart(id);
  }
  hall.open_batch(1);
  ASSERT_EQ(hall.attempt().open.questions, (std::vector<QuestionId>{2}));
  hall.cosign();
  for (PersonId const p : hall.present()) {
    hall.request(p);
    hall.deliver(p);
  }
  hall.run(0);
  EXPECT_EQ(hall.count(0, EntryType::kTokensIssued), hall.present().size());
  EXPECT_EQ(hall.stored_keys(0, 1, 2)->token_keys.size(), 1u) << "and only those are left";
}

// A replaced laptop that is still switched on would only produce refusals.
TEST(TrusteeKeys, OldLaptopAfterAKeyChangeDoesNothing) {
  TrusteeFixture hall;
  auto const ik = crypto::SigningKey::generate();
  auto const wk = crypto::SigningKey::generate();
  auto const bk = crypto::BoxKey::generate();
  auto const possession =
      ik.sign({meeting::possession_input(hall.record.manifest().meeting_id, TrusteeFixture::kSupervisor,
                                         ik.public_key(), wk.public_key(), bk.public_key())});
  hall.must(hall.signed_by(meeting::KeyChange{hall.record.meeting(), TrusteeFixture::kSupervisor, ik.public_key(),
                                              wk.public_key(), bk.public_key(), possession, "new laptop"},
                           hall.committee(TrusteeFixture::kSupervisor)));
  EXPECT_EQ(hall.run(2), 0u);
  EXPECT_EQ(hall.seats[2].trustee->status(hall.record).state, TrusteeState::kOffDuty);
}

/// Hands slot 1 to a person, by the committee.
void change_trustee(TrusteeFixture& hall, PersonId to) {
  std::vector<PersonId> signers = hall.committee(hall.record.slots()[1]);
  if (std::ranges::find(signers, to) == signers.end()) signers.push_back(to);
  std::ranges::sort(signers);
  hall.must(hall.signed_by(meeting::TrusteeChange{hall.record.meeting(), 1, to, "laptop fell"}, signers));
}

// Two programs in one slot would hand out two sets of keys; one of them can open nothing.
TEST(TrusteeKeys, WhoeverHoldsTheSlotNowIsOnDuty) {
  TrusteeFixture hall;
  hall.run_all();
  change_trustee(hall, kExpert);
  EXPECT_EQ(hall.run(1), 0u);
  EXPECT_EQ(hall.seats[1].trustee->status(hall.record).state, TrusteeState::kOffDuty);
  hall.seats[1].person = kExpert;
  hall.seats[1].store.kept.clear();
  hall.restart(1);
  hall.advance(Stage::kConfirmed);
  finish_batch(hall);
  EXPECT_EQ(hall.attempt().phase, BatchPhase::kDeclared);
  EXPECT_EQ(hall.attempt().holders, (std::vector<PersonId>{meeting::kServer, kExpert, TrusteeFixture::kSupervisor}));
}

// Keys that the log has dropped are refused for ever: a program that offers them again stops the batch.
TEST(TrusteeKeys, WhoComesBackToASlotMakesNewOnes) {
  TrusteeFixture hall;
  hall.run_all();
  change_trustee(hall, kExpert);
  change_trustee(hall, TrusteeFixture::kChair);
  hall.run_all();
  auto const keys = entries_of(hall, 1, EntryType::kBatchKeys);
  ASSERT_EQ(keys.size(), 2u);
  EXPECT_NE(keys[0], keys[1]);
  EXPECT_TRUE(hall.record.pending_keys().contains({1, 1}));
  hall.advance(Stage::kOpen);
}

// Who held the slot owes the word that everything is destroyed, also when another holds it now.
TEST(TrusteeErased, IsSignedByWhoHeldTheSlot) {
  TrusteeFixture hall;
  hall.advance(Stage::kOpen);
  hall.void_questions({1, 2});
  change_trustee(hall, kExpert);
  hall.run(1);
  EXPECT_EQ(hall.count(1, EntryType::kErased), 1u);
  EXPECT_TRUE(hall.last(1, EntryType::kErased)->outcome);
  EXPECT_EQ(hall.count(1, EntryType::kBatchKeys), 1u);
}

// ---- Halves --------------------------------------------------------------------------------------------------------

// A laptop that has restarted and whose half is still on its way would declare its keys lost and stop the batch.
TEST(TrusteeHalves, EveryDutyWaitsUntilTheHalfHasComeBack) {
  TrusteeFixture hall;
  hall.advance(Stage::kClosed);
  Trustee& trustee = *[&] {
    hall.seats[1].store.halves_away = true;
    hall.restart(1);
    return hall.seats[1].trustee.get();
  }();
  hall.run_all();
  EXPECT_EQ(hall.count(1, EntryType::kIssuanceClosed), 0u) << "keys that it cannot destroy";
  EXPECT_EQ(trustee.status(hall.record).state, TrusteeState::kWaitingForHalf);
  EXPECT_FALSE(trustee.status(hall.record).refusal);
  hall.seats[1].store.halves_away = false;
  hall.run_all();
  EXPECT_EQ(hall.count(1, EntryType::kIssuanceClosed), 1u);
  hall.advance(Stage::kConfirmed);
  finish_batch(hall);
  EXPECT_EQ(hall.attempt().phase, BatchPhase::kDeclared);
}

TEST(TrusteeHalves, NoNewKeysAreMadeWhileTheOldOnesMayComeBack) {
  TrusteeFixture hall;
  hall.run_all();
  hall.seats[1].store.halves_away = true;
  hall.restart(1);
  hall.run_all();
  EXPECT_EQ(hall.count(1, EntryType::kBatchKeys), 1u);
  hall.seats[1].store.halves_away = false;
  hall.run_all();
  EXPECT_EQ(hall.count(1, EntryType::kBatchKeys), 1u) << "those of the log are there";
}

// ---- Tokens --------------------------------------------------------------------------------------------------------

// A hall that only one expert was shown would give her tokens that nobody else has.
TEST(TrusteeTokens, AreIssuedOnlyWhenBatchOpenIsWitnessed) {
  TrusteeFixture hall;
  hall.run_all();
  hall.open_batch(1);
  hall.request(kExpert);
  hall.deliver(kExpert);
  hall.run_all();
  EXPECT_EQ(hall.count(1, EntryType::kTokensIssued), 0u);
  hall.cosign();
  hall.run_all();
  EXPECT_EQ(hall.count(1, EntryType::kTokensIssued), 1u);
}

// Work can overtake the log on its way to a trustee.
TEST(TrusteeTokens, WorkThatComesBeforeItsRequestIsKept) {
  TrusteeFixture hall;
  hall.advance(Stage::kOpen);
  meeting::Record const before = hall.record;
  hall.request(kExpert);
  hall.deliver(kExpert);
  auto const early = hall.seats[1].trustee->due(before, hall.witnesses);
  EXPECT_TRUE(std::ranges::none_of(early, [](auto const& job) { return job.duty.kind == DutyKind::kTokens; }));
  hall.run(1);
  EXPECT_EQ(hall.count(1, EntryType::kTokensIssued), 1u);
}

// The server asks again for an answer that it lost: it gets the same one.
TEST(TrusteeTokens, SameWorkAgainGetsTheSameAnswer) {
  TrusteeFixture hall;
  hall.advance(Stage::kOpen);
  hall.request(kExpert);
  hall.deliver(kExpert);
  hall.run_all();
  hall.deliver(kExpert);
  hall.run(1);
  auto const entries = entries_of(hall, 1, EntryType::kTokensIssued);
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0], entries[1]);
}

// An answer to a request whose envelope was looked at would be a token that nobody counts.
TEST(TrusteeTokens, WorkOfAnEndedCastIsDroppedAndTheNextCastIsAnswered) {
  TrusteeFixture hall;
  hall.advance(Stage::kOpen);
  hall.request(kExpert);
  hall.deliver(kExpert);
  hall.run_all();
  hall.cast(kExpert);
  meeting::BlindedMsgs const old = hall.experts.at(kExpert).msgs;
  hall.spoil(kExpert);
  hall.seats[1].trustee->on_token_work(kExpert, 0, hall.attempt().open_hash, old);
  hall.run(1);
  EXPECT_EQ(hall.count(1, EntryType::kTokensIssued), 1u);
  hall.request(kExpert);
  hall.deliver(kExpert);
  hall.run_all();
  auto const entries = entries_of(hall, 1, EntryType::kTokensIssued);
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(std::get<meeting::TokensIssued>(meeting::decode_entry(entries[1])->body).cast, 1u);
  EXPECT_FALSE(hall.seats[1].trustee->status(hall.record).refusal);
}

TEST(TrusteeTokens, AnswerThatIsReadyAfterItsCastHasEndedIsThrownAway) {
  TrusteeFixture hall;
  hall.advance(Stage::kOpen);
  hall.request(kExpert);
  hall.deliver(kExpert);
  hall.run_all();
  hall.cast(kExpert);
  hall.deliver(kExpert);
  auto jobs = hall.seats[1].trustee->due(hall.record, hall.witnesses);
  auto const job = std::ranges::find_if(jobs, [](auto const& one) { return one.duty.kind == DutyKind::kTokens; });
  ASSERT_NE(job, jobs.end());
  job->run();
  hall.spoil(kExpert);
  auto const late = job->finish(hall.record);
  ASSERT_TRUE(late);
  EXPECT_TRUE(late->empty());
}

TEST(TrusteeTokens, WorkThatTheLoggedDigestDoesNotCoverIsRefused) {
  TrusteeFixture hall;
  hall.advance(Stage::kOpen);
  hall.request(kExpert);
  auto msgs = hall.experts.at(kExpert).msgs;
  msgs[1][1][9] ^= 1;
  hall.seats[1].trustee->on_token_work(kExpert, 0, hall.attempt().open_hash, msgs);
  hall.run(1);
  EXPECT_EQ(hall.count(1, EntryType::kTokensIssued), 0u);
  EXPECT_EQ(hall.seats[1].trustee->status(hall.record).refusal, Refusal::kConflict);
  hall.deliver(kExpert);
  hall.run(1);
  EXPECT_EQ(hall.count(1, EntryType::kTokensIssued), 1u);
  EXPECT_FALSE(hall.seats[1].trustee->status(hall.record).refusal);
}

// Signed is signed: when the keys are said to be gone, they must be gone from memory and disk, and from running work.
TEST(TrusteeTokens, KeysAreDestroyedBeforeIssuanceClosedIsSigned) {
  TrusteeFixture hall;
  hall.advance(Stage::kClosed);
  for (TrusteeId const id : {0u, 1u, 2u}) {
    EXPECT_FALSE(hall.stored_keys(id)->token_keys.empty());
    hall.seats[id].store.full = true;
    hall.run(id, false);
    EXPECT_EQ(hall.count(id, EntryType::kIssuanceClosed), 0u);
    hall.seats[id].store.full = false;
    hall.seats[id].trustee->resubmit();
    hall.run(id, false);
    ASSERT_EQ(hall.count(id, EntryType::kIssuanceClosed), 1u);
    EXPECT_TRUE(hall.stored_keys(id)->token_keys.empty());
    EXPECT_TRUE(hall.stored_keys(id)->mix_key.has_value());
    EXPECT_TRUE(hall.stored_keys(id)->tally_key.has_value());
  }
}

TEST(TrusteeTokens, KeysAreNotDestroyedUnderASignatureThatIsBeingMade) {
  TrusteeFixture hall;
  hall.advance(Stage::kOpen);
  hall.request(kExpert);
  hall.deliver(kExpert);
  Trustee& trustee = *hall.seats[1].trustee;
  auto jobs = trustee.due(hall.record, hall.witnesses);
  auto const token = std::ranges::find_if(jobs, [](auto const& job) { return job.duty.kind == DutyKind::kTokens; });
  ASSERT_NE(token, jobs.end());
  hall.close();
  auto const early = trustee.due(hall.record, hall.witnesses);
  EXPECT_TRUE(std::ranges::none_of(early, [](auto const& job) { return job.duty.kind == DutyKind::kClose; }));
  token->run();
  auto const late = token->finish(hall.record);
  ASSERT_TRUE(late);
  EXPECT_TRUE(late->empty()) << "too late for this answer";
  hall.run(1);
  EXPECT_EQ(hall.count(1, EntryType::kIssuanceClosed), 1u);
}

// ---- Mixing --------------------------------------------------------------------------------------------------------

struct Remix : testing::Test {
  Remix() {
    hall.advance(Stage::kClosed);
    hall.run_all();
    items = hall.envelopes();
  }
  void deliver() { hall.seats[0].trustee->on_mix_input(hall.attempt().open_hash, items, {}); }
  TrusteeFixture hall;
  meeting::MixItems items;
};

// A second order of the same input, laid beside the first, would undo both.
TEST_F(Remix, SameInputGivesTheSameOutputEvenAfterARestart) {
  deliver();
  hall.run(0, false);
  MixResult const first = mix_of(hall, 0);
  deliver();
  hall.run(0, false);
  EXPECT_EQ(mix_of(hall, 0).items, first.items);
  hall.restart(0);
  deliver();
  hall.run(0, false);
  EXPECT_EQ(hall.count(0, EntryType::kMixStep), 3u);
  EXPECT_EQ(mix_of(hall, 0).items, first.items);
  EXPECT_EQ(mix_of(hall, 0).salt, first.salt);
  auto const entries = entries_of(hall, 0, EntryType::kMixStep);
  EXPECT_EQ(entries[0], entries[2]);
}

// First one person's onion among junk, then the real batch: what both outputs share is hers.
TEST_F(Remix, AnotherInputIsRefusedEvenAfterARestart) {
  meeting::MixItems const real = items;
  std::reverse(items[1].begin(), items[1].end());
  items[1][0] = Bytes(items[1][0].size(), 3);
  deliver();
  hall.run(0, false);
  ASSERT_EQ(hall.count(0, EntryType::kMixStep), 1u);
  items = real;
  deliver();
  hall.run(0, false);
  EXPECT_EQ(hall.refused, (std::vector<Refusal>{Refusal::kMixAgain}));
  EXPECT_EQ(hall.seats[0].trustee->status(hall.record).refusal, Refusal::kMixAgain);
  hall.restart(0);
  deliver();
  hall.run(0, false);
  EXPECT_EQ(hall.refused.size(), 2u);
  EXPECT_EQ(hall.count(0, EntryType::kMixStep), 1u);
}

TEST_F(Remix, OutputThatTheServerLostIsGivenAgainAfterTheStepIsLogged) {
  deliver();
  hall.run(0);
  MixResult const first = mix_of(hall, 0);
  ASSERT_EQ(hall.attempt().mixes.size(), 1u);
  EXPECT_EQ(hall.run(0), 0u);
  hall.restart(0);
  deliver();
  hall.run(0);
  EXPECT_EQ(hall.count(0, EntryType::kMixStep), 2u);
  EXPECT_EQ(mix_of(hall, 0).items, first.items);
  // The kept output is lost: then nobody can tell any more, and it is not mixed a second time.
  hall.seats[0].store.kept.erase("mix/0/1/1");
  hall.restart(0);
  deliver();
  hall.run(0);
  EXPECT_EQ(hall.refused, (std::vector<Refusal>{Refusal::kMixAgain}));
}

TEST_F(Remix, NothingLeavesBeforeItIsSaved) {
  deliver();
  hall.seats[0].store.full = true;
  hall.run(0);
  EXPECT_EQ(hall.count(0, EntryType::kMixStep), 0u);
  hall.seats[0].store.full = false;
  hall.seats[0].trustee->resubmit();
  hall.run(0);
  EXPECT_EQ(hall.count(0, EntryType::kMixStep), 1u);
}

TEST_F(Remix, RefusedInputCanBeFollowedByTheRightOne) {
  Bytes const last = items[1].back();
  items[1].pop_back();
  deliver();
  hall.run(0);
  EXPECT_EQ(hall.refused, (std::vector<Refusal>{Refusal::kMixSize}));
  items[1].push_back(last);
  deliver();
  hall.run(0);
  EXPECT_EQ(hall.attempt().mixes.size(), 1u);
  EXPECT_FALSE(hall.seats[0].trustee->status(hall.record).refusal);
}

// A hall that only some were shown is too small to hide a ballot in.
TEST_F(Remix, NothingIsMixedBeforeBatchOpenIsWitnessed) {
  hall.witnesses = {};
  deliver();
  hall.run(0);
  EXPECT_EQ(hall.count(0, EntryType::kMixStep), 0u);
  hall.cosign();
  hall.run(0);
  EXPECT_EQ(hall.count(0, EntryType::kMixStep), 1u);
}

/// Everything up to the share, while trustee 1 does not know (any more) what it has mixed.
void open_without_mix_of_1(TrusteeFixture& hall, std::function<void(std::map<std::string, Bytes>&)> const& spoil) {
  hall.advance(Stage::kMixed);
  spoil(hall.seats[1].store.kept);
  hall.restart(1);
  hall.make_box();
  hall.cosign();
  for (PersonId const p : hall.present()) hall.confirm(p);
  hall.run_all();
}

// Its step is in the log and nothing stands behind it: somebody else's mix, or one of two.
TEST(TrusteeMix, WhoHasLostItsMixGivesNoShare) {
  TrusteeFixture hall;
  open_without_mix_of_1(hall, [](auto& kept) { kept.erase("mix/1/1/1"); });
  EXPECT_EQ(hall.count(0, EntryType::kTallyShare), 1u);
  EXPECT_EQ(hall.count(1, EntryType::kTallyShare), 0u);
  EXPECT_EQ(hall.seats[1].trustee->status(hall.record).state, TrusteeState::kMixLost);
}

TEST(TrusteeMix, WhoKeepsAnotherMixThanTheLoggedOneGivesNoShare) {
  TrusteeFixture hall;
  open_without_mix_of_1(hall, [](auto& kept) { kept.at("mix/1/1/1").back() ^= 1; });
  EXPECT_EQ(hall.count(1, EntryType::kTallyShare), 0u);
  EXPECT_EQ(hall.seats[1].trustee->status(hall.record).state, TrusteeState::kMixLost);
}

TEST(TrusteeMix, UnreadableMixIsNoMix) {
  TrusteeFixture hall;
  open_without_mix_of_1(hall, [](auto& kept) { kept.at("mix/1/1/1").resize(40); });
  EXPECT_EQ(hall.count(1, EntryType::kTallyShare), 0u);
  EXPECT_EQ(hall.seats[1].trustee->status(hall.record).state, TrusteeState::kMixLost);
}

// A question voided between the mix and its step: the others keep the order in which they were mixed.
TEST_F(Remix, QuestionVoidedAfterTheMixFallsOutOfTheKeptOutput) {
  deliver();
  hall.run(0, false);
  MixResult const whole = mix_of(hall, 0);
  hall.void_questions({2});
  hall.run(0, false);
  ASSERT_EQ(hall.count(0, EntryType::kMixStep), 2u);
  EXPECT_EQ(mix_of(hall, 0).items, (meeting::MixItems{{1, whole.items.at(1)}}));
  hall.restart(0);
  items = hall.envelopes();
  EXPECT_EQ(items.size(), 1u);
  deliver();
  hall.run_all();
  EXPECT_TRUE(hall.refused.empty());
  EXPECT_EQ(hall.attempt().mixes.size(), 3u);
  hall.make_box();
  hall.cosign();
  for (PersonId const p : hall.present()) hall.confirm(p);
  hall.run_all();
  EXPECT_EQ(hall.attempt().phase, BatchPhase::kCounted);
}

TEST_F(Remix, MixThatEndsAfterTheAttemptDidIsThrownAway) {
  deliver();
  auto jobs = hall.seats[0].trustee->due(hall.record, hall.witnesses);
  auto const job = std::ranges::find_if(jobs, [](auto const& one) { return one.duty.kind == DutyKind::kMix; });
  ASSERT_NE(job, jobs.end());
  hall.void_questions({1, 2});
  auto const early = hall.seats[0].trustee->due(hall.record, hall.witnesses);
  EXPECT_TRUE(std::ranges::none_of(early, [](auto const& one) { return one.duty.kind == DutyKind::kErase; }))
      << "not while its keys are in use";
  job->run();
  auto const late = job->finish(hall.record);
  ASSERT_TRUE(late);
  EXPECT_TRUE(late->empty());
  EXPECT_FALSE(holds(hall, 0, "mix/1/1"));
}

// ---- Erased --------------------------------------------------------------------------------------------------------

TEST(TrusteeErased, IsSignedOnlyAfterKeysAndKeptOutputAreGone) {
  TrusteeFixture hall;
  hall.advance(Stage::kMixed);
  EXPECT_TRUE(holds(hall, 1, "mix/1/1"));
  hall.void_questions({1, 2});
  hall.seats[1].store.broken = true;
  hall.run(1);
  EXPECT_EQ(hall.count(1, EntryType::kErased), 0u);
  hall.seats[1].store.broken = false;
  hall.seats[1].trustee->resubmit();
  hall.run(1, false);
  EXPECT_EQ(hall.count(1, EntryType::kErased), 1u);
  EXPECT_FALSE(holds(hall, 1, "mix/1/1"));
  EXPECT_FALSE(holds(hall, 1, "keys/1/1"));
}

// A trustee that was away when its attempt ended still owes its word for it.
TEST(TrusteeErased, IsOwedForAPastAttemptToo) {
  TrusteeFixture hall;
  hall.advance(Stage::kOpen);
  hall.void_questions({2});
  hall.run_all();  // keys for it
  hall.void_questions({1});
  hall.run(0, true, 1);
  hall.run(1, true, 1);
  hall.open_batch(1);
  hall.restart(2);
  hall.run(2);
  EXPECT_EQ(hall.count(2, EntryType::kErased), 1u);
  EXPECT_TRUE(hall.last(2, EntryType::kErased)->outcome);
  EXPECT_FALSE(holds(hall, 2, "keys/1/1"));
}

// Keys that BatchOpen passed over are of no use, but they must not lie about either.
TEST(TrusteeErased, UnusedKeysAreErasedWithoutAWord) {
  TrusteeFixture hall;
  hall.run_all();
  auto const draft = hall.record.draft_batch_open(1, true, {});
  ASSERT_TRUE(draft) << piaojue::name(draft.error());
  hall.must(hall.signed_by(*draft, {TrusteeFixture::kChair, TrusteeFixture::kSupervisor}));
  hall.run_all();
  for (TrusteeId const id : {0u, 1u, 2u}) {
    EXPECT_FALSE(holds(hall, id, "keys/1/1"));
    EXPECT_EQ(hall.count(id, EntryType::kErased), 0u);
  }
}

}  // namespace
}  // namespace piaojue::trustee::test
