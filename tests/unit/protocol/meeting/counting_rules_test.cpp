// SPDX-License-Identifier: Apache-2.0
#include "refused.h"

namespace piaojue::test {
namespace {

Hash const kOther = crypto::sha256({});

/// An expert whose ballot does not reach the box: its onion holds something else.
void spoil(Meeting& m, std::set<PersonId> who) {
  m.tamper_ballot = [who = std::move(who)](PersonId p, QuestionId, Bytes& ballot) {
    if (who.contains(p)) ballot.back() ^= 1;
  };
}

// ---- Confirm -------------------------------------------------------------------------------------------------------

TEST(ConfirmRules, OnceByWhoWasCountedOverThisBoxAndTheOwnQuestions) {
  Meeting m({.trustees = 2, .batches = {3}});
  m.begin();
  must(m.recuse(1, 2));
  Votes votes = m.votes(1, 4, 0);
  votes.erase(5);
  m.run_batch(1, votes, Stage::kMixed);
  EXPECT_REFUSED(m, kWrongPhase, m.submit(Confirm{m.batch_open(), 1, kOther, {{1, true}}}, {1}));
  must(m.box());
  must(m.void_questions({3}));
  Hash const box = m.attempt().box_hash;
  auto confirm = [&](PersonId p, std::map<QuestionId, bool> rows, Hash const& of) {
    return m.submit(Confirm{m.batch_open(), p, of, std::move(rows)}, {p});
  };
  EXPECT_REFUSED(m, kNotOnRoll, confirm(5, {{1, true}, {2, true}}, box));
  EXPECT_REFUSED(m, kUnknown, confirm(1, {{1, true}}, kOther));
  EXPECT_REFUSED(m, kConflict, confirm(1, {{1, true}, {2, true}}, box));
  EXPECT_REFUSED(m, kConflict, confirm(1, {{1, true}, {3, true}}, box));
  EXPECT_REFUSED(m, kConflict, confirm(1, {}, box));
  EXPECT_REFUSED(m, kConflict, confirm(2, {{1, true}}, box));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(Confirm{m.batch_open(), 1, box, {{1, true}}}, {2}));
  EXPECT_ACCEPTED(confirm(1, {{1, true}}, box));
  EXPECT_REFUSED(m, kConflict, confirm(1, {{1, false}}, box));
  EXPECT_ACCEPTED(confirm(2, {{1, true}, {2, false}}, box));
  EXPECT_EQ(m.attempt().confirmed(1), 2u);
  EXPECT_EQ(m.attempt().confirmed(2), 0u);
}

// ---- Override ------------------------------------------------------------------------------------------------------

class OverrideRules : public ::testing::Test {
 protected:
  OverrideRules() {
    m.begin();
    spoil(m, {6});
    Votes votes = m.votes(1, 6, 0);
    m.run_batch(1, votes, Stage::kBox);
    must(m.confirm(1));
    must(m.confirm(6));
    EXPECT_FALSE(m.attempt().confirms.at(6).rows.at(1));
  }
  Result<void> over(std::vector<PersonId> silent, std::vector<PersonId> missing, std::vector<PersonId> signers = {},
                    std::string reason = "电脑无响应") {
    if (signers.empty()) {
      signers = {m.chair(), m.supervisor(1)};
      if (!missing.empty()) signers.push_back(m.supervisor(2));
    }
    return m.submit(
        Override{m.batch_open(), m.attempt().box_hash, std::move(silent), std::move(missing), std::move(reason)},
        signers);
  }
  Meeting m{{.experts = 7, .trustees = 2}};
};

TEST_F(OverrideRules, NeedsAReasonAPersonAndThisBox) {
  EXPECT_REFUSED(m, kMalformed, over({2}, {}, {}, ""));
  EXPECT_REFUSED(m, kMalformed, over({}, {}));
  EXPECT_REFUSED(m, kUnknown, m.submit(Override{m.batch_open(), kOther, {2}, {}, "r"}, {m.chair(), m.supervisor()}));
}

TEST_F(OverrideRules, SilentAreThoseWhoWereCountedAndHaveNotConfirmed) {
  EXPECT_REFUSED(m, kNotOnRoll, over({7}, {}));
  EXPECT_REFUSED(m, kNotOnRoll, over({99}, {}));
  EXPECT_REFUSED(m, kConflict, over({1}, {}));
  EXPECT_REFUSED(m, kConflict, over({6}, {}));
  EXPECT_ACCEPTED(over({2}, {}));
  EXPECT_REFUSED(m, kConflict, over({2}, {}));
}

TEST_F(OverrideRules, MissingAreThoseWhoSignedIt) {
  EXPECT_REFUSED(m, kConflict, over({}, {1}));
  EXPECT_REFUSED(m, kConflict, over({}, {2}));
  EXPECT_REFUSED(m, kNotOnRoll, over({}, {7}));
  EXPECT_REFUSED(m, kConflict, over({6}, {6}));
  EXPECT_ACCEPTED(over({}, {6}));
  EXPECT_REFUSED(m, kConflict, over({}, {6}));
}

// A dropped ballot that was reported is passed over only by everybody who supervises.
TEST_F(OverrideRules, IsSignedByChairAndSupervisorForMissingByAll) {
  PersonId const chair = m.chair(), s1 = m.supervisor(1), s2 = m.supervisor(2);
  EXPECT_REFUSED(m, kNotAuthorised, over({2}, {}, {chair}));
  EXPECT_REFUSED(m, kNotAuthorised, over({2}, {}, {s1, s2}));
  EXPECT_REFUSED(m, kNotAuthorised, over({2}, {}, {chair, m.clerk()}));
  EXPECT_REFUSED(m, kNotAuthorised, over({}, {6}, {chair, s1}));
  EXPECT_REFUSED(m, kNotAuthorised, over({2}, {6}, {chair, s2}));
  EXPECT_ACCEPTED(over({2}, {6}, {chair, s1, s2}));
}

// Without a limit a chair could open a box that holds one honest ballot and two of friends.
TEST_F(OverrideRules, NamesAtMostMaxUnconfirmedInAll) {
  EXPECT_REFUSED(m, kGateOverride, over({2, 3, 4}, {}));
  EXPECT_REFUSED(m, kGateOverride, over({2, 3}, {6}));
  EXPECT_ACCEPTED(over({2}, {}));
  EXPECT_REFUSED(m, kGateOverride, over({3, 4}, {}));
  EXPECT_REFUSED(m, kGateOverride, over({3}, {6}));
  EXPECT_ACCEPTED(over({3}, {}));
  EXPECT_REFUSED(m, kGateOverride, over({}, {6}));
}

// Silence was passed over; a MISSING that arrives after all was not.
TEST_F(OverrideRules, OfSilenceDoesNotLiftAMissingSignedSince) {
  must(over({2}, {6}));
  for (PersonId const p : {3u, 4u, 5u}) must(m.confirm(p));
  EXPECT_TRUE(m.record.gate());
  must(m.submit(Confirm{m.batch_open(), 2, m.attempt().box_hash, {{1, false}}}, {2}));
  EXPECT_REFUSED(m, kGateMissing, m.share(0));
  EXPECT_ACCEPTED(over({}, {2}));
  EXPECT_ACCEPTED(m.share(0));
}

TEST_F(OverrideRules, OnlyWhileConfirming) {
  must(over({2}, {6}));
  for (PersonId const p : {3u, 4u, 5u}) must(m.confirm(p));
  must(m.share(0));
  EXPECT_REFUSED(m, kWrongPhase, over({3}, {}));
  EXPECT_REFUSED(m, kWrongPhase, m.confirm(2));
}

TEST_F(OverrideRules, MakeARowContestedIfTheyCouldHaveDecidedIt) {
  must(over({2}, {6}));
  for (PersonId const p : {3u, 4u, 5u}) must(m.confirm(p));
  m.continue_batch({}, Stage::kConfirmed, Stage::kErased);
  // P 7, five ballots, four vouched for; needed 5: the fifth decides.
  Row const row = *m.record.question(1).declared;
  EXPECT_EQ(row.agree, 5u);
  EXPECT_EQ(row.needed, 5u);
  EXPECT_EQ(row.invalid, 1u);
  EXPECT_EQ(row.not_cast, 1u);
  EXPECT_TRUE(row.contested);
  EXPECT_FALSE(row.passed);
}

// ---- TallyShare and the gate ---------------------------------------------------------------------------------------

TEST(GateRules, EverybodyCountedHasConfirmed) {
  Prepared at(Stage::kBox);
  Meeting& m = at.meeting;
  EXPECT_REFUSED(m, kGateUnconfirmed, m.share(0));
  for (PersonId p = 1; p <= 4; ++p) must(m.confirm(p));
  EXPECT_REFUSED(m, kGateUnconfirmed, m.share(0));
  EXPECT_EQ(said(m.record.gate()), "GATE_UNCONFIRMED");
  must(m.confirm(5));
  EXPECT_ACCEPTED(m.record.gate());
  EXPECT_ACCEPTED(m.share(0));
}

// A ballot that was dropped is found before anything is opened.
TEST(GateRules, ASignedMissingStopsTheOpening) {
  Meeting m({.trustees = 2, .batches = {2}});
  m.begin();
  m.tamper_ballot = [](PersonId p, QuestionId q, Bytes& ballot) {
    if (p == 5 && q == 2) ballot.back() ^= 1;
  };
  m.run_batch(1, m.votes(1, 5, 0), Stage::kConfirmed);
  EXPECT_EQ(m.attempt().box->boxes.at(2).refused, (std::map<std::uint32_t, std::uint32_t>{{14, 1}}));
  EXPECT_REFUSED(m, kGateMissing, m.share(0));
  // The question is voted again; the others go on.
  must(m.void_questions({2}));
  m.tamper_ballot = {};
  m.continue_batch({}, Stage::kConfirmed, Stage::kErased);
  EXPECT_TRUE(m.record.question(1).declared->passed);
  EXPECT_FALSE(m.record.question(2).declared);
  EXPECT_FALSE(m.record.question(2).opened);
  m.run_batch(1, m.votes(1, 5, 0));
  EXPECT_TRUE(m.record.question(2).declared->passed);
  EXPECT_EQ(m.record.question(2).attempts, 2u);
}

// The sum of two ballots tells each of the two how the other voted.
TEST(GateRules, FewerThanThreeBallotsAreNeverOpened) {
  Meeting m({.trustees = 2, .batches = {2}});
  m.begin();
  Votes votes = m.votes(1, 2, 0);
  m.run_batch(1, votes, Stage::kConfirmed);
  EXPECT_REFUSED(m, kGateTooFew, m.share(0));
  must(m.void_questions({}));
  m.run_batch(1, m.votes(1, 3, 0));
  EXPECT_FALSE(m.record.question(1).declared->passed);
}

// Who has stepped back from every question that is still live has nothing to confirm and stops nobody.
TEST(GateRules, WhoseQuestionsAreAllVoidedNeedNotConfirm) {
  Meeting m({.trustees = 2, .batches = {2}});
  m.begin();
  must(m.recuse(1, 1));
  m.run_batch(1, m.votes(1, 4, 0), Stage::kBox);
  EXPECT_EQ(m.attempt().unconfirmed(), (std::vector<PersonId>{1, 2, 3, 4, 5}));
  must(m.void_questions({2}));
  EXPECT_EQ(m.attempt().unconfirmed(), (std::vector<PersonId>{2, 3, 4, 5}));
  for (PersonId p = 2; p <= 5; ++p) must(m.confirm(p));
  EXPECT_TRUE(m.attempt().unconfirmed().empty());
  EXPECT_ACCEPTED(m.record.gate());
  EXPECT_ACCEPTED(m.confirm(1));
  EXPECT_ACCEPTED(m.share(0));
}

class TallyShareRules : public ::testing::Test {
 protected:
  TallyShareRules() {
    m.begin();
    m.run_batch(1, m.votes(1, 3, 2), Stage::kConfirmed);
  }
  template <class F>
  Result<void> with(F change, TrusteeId t = 0) {
    TallyShare e = m.make_share(t);
    change(e);
    return m.submit(e, {m.manifest.trustees[t]});
  }
  Meeting m{{.trustees = 2, .batches = {2}}};
};

TEST_F(TallyShareRules, OnceOverThisBoxForEveryLiveQuestion) {
  EXPECT_REFUSED(m, kUnknown, with([](TallyShare& e) { e.box = kOther; }));
  EXPECT_REFUSED(m, kConflict, with([](TallyShare& e) { e.shares.erase(2); }));
  EXPECT_REFUSED(m, kConflict, with([](TallyShare& e) { e.shares[3] = e.shares[2]; }));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(m.make_share(0), {m.chair()}));
  EXPECT_ACCEPTED(m.share(0));
  EXPECT_EQ(m.attempt().phase, BatchPhase::kOpening);
  EXPECT_TRUE(m.record.question(1).opened);
  EXPECT_TRUE(m.attempt().rows.empty());
  EXPECT_REFUSED(m, kConflict, m.share(0));
  EXPECT_EQ(said(m.declare()), "WRONG_PHASE");
  EXPECT_ACCEPTED(m.share(1));
  EXPECT_EQ(m.attempt().phase, BatchPhase::kCounted);
  EXPECT_REFUSED(m, kWrongPhase, m.submit(m.make_share(1), {m.chair()}));
}

