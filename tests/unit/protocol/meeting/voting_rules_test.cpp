// SPDX-License-Identifier: Apache-2.0
#include "refused.h"

namespace piaojue::test {
namespace {

Hash const kOther = crypto::sha256({});

/// With a digest that no rule looks at.
TokenRequest request_of(Meeting const& m, PersonId person, std::uint32_t cast) {
  return {m.batch_open(), person, cast, kOther};
}

// ---- TokenRequest --------------------------------------------------------------------------------------------------

TEST(TokenRequestRules, OneForEachExpertWhoIsPresent) {
  Meeting m({.experts = 6, .trustees = 2});
  m.begin({1, 2, 3, 4, 5, m.chair(), m.clerk(), m.supervisor()});
  m.run_batch(1, {}, Stage::kOpen);
  // Late: the next batch is hers.
  must(m.sign_in(6));
  EXPECT_REFUSED(m, kNotOnRoll, m.request(6));
  EXPECT_REFUSED(m, kNotOnRoll, m.submit(request_of(m, m.chair(), 0), {m.chair()}));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(request_of(m, 1, 0), {2}));
  EXPECT_REFUSED(m, kConflict, m.submit(request_of(m, 1, 1), {1}));
  EXPECT_ACCEPTED(m.request(1));
  // A second request would be a second ballot.
  EXPECT_REFUSED(m, kAlreadyIssued, m.request(1));
  EXPECT_REFUSED(m, kAlreadyIssued, m.submit(request_of(m, 1, 0), {1}));
  EXPECT_EQ(m.attempt().voter(1)->request_index, m.record.size() - 1);
  // Who leaves stays in the batch.
  must(m.sign_out(2));
  EXPECT_ACCEPTED(m.request(2));
}

TEST(TokenRequestRules, NotByWhoIsRecusedFromAll) {
  Meeting m({.trustees = 2, .batches = {2}});
  m.begin();
  must(m.recuse(1, 1));
  must(m.recuse(2, 1));
  must(m.recuse(2, 2));
  m.run_batch(1, {}, Stage::kOpen);
  EXPECT_REFUSED(m, kRecused, m.request(2));
  EXPECT_ACCEPTED(m.request(1));
  EXPECT_EQ(m.experts.at(1).tokens.size(), 1u);
}

TEST(TokenRequestRules, OnlyWhileBallotsAreVoted) {
  Prepared closed(Stage::kClosed);
  EXPECT_REFUSED(closed.meeting, kWrongPhase, closed.meeting.submit(request_of(closed.meeting, 1, 0), {1}));
  Meeting paper({.trustees = 2});
  paper.begin();
  must(paper.open(1, true));
  EXPECT_REFUSED(paper, kWrongPhase, paper.submit(request_of(paper, 1, 0), {1}));
  EXPECT_EQ(said(paper.close_batch()), "WRONG_PHASE");
  EXPECT_REFUSED(paper, kWrongPhase, paper.submit(BatchClose{paper.batch_open(), {}, {1, 2, 3, 4, 5}}, paper.office()));
}

// ---- TokensIssued --------------------------------------------------------------------------------------------------

TEST(TokensIssuedRules, OnceByEachTrusteeAfterTheRequest) {
  Meeting m({.experts = 6, .trustees = 3});
  m.begin();
  must(m.sign_out(6));
  m.run_batch(1, {}, Stage::kOpen);
  auto issue = [&](TrusteeId t, PersonId p, std::uint32_t cast, PersonId signer) {
    return m.submit(TokensIssued{m.batch_open(), t, p, cast, kOther}, {signer});
  };
  EXPECT_REFUSED(m, kWrongPhase, issue(0, 1, 0, kServer));
  must(m.request(1));
  EXPECT_REFUSED(m, kNotAuthorised, issue(2, 1, 0, kServer));
  EXPECT_REFUSED(m, kConflict, issue(0, 1, 1, kServer));
  EXPECT_REFUSED(m, kWrongPhase, issue(0, 6, 0, kServer));
  EXPECT_REFUSED(m, kWrongPhase, issue(0, 6, 1, kServer));
  EXPECT_ACCEPTED(m.issue(0, 1));
  EXPECT_REFUSED(m, kAlreadyIssued, m.issue(0, 1));
  EXPECT_ACCEPTED(m.issue(1, 1));
  EXPECT_ACCEPTED(m.issue(2, 1));
}

// Tokens minted after the close would be ballots that nobody cast.
TEST(TokensIssuedRules, NothingIsIssuedAfterBatchClose) {
  Meeting m({.trustees = 2});
  m.begin();
  m.run_batch(1, {}, Stage::kOpen);
  must(m.request(1));
  must(m.close_batch());
  EXPECT_REFUSED(m, kWrongPhase, m.issue(0, 1));
}

// ---- EnvelopeCast --------------------------------------------------------------------------------------------------

// A paper that was put into the box is not taken out again. Whoever could replace it would feed both to honest mixes,
// and the pair would tell whose it is.
TEST(EnvelopeRules, OneWithAllTokensAndNothingReplacesIt) {
  Meeting m({.trustees = 2});
  m.begin();
  m.run_batch(1, {}, Stage::kOpen);
  auto cast = [&](PersonId p, std::uint32_t number) {
    return m.submit(EnvelopeCast{m.batch_open(), p, number, kOther}, {p});
  };
  EXPECT_REFUSED(m, kNotOnRoll, cast(m.clerk(), 0));
  EXPECT_REFUSED(m, kWrongPhase, cast(1, 0));
  must(m.request(1));
  EXPECT_REFUSED(m, kWrongPhase, cast(1, 0));
  must(m.issue(0, 1));
  EXPECT_REFUSED(m, kWrongPhase, cast(1, 0));
  must(m.issue(1, 1));
  EXPECT_REFUSED(m, kConflict, cast(1, 1));
  EXPECT_ACCEPTED(cast(1, 0));
  Hash const leaf = log::leaf_hash(m.entries.back());
  EXPECT_REFUSED(m, kConflict, cast(1, 0));
  EXPECT_REFUSED(m, kConflict, cast(1, 1));
  EXPECT_REFUSED(m, kConflict, m.submit(EnvelopeCast{m.batch_open(), 1, 0, m.batch_open()}, {1}));
  EXPECT_EQ(m.attempt().envelopes().at(1), leaf);
  must(m.close_batch());
  EXPECT_REFUSED(m, kWrongPhase, cast(1, 0));
}

// Who leaves has voted, or may still.
TEST(EnvelopeRules, AlsoByWhoHasSignedOut) {
  Prepared at(Stage::kTokens);
  Meeting& m = at.meeting;
  must(m.sign_out_saying(1, true));
  EXPECT_ACCEPTED(m.cast(1, {}));
  for (PersonId p = 2; p <= 5; ++p) must(m.cast(p, {}));
  m.continue_batch({}, Stage::kCast, Stage::kBox);
  // What was said before the envelope is no word any more.
  EXPECT_EQ(m.attempt().said(1, 1), std::nullopt);
  EXPECT_EQ(m.attempt().unconfirmed(), (std::vector<PersonId>{1, 2, 3, 4, 5}));
}

// ---- BatchClose ----------------------------------------------------------------------------------------------------

TEST(BatchCloseRules, CountsEveryCurrentEnvelopeAndNamesWhoHasNone) {
  Meeting m({.experts = 7, .trustees = 2});
  m.begin();
  m.run_batch(1, m.votes(1, 6, 0), Stage::kCast);
  Hash const before = m.attempt().envelopes().at(1);
  must(m.spoil(1, m.supervisor()));
  must(m.check_result(1, CheckVerdict::kAgrees, {m.supervisor()}));
  EXPECT_EQ(m.attempt().without(), (std::vector<PersonId>{1, 7}));
  m.all_tokens(1);
  must(m.cast(1, {{1, Choice::kDisagree}}));
  must(m.spoil_by(2, m.office()));
  BatchClose const good = must(m.record.draft_batch_close());
  EXPECT_EQ(good.without, (std::vector<PersonId>{2, 7}));
  auto with = [&](auto change) {
    BatchClose e = good;
    change(e);
    return m.submit(e, m.office());
  };
  EXPECT_REFUSED(m, kConflict, with([](BatchClose& e) { e.envelopes.erase(3); }));
  EXPECT_REFUSED(m, kConflict, with([&](BatchClose& e) { e.envelopes[1] = before; }));
  EXPECT_REFUSED(m, kConflict, with([](BatchClose& e) { e.envelopes[9] = kOther; }));
  EXPECT_REFUSED(m, kConflict, with([](BatchClose& e) { e.without = {7}; }));
  EXPECT_REFUSED(m, kConflict, with([](BatchClose& e) { e.without = {2, 3, 7}; }));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(good, {m.chair()}));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(good, {m.chair(), m.supervisor(1)}));
  EXPECT_ACCEPTED(m.submit(good, m.office()));
  EXPECT_REFUSED(m, kWrongPhase, m.submit(good, m.office()));
  m.continue_batch({}, Stage::kClosed, Stage::kErased);
  EXPECT_EQ(m.record.question(1).declared->disagree, 1u);
  EXPECT_EQ(m.record.question(1).declared->agree, 4u);
}

