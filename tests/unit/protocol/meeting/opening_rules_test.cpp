// SPDX-License-Identifier: Apache-2.0
#include "refused.h"

namespace piaojue::test {
namespace {

Hash const kOther = crypto::sha256({});

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
  m.run_batch(1, m.votes(1, 6, 1));
  EXPECT_TRUE(m.record.undecided(1).empty());
  EXPECT_REFUSED(m, kWrongPhase, m.submit(m.make_keys(1, 0, {1}), {kServer}));
}

// What is contested is voted on again on paper: keys for another ballot would be keys for a second opening.
// Nothing else that one person signs alone is so large: whoever replaces them without end fills the disk of everybody.
TEST_F(BatchKeysRules, OfATrusteeAreBoundedForEachAttempt) {
  for (std::uint32_t i = 0; i < kBatchKeysMax; ++i) must(m.keys(1, 1, {1}));
  EXPECT_REFUSED(m, kTooLarge, m.keys(1, 1, {1}));
  EXPECT_ACCEPTED(m.keys(1, 0, {1}));
  EXPECT_ACCEPTED(m.keys(2, 1));
  // Another laptop, or another holder, begins anew; so does the next attempt.
  must(m.change_keys(m.record.slots().at(1), m.committee()));
  EXPECT_ACCEPTED(m.keys(1, 1, {1}));
  for (std::uint32_t i = 2; i < kBatchKeysMax; ++i) must(m.keys(1, 1, {1}));
  m.run_batch(1, {}, Stage::kOpen);
  must(m.void_questions({}));
  EXPECT_ACCEPTED(m.keys(1, 1, {1}));
}

TEST(BatchKeys, NotForAContestedQuestion) {
  Meeting m({.experts = 7, .trustees = 2});
  m.begin();
  m.run_batch(1, m.votes(1, 5, 2), Stage::kBox);
  for (PersonId p = 2; p <= 7; ++p) must(m.confirm(p));
  must(m.override_people({{1, false}}));
  m.continue_batch({}, Stage::kConfirmed, Stage::kDeclared);
  ASSERT_TRUE(m.record.question(1).declared->contested);
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
  // Nor anybody's box key, nor any of these with the bit turned that means nothing.
  auto const as_mix = [](BoxPublicKey const& key) { return MixPublicKey::from(key.view()).value(); };
  EXPECT_REFUSED(m, kKeyParam, with([&](BatchKeys& e) { e.mix_key = as_mix(*m.record.box_key(1)); }));
  EXPECT_REFUSED(m, kKeyParam, with([&](BatchKeys& e) { e.mix_key = as_mix(m.manifest.server_box_key); }));
  EXPECT_REFUSED(m, kKeyParam, with([&](BatchKeys& e) {
                   e.mix_key = first.mix_key;
                   e.mix_key.data.back() ^= 0x80;
                 }));
  EXPECT_REFUSED(m, kKeyParam,
                 with([&](BatchKeys& e) { e.mix_key = MixPublicKey::from(first.tally_key.view()).value(); }));
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
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(m.make_keys(1, 1), {m.supervisor()}));
  must(m.keys(1, 0));
  Hash const first = m.record.pending_keys().at({1, 0}).leaf;
  must(m.keys(1, 0));
  EXPECT_NE(m.record.pending_keys().at({1, 0}).leaf, first);
  must(m.keys(1, 1));
  BatchOpen open = must(m.record.draft_batch_open(1, false, {}));
  open.keys[0] = first;
  EXPECT_REFUSED(m, kKeyUnlogged, m.submit(open, m.office()));
}

// ---- BatchOpen -----------------------------------------------------------------------------------------------------

class BatchOpenRules : public ::testing::Test {
 protected:
  explicit BatchOpenRules(MeetingOptions options = {.experts = 7, .trustees = 3, .batches = {2, 1}, .exceptional = {3}})
      : m(std::move(options)) {
    m.begin();
  }
  template <class F>
  Result<void> with(F change, BatchId batch = 1, bool paper = false) {
    BatchOpen e = must(m.record.draft_batch_open(batch, paper, {}));
    change(e);
    return m.submit(e, m.office());
  }
  Meeting m;
};

