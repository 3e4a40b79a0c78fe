// SPDX-License-Identifier: Apache-2.0
#include "protocol/trustee/trustee.h"

#include "trustee_fixture.h"

namespace piaojue::trustee::test {
namespace {

using meeting::BatchPhase;
using meeting::EntryType;
using Stage = Room::Stage;

constexpr PersonId kExpert = Room::kFirstExpert;

bool holds(Room const& room, TrusteeId id, std::string const& name) { return room.seats[id].store.kept.contains(name); }

MixResult const& mix_of(Room const& room, TrusteeId id) {
  return std::get<MixResult>(room.last(id, EntryType::kMixStep)->submission.payload);
}

std::vector<Bytes> entries_of(Room const& room, TrusteeId id, EntryType type) {
  std::vector<Bytes> out;
  for (auto const& one : room.sent) {
    if (one.trustee == id && meeting::decode_entry(one.submission.entry)->type() == type) {
      out.push_back(one.submission.entry);
    }
  }
  return out;
}

void finish_batch(Room& room) {
  room.run_all();
  room.declare();
  room.run_all();
}

void close_meeting(Room& room) {
  auto const draft = room.record.draft_meeting_close();
  ASSERT_TRUE(draft) << piaojue::name(draft.error());
  room.must(room.signed_by(*draft, {Room::kChair, Room::kSupervisor}));
  room.run_all();
}

// ---- The whole -----------------------------------------------------------------------------------------------------

// Whoever takes the disks after the meeting must find nothing that opens a vote.
TEST(TrusteeTest, AtTheEndNothingIsLeftInAnyStore) {
  Room room;
  room.advance(Stage::kConfirmed);
  finish_batch(room);
  EXPECT_TRUE(room.refused.empty());
  for (TrusteeId const id : {0u, 1u, 2u}) {
    EXPECT_EQ(room.count(id, EntryType::kErased), 1u);
    EXPECT_FALSE(holds(room, id, "mix/1/1"));
    EXPECT_FALSE(holds(room, id, "keys/1/1"));
    EXPECT_TRUE(holds(room, id, "keys/2/1")) << "made ahead";
  }
  close_meeting(room);
  for (auto const& seat : room.seats) {
    EXPECT_TRUE(seat.store.kept.empty());
    EXPECT_EQ(seat.trustee->status(room.record).state, TrusteeState::kOffDuty);
  }
  for (auto const& sent : room.sent) EXPECT_TRUE(sent.outcome);
}

// A laptop that restarts at the wrong moment must not cost the room its vote: here each one restarts after every step.
TEST(TrusteeTest, RestartAfterEveryStepResumesFromTheRecordAlone) {
  Room room;
  room.restless = true;
  room.advance(Stage::kConfirmed);
  finish_batch(room);
  EXPECT_TRUE(room.refused.empty());
  EXPECT_EQ(room.attempt().phase, BatchPhase::kDeclared);
  EXPECT_EQ(room.attempt().rows.at(1).agree, 5u);
  EXPECT_EQ(room.attempt().erased.size(), 3u);
  for (auto const& sent : room.sent) EXPECT_TRUE(sent.outcome) << piaojue::name(sent.outcome.error());
}

// An answer that was lost on the way is given again in the same bytes; other bytes would be a second answer.
TEST(TrusteeTest, WhatWasSignedBeforeACrashIsSignedAgainInTheSameBytes) {
  Room room;
  auto const twice = [&](EntryType type) {
    for (TrusteeId const id : {1u}) {
      std::size_t const before = room.count(id, type);
      room.run(id, false);
      std::size_t const once = room.count(id, type) - before;
      ASSERT_GT(once, 0u) << meeting::name(type);
      room.restart(id);
      room.redeliver(id);
      room.run(id, false);
      auto const all = entries_of(room, id, type);
      ASSERT_EQ(all.size(), before + 2 * once) << meeting::name(type);
      for (std::size_t i = 0; i < once; ++i) EXPECT_EQ(all[before + i], all[before + once + i]);
      room.restart(id);
      room.redeliver(id);
    }
  };
  twice(EntryType::kBatchKeys);
  room.advance(Stage::kOpen);
  room.request(kExpert);
  room.deliver(kExpert);
  twice(EntryType::kTokensIssued);
  room.run_all();
  room.cast(kExpert);
  room.close();
  twice(EntryType::kIssuanceClosed);
  room.run_all();
  room.deliver_envelopes();
  room.run(0);
  room.redeliver(1);
  twice(EntryType::kMixStep);
  room.run_all();
  room.void_questions({1, 2});
  twice(EntryType::kErased);
}

// A record on which the trustee keeps working after its end would not be the one that was read out.
TEST(TrusteeTest, NothingIsDueBeforeTheMeetingOrAfterIt) {
  Room room;
  EXPECT_TRUE(room.seats[1].trustee->due(meeting::Record{}, {}).empty());
  close_meeting(room);
  std::size_t const sent = room.sent.size();
  EXPECT_EQ(room.run(1), 0u);
  EXPECT_EQ(room.sent.size(), sent);
}

// Whatever happens in between, the same duty must not fill the line again and again.
TEST(TrusteeTest, NothingIsHandedOutTwiceUnlessAskedFor) {
  Room room;
  room.run(1, false);
  EXPECT_EQ(room.count(1, EntryType::kBatchKeys), 1u);
  EXPECT_EQ(room.run(1, false), 0u);
  room.seats[1].trustee->resubmit();
  room.run(1, false);
  auto const keys = entries_of(room, 1, EntryType::kBatchKeys);
  ASSERT_EQ(keys.size(), 2u);
  EXPECT_EQ(keys[0], keys[1]);
}

// ---- Keys ----------------------------------------------------------------------------------------------------------

TEST(TrusteeKeys, AreMadeAheadInTheOrderOfTheManifest) {
  Room room(Options{.lookahead = 2});
  room.run_all();
  EXPECT_TRUE(holds(room, 0, "keys/1/1"));
  EXPECT_TRUE(holds(room, 0, "keys/2/1"));
  EXPECT_FALSE(holds(room, 0, "keys/3/1"));
  EXPECT_EQ(room.seats[0].trustee->status(room.record).state, TrusteeState::kKeysReady);
  room.open_batch(1);
  room.run_all();
  EXPECT_TRUE(holds(room, 0, "keys/3/1")) << "the open batch is not among those to come";
}

// Keys that are in the log but not on the disk open nothing.
TEST(TrusteeKeys, AreSavedBeforeTheyAreHandedOut) {
  Room room;
  room.seats[1].store.full = true;
  room.run(1);
  EXPECT_TRUE(room.sent.empty());
  EXPECT_EQ(room.seats[1].trustee->status(room.record).refusal, Refusal::kStorage);
  room.seats[1].store.full = false;
  room.seats[1].trustee->resubmit();
  room.run(1);
  EXPECT_EQ(room.count(1, EntryType::kBatchKeys), 1u);
  EXPECT_TRUE(holds(room, 1, "keys/1/1"));
}

// With a new laptop the old keys are gone; the batch must not wait for them.
TEST(TrusteeKeys, AreReplacedWhenThePrivatePartIsLost) {
  Room room;
  room.run_all();
  room.seats[1].store.kept.clear();
  room.restart(1);
  room.run(1);
  EXPECT_EQ(room.count(1, EntryType::kBatchKeys), 2u);
  EXPECT_EQ(meeting::encode_body(room.record.pending_keys().at({1, 1}).keys),
            meeting::decode_entry(entries_of(room, 1, EntryType::kBatchKeys)[1])->body_bytes);
  room.advance(Stage::kConfirmed);
  finish_batch(room);
  EXPECT_EQ(room.attempt().phase, BatchPhase::kDeclared);
}

TEST(TrusteeKeys, UnreadableStateCountsAsLost) {
  Room room;
  room.run_all();
  room.seats[1].store.kept["keys/1/1"].resize(50);
  room.restart(1);
  room.run(1);
  EXPECT_EQ(room.count(1, EntryType::kBatchKeys), 2u);
}

// Lost in the middle: nothing can replace them, and people must hear it instead of waiting.
TEST(TrusteeKeys, LossInARunningAttemptIsShown) {
  Room room;
  room.advance(Stage::kOpen);
  room.seats[1].store.kept.clear();
  room.restart(1);
  room.request(kExpert);
  room.deliver(kExpert);
  room.run(1);
  EXPECT_EQ(room.count(1, EntryType::kTokensIssued), 0u);
  EXPECT_EQ(room.seats[1].trustee->status(room.record).state, TrusteeState::kKeysLost);
  room.void_questions({1, 2});
  room.run_all();
  EXPECT_EQ(room.count(1, EntryType::kErased), 1u) << "what is lost is erased";
  room.open_batch(1);
  EXPECT_EQ(room.attempt().open.attempt, 2u);
  EXPECT_EQ(room.attempt().hops.size(), 3u);
}

TEST(TrusteeKeys, VoidedQuestionsGetNewOnesForTheNextAttempt) {
  Room room;
  room.advance(Stage::kOpen);
  room.void_questions({2});
  room.run_all();
  EXPECT_EQ(room.record.pending_keys().at({1, 1}).keys.attempt, 2u);
  EXPECT_EQ(room.record.pending_keys().at({1, 1}).keys.token_keys.size(), 1u);
  // The rest of the batch follows: the keys that are there do not cover it.
  room.void_questions({1});
  room.run_all();
  EXPECT_EQ(room.record.pending_keys().at({1, 1}).keys.token_keys.size(), 2u);
  room.open_batch(1);
  EXPECT_EQ(room.attempt().open.questions.size(), 2u);
}

// Newer keys that never reach the log must not push out the older ones that BatchOpen takes.
TEST(TrusteeKeys, OlderOnesAreKeptUntilBatchOpenHasChosen) {
  Room room;
  room.advance(Stage::kOpen);
  room.void_questions({2});
  room.run_all();
  room.void_questions({1});
  for (TrusteeId const id : {0u, 1u, 2u}) {
    room.run(id, false);
    room.restart(id);
  }
  room.open_batch(1);
  ASSERT_EQ(room.attempt().open.questions, (std::vector<QuestionId>{2}));
  room.cosign();
  for (PersonId const p : room.present()) {
    room.request(p);
    room.deliver(p);
  }
  room.run(0);
  EXPECT_EQ(room.count(0, EntryType::kTokensIssued), room.present().size());
  EXPECT_EQ(room.stored_keys(0, 1, 2)->token_keys.size(), 1u) << "and only those are left";
}

// A replaced laptop that is still switched on would only produce refusals.
TEST(TrusteeKeys, OldLaptopAfterAKeyChangeDoesNothing) {
  Room room;
  auto const ik = crypto::SigningKey::generate();
  auto const wk = crypto::SigningKey::generate();
  auto const possession = ik.sign({meeting::possession_input(room.record.manifest().meeting_id, Room::kSupervisor,
                                                             ik.public_key(), wk.public_key())});
  room.must(room.signed_by(meeting::KeyChange{room.record.meeting(), Room::kSupervisor, ik.public_key(),
                                              wk.public_key(), possession, "new laptop"},
                           {Room::kChair}));
  EXPECT_EQ(room.run(2), 0u);
  EXPECT_EQ(room.seats[2].trustee->status(room.record).state, TrusteeState::kOffDuty);
}

// ---- Tokens --------------------------------------------------------------------------------------------------------

// A room that only one expert was shown would give her tokens that nobody else has.
TEST(TrusteeTokens, AreIssuedOnlyWhenBatchOpenIsWitnessed) {
  Room room;
  room.run_all();
  room.open_batch(1);
  room.request(kExpert);
  room.deliver(kExpert);
  room.run_all();
  EXPECT_EQ(room.count(1, EntryType::kTokensIssued), 0u);
  room.cosign();
  room.run_all();
  EXPECT_EQ(room.count(1, EntryType::kTokensIssued), 1u);
}

// Work can overtake the log on its way to a trustee.
TEST(TrusteeTokens, WorkThatComesBeforeItsRequestIsKept) {
  Room room;
  room.advance(Stage::kOpen);
  meeting::Record const before = room.record;
  room.request(kExpert);
  room.deliver(kExpert);
  auto const early = room.seats[1].trustee->due(before, room.witnesses);
  EXPECT_TRUE(std::ranges::none_of(early, [](auto const& job) { return job.duty.kind == DutyKind::kTokens; }));
  room.run(1);
  EXPECT_EQ(room.count(1, EntryType::kTokensIssued), 1u);
}

// The server asks again for an answer that it lost: it gets the same one.
TEST(TrusteeTokens, SameWorkAgainGetsTheSameAnswer) {
  Room room;
  room.advance(Stage::kOpen);
  room.request(kExpert);
  room.deliver(kExpert);
  room.run_all();
  room.deliver(kExpert);
  room.run(1);
  auto const entries = entries_of(room, 1, EntryType::kTokensIssued);
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0], entries[1]);
}