// ---- IssuanceClosed ------------------------------------------------------------------------------------------------

TEST(IssuanceClosedRules, SaysOnceWhatWasIssued) {
  Meeting m({.trustees = 2, .batches = {2}});
  m.begin();
  must(m.recuse(1, 2));
  m.run_batch(1, m.votes(1, 5, 0), Stage::kCast);
  // Tokens of a cast that was spoiled were issued all the same.
  must(m.spoil(2, m.supervisor()));
  must(m.check_result(2, CheckVerdict::kAgrees, {m.supervisor()}));
  m.all_tokens(2);
  must(m.cast(2, {}));
  EXPECT_REFUSED(m, kWrongPhase, m.close_issuance(0));
  must(m.void_questions({2}));
  must(m.close_batch());
  auto closed = [&](std::map<QuestionId, std::uint32_t> issued, TrusteeId t = 0) {
    return m.submit(IssuanceClosed{m.batch_open(), t, std::move(issued)}, {m.manifest.trustees[t]});
  };
  EXPECT_REFUSED(m, kConflict, closed({{1, 5}, {2, 4}}));
  EXPECT_REFUSED(m, kConflict, closed({{1, 6}, {2, 6}}));
  EXPECT_REFUSED(m, kConflict, closed({{1, 6}}));
  EXPECT_ACCEPTED(closed({{1, 6}, {2, 5}}));
  EXPECT_REFUSED(m, kConflict, closed({{1, 6}, {2, 5}}));
  EXPECT_EQ(m.attempt().phase, BatchPhase::kClosing);
  EXPECT_ACCEPTED(closed({{1, 6}, {2, 5}}, 1));
  EXPECT_EQ(m.attempt().phase, BatchPhase::kMixing);
  EXPECT_REFUSED(m, kConflict, closed({{1, 6}, {2, 5}}, 1));  // still: a second one
}