TEST_F(BatchOpenRules, OneAttemptAtATimeCountedUp) {
  m.all_keys(1);
  EXPECT_REFUSED(m, kWrongPhase, with([](BatchOpen& e) { e.attempt = 2; }));
  BatchOpen const twice = must(m.record.draft_batch_open(1, false, {}));
  must(m.open(1));
  EXPECT_EQ(m.record.attempts(1), 1u);
  EXPECT_REFUSED(m, kWrongPhase, m.submit(twice, m.office()));
  EXPECT_EQ(refusal(m.record.draft_batch_open(2, false, {})), Refusal::kWrongPhase);
  must(m.void_questions({}));
  // The attempt that was voided, opened once more with its old keys.
  EXPECT_REFUSED(m, kWrongPhase, m.submit(twice, m.office()));
  BatchOpen again = twice;
  again.attempt = 2;
  EXPECT_REFUSED(m, kKeyUnlogged, m.submit(again, m.office()));
  EXPECT_TRUE(m.record.pending_keys().empty());
}

TEST_F(BatchOpenRules, QuestionsAreOfTheBatchAndUndecided) {
  m.all_keys(1);
  EXPECT_REFUSED(m, kMalformed, with([](BatchOpen& e) { e.questions.clear(); }));
  EXPECT_REFUSED(m, kUnknown, with([](BatchOpen& e) { e.questions = {1, 3}; }));
  EXPECT_ACCEPTED(with([](BatchOpen& e) { e.questions = {1}; }));
  m.continue_batch(m.votes(1, 6, 1), Stage::kOpen, Stage::kErased);
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
  BatchOpen const drafted = must(m.record.draft_batch_open(1, false, {}));
  must(m.sign_out(5));
  EXPECT_REFUSED(m, kConflict, m.submit(drafted, m.office()));
  EXPECT_ACCEPTED(m.open(1));
}

TEST_F(BatchOpenRules, QuorumIsCheckedEachTime) {
  m.all_keys(1);
  for (PersonId const p : {7u, 6u}) must(m.sign_out(p));
  BatchOpen e = must(m.record.draft_batch_open(1, false, {}));
  must(m.sign_out(5));
  EXPECT_EQ(refusal(m.record.draft_batch_open(1, false, {})), Refusal::kQuorum);
  e.present = {1, 2, 3, 4};
  EXPECT_REFUSED(m, kQuorum, m.submit(e, m.office()));
  EXPECT_EQ(refusal(m.record.draft_batch_open(1, true, {})), Refusal::kQuorum);
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
  EXPECT_EQ(refusal(m.record.draft_batch_open(2, false, {})), Refusal::kInterviewMissing);
  EXPECT_EQ(refusal(m.record.draft_batch_open(2, true, {})), Refusal::kInterviewMissing);
  BatchOpen e{m.record.meeting(), 2, 1, {3}, m.record.experts_present(), {}, {}, true, {}};
  EXPECT_REFUSED(m, kInterviewMissing, m.submit(e, m.office()));
  must(m.interview(3));
  EXPECT_ACCEPTED(m.open(2));
}

