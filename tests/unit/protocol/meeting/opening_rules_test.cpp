// SPDX-License-Identifier: Apache-2.0
#include "refused.h"

namespace piaojue::test {
namespace {

Refusal refusal(Result<BatchOpen> const& draft) { return draft ? Refusal{} : draft.error(); }

// ---- BatchKeys -----------------------------------------------------------------------------------------------------

class BatchKeysRules : public ::testing::Test {
 protected:
  BatchKeysRules() { m.begin(); }
  template <class F>
  Result<void> with(F change, bool prove_again = false) {
    BatchKeys e = m.make_keys(1, 0);
    change(e);
    if (prove_again) {
      auto const& key = m.trustee_keys.at({1, m.record.attempts(1) + 1, 0}).tally_key;
      e.pok = key.prove_knowledge(pok_binding(m.record.meeting(), e.batch, e.attempt, e.trustee));
    }
    return m.submit(e, {kServer});
  }
  Meeting m{{.trustees = 2, .batches = {2, 1}}};
};

TEST_F(BatchKeysRules, AreForTheNextAttemptAndItsQuestions) {
  EXPECT_REFUSED(m, kWrongPhase, with([](BatchKeys& e) { e.attempt = 2; }, true));
  EXPECT_REFUSED(m, kWrongPhase, with([](BatchKeys& e) { e.attempt = 0; }, true));
  EXPECT_REFUSED(m, kUnknown, with([](BatchKeys& e) { e.batch = 3; }, true));
  EXPECT_REFUSED(m, kUnknown, with([](BatchKeys& e) { e.token_keys[3] = e.token_keys[1]; }));
  EXPECT_REFUSED(m, kMalformed, with([](BatchKeys& e) { e.token_keys.clear(); }));
  m.run_batch(1, m.votes(1, 5, 0));
  EXPECT_TRUE(m.record.undecided(1).empty());
  EXPECT_REFUSED(m, kWrongPhase, m.submit(m.make_keys(1, 0, {1}), {kServer}));
}

// A key that can be factored, or two keys in one, tells whose token it is or lets others mint.
TEST_F(BatchKeysRules, ModuliAreWellFormedAndNew) {
  EXPECT_REFUSED(m, kKeyParam, with([](BatchKeys& e) { e.token_keys[1].back() &= 0xfe; }));
  EXPECT_REFUSED(m, kKeyParam, with([](BatchKeys& e) { e.token_keys[1].pop_back(); }));
  EXPECT_REFUSED(m, kKeyParam, with([](BatchKeys& e) { e.token_keys[1].insert(e.token_keys[1].begin(), 1, 0); }));
  EXPECT_REFUSED(m, kKeyParam, with([](BatchKeys& e) { e.token_keys[1][0] &= 0x7f; }));
  EXPECT_REFUSED(m, kKeyParam, with([](BatchKeys& e) { e.token_keys[2] = e.token_keys[1]; }));
  BatchKeys const first = m.make_keys(1, 0);
  must(m.submit(first, {kServer}));
  EXPECT_REFUSED(m, kKeyParam, with([&](BatchKeys& e) { e.token_keys[2] = first.token_keys.at(1); }));
  // Neither for another batch, trustee or attempt.
  BatchKeys other = m.make_keys(2, 1);
  other.token_keys[3] = first.token_keys.at(1);
  EXPECT_REFUSED(m, kKeyParam, m.submit(other, {m.chair()}));
}

TEST_F(BatchKeysRules, MixAndTallyKeysAreValidAndNew) {
  BatchKeys const first = m.make_keys(1, 0);
  must(m.submit(first, {kServer}));
  EXPECT_REFUSED(m, kKeyParam, with([&](BatchKeys& e) { e.mix_key = first.mix_key; }));
  EXPECT_REFUSED(m, kKeyParam, with([&](BatchKeys& e) { e.tally_key = first.tally_key; }));
  EXPECT_REFUSED(m, kKeyParam, with([](BatchKeys& e) { e.mix_key = {}; }));  // of small order: everybody can open
  EXPECT_REFUSED(m, kKeyParam, with([](BatchKeys& e) { e.tally_key = {}; }));
  EXPECT_REFUSED(m, kKeyParam, with([](BatchKeys& e) { e.tally_key.data.fill(0xff); }));
}

// Without the proof a trustee could choose its share as the inverse of the others' and open everything alone.
TEST_F(BatchKeysRules, TheTallyKeyIsProvenForThisMeetingBatchAttemptAndTrustee) {
  EXPECT_REFUSED(m, kProof, with([](BatchKeys& e) { e.pok.s.data[0] ^= 1; }));
  EXPECT_REFUSED(m, kProof, with([](BatchKeys& e) { e.pok.c.data.fill(0xff); }));
  EXPECT_REFUSED(
      m, kProof, with([&](BatchKeys& e) {
        e.pok = m.trustee_keys.at({1, 1, 0}).tally_key.prove_knowledge(pok_binding(m.record.meeting(), 1, 1, 1));
      }));
}

TEST_F(BatchKeysRules, AreSignedByTheTrusteeAndReplacedByItsNext) {
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(m.make_keys(1, 0), {m.chair()}));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(m.make_keys(1, 1), {kServer}));
  must(m.keys(1, 0));
  Hash const first = m.record.pending_keys().at({1, 0}).leaf;
  must(m.keys(1, 0));
  EXPECT_NE(m.record.pending_keys().at({1, 0}).leaf, first);
  must(m.keys(1, 1));
  BatchOpen open = must(m.record.draft_batch_open(1, false));
  open.keys[0] = first;
  EXPECT_REFUSED(m, kKeyUnlogged, m.submit(open, {m.chair()}));
}