// ---- MixStep -------------------------------------------------------------------------------------------------------

TEST(MixStepRules, InOrderWithCountsThatFollowFromEachOther) {
  Meeting m({.trustees = 3, .batches = {3}});
  m.begin();
  must(m.recuse(1, 2));
  m.run_batch(1, m.votes(1, 5, 0), Stage::kClosed);
  auto step = [&](TrusteeId t, std::map<QuestionId, MixCount> counts) {
    return m.submit(MixStep{m.batch_open(), t, std::move(counts), kOther}, {m.manifest.trustees[t]});
  };
  EXPECT_REFUSED(m, kWrongPhase, step(0, {{1, {5, 5}}, {2, {4, 4}}, {3, {5, 5}}}));
  m.continue_batch({}, Stage::kClosed, Stage::kIssuanceClosed);
  must(m.void_questions({3}));
  EXPECT_REFUSED(m, kWrongPhase, step(1, {{1, {5, 5}}, {2, {4, 4}}}));
  EXPECT_REFUSED(m, kConflict, step(0, {{1, {5, 5}}}));
  EXPECT_REFUSED(m, kConflict, step(0, {{1, {5, 5}}, {2, {4, 4}}, {3, {5, 5}}}));
  EXPECT_REFUSED(m, kMixSize, step(0, {{1, {5, 5}}, {2, {5, 4}}}));
  EXPECT_REFUSED(m, kMixSize, step(0, {{1, {4, 4}}, {2, {4, 4}}}));
  // An onion more than came in would be a ballot that a trustee put in.
  EXPECT_REFUSED(m, kOutOfRange, step(0, {{1, {5, 6}}, {2, {4, 4}}}));
  EXPECT_ACCEPTED(step(0, {{1, {5, 4}}, {2, {4, 4}}}));
  EXPECT_REFUSED(m, kWrongPhase, step(0, {{1, {5, 4}}, {2, {4, 4}}}));
  EXPECT_REFUSED(m, kMixSize, step(1, {{1, {5, 4}}, {2, {4, 4}}}));
  EXPECT_ACCEPTED(step(1, {{1, {4, 4}}, {2, {4, 4}}}));
  EXPECT_REFUSED(m, kWrongPhase, m.submit(BallotBox{m.batch_open(), {{1, {}}, {2, {}}}}, {kServer}));
  EXPECT_ACCEPTED(step(2, {{1, {4, 3}}, {2, {4, 4}}}));
  EXPECT_REFUSED(m, kWrongPhase, step(2, {{1, {3, 3}}, {2, {4, 4}}}));
}