// Server and chair left the supervisor's keys out, and read nine of nine votes.
TEST_F(BatchOpenRules, KeysAreLoggedOnesOfEveryTrusteeForEveryQuestion) {
  must(m.keys(1, 0));
  EXPECT_EQ(refusal(m.record.draft_batch_open(1, false, {})), Refusal::kKeyUnlogged);
  must(m.keys(1, 1));
  EXPECT_EQ(refusal(m.record.draft_batch_open(1, false, {})), Refusal::kKeyUnlogged);
  must(m.keys(1, 2, {2}));
  EXPECT_EQ(m.record.draft_batch_open(1, false, {})->questions, std::vector<QuestionId>{2});
  EXPECT_REFUSED(m, kKeyUnlogged, with([](BatchOpen& e) { e.questions = {1, 2}; }));
  must(m.keys(1, 2));
  EXPECT_REFUSED(m, kKeyUnlogged, with([](BatchOpen& e) { e.keys[1].data[0] ^= 1; }));
  EXPECT_REFUSED(m, kKeyUnlogged, with([](BatchOpen& e) { e.keys.resize(1); }));
  EXPECT_REFUSED(m, kKeyUnlogged, with([](BatchOpen& e) { e.keys.resize(2); }));
  EXPECT_REFUSED(m, kKeyUnlogged, with([](BatchOpen& e) { e.keys.erase(e.keys.begin() + 1); }));
  EXPECT_REFUSED(m, kKeyUnlogged, with([](BatchOpen& e) { e.keys.clear(); }));
  EXPECT_REFUSED(m, kKeyUnlogged, with([](BatchOpen& e) { e.keys.erase(e.keys.begin()); }));  // without the server
  EXPECT_REFUSED(m, kKeyUnlogged, with([](BatchOpen& e) { std::swap(e.keys[1], e.keys[2]); }));
  EXPECT_REFUSED(m, kKeyUnlogged, with([](BatchOpen& e) { e.keys[2] = e.keys[1]; }));
  must(m.keys(2, 0));
  EXPECT_REFUSED(m, kKeyUnlogged, with([&](BatchOpen& e) { e.keys[0] = m.record.pending_keys().at({2, 0}).leaf; }));
  EXPECT_ACCEPTED(with([](BatchOpen&) {}));
  EXPECT_EQ(m.attempt().holders, m.record.slots());
  EXPECT_EQ(m.attempt().shape.trustees, 3u);
}

// Shares that cancel each other would leave every vote readable by all.
TEST(BatchOpen, TheElectionKeyIsNotTheIdentity) {
  Meeting m({.trustees = 2, .batches = {2}});
  m.begin();
  must(m.keys(1, 0));
  BatchKeys e = m.make_keys(1, 1);
  Secret negated(32);
  crypto_core_ristretto255_scalar_negate(negated.data(), m.trustee_keys.at({1, 1, 0}).tally_key.secret().data());
  auto const key = must(crypto::elgamal::TallyKey::from_secret(std::move(negated)));
  e.tally_key = key.public_share();
  e.pok = key.prove_knowledge(pok_binding(m.record.meeting(), 1, 1, 1));
  must(m.submit(e, {m.chair()}));
  BatchOpen open{m.record.meeting(), 1, 1, {1, 2}, m.record.experts_present(), {}, {}, false, {}};
  for (TrusteeId t : {0u, 1u}) open.keys.push_back(m.record.pending_keys().at({1, t}).leaf);
  EXPECT_REFUSED(m, kKeyParam, m.submit(open, m.office()));
}

// Counting a second vote by ballot after the first sum is known would repeat a ballot until it pleases.
TEST_F(BatchOpenRules, AQuestionIsOpenedByBallotOnce) {
  m.run_batch(1, m.votes(1, 6, 1), Stage::kConfirmed);
  must(m.share(0));
  must(m.void_questions({}));
  EXPECT_EQ(m.record.last_by(), By::kCommittee);
  m.all_keys(1);
  EXPECT_EQ(refusal(m.record.draft_batch_open(1, false, {})), Refusal::kGateReopened);
  BatchOpen e{m.record.meeting(), 1, 2, {1}, m.record.experts_present(), {}, {}, false, {}};
  for (TrusteeId t = 0; t < 3; ++t) e.keys.push_back(m.record.pending_keys().at({1, t}).leaf);
  EXPECT_REFUSED(m, kGateReopened, m.submit(e, m.office()));
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
  EXPECT_TRUE(m.attempt().holders.empty());
}