// ---- BatchOpen -----------------------------------------------------------------------------------------------------

class BatchOpenRules : public ::testing::Test {
 protected:
  explicit BatchOpenRules(MeetingOptions options = {.trustees = 3, .batches = {2, 1}, .exceptional = {3}})
      : m(std::move(options)) {
    m.begin();
  }
  template <class F>
  Result<void> with(F change, BatchId batch = 1, bool paper = false) {
    BatchOpen e = must(m.record.draft_batch_open(batch, paper));
    change(e);
    return m.submit(e, {m.chair()});
  }
  Meeting m;
};

TEST_F(BatchOpenRules, OneAttemptAtATimeCountedUp) {
  m.all_keys(1);
  EXPECT_REFUSED(m, kWrongPhase, with([](BatchOpen& e) { e.attempt = 2; }));
  BatchOpen const twice = must(m.record.draft_batch_open(1, false));
  must(m.open(1));
  EXPECT_EQ(m.record.attempts(1), 1u);
  EXPECT_REFUSED(m, kWrongPhase, m.submit(twice, {m.chair()}));
  EXPECT_EQ(refusal(m.record.draft_batch_open(2, false)), Refusal::kWrongPhase);
  must(m.void_questions({}));
  // The attempt that was voided, opened once more with its old keys.
  EXPECT_REFUSED(m, kWrongPhase, m.submit(twice, {m.chair()}));
  BatchOpen again = twice;
  again.attempt = 2;
  EXPECT_REFUSED(m, kKeyUnlogged, m.submit(again, {m.chair()}));
  EXPECT_TRUE(m.record.pending_keys().empty());
}

TEST_F(BatchOpenRules, QuestionsAreOfTheBatchAndUndecided) {
  m.all_keys(1);
  EXPECT_REFUSED(m, kMalformed, with([](BatchOpen& e) { e.questions.clear(); }));
  EXPECT_REFUSED(m, kUnknown, with([](BatchOpen& e) { e.questions = {1, 3}; }));
  EXPECT_ACCEPTED(with([](BatchOpen& e) { e.questions = {1}; }));
  m.continue_batch(m.votes(1, 5, 0), Stage::kOpen, Stage::kErased);
  EXPECT_EQ(m.record.undecided(1), std::vector<QuestionId>{2});
  m.all_keys(1);
  EXPECT_REFUSED(m, kWrongPhase, with([](BatchOpen& e) { e.questions = {1, 2}; }));
  EXPECT_ACCEPTED(with([](BatchOpen&) {}));
}