// ---- BallotBox -----------------------------------------------------------------------------------------------------

class BallotBoxRules : public ::testing::Test {
 protected:
  BallotBoxRules() {
    m.begin();
    m.run_batch(1, m.votes(1, 3, 2), Stage::kMixed);
    good = m.make_box();
  }
  template <class F>
  Result<void> with(F change) {
    BallotBox e = good;
    change(e.boxes.at(1));
    return m.submit(e, {kServer});
  }
  /// Changed as somebody who holds the tokens can change it: in order again.
  template <class F>
  Result<void> sorted_with(F change) {
    return with([&](QuestionBox& box) {
      change(box);
      std::ranges::sort(box.ballots);
    });
  }
  static constexpr std::size_t kPkV = 5, kA = 69 + 2 * 256;
  Meeting m{{.trustees = 2, .batches = {2, 1}}};
  BallotBox good;
};

TEST_F(BallotBoxRules, IsSignedByTheServerOverTheLiveQuestions) {
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(good, {m.chair()}));
  BallotBox e = good;
  e.boxes.erase(2);
  EXPECT_REFUSED(m, kConflict, m.submit(e, {kServer}));
  must(m.void_questions({2}));
  EXPECT_REFUSED(m, kConflict, m.submit(good, {kServer}));
  EXPECT_ACCEPTED(m.submit(e, {kServer}));
  EXPECT_REFUSED(m, kWrongPhase, m.submit(e, {kServer}));
}

// The order in which they came would tell who cast which.
TEST_F(BallotBoxRules, BallotsAreSortedAndOfOneLength) {
  EXPECT_REFUSED(m, kBallotEncoding, with([](QuestionBox& box) { std::swap(box.ballots[0], box.ballots[1]); }));
  EXPECT_REFUSED(m, kBallotEncoding, with([](QuestionBox& box) { box.ballots[1] = box.ballots[0]; }));
  EXPECT_REFUSED(m, kBallotEncoding, with([](QuestionBox& box) { box.ballots[4].push_back(0); }));
  EXPECT_REFUSED(m, kBallotEncoding, with([](QuestionBox& box) { box.ballots[0].clear(); }));
  EXPECT_REFUSED(m, kBallotEncoding, with([](QuestionBox& box) { box.ballots[4][0] = 2; }));
}

