// SPDX-License-Identifier: Apache-2.0
/// A chair, and where it says so the office with him, who wants a result: opens without the people, counts without a
/// vote, looks before everybody has agreed, or declares what was not counted. What the server lets through, every
/// laptop's state machine refuses again.
#include "attack_fixture.h"

namespace piaojue::attack {
namespace {

using meeting::BatchPhase;
using meeting::ConfirmVerdict;

struct Chaired : AttackFixture {
  explicit Chaired(Plan plan = {}) : AttackFixture(std::move(plan)) { open_meeting(); }
  /// Refused by the server and by every laptop, and nothing has changed.
  void refused(meeting::Body const& body, std::vector<PersonId> const& signers, Refusal const code) {
    auto const before = state();
    auto const bytes = entry(body, signers);
    auto const answer = submit(signers.front(), bytes);
    EXPECT_EQ(answer.refused, code) << answer;
    auto const taken = everybody(bytes);
    ASSERT_FALSE(taken) << "a laptop would accept it";
    EXPECT_EQ(taken.error(), code);
    EXPECT_EQ(state(), before);
  }
  /// Of these signers alone it is a proposal for the server, and nothing at all for a laptop.
  void not_enough(meeting::Body const& body, std::vector<PersonId> const& signers) {
    auto const before = record().tree().root();
    auto const bytes = entry(body, signers);
    auto const answer = submit(signers.front(), bytes);
    EXPECT_TRUE(answer.pending) << answer;
    EXPECT_EQ(everybody(bytes).error(), Refusal::kNotAuthorised);
    EXPECT_EQ(record().tree().root(), before);
  }
  meeting::BatchOpen open_body() const {
    meeting::BatchOpen body{record().meeting(), 1, 1, {1, 2}, record().experts_present(), {}, {}, false, {}};
    for (TrusteeId t : {0U, 1U}) body.keys.push_back(record().pending_keys().at({1, t}).leaf);
    return body;
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
  EXPECT_EQ(hall.record().draft_batch_open(1, false, {}).error(), Refusal::kQuorum);
  auto body = hall.open_body();
  hall.refused(body, hall.office(), Refusal::kQuorum);
  body.paper = true;
  body.keys.clear();
  hall.refused(body, hall.office(), Refusal::kQuorum);
  // Nor with somebody written in who is not there.
  body.present.push_back(hall.experts.back());
  hall.refused(body, hall.office(), Refusal::kConflict);
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
  auto const good = hall.draft_open(1);
  auto body = good;
  body.present.pop_back();
  hall.refused(body, hall.office(), Refusal::kConflict);
  body = good;
  body.recusals.clear();
  hall.refused(body, hall.office(), Refusal::kConflict);
  body = good;
  body.recusals.push_back({hall.experts[1], 1});
  hall.refused(body, hall.office(), Refusal::kConflict);
  body = good;
  body.keys.pop_back();  // without the chair's own keys the server alone could link
  hall.refused(body, hall.office(), Refusal::kKeyUnlogged);
  body = good;
  body.keys.front() = hall.record().meeting();
  hall.refused(body, hall.office(), Refusal::kKeyUnlogged);
  // Not by the chair alone, not by one expert, and not by a mixture of office and committee.
  hall.not_enough(good, {hall.chair});
  hall.not_enough(good, {hall.experts[0]});
  auto const mixture = hall.entry(good, {hall.chair, hall.experts[0], hall.supervisor()});
  EXPECT_EQ(hall.everybody(mixture).error(), Refusal::kNotAuthorised);
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
  EXPECT_EQ(hall.record().draft_batch_open(1, false, {}).error(), Refusal::kInterviewMissing);
  hall.refused(hall.open_body(), hall.office(), Refusal::kInterviewMissing);
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
  // The first of five has her laptop checked, and casts anew.
  auto const checked = hall.experts[0];
  auto const spoiled = hall.attempt().envelopes().at(checked);
  std::map<QuestionId, crypto::SigningPublicKey> spent;
  for (auto const& [q, token] : hall.tokens.at(checked)) spent[q] = token.sk_v.public_key();
  auto const& open = hall.attempt().open_hash;
  hall.must(meeting::EnvelopeSpoil{open, checked, 0, spent, hall.supervisor()}, {checked, hall.supervisor()});
  hall.must(meeting::CheckResult{open, checked, 0, meeting::CheckVerdict::kAgrees}, {hall.supervisor()});
  hall.request(checked);
  hall.issue(checked);
  hall.collect(checked);
  hall.cast(checked, Choice::kDisagree);
  auto const good = hall.record().draft_batch_close().value();
  auto body = good;
  body.envelopes.erase(hall.experts[1]);
  hall.refused(body, hall.office(), Refusal::kConflict);
  body.without = {hall.experts[1]};
  hall.refused(body, hall.office(), Refusal::kConflict);
  body = good;
  body.envelopes.at(checked) = spoiled;
  hall.refused(body, hall.office(), Refusal::kConflict);
  body = good;
  body.envelopes[hall.clerk] = spoiled;
  hall.refused(body, hall.office(), Refusal::kConflict);
  hall.not_enough(good, {hall.supervisor()});
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
  // The chair's own share, from a changed program that does not ask the gate; and the server's before it.
  EXPECT_EQ(hall.share(1).refused, Refusal::kWrongPhase);
  auto const first = trustee::make_share(hall.record(), hall.server_keys(hall.store.contents(), {1, 1}), 0).value();
  EXPECT_EQ(hall.everybody(hall.entry(first, {meeting::kServer})).error(), Refusal::kGateUnconfirmed);
  // The honest trustee's gate, and trustee 0, which has given none.
  auto const gate = trustee::gate(hall.record(), hall.core->witnesses());
  EXPECT_EQ(gate.error(), Refusal::kGateUnconfirmed);
  EXPECT_TRUE(hall.attempt().shares.empty());
  EXPECT_EQ(hall.core->trustee_status().waiting, Refusal::kGateUnconfirmed);
  EXPECT_EQ(hall.state(), before);
  ASSERT_TRUE(hall.confirm(late).accepted);
  hall.finish();
}

// Without the limit an office could pass over all but one honest expert, and read her vote.
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
  hall.refused(hall.override_of({{a, false}, {b, false}}), hall.office(), Refusal::kGateOverride);
  hall.refused(hall.override_of({{hall.experts[0], false}}), hall.office(), Refusal::kConflict);
  hall.refused(hall.override_of({{a, true}}), hall.office(), Refusal::kConflict);  // has said nothing
  auto const one = hall.override_of({{a, false}});
  // Alone he can only propose it; an expert, or one supervisor of two, can not stand in for the office.
  hall.not_enough(one, {hall.chair});
  for (auto const other : {hall.experts[0], hall.supervisors[0]}) {
    EXPECT_EQ(hall.everybody(hall.entry(one, {hall.chair, other})).error(), Refusal::kNotAuthorised);
  }
  EXPECT_FALSE(hall.everybody(hall.entry(hall.override_of({{a, false}}, ""), hall.office())));
  hall.must(one, hall.office());