TEST(TrusteeTokens, WorkThatTheLoggedDigestDoesNotCoverIsRefused) {
  Room room;
  room.advance(Stage::kOpen);
  room.request(kExpert);
  auto msgs = room.experts.at(kExpert).msgs;
  msgs[1][1][9] ^= 1;
  room.seats[1].trustee->on_token_work(kExpert, room.attempt().open_hash, msgs);
  room.run(1);
  EXPECT_EQ(room.count(1, EntryType::kTokensIssued), 0u);
  EXPECT_EQ(room.seats[1].trustee->status(room.record).refusal, Refusal::kConflict);
  room.deliver(kExpert);
  room.run(1);
  EXPECT_EQ(room.count(1, EntryType::kTokensIssued), 1u);
  EXPECT_FALSE(room.seats[1].trustee->status(room.record).refusal);
}

// Signed is signed: when the keys are said to be gone, they must be gone from memory and disk, and from running work.
TEST(TrusteeTokens, KeysAreDestroyedBeforeIssuanceClosedIsSigned) {
  Room room;
  room.advance(Stage::kClosed);
  for (TrusteeId const id : {0u, 1u, 2u}) {
    EXPECT_FALSE(room.stored_keys(id)->token_keys.empty());
    room.seats[id].store.full = true;
    room.run(id, false);
    EXPECT_EQ(room.count(id, EntryType::kIssuanceClosed), 0u);
    room.seats[id].store.full = false;
    room.seats[id].trustee->resubmit();
    room.run(id, false);
    ASSERT_EQ(room.count(id, EntryType::kIssuanceClosed), 1u);
    EXPECT_TRUE(room.stored_keys(id)->token_keys.empty());
    EXPECT_TRUE(room.stored_keys(id)->mix_key.has_value());
    EXPECT_TRUE(room.stored_keys(id)->tally_key.has_value());
  }
}