// A false share would turn the sum into any other.
TEST_F(TallyShareRules, IsProvenForThisQuestionBoxAndTrustee) {
  EXPECT_REFUSED(m, kProof, with([](TallyShare& e) { e.shares[1].d = e.shares[2].d; }));
  EXPECT_REFUSED(m, kProof, with([](TallyShare& e) { std::swap(e.shares[1], e.shares[2]); }));
  EXPECT_REFUSED(m, kProof, with([](TallyShare& e) { e.shares[1].proof.s.data[0] ^= 1; }));
  EXPECT_REFUSED(m, kProof, with([](TallyShare& e) { e.shares[1].d = {}; }));
  EXPECT_REFUSED(m, kProof, with([&](TallyShare& e) { e.shares = m.make_share(1).shares; }));
  EXPECT_REFUSED(m, kProof, with([&](TallyShare& e) {
                   auto const& key = m.trustee_keys.at({1, 1, 0}).tally_key;
                   e.shares[1] = must(crypto::elgamal::make_tally_share(
                       key, m.attempt().sums.at(1).a, dleq_binding(m.record.ballot_context(1).ctx, kOther, 0)));
                 }));
}

TEST_F(TallyShareRules, NotBeforeTheBoxNorAfterTheCount) {
  Prepared mixed(Stage::kMixed);
  Meeting& early = mixed.meeting;
  EXPECT_REFUSED(early, kWrongPhase, early.submit(TallyShare{early.batch_open(), 0, kOther, {}}, {kServer}));
  EXPECT_EQ(said(early.record.gate()), "WRONG_PHASE");
  EXPECT_EQ(said(Record{}.gate()), "WRONG_PHASE");
}

