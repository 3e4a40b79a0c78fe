// SPDX-License-Identifier: Apache-2.0
#include "refused.h"

namespace piaojue::test {
namespace {

Hash const kOther = crypto::sha256({});

// ---- TokenRequest --------------------------------------------------------------------------------------------------

TEST(TokenRequestRules, OneForEachExpertWhoIsPresent) {
  Meeting m({.trustees = 2});
  must(m.open_meeting());
  for (PersonId const p : {1u, 2u, 3u, 4u, m.chair(), m.clerk()}) must(m.sign_in(p));
  m.run_batch(1, {}, Stage::kOpen);
  // Late: the next batch is hers.
  must(m.sign_in(5));
  EXPECT_REFUSED(m, kNotOnRoll, m.request(5));
  EXPECT_REFUSED(m, kNotOnRoll, m.submit(TokenRequest{m.batch_open(), m.chair(), kOther}, {m.chair()}));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(TokenRequest{m.batch_open(), 1, kOther}, {2}));
  EXPECT_ACCEPTED(m.request(1));
  // A second request would be a second ballot.
  EXPECT_REFUSED(m, kAlreadyIssued, m.request(1));
  EXPECT_REFUSED(m, kAlreadyIssued, m.submit(TokenRequest{m.batch_open(), 1, kOther}, {1}));
  EXPECT_EQ(m.attempt().request_index.at(1), m.record.size() - 1);
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
  EXPECT_REFUSED(closed.meeting, kWrongPhase,
                 closed.meeting.submit(TokenRequest{closed.meeting.batch_open(), 1, kOther}, {1}));
  Meeting paper({.trustees = 2});
  paper.begin();
  must(paper.open(1, true));
  EXPECT_REFUSED(paper, kWrongPhase, paper.submit(TokenRequest{paper.batch_open(), 1, kOther}, {1}));
  EXPECT_EQ(said(paper.close_batch()), "WRONG_PHASE");
  EXPECT_REFUSED(paper, kWrongPhase, paper.submit(BatchClose{paper.batch_open(), {}}, {paper.chair()}));
}

// ---- TokensIssued --------------------------------------------------------------------------------------------------

TEST(TokensIssuedRules, OnceByEachTrusteeTakingPartAfterTheRequest) {
  Meeting m;
  m.begin();
  must(m.keys(1, 0));
  must(m.keys(1, 2));
  must(m.open(1, false, true));
  EXPECT_REFUSED(m, kWrongPhase, m.submit(TokensIssued{m.batch_open(), 0, 1, kOther}, {kServer}));
  must(m.request(1));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(TokensIssued{m.batch_open(), 1, 1, kOther}, {m.manifest.trustees[1]}));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(TokensIssued{m.batch_open(), 2, 1, kOther}, {kServer}));
  EXPECT_ACCEPTED(m.issue(0, 1));
  EXPECT_REFUSED(m, kAlreadyIssued, m.issue(0, 1));
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