  // A signed MISSING counts towards the same limit.
  ASSERT_TRUE(hall.confirm(missing, ConfirmVerdict::kMissing).accepted);
  ASSERT_TRUE(hall.confirm(b).accepted);
  hall.refused(hall.override_of({{missing, true}}), hall.office(), Refusal::kGateOverride);
  auto const first = trustee::make_share(hall.record(), hall.server_keys(hall.store.contents(), {1, 1}), 0).value();
  EXPECT_EQ(hall.everybody(hall.entry(first, {meeting::kServer})).error(), Refusal::kGateMissing);
  hall.cosign();
  EXPECT_EQ(trustee::gate(hall.record(), hall.core->witnesses()).error(), Refusal::kGateMissing);
  // What is left is to void, with nothing opened, and to vote again.
  hall.must(meeting::Void{hall.attempt().open_hash, {}, "有票未入箱"}, hall.office());
  hall.erase();
  hall.open_batch(1);
  hall.to_box({Choice::kAgree});
  hall.finish();
}

// Trustee 0's person has said stop, on a database that can not be read just now: a share would go out over his word.
TEST(Chair, NoShareWhileNobodyKnowsWhetherTrustee0WasStopped) {
  Plan plan;
  plan.max_unconfirmed = 1;
  Chaired hall(plan);
  std::optional<bool> word;
  std::optional<std::uint64_t> due;
  hall.stop_asked = [&](auto const&, auto when) {
    due = when;
    return when ? word : std::optional(false);
  };
  ASSERT_TRUE(hall.restart());
  hall.sign_in_all();
  hall.open_batch(1);
  hall.to_box({Choice::kAgree});
  auto const silent = hall.experts.back();
  for (auto const p : hall.experts) {
    if (p == silent) continue;
    ASSERT_TRUE(hall.confirm(p).accepted);
  }
  hall.must(hall.override_of({{silent, false}}), hall.office());
  hall.cosign();
  EXPECT_FALSE(due) << "there is time to say it";
  EXPECT_FALSE(hall.core->look_wanted_in_ms());
  hall.now_ms += 1'000 * hall.record().manifest().rules.protest_s;
  auto const look = [&] {
    hall.core->look_again();
    hall.settle();
    return hall.attempt().shares.size();
  };
  EXPECT_EQ(look(), 0U);
  EXPECT_EQ(due, hall.attempt().override_index);
  EXPECT_TRUE(hall.core->look_wanted_in_ms()) << "it is asked again, whoever is quiet";
  word = false;
  EXPECT_EQ(look(), 1U) << "it was not said";
  EXPECT_FALSE(hall.core->look_wanted_in_ms());
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
  auto const first = trustee::make_share(hall.record(), hall.server_keys(hall.store.contents(), {1, 1}), 0).value();
  EXPECT_EQ(hall.everybody(hall.entry(first, {meeting::kServer})).error(), Refusal::kGateTooFew);
  EXPECT_EQ(trustee::gate(hall.record(), hall.core->witnesses()).error(), Refusal::kGateTooFew);
  EXPECT_TRUE(hall.attempt().shares.empty());
  EXPECT_EQ(hall.state(), before);
  hall.must(meeting::Void{hall.attempt().open_hash, {}, "票数不足"}, hall.office());
  hall.erase();
  hall.open_batch(2);
  hall.to_box({Choice::kAgree});
  hall.finish();
}

// Recused by the office, six of nine could not vote on the question; of the three who could, two are the office's own.
TEST(Chair, RecusingTheOthersOpensNoSmallCrowd) {
  Plan plan;
  plan.experts = 9;
  plan.batches = {2};
  Chaired hall(plan);
  hall.sign_in_all();
  for (std::size_t i = 3; i < 9; ++i) {
    hall.must(meeting::Recuse{hall.record().meeting(), hall.experts[i], 1, "亲属"}, hall.office());
  }
  hall.open_batch(1);
  hall.to_box({Choice::kAgree});
  hall.confirm_all();
  ASSERT_EQ(hall.attempt().box->boxes.at(1).ballots.size(), 3U);
  EXPECT_TRUE(hall.attempt().unconfirmed().empty()) << "nobody else stands in the way";
  auto const first = trustee::make_share(hall.record(), hall.server_keys(hall.store.contents(), {1, 1}), 0).value();
  EXPECT_EQ(hall.everybody(hall.entry(first, {meeting::kServer})).error(), Refusal::kGateTooFew);
  EXPECT_EQ(trustee::gate(hall.record(), hall.core->witnesses()).error(), Refusal::kGateTooFew);
  EXPECT_TRUE(hall.attempt().shares.empty());
  // Where it is true, they say so themselves, and the question is voted by ballot.
  hall.must(meeting::Void{hall.attempt().open_hash, {}, "票数不足"}, hall.office());
  hall.erase();
  for (std::size_t i = 3; i < 9; ++i) {
    hall.must(meeting::Recuse{hall.record().meeting(), hall.experts[i], 1, "亲属"}, {hall.experts[i]});
  }
  hall.open_batch(1);
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
  meeting::Void const again{hall.attempt().open_hash, {}, "再来一次"};
  // Not by the office, and not a part of it; nor does the committee take out the one question that displeases.
  EXPECT_EQ(hall.everybody(hall.entry(again, hall.office())).error(), Refusal::kNotAuthorised);
  hall.refused(meeting::Void{hall.attempt().open_hash, {1}, "一题重来"}, hall.committee(), Refusal::kConflict);
  hall.must(again, hall.committee());
  hall.erase();
  // No honest trustee makes keys for a question that was opened; the chair's own will not do.
  auto made = trustee::AttemptKeys::generate(1, 2, {1, 2}, 2048, hall.keys.source()).value();
  auto const keys = hall.entry(made.body(hall.record().meeting(), 1), {hall.chair});
  ASSERT_TRUE(hall.submit(hall.chair, keys).accepted);
  EXPECT_EQ(hall.record().draft_batch_open(1, false, {}).error(), Refusal::kGateReopened);
  meeting::BatchOpen body{hall.record().meeting(), 1, 2, {1, 2}, hall.record().experts_present(), {}, {}, false, {}};
  body.keys = {hall.record().pending_keys().at({1, 1}).leaf};
  auto const taken = hall.everybody(hall.entry(body, hall.office()));
  ASSERT_FALSE(taken);
  EXPECT_TRUE(taken.error() == Refusal::kGateReopened || taken.error() == Refusal::kKeyUnlogged);
  EXPECT_FALSE(hall.record().pending_keys().contains({1, 0}));
  // On paper it can still be decided.
  hall.must(hall.draft_open(1, true), hall.office());
  meeting::PaperTally tally{hall.attempt().open_hash, {}};
  for (QuestionId q : {1U, 2U}) tally.rows[q] = {5, 5, 5, 0, 4, 1, 0};
  hall.must(tally, hall.committee());
  hall.declare();
  EXPECT_TRUE(hall.record().question(1).by_committee);
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
  auto const both = hall.office();
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
  hall.not_enough(good, {hall.chair});
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
  hall.must(hall.draft_open(1, true), hall.office());
  auto const both = hall.office();
  auto const tally = [&](meeting::PaperRow const& one, meeting::PaperRow const& two) {
    return meeting::PaperTally{hall.attempt().open_hash, {{1, one}, {2, two}}};
  };
  meeting::PaperRow const good{5, 5, 5, 0, 4, 1, 0};
  hall.refused(tally({5, 5, 5, 0, 5, 1, 0}, good), both, Refusal::kUnbalancedRow);
  hall.refused(tally({6, 6, 6, 0, 6, 0, 0}, good), both, Refusal::kUnbalancedRow);
  hall.must(tally({5, 6, 6, 0, 6, 0, 0}, good), both);
  EXPECT_EQ(hall.attempt().voided, std::set<QuestionId>{1});
  EXPECT_FALSE(hall.attempt().paper_by_committee) << "the mark of a count that the committee has not signed";
  hall.declare();
  EXPECT_FALSE(hall.record().question(1).declared);
  EXPECT_TRUE(hall.record().question(2).declared);
}

}  // namespace
}  // namespace piaojue::attack