// A box that somebody let a double vote into has no sum that fits: the last share is refused, nothing is declared, and
// the attempt can be given up.
TEST(TallyShare, ASumThatDecodesToNothingIsRefused) {
  Prepared at(Stage::kMixed);
  Meeting& m = at.meeting;
  BallotBox box = m.make_box();
  BallotView const a = must(parse_ballot(m.attempt().shape, box.boxes.at(1).ballots[0]));
  Bytes& bad = box.boxes.at(1).ballots[0];
  // B + 7·G: a vote of eight. Only the proof, which the state machine does not look at, tells.
  Point seven, more;
  Bytes scalar(32);
  scalar[0] = 7;
  ASSERT_EQ(crypto_scalarmult_ristretto255_base(seven.data.data(), scalar.data()), 0);
  ASSERT_EQ(crypto_core_ristretto255_add(more.data.data(), a.vote.b.data.data(), seven.data.data()), 0);
  std::ranges::copy(more.data, bad.begin() + 69 + 2 * 256 + 32);
  must(m.submit(box, {kServer}));
  EXPECT_EQ(check_box(m.record)->code, Refusal::kBallotSignature);
  for (PersonId p = 1; p <= 5; ++p) {
    must(m.submit(Confirm{m.batch_open(), p, m.attempt().box_hash, {{1, true}}}, {p}));
  }
  must(m.share(0));
  EXPECT_REFUSED(m, kThresholdRule, m.share(1));
  must(m.void_questions({}, true));
  EXPECT_EQ(m.attempt().phase, BatchPhase::kVoided);
}