TEST(TrusteeTokens, KeysAreNotDestroyedUnderASignatureThatIsBeingMade) {
  Room room;
  room.advance(Stage::kOpen);
  room.request(kExpert);
  room.deliver(kExpert);
  Trustee& trustee = *room.seats[1].trustee;
  auto jobs = trustee.due(room.record, room.witnesses);
  auto const token = std::ranges::find_if(jobs, [](auto const& job) { return job.duty.kind == DutyKind::kTokens; });
  ASSERT_NE(token, jobs.end());
  room.close();
  auto const early = trustee.due(room.record, room.witnesses);
  EXPECT_TRUE(std::ranges::none_of(early, [](auto const& job) { return job.duty.kind == DutyKind::kClose; }));
  token->run();
  auto const late = token->finish(room.record);
  ASSERT_TRUE(late);
  EXPECT_TRUE(late->empty()) << "too late for this answer";
  room.run(1);
  EXPECT_EQ(room.count(1, EntryType::kIssuanceClosed), 1u);
}

// ---- Mixing --------------------------------------------------------------------------------------------------------

struct Remix : testing::Test {
  Remix() {
    room.advance(Stage::kClosed);
    room.run_all();
    items = room.envelopes();
  }
  void deliver() { room.seats[0].trustee->on_mix_input(room.attempt().open_hash, items, {}); }
  Room room;
  meeting::MixItems items;
};