TEST_F(BatchOpenRules, IsSignedByTheOfficeOrTheCommittee) {
  m.all_keys(1);
  BatchOpen const e = must(m.record.draft_batch_open(1, false, {}));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(e, {m.chair()}));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(e, {m.clerk()}));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(e, {m.chair(), m.supervisor(1)}));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(e, {}));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(e, {1, 2, 3, 4}));
  EXPECT_ACCEPTED(m.submit(e, {1, 2, 3, 4, 5}));
}

// ---- Contested -----------------------------------------------------------------------------------------------------

/// Seven present, five agree, and one of those was passed over: needed are 5, and 4 are vouched for.
class Contested : public BatchOpenRules {
 protected:
  Contested() : BatchOpenRules({.experts = 7, .trustees = 2, .batches = {2}}) {
    m.run_batch(1, m.votes(1, 5, 2), Stage::kBox);
    for (PersonId p = 2; p <= 7; ++p) must(m.confirm(p));
    must(m.override_people({{1, false}}));
    m.continue_batch({}, Stage::kConfirmed, Stage::kErased);
  }
};

// A contested row is no "not passed": the candidate is undecided until papers are counted.
TEST_F(Contested, TheQuestionStaysUndecidedAndIsOpenedAgainOnPaperOnly) {
  Row const row = *m.record.question(1).declared;
  EXPECT_TRUE(row.contested);
  EXPECT_FALSE(row.passed);
  EXPECT_FALSE(m.record.question(1).decided());
  EXPECT_EQ(m.record.undecided(1), (std::vector<QuestionId>{1, 2}));
  EXPECT_EQ(refusal(m.record.draft_batch_open(1, false, {})), Refusal::kGateReopened);
  BatchOpen e{m.record.meeting(), 1, 2, {1}, m.record.experts_present(), {}, {}, false, {}};
  EXPECT_REFUSED(m, kGateReopened, m.submit(e, m.office()));
  EXPECT_ACCEPTED(m.recuse(7, 2));  // as of an undeclared question
  EXPECT_ACCEPTED(m.open(1, true));
  must(m.paper_tally({{1, {7, 7, 7, 0, 5, 2, 0}}, {2, {6, 6, 6, 0, 2, 4, 0}}}));
  must(m.declare());
  // The row that stands is the last one; on paper nothing is contested.
  EXPECT_TRUE(m.record.question(1).declared->passed);
  EXPECT_FALSE(m.record.question(2).declared->passed);
  EXPECT_TRUE(m.record.question(1).paper);
  EXPECT_TRUE(m.record.undecided(1).empty());
  EXPECT_EQ(refusal(m.record.draft_batch_open(1, true, {})), Refusal::kWrongPhase);
}

TEST_F(Contested, TheMeetingMayEndWithIt) {
  EXPECT_ACCEPTED(m.close_meeting());
  EXPECT_EQ(m.record.undecided(1).size(), 2u);
}

// ---- WITNESSES -----------------------------------------------------------------------------------------------------

// Changed keys witness nothing: a batch that nobody could witness would show each hall its own log.
TEST(BatchOpenWitnesses, TwoThirdsOfThePresentHoldFirstKeys) {
  Meeting m({.experts = 7, .clerks = 3, .supervisors = 4});
  m.begin();  // 7 experts, 8 others: 11 of 15
  m.all_keys(1);
  for (std::uint32_t i = 1; i <= 3; ++i) must(m.change_keys(m.clerk(i), m.office()));
  must(m.change_keys(7, m.office()));
  BatchOpen const drafted = must(m.record.draft_batch_open(1, false, {}));
  must(m.change_keys(6, m.office()));
  EXPECT_EQ(refusal(m.record.draft_batch_open(1, false, {})), Refusal::kWitnesses);
  EXPECT_REFUSED(m, kWitnesses, m.submit(drafted, m.office()));
  // On paper nobody need witness anything. And the committee can make a key a first one.
  EXPECT_EQ(refusal(m.record.draft_batch_open(1, true, {})), Refusal{});
  must(m.change_keys(m.clerk(1), m.committee()));
  EXPECT_ACCEPTED(m.submit(drafted, m.office()));
}