// ---- Declaration ---------------------------------------------------------------------------------------------------

class DeclarationRules : public ::testing::Test {
 protected:
  DeclarationRules() {
    m.begin();
    m.run_batch(1, m.votes(1, 4, 1), Stage::kCounted);
  }
  template <class F>
  Result<void> with(F change) {
    Declaration e = must(m.record.draft_declaration());
    change(e.rows);
    return m.submit(e, {m.chair(), m.supervisor()});
  }
  Meeting m{{.trustees = 2, .batches = {2}}};
};

TEST_F(DeclarationRules, IsExactlyWhatTheVotesGive) {
  using Rows = std::map<QuestionId, Row>;
  EXPECT_REFUSED(m, kConflict, with([](Rows& rows) { rows.erase(1); }));
  EXPECT_REFUSED(m, kConflict, with([](Rows& rows) { rows[3] = rows[1]; }));
  EXPECT_REFUSED(m, kUnbalancedRow, with([](Rows& rows) { ++rows[1].agree; }));
  EXPECT_REFUSED(m, kUnbalancedRow, with([](Rows& rows) { --rows[2].present; }));
  EXPECT_REFUSED(m, kThresholdRule, with([](Rows& rows) { --rows[1].agree, ++rows[1].disagree; }));
  EXPECT_REFUSED(m, kThresholdRule, with([](Rows& rows) { rows[1].passed = false; }));
  EXPECT_REFUSED(m, kThresholdRule, with([](Rows& rows) { rows[1].contested = true; }));
  EXPECT_REFUSED(m, kThresholdRule, with([](Rows& rows) { rows[1].needed = 3; }));
  EXPECT_REFUSED(m, kThresholdRule, with([](Rows& rows) { rows[1].mode_sensitive = true; }));
  EXPECT_ACCEPTED(with([](Rows&) {}));
}