// A second order of the same input, laid beside the first, would undo both.
TEST_F(Remix, SameInputGivesTheSameOutputEvenAfterARestart) {
  deliver();
  room.run(0, false);
  MixResult const first = mix_of(room, 0);
  deliver();
  room.run(0, false);
  EXPECT_EQ(mix_of(room, 0).items, first.items);
  room.restart(0);
  deliver();
  room.run(0, false);
  EXPECT_EQ(room.count(0, EntryType::kMixStep), 3u);
  EXPECT_EQ(mix_of(room, 0).items, first.items);
  EXPECT_EQ(mix_of(room, 0).salt, first.salt);
  auto const entries = entries_of(room, 0, EntryType::kMixStep);
  EXPECT_EQ(entries[0], entries[2]);
}

// First one person's onion among junk, then the real batch: what both outputs share is hers.
TEST_F(Remix, AnotherInputIsRefusedEvenAfterARestart) {
  meeting::MixItems const real = items;
  std::reverse(items[1].begin(), items[1].end());
  items[1][0] = Bytes(items[1][0].size(), 3);
  deliver();
  room.run(0, false);
  ASSERT_EQ(room.count(0, EntryType::kMixStep), 1u);
  items = real;
  deliver();
  room.run(0, false);
  EXPECT_EQ(room.refused, (std::vector<Refusal>{Refusal::kMixAgain}));
  EXPECT_EQ(room.seats[0].trustee->status(room.record).refusal, Refusal::kMixAgain);
  room.restart(0);
  deliver();
  room.run(0, false);
  EXPECT_EQ(room.refused.size(), 2u);
  EXPECT_EQ(room.count(0, EntryType::kMixStep), 1u);
}