// The denominator: an expert more or less on the roll decides at the margin.
TEST_F(BatchOpenRules, ThePresentAreThoseWhoAreSignedIn) {
  m.all_keys(1);
  EXPECT_REFUSED(m, kConflict, with([](BatchOpen& e) { e.present.pop_back(); }));
  EXPECT_REFUSED(m, kConflict, with([&](BatchOpen& e) { e.present.push_back(m.chair()); }));
  BatchOpen const drafted = must(m.record.draft_batch_open(1, false));
  must(m.sign_out(5));
  EXPECT_REFUSED(m, kConflict, m.submit(drafted, {m.chair()}));
  EXPECT_ACCEPTED(m.open(1));
}

TEST_F(BatchOpenRules, QuorumIsCheckedEachTime) {
  m.all_keys(1);
  must(m.sign_out(5));
  BatchOpen e = must(m.record.draft_batch_open(1, false));
  must(m.sign_out(4));
  EXPECT_EQ(refusal(m.record.draft_batch_open(1, false)), Refusal::kQuorum);
  e.present = {1, 2, 3};
  EXPECT_REFUSED(m, kQuorum, m.submit(e, {m.chair()}));
  EXPECT_EQ(refusal(m.record.draft_batch_open(1, true)), Refusal::kQuorum);
}

TEST_F(BatchOpenRules, EveryRecusalOfThePresentIsListed) {
  must(m.recuse(2, 1));
  must(m.recuse(3, 1));
  must(m.recuse(3, 3));
  must(m.recuse(4, 2));
  must(m.sign_out(4));
  m.all_keys(1);
  EXPECT_REFUSED(m, kConflict, with([](BatchOpen& e) { e.recusals.pop_back(); }));
  EXPECT_REFUSED(m, kConflict, with([](BatchOpen& e) { e.recusals.push_back({5, 1}); }));
  EXPECT_REFUSED(m, kConflict, with([](BatchOpen& e) { e.recusals = {{2, 1}, {3, 1}, {3, 3}}; }));
  EXPECT_ACCEPTED(m.open(1));
  EXPECT_EQ(m.attempt().open.recusals, (std::vector<Recusal>{{2, 1}, {3, 1}}));
  EXPECT_EQ(m.attempt().questions_of(3), std::vector<QuestionId>{2});
}

// 破格 without an interview record cannot be opened, by ballot or on paper.
TEST_F(BatchOpenRules, AnExceptionalCandidateNeedsItsInterview) {
  m.all_keys(2);
  EXPECT_EQ(refusal(m.record.draft_batch_open(2, false)), Refusal::kInterviewMissing);
  EXPECT_EQ(refusal(m.record.draft_batch_open(2, true)), Refusal::kInterviewMissing);
  BatchOpen e{m.record.meeting(), 2, 1, {3}, m.record.experts_present(), {}, {}, true};
  EXPECT_REFUSED(m, kInterviewMissing, m.submit(e, {m.chair()}));
  must(m.interview(3));
  EXPECT_ACCEPTED(m.open(2));
}

