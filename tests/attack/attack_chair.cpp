// SPDX-License-Identifier: Apache-2.0
/// A chair who wants a result: opens without the people, counts without a vote, looks before everybody has agreed, or
/// declares what was not counted. What the server lets through, every laptop's state machine refuses again.
#include "attack_fixture.h"

namespace piaojue::attack {
namespace {

using meeting::BatchPhase;

struct Chaired : Stage {
  explicit Chaired(Plan plan = {}) : Stage(std::move(plan)) { open_meeting(); }
  /// Refused by the server and by every laptop, and nothing has changed.
  void refused(meeting::Body const& body, std::vector<PersonId> const& signers, Refusal const code) {
    auto const before = state();
    auto const bytes = entry(body, signers);
    EXPECT_EQ(submit(signers.front(), bytes).refused, code);
    auto const taken = everybody(bytes);
    ASSERT_FALSE(taken) << "a laptop would accept it";
    EXPECT_EQ(taken.error(), code);
    EXPECT_EQ(state(), before);
  }
};

// A few friends in the room, and no quorum.
TEST(Chair, BatchesAreNotOpenedWithoutQuorum) {
  Plan plan;
  plan.committee = 11;  // quorum is six
  plan.experts = 6;
  Chaired room(plan);
  for (auto const& [id, person] : room.people) {
    if (id != room.experts.back()) room.sign_in({id});
  }
  room.publish_keys(1);
  EXPECT_EQ(room.record().draft_batch_open(1, false).error(), Refusal::kQuorum);
  meeting::BatchOpen body{room.record().meeting(), 1, 1, {1, 2}, room.record().experts_present(), {}, {}, false};
  for (TrusteeId t : {0U, 1U}) body.keys.push_back(room.record().pending_keys().at({1, t}).leaf);
  room.refused(body, {room.chair}, Refusal::kQuorum);
  body.paper = true;
  body.keys.clear();
  room.refused(body, {room.chair}, Refusal::kQuorum);
  // Nor with somebody written in who is not there.
  body.present.push_back(room.experts.back());
  room.refused(body, {room.chair}, Refusal::kConflict);
  room.sign_in({room.experts.back()});
  room.open_batch(1);
  room.to_box({Choice::kAgree});
  room.finish();
}

// A smaller denominator passes with fewer votes.
TEST(Chair, PresentAndRecusedAreTheSignedOnes) {
  Chaired room;
  room.sign_in_all();
  room.must(meeting::Recuse{room.record().meeting(), room.experts[0], 1, "亲属"}, {room.experts[0]});
  room.publish_keys(1);
  auto const good = room.record().draft_batch_open(1, false).value();
  auto body = good;
  body.present.pop_back();
  room.refused(body, {room.chair}, Refusal::kConflict);
  body = good;
  body.recusals.clear();
  room.refused(body, {room.chair}, Refusal::kConflict);
  body = good;
  body.recusals.push_back({room.experts[1], 1});
  room.refused(body, {room.chair}, Refusal::kConflict);
  body = good;
  body.keys.pop_back();  // without the chair's own keys the server alone could link
  room.refused(body, {room.chair}, Refusal::kKeyUnlogged);
  body = good;
  body.keys.front() = room.record().meeting();
  room.refused(body, {room.chair}, Refusal::kKeyUnlogged);
  // Nobody but a chair opens, and not in another's name.
  room.refused(good, {room.experts[0]}, Refusal::kNotAuthorised);
  room.refused(good, {room.clerk}, Refusal::kNotAuthorised);
  room.open_batch(1);
  room.to_box({Choice::kAgree});
  room.finish();
}

// 破格: exceptional promotion without the interview that the rules demand.
TEST(Chair, ExceptionalCandidatesAreNotOpenedWithoutTheirInterview) {
  Plan plan;
  plan.exceptional = {2};
  Chaired room(plan);
  room.sign_in_all();
  room.publish_keys(1);
  EXPECT_EQ(room.record().draft_batch_open(1, false).error(), Refusal::kInterviewMissing);
  meeting::BatchOpen body{room.record().meeting(), 1, 1, {1, 2}, room.record().experts_present(), {}, {}, false};
  for (TrusteeId t : {0U, 1U}) body.keys.push_back(room.record().pending_keys().at({1, t}).leaf);
  room.refused(body, {room.chair}, Refusal::kInterviewMissing);
  // The chair can not write it himself.
  meeting::Interview const interview{room.record().meeting(), 2, "面试答辩", room.record().meeting()};
  room.refused(interview, {room.chair}, Refusal::kNotAuthorised);
  room.must(interview, {room.clerk});
  room.open_batch(1);
  room.to_box({Choice::kAgree});
  room.finish();
}

// An envelope left out at closing is a vote that was cast and not counted.
TEST(Chair, ClosingCountsEveryEnvelopeAndNoOther) {
  Chaired room;
  room.sign_in_all();
  room.open_batch(1);
  room.vote_all({Choice::kAgree});
  auto const first = room.attempt().envelopes.begin()->second;
  room.cast(room.experts[0], Choice::kDisagree);  // changed her mind
  auto const good = room.record().draft_batch_close().value();
  auto body = good;
  body.envelopes.erase(room.experts[1]);
  room.refused(body, {room.chair}, Refusal::kConflict);
  body = good;
  body.envelopes.at(room.experts[0]) = first;
  room.refused(body, {room.chair}, Refusal::kConflict);
  body = good;
  body.envelopes[room.clerk] = first;
  room.refused(body, {room.chair}, Refusal::kConflict);
  room.refused(good, {room.supervisor()}, Refusal::kNotAuthorised);
  room.close();
  room.issuance_closed();
  room.mix();
  room.finish();
  EXPECT_EQ(room.attempt().rows.at(1).disagree, 1U);
}

// Opened before everybody has found his ballot, a dropped one is found too late.
TEST(Chair, NothingIsOpenedBeforeEverybodyHasConfirmed) {
  Chaired room;
  room.sign_in_all();
  room.open_batch(1);
  room.to_box({Choice::kAgree});
  auto const late = room.experts.back();
  for (auto const p : room.experts) {
    if (p == late) continue;
    ASSERT_TRUE(room.confirm(p).accepted);
  }
  auto const before = room.state();
  // The chair's own share, from a changed program that does not ask the gate.
  EXPECT_EQ(room.share(1).refused, Refusal::kGateUnconfirmed);
  // The honest trustee's gate, and trustee 0, which has given none.
  auto const gate = trustee::gate(room.record(), room.core->witnesses());
  EXPECT_EQ(gate.error(), Refusal::kGateUnconfirmed);
  EXPECT_TRUE(room.attempt().shares.empty());
  EXPECT_EQ(room.core->trustee_status().waiting, Refusal::kGateUnconfirmed);
  EXPECT_EQ(room.state(), before);
  ASSERT_TRUE(room.confirm(late).accepted);
  room.finish();
}

// Without the limit a chair could pass over all but one honest expert, and read her vote.
TEST(Chair, OverridesStayWithinTheirLimitAndNeedTheirSigners) {
  Plan plan;
  plan.max_unconfirmed = 1;
  plan.supervisors = 2;
  Chaired room(plan);
  room.sign_in_all();
  room.open_batch(1);
  room.to_box({Choice::kAgree});
  auto const a = room.experts[3], b = room.experts[4], missing = room.experts[2];
  ASSERT_TRUE(room.confirm(room.experts[0]).accepted);
  ASSERT_TRUE(room.confirm(room.experts[1]).accepted);
  meeting::Override both{room.attempt().open_hash, room.attempt().box_hash, {a, b}, {}, "设备失联"};
  room.refused(both, {room.chair, room.supervisor()}, Refusal::kGateOverride);
  meeting::Override confirmed{room.attempt().open_hash, room.attempt().box_hash, {room.experts[0]}, {}, "设备失联"};
  room.refused(confirmed, {room.chair, room.supervisor()}, Refusal::kConflict);
  meeting::Override one{room.attempt().open_hash, room.attempt().box_hash, {a}, {}, "设备失联"};
  // Alone he can only propose it; an expert can not stand in for the supervisor.
  EXPECT_TRUE(room.submit(room.chair, room.entry(one, {room.chair})).pending);
  EXPECT_FALSE(room.everybody(room.entry(one, {room.chair})));
  EXPECT_EQ(room.everybody(room.entry(one, {room.chair, room.experts[0]})).error(), Refusal::kNotAuthorised);
  auto nameless = one;
  nameless.reason.clear();
  EXPECT_FALSE(room.everybody(room.entry(nameless, {room.chair, room.supervisor()})));
  room.must(one, {room.chair, room.supervisor()});

  // A signed MISSING needs every supervisor, and counts towards the same limit.
  ASSERT_TRUE(room.confirm(missing, false).accepted);
  ASSERT_TRUE(room.confirm(b).accepted);
  meeting::Override pass{room.attempt().open_hash, room.attempt().box_hash, {}, {missing}, "设备故障"};
  room.refused(pass, {room.chair, room.supervisors[0], room.supervisors[1]}, Refusal::kGateOverride);
  EXPECT_EQ(room.share(1).refused, Refusal::kGateMissing);
  EXPECT_EQ(trustee::gate(room.record(), room.core->witnesses()).error(), Refusal::kGateMissing);
  // What is left is to void, with nothing opened, and to vote again.
  room.must(meeting::Void{room.attempt().open_hash, {}, "有票未入箱", false}, {room.chair});
  room.erase();
  room.open_batch(1);
  room.to_box({Choice::kAgree});
  room.finish();
}

// Two ballots and a sum are two votes in the open.
TEST(Chair, FewerThanThreeBallotsAreNeverOpened) {
  Plan plan;
  plan.batches = {1, 1};
  Chaired room(plan);
  room.sign_in_all();
  room.open_batch(1);
  for (std::size_t i = 0; i < 2; ++i) {
    room.request(room.experts[i]);
    room.issue(room.experts[i]);
    room.collect(room.experts[i]);
    room.cast(room.experts[i], Choice::kAgree);
  }
  room.close();
  room.issuance_closed();
  room.mix();
  room.confirm_all();
  auto const before = room.state();
  EXPECT_EQ(room.share(1).refused, Refusal::kGateTooFew);
  EXPECT_EQ(trustee::gate(room.record(), room.core->witnesses()).error(), Refusal::kGateTooFew);
  EXPECT_TRUE(room.attempt().shares.empty());
  EXPECT_EQ(room.state(), before);
  room.must(meeting::Void{room.attempt().open_hash, {}, "票数不足", false}, {room.chair});
  room.erase();
  room.open_batch(2);
  room.to_box({Choice::kAgree});
  room.finish();
}

// Withholding the last share until the sum is known, and voting again if it does not please.
TEST(Chair, AQuestionIsOpenedOnceAndNeverVotedByBallotAgain) {
  Chaired room;
  room.sign_in_all();
  room.open_batch(1);
  room.to_box({Choice::kAgree});
  room.confirm_all();
  room.settle();
  ASSERT_EQ(room.attempt().phase, BatchPhase::kOpening) << "trustee 0 has given its share";
  room.refused(meeting::Void{room.attempt().open_hash, {}, "再来一次", false}, {room.chair}, Refusal::kWrongPhase);
  meeting::Void const lost{room.attempt().open_hash, {}, "保管人失联", true};
  EXPECT_TRUE(room.submit(room.chair, room.entry(lost, {room.chair})).pending) << "not by the chair alone";
  room.must(lost, {room.chair, room.supervisor()});
  room.erase();
  room.publish_keys(1);
  EXPECT_EQ(room.record().draft_batch_open(1, false).error(), Refusal::kGateReopened);
  meeting::BatchOpen body{room.record().meeting(), 1, 2, {1, 2}, room.record().experts_present(), {}, {}, false};
  auto const own = room.record().pending_keys().find({1, 1});
  ASSERT_NE(own, room.record().pending_keys().end());
  // Trustee 0 makes no keys for a question that was opened; one of the chair's own will not do.
  body.keys = {own->second.leaf};
  auto const taken = room.everybody(room.entry(body, {room.chair}));
  ASSERT_FALSE(taken);
  EXPECT_TRUE(taken.error() == Refusal::kGateReopened || taken.error() == Refusal::kKeyUnlogged);
  // On paper it can still be decided.
  room.must(room.record().draft_batch_open(1, true).value(), {room.chair});
  meeting::PaperTally tally{room.attempt().open_hash, {}};
  for (QuestionId q : {1U, 2U}) tally.rows[q] = {5, 5, 5, 0, 4, 1, 0};
  room.must(tally, {room.chair, room.supervisor()});
  room.declare();
}

// The row on the wall must be the one that was counted.
TEST(Chair, DeclaredRowsAreTheCountedOnes) {
  Chaired room;
  room.sign_in_all();
  room.open_batch(1);
  room.to_box({Choice::kAgree, Choice::kDisagree});
  room.confirm_all();
  room.share_all();
  auto const good = room.record().draft_declaration().value();
  std::vector<PersonId> const both = {room.chair, room.supervisor()};
  auto body = good;
  body.rows.at(1).passed = !body.rows.at(1).passed;
  room.refused(body, both, Refusal::kThresholdRule);
  body = good;
  ++body.rows.at(1).agree;
  room.refused(body, both, Refusal::kUnbalancedRow);
  --body.rows.at(1).disagree;
  room.refused(body, both, Refusal::kThresholdRule);
  body = good;
  body.rows.erase(2);
  room.refused(body, both, Refusal::kConflict);
  EXPECT_TRUE(room.submit(room.chair, room.entry(good, {room.chair})).pending) << "not by the chair alone";
  EXPECT_EQ(room.attempt().phase, BatchPhase::kCounted);
  room.declare();
  room.erase();
  room.close_meeting();
}

// A paper box with more papers than were given out was stuffed.
TEST(Chair, PaperRowsMustBalanceAndStuffedOnesAreVoid) {
  Plan plan;
  plan.batches = {2};
  Chaired room(plan);
  room.sign_in_all();
  room.must(room.record().draft_batch_open(1, true).value(), {room.chair});
  std::vector<PersonId> const both = {room.chair, room.supervisor()};
  auto const tally = [&](meeting::PaperRow const& one, meeting::PaperRow const& two) {
    return meeting::PaperTally{room.attempt().open_hash, {{1, one}, {2, two}}};
  };
  meeting::PaperRow const good{5, 5, 5, 0, 4, 1, 0};
  room.refused(tally({5, 5, 5, 0, 5, 1, 0}, good), both, Refusal::kUnbalancedRow);
  room.refused(tally({6, 6, 6, 0, 6, 0, 0}, good), both, Refusal::kUnbalancedRow);
  room.must(tally({5, 6, 6, 0, 6, 0, 0}, good), both);
  EXPECT_EQ(room.attempt().voided, std::set<QuestionId>{1});
  room.declare();
  EXPECT_FALSE(room.record().question(1).declared);
  EXPECT_TRUE(room.record().question(2).declared);
}

}  // namespace
}  // namespace piaojue::attack
