// SPDX-License-Identifier: Apache-2.0
/// A chair who wants a result: opens without the people, counts without a vote, looks before everybody has agreed, or
/// declares what was not counted. What the server lets through, every laptop's state machine refuses again.
#include "attack_fixture.h"

namespace piaojue::attack {
namespace {

using meeting::BatchPhase;

struct Chaired : AttackFixture {
  explicit Chaired(Plan plan = {}) : AttackFixture(std::move(plan)) { open_meeting(); }
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

// A few friends in the hall, and no quorum.
TEST(Chair, BatchesAreNotOpenedWithoutQuorum) {
  Plan plan;
  plan.committee = 11;  // quorum is six
  plan.experts = 6;
  Chaired hall(plan);
  for (auto const& [id, person] : hall.people) {
    if (id != hall.experts.back()) hall.sign_in({id});
  }
  hall.publish_keys(1);
  EXPECT_EQ(hall.record().draft_batch_open(1, false).error(), Refusal::kQuorum);
  meeting::BatchOpen body{hall.record().meeting(), 1, 1, {1, 2}, hall.record().experts_present(), {}, {}, false};
  for (TrusteeId t : {0U, 1U}) body.keys.push_back(hall.record().pending_keys().at({1, t}).leaf);
  hall.refused(body, {hall.chair}, Refusal::kQuorum);
  body.paper = true;
  body.keys.clear();
  hall.refused(body, {hall.chair}, Refusal::kQuorum);
  // Nor with somebody written in who is not there.
  body.present.push_back(hall.experts.back());
  hall.refused(body, {hall.chair}, Refusal::kConflict);
  hall.sign_in({hall.experts.back()});
  hall.open_batch(1);
  hall.to_box({Choice::kAgree});
  hall.finish();
}

// A smaller denominator passes with fewer votes.
TEST(Chair, PresentAndRecusedAreTheSignedOnes) {
  Chaired hall;
  hall.sign_in_all();
  hall.must(meeting::Recuse{hall.record().meeting(), hall.experts[0], 1, "亲属"}, {hall.experts[0]});
  hall.publish_keys(1);
  auto const good = hall.record().draft_batch_open(1, false).value();
  auto body = good;
  body.present.pop_back();
  hall.refused(body, {hall.chair}, Refusal::kConflict);
  body = good;
  body.recusals.clear();
  hall.refused(body, {hall.chair}, Refusal::kConflict);
  body = good;
  body.recusals.push_back({hall.experts[1], 1});
  hall.refused(body, {hall.chair}, Refusal::kConflict);
  body = good;
  body.keys.pop_back();  // without the chair's own keys the server alone could link
  hall.refused(body, {hall.chair}, Refusal::kKeyUnlogged);
  body = good;
  body.keys.front() = hall.record().meeting();
  hall.refused(body, {hall.chair}, Refusal::kKeyUnlogged);
  // Nobody but a chair opens, and not in another's name.
  hall.refused(good, {hall.experts[0]}, Refusal::kNotAuthorised);
  hall.refused(good, {hall.clerk}, Refusal::kNotAuthorised);
  hall.open_batch(1);
  hall.to_box({Choice::kAgree});
  hall.finish();
}

// 破格: exceptional promotion without the interview that the rules demand.
TEST(Chair, ExceptionalCandidatesAreNotOpenedWithoutTheirInterview) {
  Plan plan;
  plan.exceptional = {2};
  Chaired hall(plan);
  hall.sign_in_all();
  hall.publish_keys(1);
  EXPECT_EQ(hall.record().draft_batch_open(1, false).error(), Refusal::kInterviewMissing);
  meeting::BatchOpen body{hall.record().meeting(), 1, 1, {1, 2}, hall.record().experts_present(), {}, {}, false};
  for (TrusteeId t : {0U, 1U}) body.keys.push_back(hall.record().pending_keys().at({1, t}).leaf);
  hall.refused(body, {hall.chair}, Refusal::kInterviewMissing);
  // The chair can not write it himself.
  meeting::Interview const interview{hall.record().meeting(), 2, "面试答辩", hall.record().meeting()};
  hall.refused(interview, {hall.chair}, Refusal::kNotAuthorised);
  hall.must(interview, {hall.clerk});
  hall.open_batch(1);
  hall.to_box({Choice::kAgree});
  hall.finish();
}

// An envelope left out at closing is a vote that was cast and not counted.
TEST(Chair, ClosingCountsEveryEnvelopeAndNoOther) {
  Chaired hall;
  hall.sign_in_all();
  hall.open_batch(1);
  hall.vote_all({Choice::kAgree});
  auto const first = hall.attempt().envelopes.begin()->second;
  hall.cast(hall.experts[0], Choice::kDisagree);  // changed her mind
  auto const good = hall.record().draft_batch_close().value();
  auto body = good;
  body.envelopes.erase(hall.experts[1]);
  hall.refused(body, {hall.chair}, Refusal::kConflict);
  body = good;
  body.envelopes.at(hall.experts[0]) = first;
  hall.refused(body, {hall.chair}, Refusal::kConflict);
  body = good;
  body.envelopes[hall.clerk] = first;
  hall.refused(body, {hall.chair}, Refusal::kConflict);
  hall.refused(good, {hall.supervisor()}, Refusal::kNotAuthorised);
  hall.close();
  hall.issuance_closed();
  hall.mix();
  hall.finish();
  EXPECT_EQ(hall.attempt().rows.at(1).disagree, 1U);
}

// Opened before everybody has found his ballot, a dropped one is found too late.
TEST(Chair, NothingIsOpenedBeforeEverybodyHasConfirmed) {
  Chaired hall;
  hall.sign_in_all();
  hall.open_batch(1);
  hall.to_box({Choice::kAgree});
  auto const late = hall.experts.back();
  for (auto const p : hall.experts) {
    if (p == late) continue;
    ASSERT_TRUE(hall.confirm(p).accepted);
  }
  auto const before = hall.state();
  // The chair's own share, from a changed program that does not ask the gate.
  EXPECT_EQ(hall.share(1).refused, Refusal::kGateUnconfirmed);
  // The honest trustee's gate, and trustee 0, which has given none.
  auto const gate = trustee::gate(hall.record(), hall.core->witnesses());
  EXPECT_EQ(gate.error(), Refusal::kGateUnconfirmed);
  EXPECT_TRUE(hall.attempt().shares.empty());
  EXPECT_EQ(hall.core->trustee_status().waiting, Refusal::kGateUnconfirmed);
  EXPECT_EQ(hall.state(), before);
  ASSERT_TRUE(hall.confirm(late).accepted);
  hall.finish();
}

// Without the limit a chair could pass over all but one honest expert, and read her vote.
TEST(Chair, OverridesStayWithinTheirLimitAndNeedTheirSigners) {
  Plan plan;
  plan.max_unconfirmed = 1;
  plan.supervisors = 2;
  Chaired hall(plan);
  hall.sign_in_all();
  hall.open_batch(1);
  hall.to_box({Choice::kAgree});
  auto const a = hall.experts[3], b = hall.experts[4], missing = hall.experts[2];
  ASSERT_TRUE(hall.confirm(hall.experts[0]).accepted);
  ASSERT_TRUE(hall.confirm(hall.experts[1]).accepted);
  meeting::Override both{hall.attempt().open_hash, hall.attempt().box_hash, {a, b}, {}, "设备失联"};
  hall.refused(both, {hall.chair, hall.supervisor()}, Refusal::kGateOverride);
  meeting::Override confirmed{hall.attempt().open_hash, hall.attempt().box_hash, {hall.experts[0]}, {}, "设备失联"};
  hall.refused(confirmed, {hall.chair, hall.supervisor()}, Refusal::kConflict);
  meeting::Override one{hall.attempt().open_hash, hall.attempt().box_hash, {a}, {}, "设备失联"};
  // Alone he can only propose it; an expert can not stand in for the supervisor.
  EXPECT_TRUE(hall.submit(hall.chair, hall.entry(one, {hall.chair})).pending);
  EXPECT_FALSE(hall.everybody(hall.entry(one, {hall.chair})));
  EXPECT_EQ(hall.everybody(hall.entry(one, {hall.chair, hall.experts[0]})).error(), Refusal::kNotAuthorised);
  auto nameless = one;
  nameless.reason.clear();
  EXPECT_FALSE(hall.everybody(hall.entry(nameless, {hall.chair, hall.supervisor()})));
  hall.must(one, {hall.chair, hall.supervisor()});

  // A signed MISSING needs every supervisor, and counts towards the same limit.
  ASSERT_TRUE(hall.confirm(missing, false).accepted);
  ASSERT_TRUE(hall.confirm(b).accepted);
  meeting::Override pass{hall.attempt().open_hash, hall.attempt().box_hash, {}, {missing}, "设备故障"};
  hall.refused(pass, {hall.chair, hall.supervisors[0], hall.supervisors[1]}, Refusal::kGateOverride);
  EXPECT_EQ(hall.share(1).refused, Refusal::kGateMissing);
  EXPECT_EQ(trustee::gate(hall.record(), hall.core->witnesses()).error(), Refusal::kGateMissing);
  // What is left is to void, with nothing opened, and to vote again.
  hall.must(meeting::Void{hall.attempt().open_hash, {}, "有票未入箱", false}, {hall.chair});
  hall.erase();
  hall.open_batch(1);
  hall.to_box({Choice::kAgree});
  hall.finish();
}

// Two ballots and a sum are two votes in the open.
TEST(Chair, FewerThanThreeBallotsAreNeverOpened) {
  Plan plan;
  plan.batches = {1, 1};
  Chaired hall(plan);
  hall.sign_in_all();
  hall.open_batch(1);
  for (std::size_t i = 0; i < 2; ++i) {
    hall.request(hall.experts[i]);
    hall.issue(hall.experts[i]);
    hall.collect(hall.experts[i]);
    hall.cast(hall.experts[i], Choice::kAgree);
  }
  hall.close();
  hall.issuance_closed();
  hall.mix();
  hall.confirm_all();
  auto const before = hall.state();
  EXPECT_EQ(hall.share(1).refused, Refusal::kGateTooFew);
  EXPECT_EQ(trustee::gate(hall.record(), hall.core->witnesses()).error(), Refusal::kGateTooFew);
  EXPECT_TRUE(hall.attempt().shares.empty());
  EXPECT_EQ(hall.state(), before);
  hall.must(meeting::Void{hall.attempt().open_hash, {}, "票数不足", false}, {hall.chair});
  hall.erase();
  hall.open_batch(2);
  hall.to_box({Choice::kAgree});
  hall.finish();
}

// Withholding the last share until the sum is known, and voting again if it does not please.
TEST(Chair, AQuestionIsOpenedOnceAndNeverVotedByBallotAgain) {
  Chaired hall;
  hall.sign_in_all();
  hall.open_batch(1);
  hall.to_box({Choice::kAgree});
  hall.confirm_all();
  hall.settle();
  ASSERT_EQ(hall.attempt().phase, BatchPhase::kOpening) << "trustee 0 has given its share";
  hall.refused(meeting::Void{hall.attempt().open_hash, {}, "再来一次", false}, {hall.chair}, Refusal::kWrongPhase);
  meeting::Void const lost{hall.attempt().open_hash, {}, "保管人失联", true};
  EXPECT_TRUE(hall.submit(hall.chair, hall.entry(lost, {hall.chair})).pending) << "not by the chair alone";
  hall.must(lost, {hall.chair, hall.supervisor()});
  hall.erase();
  hall.publish_keys(1);
  EXPECT_EQ(hall.record().draft_batch_open(1, false).error(), Refusal::kGateReopened);
  meeting::BatchOpen body{hall.record().meeting(), 1, 2, {1, 2}, hall.record().experts_present(), {}, {}, false};
  auto const own = hall.record().pending_keys().find({1, 1});
  ASSERT_NE(own, hall.record().pending_keys().end());
  // Trustee 0 makes no keys for a question that was opened; one of the chair's own will not do.
  body.keys = {own->second.leaf};
  auto const taken = hall.everybody(hall.entry(body, {hall.chair}));
  ASSERT_FALSE(taken);
  EXPECT_TRUE(taken.error() == Refusal::kGateReopened || taken.error() == Refusal::kKeyUnlogged);
  // On paper it can still be decided.
  hall.must(hall.record().draft_batch_open(1, true).value(), {hall.chair});
  meeting::PaperTally tally{hall.attempt().open_hash, {}};
  for (QuestionId q : {1U, 2U}) tally.rows[q] = {5, 5, 5, 0, 4, 1, 0};
  hall.must(tally, {hall.chair, hall.supervisor()});
  hall.declare();
}

// The row on the wall must be the one that was counted.
TEST(Chair, DeclaredRowsAreTheCountedOnes) {
  Chaired hall;
  hall.sign_in_all();
  hall.open_batch(1);
  hall.to_box({Choice::kAgree, Choice::kDisagree});
  hall.confirm_all();
  hall.share_all();
  auto const good = hall.record().draft_declaration().value();
  std::vector<PersonId> const both = {hall.chair, hall.supervisor()};
  auto body = good;
  body.rows.at(1).passed = !body.rows.at(1).passed;
  hall.refused(body, both, Refusal::kThresholdRule);
  body = good;
  ++body.rows.at(1).agree;
  hall.refused(body, both, Refusal::kUnbalancedRow);
  --body.rows.at(1).disagree;
  hall.refused(body, both, Refusal::kThresholdRule);
  body = good;
  body.rows.erase(2);
  hall.refused(body, both, Refusal::kConflict);
  EXPECT_TRUE(hall.submit(hall.chair, hall.entry(good, {hall.chair})).pending) << "not by the chair alone";
  EXPECT_EQ(hall.attempt().phase, BatchPhase::kCounted);
  hall.declare();
  hall.erase();
  hall.close_meeting();
}

// A paper box with more papers than were given out was stuffed.
TEST(Chair, PaperRowsMustBalanceAndStuffedOnesAreVoid) {
  Plan plan;
  plan.batches = {2};
  Chaired hall(plan);
  hall.sign_in_all();
  hall.must(hall.record().draft_batch_open(1, true).value(), {hall.chair});
  std::vector<PersonId> const both = {hall.chair, hall.supervisor()};
  auto const tally = [&](meeting::PaperRow const& one, meeting::PaperRow const& two) {
    return meeting::PaperTally{hall.attempt().open_hash, {{1, one}, {2, two}}};
  };
  meeting::PaperRow const good{5, 5, 5, 0, 4, 1, 0};
  hall.refused(tally({5, 5, 5, 0, 5, 1, 0}, good), both, Refusal::kUnbalancedRow);
  hall.refused(tally({6, 6, 6, 0, 6, 0, 0}, good), both, Refusal::kUnbalancedRow);
  hall.must(tally({5, 6, 6, 0, 6, 0, 0}, good), both);
  EXPECT_EQ(hall.attempt().voided, std::set<QuestionId>{1});
  hall.declare();
  EXPECT_FALSE(hall.record().question(1).declared);
  EXPECT_TRUE(hall.record().question(2).declared);
}

}  // namespace
}  // namespace piaojue::attack