TEST_F(BatchOpenRules, KeysAreLoggedOnesOfEnoughTrusteesForEveryQuestion) {
  must(m.keys(1, 0));
  EXPECT_EQ(refusal(m.record.draft_batch_open(1, false)), Refusal::kKeyUnlogged);
  EXPECT_EQ(refusal(m.record.draft_batch_open(1, false, true)), Refusal::kKeyUnlogged);
  must(m.keys(1, 1));
  EXPECT_EQ(refusal(m.record.draft_batch_open(1, false)), Refusal::kKeyUnlogged);
  EXPECT_EQ(refusal(m.record.draft_batch_open(1, false, true)), Refusal{});
  must(m.keys(1, 2, {2}));
  EXPECT_EQ(m.record.draft_batch_open(1, false)->questions, std::vector<QuestionId>{2});
  EXPECT_REFUSED(m, kKeyUnlogged, with([](BatchOpen& e) { e.questions = {1, 2}; }));
  must(m.keys(1, 2));
  EXPECT_REFUSED(m, kKeyUnlogged, with([](BatchOpen& e) { e.keys[1].data[0] ^= 1; }));
  EXPECT_REFUSED(m, kKeyUnlogged, with([](BatchOpen& e) { e.keys.resize(1); }));
  EXPECT_REFUSED(m, kKeyUnlogged, with([](BatchOpen& e) { e.keys.clear(); }));
  EXPECT_REFUSED(m, kKeyUnlogged, with([](BatchOpen& e) { e.keys.erase(e.keys.begin()); }));  // without the server
  EXPECT_REFUSED(m, kNotCanonical, with([](BatchOpen& e) { std::swap(e.keys[1], e.keys[2]); }));
  EXPECT_REFUSED(m, kNotCanonical, with([](BatchOpen& e) { e.keys[2] = e.keys[1]; }));
  must(m.keys(2, 0));
  EXPECT_REFUSED(m, kKeyUnlogged, with([&](BatchOpen& e) { e.keys[0] = m.record.pending_keys().at({2, 0}).leaf; }));
  // Two of three is what the rules allow.
  EXPECT_ACCEPTED(with([](BatchOpen& e) { e.keys.erase(e.keys.begin() + 1); }));
  EXPECT_EQ(m.attempt().hops, (std::vector<TrusteeId>{0, 2}));
  EXPECT_EQ(m.attempt().shape.trustees, 2u);
  EXPECT_EQ(m.attempt().hop_of(2), 1u);
  EXPECT_FALSE(m.attempt().hop_of(1));
}

// Shares that cancel each other would leave every vote readable by all.
TEST_F(BatchOpenRules, TheElectionKeyIsNotTheIdentity) {
  must(m.keys(1, 0));
  BatchKeys e = m.make_keys(1, 1);
  Secret negated(32);
  crypto_core_ristretto255_scalar_negate(negated.data(), m.trustee_keys.at({1, 1, 0}).tally_key.secret().data());
  auto const key = must(crypto::elgamal::TallyKey::from_secret(std::move(negated)));
  e.tally_key = key.public_share();
  e.pok = key.prove_knowledge(pok_binding(m.record.meeting(), 1, 1, 1));
  must(m.submit(e, {m.chair()}));
  BatchOpen open{m.record.meeting(), 1, 1, {1, 2}, m.record.experts_present(), {}, {}, false};
  for (TrusteeId t : {0u, 1u}) open.keys.push_back(m.record.pending_keys().at({1, t}).leaf);
  EXPECT_REFUSED(m, kKeyParam, m.submit(open, {m.chair()}));
}

// Counting a second vote by ballot after the first sum is known would repeat a ballot until it pleases.
TEST_F(BatchOpenRules, AQuestionIsOpenedByBallotOnce) {
  m.run_batch(1, m.votes(1, 5, 0), Stage::kConfirmed);
  must(m.share(0));
  must(m.void_questions({}, true));
  m.all_keys(1);
  EXPECT_EQ(refusal(m.record.draft_batch_open(1, false)), Refusal::kGateReopened);
  BatchOpen e{m.record.meeting(), 1, 2, {1}, m.record.experts_present(), {}, {}, false};
  for (TrusteeId t = 0; t < 3; ++t) e.keys.push_back(m.record.pending_keys().at({1, t}).leaf);
  EXPECT_REFUSED(m, kGateReopened, m.submit(e, {m.chair()}));
  EXPECT_ACCEPTED(m.open(1, true));
}

TEST_F(BatchOpenRules, PaperHasNoKeys) {
  m.all_keys(1);
  EXPECT_REFUSED(m, kConflict,
                 with(
                     [&](BatchOpen& e) {
                       e.keys = {m.record.pending_keys().at({1, 0}).leaf};
                     },
                     1, true));
  EXPECT_ACCEPTED(m.open(1, true));
  EXPECT_TRUE(m.attempt().hops.empty());
}

TEST_F(BatchOpenRules, IsSignedByOneChair) {
  m.all_keys(1);
  BatchOpen const e = must(m.record.draft_batch_open(1, false));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(e, {m.clerk()}));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(e, {m.chair(), m.supervisor()}));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(e, {}));
}