// Officers alone could otherwise be most of two thirds, and show two halls two logs.
TEST(BatchOpenWitnesses, AndTwoThirdsOfTheExperts) {
  Meeting m({.experts = 7});
  m.begin({1, 2, 3, 4, 5, 8, 9, 10, 11});
  m.all_keys(1);
  must(m.change_keys(6, m.office()));
  must(m.change_keys(7, m.office()));
  must(m.sign_in(6));
  BatchOpen drafted = must(m.record.draft_batch_open(1, false, {}));  // 5 of 6
  must(m.sign_in(7));
  EXPECT_EQ(refusal(m.record.draft_batch_open(1, false, {})), Refusal{});  // 5 of 7
  must(m.sign_out(5));
  EXPECT_EQ(refusal(m.record.draft_batch_open(1, false, {})), Refusal::kWitnesses);  // 4 of 6, and 8 of 10
  drafted.present = {1, 2, 3, 4, 6, 7};
  EXPECT_REFUSED(m, kWitnesses, m.submit(drafted, m.office()));
}

// ---- unwitnessed ---------------------------------------------------------------------------------------------------

class Unwitnessed : public BatchOpenRules {
 protected:
  Unwitnessed() : BatchOpenRules({.experts = 7, .trustees = 2, .batches = {1, 1, 1}}) {
    m.run_batch(1, m.votes(1, 7, 0), Stage::kDeclared);
    result = log::leaf_hash(m.entries.back());
  }
  Result<void> naming(std::vector<Hash> leaves) {
    BatchOpen e = must(m.record.draft_batch_open(2, true, {}));
    e.unwitnessed = std::move(leaves);
    return m.submit(e, m.office());
  }
  Hash result;
};

// What its signers accept unwitnessed is named by what it is, once: a mark on another entry marks nothing.
TEST_F(Unwitnessed, NamesDeclarationsAndPaperTalliesOfThisLogOnce) {
  EXPECT_REFUSED(m, kUnknown, naming({kOther}));
  EXPECT_REFUSED(m, kUnknown, naming({m.batch_open()}));
  EXPECT_TRUE(m.record.can_be_named_unwitnessed(result));
  EXPECT_ACCEPTED(naming({result}));
  EXPECT_FALSE(m.record.can_be_named_unwitnessed(result));
  must(m.paper_tally({{2, {7, 7, 7, 0, 7, 0, 0}}}));
  Hash const tally = log::leaf_hash(m.entries.back());
  must(m.declare());
  std::vector<Hash> both{tally, log::leaf_hash(m.entries.back())};
  std::ranges::sort(both);
  MeetingClose close = must(m.record.draft_meeting_close({result}));
  EXPECT_REFUSED(m, kConflict, m.submit(close, m.office()));
  close.unwitnessed = {both[1], both[0]};
  EXPECT_REFUSED(m, kNotCanonical, m.submit(close, m.office()));
  close.unwitnessed = {kOther};
  EXPECT_REFUSED(m, kUnknown, m.submit(close, m.office()));
  close.unwitnessed = both;
  EXPECT_ACCEPTED(m.submit(close, m.office()));
}

TEST_F(Unwitnessed, IsWhatOnesOwnCosignaturesLeave) {
  EXPECT_TRUE(unwitnessed(m.record, m.seen).empty());
  EXPECT_EQ(unwitnessed(m.record, Witnesses{}), std::vector<Hash>{result});
  must(naming({result}));
  EXPECT_TRUE(unwitnessed(m.record, Witnesses{}).empty());
  m.witnessed = false;
  must(m.paper_tally({{2, {7, 7, 7, 0, 7, 0, 0}}}));
  EXPECT_EQ(unwitnessed(m.record, m.seen).size(), 1u);
  must(m.declare());
  EXPECT_EQ(unwitnessed(m.record, m.seen).size(), 2u);
  m.witness();
  EXPECT_TRUE(unwitnessed(m.record, m.seen).empty());
}