TEST(EnvelopeRules, WithAllTokensInSequence) {
  Meeting m({.trustees = 2});
  m.begin();
  m.run_batch(1, {}, Stage::kOpen);
  auto cast = [&](PersonId p, std::uint32_t sequence) {
    return m.submit(EnvelopeCast{m.batch_open(), p, sequence, kOther}, {p});
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
  // The first envelope, sent once more after the second, must not undo the change of mind.
  Bytes const first = m.entries.back();
  EXPECT_ACCEPTED(cast(1, 1));
  EXPECT_REFUSED(m, kConflict, m.submit_bytes(first));
  EXPECT_EQ(m.attempt().envelopes.at(1), log::leaf_hash(m.entries.back()));
  must(m.close_batch());
  EXPECT_REFUSED(m, kWrongPhase, cast(1, 2));
}

// ---- BatchClose ----------------------------------------------------------------------------------------------------

TEST(BatchCloseRules, CountsExactlyTheLastEnvelopeOfEachExpert) {
  Prepared at(Stage::kCast);
  Meeting& m = at.meeting;
  Hash const before = m.attempt().envelopes.at(1);
  must(m.cast(1, {{1, Choice::kDisagree}}));
  BatchClose const good = must(m.record.draft_batch_close());
  auto with = [&](auto change) {
    BatchClose e = good;
    change(e);
    return m.submit(e, {m.chair()});
  };
  EXPECT_REFUSED(m, kConflict, with([](BatchClose& e) { e.envelopes.erase(3); }));
  EXPECT_REFUSED(m, kConflict, with([&](BatchClose& e) { e.envelopes[1] = before; }));
  EXPECT_REFUSED(m, kConflict, with([](BatchClose& e) { e.envelopes[9] = kOther; }));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(good, {m.supervisor()}));
  EXPECT_ACCEPTED(m.submit(good, {m.chair()}));
  EXPECT_REFUSED(m, kWrongPhase, m.submit(good, {m.chair()}));
  m.continue_batch({}, Stage::kClosed, Stage::kErased);
  EXPECT_EQ(m.record.question(1).declared->disagree, 1u);
}

// ---- IssuanceClosed ------------------------------------------------------------------------------------------------

TEST(IssuanceClosedRules, SaysOnceWhatWasIssued) {
  Meeting m({.trustees = 2, .batches = {2}});
  m.begin();
  must(m.recuse(1, 2));
  m.run_batch(1, m.votes(1, 5, 0), Stage::kCast);
  EXPECT_REFUSED(m, kWrongPhase, m.close_issuance(0));
  must(m.void_questions({2}));
  must(m.close_batch());
  auto closed = [&](std::map<QuestionId, std::uint32_t> issued, TrusteeId t = 0) {
    return m.submit(IssuanceClosed{m.batch_open(), t, std::move(issued)}, {m.manifest.trustees[t]});
  };
  EXPECT_REFUSED(m, kConflict, closed({{1, 5}, {2, 5}}));
  EXPECT_REFUSED(m, kConflict, closed({{1, 4}, {2, 4}}));
  EXPECT_REFUSED(m, kConflict, closed({{1, 5}}));
  EXPECT_ACCEPTED(closed({{1, 5}, {2, 4}}));
  EXPECT_REFUSED(m, kConflict, closed({{1, 5}, {2, 4}}));
  EXPECT_EQ(m.attempt().phase, BatchPhase::kClosing);
  EXPECT_ACCEPTED(closed({{1, 5}, {2, 4}}, 1));
  EXPECT_EQ(m.attempt().phase, BatchPhase::kMixing);
  EXPECT_REFUSED(m, kWrongPhase, closed({{1, 5}, {2, 4}}, 1));
}

TEST(IssuanceClosedRules, OnlyByTrusteesTakingPart) {
  Meeting m;
  m.begin();
  must(m.keys(1, 0));
  must(m.keys(1, 2));
  must(m.open(1, false, true));
  m.continue_batch(m.votes(1, 5, 0), Stage::kOpen, Stage::kClosed);
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(IssuanceClosed{m.batch_open(), 1, {{1, 0}}}, {m.manifest.trustees[1]}));
  m.continue_batch({}, Stage::kClosed, Stage::kIssuanceClosed);
  EXPECT_REFUSED(m, kNotAuthorised,
                 m.submit(MixStep{m.batch_open(), 1, {{1, {5, 5}}}, kOther}, {m.manifest.trustees[1]}));
  m.continue_batch({}, Stage::kIssuanceClosed, Stage::kConfirmed);
  EXPECT_REFUSED(m, kNotAuthorised,
                 m.submit(TallyShare{m.batch_open(), 1, m.attempt().box_hash, {}}, {m.manifest.trustees[1]}));
  m.continue_batch({}, Stage::kConfirmed, Stage::kDeclared);
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(Erased{m.batch_open(), 1}, {m.manifest.trustees[1]}));
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
  EXPECT_REFUSED(m, kOutOfRange, incident(1, 43));
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