TEST_F(DeclarationRules, IsFinal) {
  Declaration const e = must(m.record.draft_declaration());
  must(m.declare());
  EXPECT_EQ(m.attempt().box, nullptr);
  EXPECT_REFUSED(m, kWrongPhase, m.submit(e, {m.chair(), m.supervisor()}));
  EXPECT_REFUSED(m, kWrongPhase, m.void_questions({}));
  EXPECT_REFUSED(m, kWrongPhase, m.void_questions({}, true));
}

TEST_F(DeclarationRules, IsSignedByChairAndSupervisors) {
  Declaration const e = must(m.record.draft_declaration());
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(e, {m.chair()}));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(e, {m.supervisor(1), m.supervisor(2)}));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(e, {m.chair(), m.clerk()}));
  Rules rules;
  rules.supervisors_needed = 2;
  Meeting two({.trustees = 2, .rules = rules});
  two.begin();
  two.run_batch(1, two.votes(1, 4, 1), Stage::kCounted);
  Declaration const all = must(two.record.draft_declaration());
  EXPECT_REFUSED(two, kNotAuthorised, two.submit(all, {two.chair(), two.supervisor(1)}));
  EXPECT_ACCEPTED(two.submit(all, {two.chair(), two.supervisor(1), two.supervisor(2)}));
}