TEST_F(Remix, OutputThatTheServerLostIsGivenAgainAfterTheStepIsLogged) {
  deliver();
  room.run(0);
  MixResult const first = mix_of(room, 0);
  ASSERT_EQ(room.attempt().mixes.size(), 1u);
  EXPECT_EQ(room.run(0), 0u);
  room.restart(0);
  deliver();
  room.run(0);
  EXPECT_EQ(room.count(0, EntryType::kMixStep), 2u);
  EXPECT_EQ(mix_of(room, 0).items, first.items);
  // The kept output is lost: then nobody can tell any more, and it is not mixed a second time.
  room.seats[0].store.kept.erase("mix/1/1");
  room.restart(0);
  deliver();
  room.run(0);
  EXPECT_EQ(room.refused, (std::vector<Refusal>{Refusal::kMixAgain}));
}

TEST_F(Remix, NothingLeavesBeforeItIsSaved) {
  deliver();
  room.seats[0].store.full = true;
  room.run(0);
  EXPECT_EQ(room.count(0, EntryType::kMixStep), 0u);
  room.seats[0].store.full = false;
  room.seats[0].trustee->resubmit();
  room.run(0);
  EXPECT_EQ(room.count(0, EntryType::kMixStep), 1u);
}

TEST_F(Remix, RefusedInputCanBeFollowedByTheRightOne) {
  Bytes const last = items[1].back();
  items[1].pop_back();
  deliver();
  room.run(0);
  EXPECT_EQ(room.refused, (std::vector<Refusal>{Refusal::kMixSize}));
  items[1].push_back(last);
  deliver();
  room.run(0);
  EXPECT_EQ(room.attempt().mixes.size(), 1u);
  EXPECT_FALSE(room.seats[0].trustee->status(room.record).refusal);
}