// ---- Drafts --------------------------------------------------------------------------------------------------------

TEST_F(BatchOpenRules, DraftsNothingForWhatIsNotThere) {
  EXPECT_EQ(refusal(m.record.draft_batch_open(0, false, {})), Refusal::kUnknown);
  EXPECT_EQ(refusal(m.record.draft_batch_open(3, false, {})), Refusal::kUnknown);
  EXPECT_EQ(refusal(Record{}.draft_batch_open(1, false, {})), Refusal::kWrongPhase);
  m.run_batch(1, m.votes(1, 6, 1));
  EXPECT_EQ(refusal(m.record.draft_batch_open(1, false, {})), Refusal::kWrongPhase);
  must(m.close_meeting());
  EXPECT_EQ(refusal(m.record.draft_batch_open(2, false, {})), Refusal::kWrongPhase);
}

// After a partial Void the keys that are pending may cover only some of what is undecided: these can be voted on at
// once.
TEST_F(BatchOpenRules, TheDraftOpensWhatAllPendingKeysCover) {
  m.run_batch(1, m.votes(1, 6, 1), Stage::kOpen);
  for (TrusteeId t = 0; t < 3; ++t) must(m.keys(1, t, {1}));
  must(m.void_questions({}));
  EXPECT_EQ(m.record.undecided(1), (std::vector<QuestionId>{1, 2}));
  auto const draft = must(m.record.draft_batch_open(1, false, {}));
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
  options.rehearsal = true;
  Meeting m(options);
  m.witnessed = false;
  m.begin();
  for (TrusteeId t = 0; t < 7; ++t) must(m.keys(1, t));
  EXPECT_EQ(refusal(m.record.draft_batch_open(1, false, {})), Refusal::kTooLarge);
  BatchOpen e{m.record.meeting(), 1, 1, {}, m.record.experts_present(), {}, {}, false, {}};
  for (QuestionId q = 1; q <= 100; ++q) e.questions.push_back(q);
  for (TrusteeId t = 0; t < 7; ++t) e.keys.push_back(m.record.pending_keys().at({1, t}).leaf);
  EXPECT_REFUSED(m, kTooLarge, m.submit(e, m.office()));
  e.questions.resize(30);
  EXPECT_ACCEPTED(m.submit(e, m.office()));
}

// Mode leave: who has stepped back from one question of a batch takes no part in it, and is not counted as present.
TEST(RecusalModes, LeaveTakesTheExpertOutOfTheBatch) {
  Rules rules;
  rules.recusal_mode = RecusalMode::kLeave;
  Meeting m({.experts = 6, .trustees = 2, .batches = {2, 1}, .rules = rules});
  m.begin();
  must(m.recuse(2, 1));
  m.all_keys(1);
  BatchOpen const draft = must(m.record.draft_batch_open(1, false, {}));
  EXPECT_EQ(draft.present, (std::vector<PersonId>{1, 3, 4, 5, 6}));
  EXPECT_TRUE(draft.recusals.empty());
  BatchOpen all = draft;
  all.present = {1, 2, 3, 4, 5, 6};
  EXPECT_REFUSED(m, kConflict, m.submit(all, m.office()));
  must(m.open(1));
  EXPECT_EQ(m.attempt().left, 1u);
  EXPECT_REFUSED(m, kNotOnRoll, m.request(2));
  Votes votes;
  for (PersonId const p : draft.present) votes[p] = {{1, Choice::kAgree}, {2, Choice::kAgree}};
  m.continue_batch(votes, Stage::kOpen, Stage::kErased);
  EXPECT_EQ(m.record.question(1).declared->present, 5u);
  m.run_batch(2, m.votes(2, 6, 0));
  EXPECT_EQ(m.record.question(3).declared->present, 6u);
}

}  // namespace
}  // namespace piaojue::test