// ---- Void ----------------------------------------------------------------------------------------------------------

TEST(VoidRules, BeforeOpeningWithAReason) {
  Meeting m({.trustees = 2, .batches = {3}});
  m.begin();
  m.run_batch(1, {}, Stage::kOpen);
  auto voided = [&](std::vector<QuestionId> questions, std::string reason = "程序原因",
                    std::vector<PersonId> signers = {}) {
    if (signers.empty()) signers = {m.chair()};
    return m.submit(Void{m.batch_open(), std::move(questions), std::move(reason), false}, signers);
  };
  EXPECT_REFUSED(m, kMalformed, voided({1}, ""));
  EXPECT_REFUSED(m, kUnknown, voided({4}));
  EXPECT_REFUSED(m, kUnknown, voided({0}));
  EXPECT_REFUSED(m, kNotAuthorised, voided({1}, "r", {m.supervisor()}));
  EXPECT_REFUSED(m, kWrongPhase,
                 m.submit(Void{m.batch_open(), {}, "r", true}, {m.chair(), m.supervisor(1), m.supervisor(2)}));
  EXPECT_ACCEPTED(voided({1}));
  EXPECT_REFUSED(m, kConflict, voided({1, 2}));
  EXPECT_ACCEPTED(voided({2}));
  EXPECT_TRUE(m.record.in_progress());
  EXPECT_ACCEPTED(voided({}));
  EXPECT_EQ(m.attempt().phase, BatchPhase::kVoided);
  EXPECT_REFUSED(m, kWrongPhase, voided({}));
}

// Once a share is out the sum may be known to somebody: to begin again would be to ask until the answer pleases.
TEST(VoidRules, AfterTheFirstShareOnlyIfSharesAreLostAndForAllQuestions) {
  Meeting m({.trustees = 2, .batches = {2}});
  m.begin();
  m.run_batch(1, m.votes(1, 5, 0), Stage::kConfirmed);
  EXPECT_REFUSED(m, kWrongPhase, m.void_questions({}, true));
  must(m.share(0));
  EXPECT_REFUSED(m, kWrongPhase, m.void_questions({}));
  EXPECT_REFUSED(m, kConflict, m.void_questions({1}, true));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(Void{m.batch_open(), {}, "r", true}, {m.chair(), m.supervisor(1)}));
  EXPECT_ACCEPTED(m.void_questions({1, 2}, true));
  EXPECT_TRUE(m.record.question(1).opened);
  Prepared counted(Stage::kCounted);
  EXPECT_REFUSED(counted.meeting, kWrongPhase, counted.meeting.void_questions({}, true));
}

// A batch can be given up at every step, and runs again with nothing revealed.
TEST(VoidRules, AtEveryStepBeforeOpeningTheBatchRunsAgain) {
  for (Stage const stage : {Stage::kOpen, Stage::kTokens, Stage::kCast, Stage::kClosed, Stage::kIssuanceClosed,
                            Stage::kMixed, Stage::kBox, Stage::kConfirmed}) {
    Prepared at(stage);
    Meeting& m = at.meeting;
    EXPECT_ACCEPTED(m.void_questions({}));
    EXPECT_EQ(m.attempt().box, nullptr);
    for (TrusteeId t = 0; t < 2; ++t) EXPECT_ACCEPTED(m.erase(t));
    m.run_batch(1, m.votes(1, 4, 1));
    EXPECT_TRUE(m.record.question(1).declared->passed);
    EXPECT_EQ(m.record.attempts(1), 2u);
  }
}

// ---- PaperTally ----------------------------------------------------------------------------------------------------

class PaperRules : public ::testing::Test {
 protected:
  PaperRules() {
    m.begin();
    must(m.recuse(1, 2));
    must(m.open(1, true));
  }
  Meeting m{{.trustees = 2, .batches = {2}}};
  PaperRow const good1{5, 5, 5, 0, 4, 1, 0}, good2{4, 4, 3, 1, 3, 0, 0};
};