TEST_F(BatchOpenRules, DraftsNothingForWhatIsNotThere) {
  EXPECT_EQ(refusal(m.record.draft_batch_open(0, false)), Refusal::kUnknown);
  EXPECT_EQ(refusal(m.record.draft_batch_open(3, false)), Refusal::kUnknown);
  EXPECT_EQ(refusal(Record{}.draft_batch_open(1, false)), Refusal::kWrongPhase);
  m.run_batch(1, m.votes(1, 5, 0));
  EXPECT_EQ(refusal(m.record.draft_batch_open(1, false)), Refusal::kWrongPhase);
  must(m.close_meeting());
  EXPECT_EQ(refusal(m.record.draft_batch_open(2, false)), Refusal::kWrongPhase);
}

// After a partial Void the keys that are pending may cover only some of what is undecided: these can be voted on at
// once.
TEST_F(BatchOpenRules, TheDraftOpensWhatAllPendingKeysCover) {
  m.run_batch(1, m.votes(1, 5, 0), Stage::kOpen);
  for (TrusteeId t = 0; t < 3; ++t) must(m.keys(1, t, {1}));
  must(m.void_questions({}));
  EXPECT_EQ(m.record.undecided(1), (std::vector<QuestionId>{1, 2}));
  auto const draft = must(m.record.draft_batch_open(1, false));
  EXPECT_EQ(draft.questions, std::vector<QuestionId>{1});
  EXPECT_EQ(draft.attempt, 2u);
  EXPECT_ACCEPTED(m.open(1));
}

// A box that would not fit into an entry would leave an open batch that can only be voided.
TEST(BatchOpenBounds, ABoxMustFitAnEntry) {
  MeetingOptions options;
  options.experts = 255;
  options.committee_size = 255;
  options.trustees = 7;
  options.batches = {100};
  options.rules.trustees_min = 1;
  options.rehearsal = true;
  Meeting m(options);
  m.witnessed = false;
  m.begin();
  for (TrusteeId t = 0; t < 7; ++t) must(m.keys(1, t));
  EXPECT_EQ(refusal(m.record.draft_batch_open(1, false)), Refusal::kTooLarge);
  BatchOpen e{m.record.meeting(), 1, 1, {}, m.record.experts_present(), {}, {}, false};
  for (QuestionId q = 1; q <= 100; ++q) e.questions.push_back(q);
  for (TrusteeId t = 0; t < 7; ++t) e.keys.push_back(m.record.pending_keys().at({1, t}).leaf);
  EXPECT_REFUSED(m, kTooLarge, m.submit(e, {m.chair()}));
  e.questions.resize(30);
  EXPECT_ACCEPTED(m.submit(e, {m.chair()}));
}

// Mode leave: who has stepped back from one question of a batch takes no part in it, and is not counted as present.
TEST(RecusalModes, LeaveTakesTheExpertOutOfTheBatch) {
  Rules rules;
  rules.recusal_mode = RecusalMode::kLeave;
  Meeting m({.trustees = 2, .batches = {2, 1}, .rules = rules});
  m.begin();
  must(m.recuse(2, 1));
  m.all_keys(1);
  BatchOpen const draft = must(m.record.draft_batch_open(1, false));
  EXPECT_EQ(draft.present, (std::vector<PersonId>{1, 3, 4, 5}));
  EXPECT_TRUE(draft.recusals.empty());
  BatchOpen all = draft;
  all.present = {1, 2, 3, 4, 5};
  EXPECT_REFUSED(m, kConflict, m.submit(all, {m.chair()}));
  must(m.open(1));
  EXPECT_EQ(m.attempt().left, 1u);
  EXPECT_REFUSED(m, kNotOnRoll, m.request(2));
  Votes votes;
  for (PersonId const p : draft.present) votes[p] = {{1, Choice::kAgree}, {2, Choice::kAgree}};
  m.continue_batch(votes, Stage::kOpen, Stage::kErased);
  EXPECT_EQ(m.record.question(1).declared->present, 4u);
  m.run_batch(2, m.votes(2, 5, 0));
  EXPECT_EQ(m.record.question(3).declared->present, 5u);
}

}  // namespace
}  // namespace piaojue::test