// A question voided between the mix and its step: the others keep the order in which they were mixed.
TEST_F(Remix, QuestionVoidedAfterTheMixFallsOutOfTheKeptOutput) {
  deliver();
  room.run(0, false);
  MixResult const whole = mix_of(room, 0);
  room.void_questions({2});
  room.run(0, false);
  ASSERT_EQ(room.count(0, EntryType::kMixStep), 2u);
  EXPECT_EQ(mix_of(room, 0).items, (meeting::MixItems{{1, whole.items.at(1)}}));
  room.restart(0);
  items = room.envelopes();
  EXPECT_EQ(items.size(), 1u);
  deliver();
  room.run_all();
  EXPECT_TRUE(room.refused.empty());
  EXPECT_EQ(room.attempt().mixes.size(), 3u);
  room.make_box();
  room.cosign();
  for (PersonId const p : room.present()) room.confirm(p);
  room.run_all();
  EXPECT_EQ(room.attempt().phase, BatchPhase::kCounted);
}

TEST_F(Remix, MixThatEndsAfterTheAttemptDidIsThrownAway) {
  deliver();
  auto jobs = room.seats[0].trustee->due(room.record, room.witnesses);
  auto const job = std::ranges::find_if(jobs, [](auto const& one) { return one.duty.kind == DutyKind::kMix; });
  ASSERT_NE(job, jobs.end());
  room.void_questions({1, 2});
  auto const early = room.seats[0].trustee->due(room.record, room.witnesses);
  EXPECT_TRUE(std::ranges::none_of(early, [](auto const& one) { return one.duty.kind == DutyKind::kErase; }))
      << "not while its keys are in use";
  job->run();
  auto const late = job->finish(room.record);
  ASSERT_TRUE(late);
  EXPECT_TRUE(late->empty());
  EXPECT_FALSE(holds(room, 0, "mix/1/1"));
}

// ---- Erased --------------------------------------------------------------------------------------------------------

TEST(TrusteeErased, IsSignedOnlyAfterKeysAndKeptOutputAreGone) {
  Room room;
  room.advance(Stage::kMixed);
  EXPECT_TRUE(holds(room, 1, "mix/1/1"));
  room.void_questions({1, 2});
  room.seats[1].store.broken = true;
  room.run(1);
  EXPECT_EQ(room.count(1, EntryType::kErased), 0u);
  room.seats[1].store.broken = false;
  room.seats[1].trustee->resubmit();
  room.run(1, false);
  EXPECT_EQ(room.count(1, EntryType::kErased), 1u);
  EXPECT_FALSE(holds(room, 1, "mix/1/1"));
  EXPECT_FALSE(holds(room, 1, "keys/1/1"));
}

// A trustee that was away when its attempt ended still owes its word for it.
TEST(TrusteeErased, IsOwedForAPastAttemptToo) {
  Room room;
  room.advance(Stage::kOpen);
  room.void_questions({1, 2});
  room.run(0);
  room.run(1);
  room.open_batch(1, true);
  ASSERT_EQ(room.attempt().hops, (std::vector<TrusteeId>{0, 1}));
  room.restart(2);
  room.run(2);
  EXPECT_EQ(room.count(2, EntryType::kErased), 1u);
  EXPECT_TRUE(room.last(2, EntryType::kErased)->outcome);
  EXPECT_FALSE(holds(room, 2, "keys/1/1"));
}

// Keys that BatchOpen passed over are of no use, but they must not lie about either.
TEST(TrusteeErased, UnusedKeysAreErasedWithoutAWord) {
  Room room;
  room.run_all();
  auto const draft = room.record.draft_batch_open(1, true);
  ASSERT_TRUE(draft) << piaojue::name(draft.error());
  room.must(room.signed_by(*draft, {Room::kChair}));
  room.run_all();
  for (TrusteeId const id : {0u, 1u, 2u}) {
    EXPECT_FALSE(holds(room, id, "keys/1/1"));
    EXPECT_EQ(room.count(id, EntryType::kErased), 0u);
  }
}

}  // namespace
}  // namespace piaojue::trustee::test