TEST_F(BallotBoxRules, BallotsAreOfTheirQuestionWithValidPoints) {
  EXPECT_REFUSED(m, kBallotContext, with([](QuestionBox& box) { box.ballots[4][4] = 2; }));
  EXPECT_REFUSED(m, kBallotEncoding, with([](QuestionBox& box) { std::fill_n(box.ballots[0].begin() + kA, 32, 0); }));
  EXPECT_REFUSED(m, kBallotEncoding,
                 with([](QuestionBox& box) { std::fill_n(box.ballots[0].begin() + kA + 32, 32, 0); }));
  EXPECT_REFUSED(m, kBallotEncoding,
                 with([](QuestionBox& box) { std::fill_n(box.ballots[0].begin() + kA, 32, 0xff); }));
}

// Under such a key one signature fits every ballot.
TEST_F(BallotBoxRules, BallotKeysAreNotOfSmallOrder) {
  EXPECT_REFUSED(m, kBallotEncoding,
                 sorted_with([](QuestionBox& box) { std::fill_n(box.ballots[1].begin() + kPkV, 32, 0); }));
}

// A ballot that somebody has looked at would be a receipt.
TEST_F(BallotBoxRules, NothingSpentComesIntoABox) {
  Meeting spent({.experts = 7, .trustees = 2});
  spent.begin();
  spent.run_batch(1, spent.votes(1, 7, 0), Stage::kCast);
  auto const ballot = spent.experts.at(1).ballots.at(1);
  must(spent.spoil(1, spent.supervisor()));
  must(spent.check_result(1, CheckVerdict::kAgrees, {spent.supervisor()}));
  spent.all_tokens(1);
  // The person feeds the ballot that was looked at once more.
  spent.tamper_ballot = [&](PersonId p, QuestionId, Bytes& bytes) {
    if (p == 1) bytes = ballot;
  };
  must(spent.cast(1, {}));
  spent.continue_batch({}, Stage::kCast, Stage::kMixed);
  BallotBox box = spent.make_box();
  EXPECT_EQ(box.boxes.at(1).refused, (std::map<std::uint32_t, std::uint32_t>{{44, 1}}));
  BallotBox bad = box;
  bad.boxes.at(1).refused.clear();
  bad.boxes.at(1).ballots.push_back(ballot);
  std::ranges::sort(bad.boxes.at(1).ballots);
  EXPECT_REFUSED(spent, kBallotSpent, spent.submit(bad, {kServer}));
  EXPECT_ACCEPTED(spent.submit(box, {kServer}));
}

// A copied vote would tell, in the sum, how its author voted; a replayed one would count twice.
TEST_F(BallotBoxRules, NoBallotKeyAndNoCiphertextOccursTwice) {
  EXPECT_REFUSED(m, kBallotDuplicate, sorted_with([](QuestionBox& box) {
                   std::copy_n(box.ballots[0].begin() + kPkV, 32, box.ballots[1].begin() + kPkV);
                 }));
  EXPECT_REFUSED(m, kBallotDuplicate, sorted_with([](QuestionBox& box) {
                   std::copy_n(box.ballots[0].begin() + kA, 64, box.ballots[1].begin() + kA);
                 }));
  // Across questions of one box.
  EXPECT_REFUSED(m, kBallotDuplicate, sorted_with([&](QuestionBox& box) {
                   std::copy_n(good.boxes.at(2).ballots[0].begin() + kPkV, 32, box.ballots[1].begin() + kPkV);
                 }));
  // One half alone may be equal: only the pair is a vote.
  EXPECT_ACCEPTED(with([](QuestionBox&) {}));
}