TEST_F(PaperRules, EveryRowFitsThePapers) {
  EXPECT_REFUSED(m, kConflict, m.paper_tally({{1, good1}}));
  EXPECT_REFUSED(m, kUnbalancedRow,
                 m.paper_tally({{1, good1}, {2, {5, 4, 3, 1, 3, 0, 0}}}));  // one paper for who is recused
  EXPECT_REFUSED(m, kUnbalancedRow, m.paper_tally({{1, good1}, {2, {4, 4, 4, 1, 4, 0, 0}}}));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(PaperTally{m.batch_open(), {{1, good1}, {2, good2}}}, {m.chair()}));
  EXPECT_ACCEPTED(m.paper_tally({{1, good1}, {2, good2}}));
  EXPECT_REFUSED(m, kWrongPhase, m.paper_tally({{1, good1}, {2, good2}}));
  must(m.declare());
  EXPECT_TRUE(m.record.question(1).declared->passed);
  Row const two = *m.record.question(2).declared;
  EXPECT_EQ(two.recused, 1u);
  EXPECT_EQ(two.invalid, 1u);
  EXPECT_FALSE(two.passed);
}

TEST_F(PaperRules, MorePapersThanWereGivenOutVoidTheRow) {
  EXPECT_ACCEPTED(m.paper_tally({{1, good1}, {2, {4, 5, 5, 0, 5, 0, 0}}}));
  EXPECT_EQ(m.attempt().live(), std::vector<QuestionId>{1});
  must(m.declare());
  EXPECT_EQ(m.record.undecided(1), std::vector<QuestionId>{2});
}

TEST_F(PaperRules, OnlyForPaperAndWithWhatIsLive) {
  must(m.void_questions({2}));
  EXPECT_REFUSED(m, kConflict, m.paper_tally({{1, good1}, {2, good2}}));
  EXPECT_ACCEPTED(m.paper_tally({{1, good1}}));
  Prepared ballots(Stage::kOpen);
  EXPECT_REFUSED(ballots.meeting, kWrongPhase, ballots.meeting.paper_tally({{1, good1}}));
}

// ---- Erased --------------------------------------------------------------------------------------------------------

TEST(ErasedRules, OnceAfterTheAttemptHasEnded) {
  Prepared at(Stage::kCounted);
  Meeting& m = at.meeting;
  EXPECT_REFUSED(m, kWrongPhase, m.erase(0));
  must(m.declare());
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(Erased{m.batch_open(), 0}, {m.chair()}));
  EXPECT_ACCEPTED(m.erase(0));
  EXPECT_REFUSED(m, kConflict, m.erase(0));
  EXPECT_ACCEPTED(m.erase(1));
}

// A trustee whose laptop was away when the next batch began still says that it has destroyed its keys.
TEST(ErasedRules, AreTakenOfAttemptsBeforeTheCurrentOne) {
  Meeting m({.trustees = 2, .batches = {1, 1}});
  m.begin();
  m.run_batch(1, m.votes(1, 5, 0), Stage::kDeclared);
  Hash const first = m.batch_open();
  must(m.erase(0));
  m.run_batch(2, {}, Stage::kOpen);
  EXPECT_REFUSED(m, kConflict, m.submit(Erased{first, 0}, {kServer}));
  EXPECT_ACCEPTED(m.submit(Erased{first, 1}, {m.manifest.trustees[1]}));
  EXPECT_REFUSED(m, kConflict, m.submit(Erased{first, 1}, {m.manifest.trustees[1]}));
  EXPECT_REFUSED(m, kWrongPhase, m.erase(0));
  EXPECT_EQ(m.record.past_attempts().at(first).erased.size(), 2u);
  EXPECT_EQ(m.record.past_attempts().at(first).batch, 1u);
  EXPECT_REFUSED(m, kUnknown, m.submit(Confirm{first, 1, kOther, {{1, true}}}, {1}));
}

}  // namespace
}  // namespace piaojue::test