TEST_F(BallotBoxRules, NothingComesBackFromAnEarlierBox) {
  must(m.submit(good, {kServer}));
  BallotView const old = must(parse_ballot(m.attempt().shape, good.boxes.at(1).ballots[0]));
  EXPECT_TRUE(m.record.ballot_seen(old.pk_v, {}));
  EXPECT_TRUE(m.record.ballot_seen({}, old.vote));
  EXPECT_FALSE(m.record.ballot_seen({}, {}));
  must(m.void_questions({}));
  m.run_batch(2, m.votes(2, 5, 0), Stage::kMixed);
  BallotBox next = m.make_box();
  std::copy_n(good.boxes.at(1).ballots[0].begin() + kA, 64, next.boxes.at(3).ballots[0].begin() + kA);
  EXPECT_REFUSED(m, kBallotDuplicate, m.submit(next, {kServer}));
  next = m.make_box();
  std::copy_n(good.boxes.at(1).ballots[0].begin() + kPkV, 32, next.boxes.at(3).ballots[0].begin() + kPkV);
  std::ranges::sort(next.boxes.at(3).ballots);
  EXPECT_REFUSED(m, kBallotDuplicate, m.submit(next, {kServer}));
  EXPECT_ACCEPTED(m.box());
}

// Ballots that vanish between the last mix and the box, or join it there.
TEST_F(BallotBoxRules, BallotsAndRefusedAreWhatTheLastHopGave) {
  EXPECT_REFUSED(m, kGateCount, with([](QuestionBox& box) { box.ballots.pop_back(); }));
  EXPECT_REFUSED(m, kGateCount, with([](QuestionBox& box) { box.refused[13] = 1; }));
  EXPECT_REFUSED(m, kGateCount, with([](QuestionBox& box) {
                   box.refused[13] = 0xffffffff;  // would wrap in 32 bits
                   box.refused[14] = 1;
                 }));
  auto refused_as = [&](std::uint32_t code, std::uint32_t count) {
    return with([&](QuestionBox& box) {
      box.ballots.pop_back();
      box.refused[code] = count;
    });
  };
  EXPECT_REFUSED(m, kOutOfRange, refused_as(12, 1));
  EXPECT_REFUSED(m, kOutOfRange, refused_as(19, 1));
  EXPECT_REFUSED(m, kOutOfRange, refused_as(43, 1));
  EXPECT_REFUSED(m, kOutOfRange, refused_as(45, 1));
  EXPECT_REFUSED(m, kOutOfRange, refused_as(0, 1));
  EXPECT_REFUSED(m, kOutOfRange, refused_as(65536 + 13, 1));
  EXPECT_REFUSED(m, kOutOfRange, refused_as(13, 0));
  EXPECT_ACCEPTED(refused_as(13, 1));
}

// ---- Incident ------------------------------------------------------------------------------------------------------

TEST(IncidentRules, OncePerPersonAndCode) {
  Prepared at(Stage::kOpen);
  Meeting& m = at.meeting;
  auto incident = [&](PersonId p, std::uint32_t code, std::vector<PersonId> signers = {kServer}) {
    return m.submit(Incident{m.batch_open(), p, code, kOther}, signers);
  };
  EXPECT_REFUSED(m, kOutOfRange, incident(1, 0));
  EXPECT_REFUSED(m, kOutOfRange, incident(1, static_cast<std::uint32_t>(kLastRefusal) + 1));
  EXPECT_ACCEPTED(incident(5, static_cast<std::uint32_t>(Refusal::kCheckDiffers)));
  EXPECT_REFUSED(m, kOutOfRange, incident(1, 65536 + 4));
  EXPECT_REFUSED(m, kNotAuthorised, incident(1, 4, {m.chair()}));
  EXPECT_ACCEPTED(incident(1, 4));
  EXPECT_REFUSED(m, kConflict, incident(1, 4));
  EXPECT_ACCEPTED(incident(1, 5));
  EXPECT_ACCEPTED(incident(2, 4));
  m.continue_batch(m.votes(1, 5, 0), Stage::kOpen, Stage::kErased);
  EXPECT_ACCEPTED(incident(3, 4));
}

}  // namespace
}  // namespace piaojue::test
