// SPDX-License-Identifier: Apache-2.0
#include "refused.h"

namespace piaojue::test {
namespace {

Hash const kOther = crypto::sha256({});

using People = std::vector<PersonId>;
using enum ConfirmVerdict;

/// An expert whose ballot does not reach the box: its onion holds something else.
void lose_ballots_of(Meeting& m, std::set<PersonId> who) {
  m.tamper_ballot = [who = std::move(who)](PersonId p, QuestionId, Bytes& ballot) {
    if (who.contains(p)) ballot.back() ^= 1;
  };
}

// ---- Confirm -------------------------------------------------------------------------------------------------------

class ConfirmRules : public ::testing::Test {
 protected:
  /// Experts 1 to 5 have cast, 6 and 7 have not; 1 is recused from 2, 7 from all that stays live. Question 3 is voided.
  ConfirmRules() {
    m.begin();
    must(m.recuse(1, 2));
    must(m.recuse(7, 1));
    must(m.recuse(7, 2));
    Votes votes = m.votes(1, 5, 0);
    votes.erase(6);
    m.run_batch(1, votes, Stage::kMixed);
  }
  Result<void> confirm(PersonId p, std::map<QuestionId, ConfirmVerdict> rows, Hash const& of) {
    return m.submit(Confirm{m.batch_open(), p, of, std::move(rows)}, {p});
  }
  void box() {
    must(m.box());
    must(m.void_questions({3}));
  }
  Result<void> confirm(PersonId p, std::map<QuestionId, ConfirmVerdict> rows) {
    return confirm(p, std::move(rows), m.attempt().box_hash);
  }
  Meeting m{{.experts = 7, .trustees = 2, .batches = {3}}};
};

TEST_F(ConfirmRules, OnceOverThisBoxAndTheOwnLiveQuestions) {
  EXPECT_REFUSED(m, kWrongPhase, confirm(1, {{1, kOk}}, kOther));
  box();
  EXPECT_REFUSED(m, kUnknown, confirm(1, {{1, kOk}}, kOther));
  EXPECT_REFUSED(m, kConflict, confirm(1, {{1, kOk}, {2, kOk}}));
  EXPECT_REFUSED(m, kConflict, confirm(1, {{1, kOk}, {3, kOk}}));
  EXPECT_REFUSED(m, kConflict, confirm(1, {}));
  EXPECT_REFUSED(m, kConflict, confirm(2, {{1, kOk}}));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(Confirm{m.batch_open(), 1, m.attempt().box_hash, {{1, kOk}}}, {2}));
  EXPECT_ACCEPTED(confirm(1, {{1, kOk}}));
  EXPECT_REFUSED(m, kConflict, confirm(1, {{1, kMissing}}));
  EXPECT_ACCEPTED(confirm(2, {{1, kOk}, {2, kMissing}}));
  EXPECT_EQ(m.attempt().said_by(1, kOk), 2u);
  EXPECT_EQ(m.attempt().said_by(2, kOk), 0u);
}

// Everybody who could vote owes one: blocked envelopes would otherwise be nobody's.
TEST_F(ConfirmRules, ByEverybodyEntitledVoterOrNot) {
  box();
  EXPECT_EQ(m.attempt().entitled(), (People{1, 2, 3, 4, 5, 6}));
  EXPECT_REFUSED(m, kNotOnRoll, confirm(7, {}));  // recused from all that is live
  EXPECT_REFUSED(m, kNotOnRoll, confirm(m.clerk(), {}));
  EXPECT_ACCEPTED(confirm(6, {{1, kNotCast}, {2, kNotCast}}));
  must(m.sign_out(5));
  EXPECT_ACCEPTED(confirm(5, {{1, kOk}, {2, kOk}}));
}

// OK without an envelope would vouch for a stranger's ballot; NOT_CAST with one would hide a lost one.
TEST_F(ConfirmRules, OkOnlyWithNotCastOnlyWithoutACountedEnvelope) {
  box();
  EXPECT_REFUSED(m, kConflict, confirm(6, {{1, kOk}, {2, kNotCast}}));
  EXPECT_REFUSED(m, kConflict, confirm(2, {{1, kOk}, {2, kNotCast}}));
  // MISSING anybody may say: an envelope that never arrived is missing too.
  EXPECT_ACCEPTED(confirm(6, {{1, kMissing}, {2, kNotCast}}));
  EXPECT_ACCEPTED(confirm(2, {{1, kMissing}, {2, kMissing}}));
}

// ---- What is said --------------------------------------------------------------------------------------------------

class Saying : public ::testing::Test {
 protected:
  Saying() {
    m.begin();
    m.run_batch(1, {}, Stage::kOpen);
  }
  void vote(std::set<PersonId> const& who, Stage until = Stage::kBox) {
    for (PersonId const p : who) {
      m.all_tokens(p);
      must(m.cast(p, {{1, Choice::kAgree}}));
    }
    m.continue_batch({}, Stage::kCast, until);
  }
  Meeting m{{.experts = 7, .trustees = 2}};
};

TEST_F(Saying, BySigningOutWithoutAnEnvelope) {
  must(m.sign_out_saying(7, true));
  must(m.sign_out_saying(6, false));
  must(m.sign_out(5));
  vote({1, 2, 3, 4});
  EXPECT_EQ(m.attempt().said(7, 1), kNotCast);
  EXPECT_EQ(m.attempt().said(6, 1), std::nullopt);
  EXPECT_EQ(m.attempt().said(5, 1), std::nullopt);
  EXPECT_EQ(m.attempt().unconfirmed(), (People{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(m.attempt().said_by(1, kNotCast), 1u);
}

// Also while confirming: who leaves then must not hold up the rest.
TEST_F(Saying, TheLatestSignOutThatNamesTheAttemptCounts) {
  must(m.sign_out_saying(7, true));
  must(m.sign_in(7));
  vote({1, 2, 3, 4, 5});
  must(m.sign_out_saying(7, false));
  EXPECT_EQ(m.attempt().said(7, 1), std::nullopt);
  must(m.sign_in(7));
  must(m.sign_out_saying(7, true));
  EXPECT_EQ(m.attempt().said(7, 1), kNotCast);
  must(m.sign_in(7));
  must(m.sign_out(7));  // names no attempt, and says nothing
  EXPECT_EQ(m.attempt().said(7, 1), std::nullopt);
}

// Who comes back may vote after all. Were his word still that he did not mean to, a server that drops his envelope and
// his MISSING would lose his vote without a mark on the result.
TEST_F(Saying, WhoSignsInTakesTheWordOfHisSignOutBack) {
  must(m.sign_out_saying(7, true));
  must(m.sign_in(7));
  vote({1, 2, 3, 4, 5, 6});
  for (PersonId p = 1; p <= 6; ++p) must(m.confirm(p));
  EXPECT_EQ(m.attempt().said(7, 1), std::nullopt);
  EXPECT_REFUSED(m, kGateUnconfirmed, m.share(0));
  must(m.sign_out_saying(7, true));
  must(m.share(0));
  must(m.sign_in(7));  // a sum rests on it now
  EXPECT_EQ(m.attempt().said(7, 1), kNotCast);
}

// The same, of an envelope that was logged, and then spoiled by the office in the last moment.
TEST_F(Saying, WhoCastsTakesTheWordOfHisSignOutBack) {
  m.all_tokens(7);
  must(m.sign_out_saying(7, true));
  must(m.cast(7, {}));
  must(m.spoil_by(7, m.office()));
  vote({1, 2, 3, 4, 5, 6});
  EXPECT_EQ(m.attempt().said(7, 1), std::nullopt);
  for (PersonId p = 1; p <= 6; ++p) must(m.confirm(p));
  EXPECT_REFUSED(m, kGateUnconfirmed, m.share(0));
}

// What others sign says nothing in a person's name.
TEST_F(Saying, ASignOutByOthersSaysNothing) {
  must(m.sign_out_by(7, m.office()));
  vote({1, 2, 3, 4, 5, 6});
  EXPECT_EQ(m.attempt().said(7, 1), std::nullopt);
  EXPECT_TRUE(m.attempt().entitled(7));
}

// A leaver's counted ballot vanished unmarked: with an envelope the word of a SignOut is none.
TEST_F(Saying, AfterAnEnvelopeTheWordOfASignOutIsNone) {
  m.all_tokens(7);
  must(m.sign_out_saying(7, true));
  must(m.cast(7, {}));
  vote({1, 2, 3, 4, 5});
  EXPECT_TRUE(m.attempt().counted.contains(7));
  EXPECT_EQ(m.attempt().said(7, 1), std::nullopt);
  EXPECT_ACCEPTED(m.confirm(7));
}

// A Confirm replaces what a SignOut said, also MISSING: the envelope was taken and is not there.
TEST_F(Saying, AConfirmReplacesTheWordOfASignOut) {
  must(m.sign_out_saying(7, true));
  vote({1, 2, 3, 4, 5, 6});
  EXPECT_ACCEPTED(m.submit(Confirm{m.batch_open(), 7, m.attempt().box_hash, {{1, kMissing}}}, {7}));
  EXPECT_EQ(m.attempt().said(7, 1), kMissing);
  must(m.sign_in(7));
  must(m.sign_out_saying(7, true));
  EXPECT_EQ(m.attempt().said(7, 1), kMissing);
  for (PersonId p = 1; p <= 6; ++p) must(m.confirm(p));
  EXPECT_REFUSED(m, kGateMissing, m.share(0));
}

// The row rests on it: nothing changes it after the first share.
TEST_F(Saying, IsFrozenWithTheFirstShare) {
  vote({1, 2, 3, 4, 5, 6});
  for (PersonId p = 1; p <= 6; ++p) must(m.confirm(p));
  must(m.override_people({{7, false}}));
  must(m.share(0));
  EXPECT_REFUSED(m, kWrongPhase, m.confirm(7));
  EXPECT_REFUSED(m, kWrongPhase, m.sign_out_saying(7, true));
  must(m.share(1));
  EXPECT_EQ(m.attempt().said_by(1, kNotCast), 0u);
  // Of seven six agree and one said nothing: 6 or 7, both pass.
  EXPECT_TRUE(m.attempt().rows.at(1).passed);
}

// ---- Override ------------------------------------------------------------------------------------------------------

/// Nine members; 9 has not cast, the ballot of 8 is lost, 1 says OK and 8 MISSING.
class OverrideRules : public ::testing::Test {
 protected:
  OverrideRules() {
    m.begin();
    lose_ballots_of(m, {8});
    m.run_batch(1, m.votes(1, 8, 0), Stage::kBox);
    must(m.confirm(1));
    must(m.confirm(8));
    EXPECT_EQ(m.attempt().said(8, 1), kMissing);
  }
  Result<void> over(std::map<PersonId, bool> people, People signers = {}, std::string reason = "电脑无响应") {
    if (signers.empty()) signers = m.office();
    return m.submit(Override{m.batch_open(), m.attempt().box_hash, std::move(people), std::move(reason)}, signers);
  }
  Meeting m{{.experts = 9, .trustees = 2}};
};

TEST_F(OverrideRules, NeedsAReasonAPersonAndThisBox) {
  EXPECT_REFUSED(m, kMalformed, over({{2, false}}, {}, ""));
  EXPECT_REFUSED(m, kMalformed, over({}));
  EXPECT_REFUSED(m, kUnknown, over({{99, false}}));
  EXPECT_REFUSED(m, kUnknown, m.submit(Override{m.batch_open(), kOther, {{2, false}}, "r"}, m.office()));
}

TEST_F(OverrideRules, IsSignedByTheOfficeOrTheCommittee) {
  EXPECT_REFUSED(m, kNotAuthorised, over({{2, false}}, {m.chair()}));
  EXPECT_REFUSED(m, kNotAuthorised, over({{2, false}}, {m.chair(), m.supervisor(1)}));
  EXPECT_REFUSED(m, kNotAuthorised, over({{2, false}}, {m.chair(), m.clerk()}));
  EXPECT_ACCEPTED(over({{2, false}}));
  EXPECT_ACCEPTED(over({{8, true}}, m.committee()));
}

// It says of each what he has said by then: that nothing was heard, or that a loss was reported.
TEST_F(OverrideRules, ListsEachWithWhatHeHasSaid) {
  EXPECT_REFUSED(m, kConflict, over({{1, false}}));  // said OK
  EXPECT_REFUSED(m, kConflict, over({{1, true}}));
  EXPECT_REFUSED(m, kConflict, over({{2, true}}));
  EXPECT_REFUSED(m, kConflict, over({{8, false}}));
  EXPECT_REFUSED(m, kConflict, over({{m.clerk(), false}}));  // not entitled
  EXPECT_ACCEPTED(over({{2, false}, {8, true}}));
  EXPECT_REFUSED(m, kConflict, over({{2, false}}));
  EXPECT_REFUSED(m, kConflict, over({{8, true}}));
  must(m.confirm(9));
  EXPECT_REFUSED(m, kConflict, over({{9, false}}));  // NOT_CAST, by his own word
}

// Without a limit a chair could open a box that holds one honest ballot and two of friends. Who has cast nothing is
// outside it: his silence hides no ballot.
TEST_F(OverrideRules, NamesAtMostMaxUnconfirmedOfWhoWasCounted) {
  EXPECT_REFUSED(m, kGateOverride, over({{2, false}, {3, false}, {4, false}}));
  EXPECT_REFUSED(m, kGateOverride, over({{2, false}, {3, false}, {8, true}}));
  EXPECT_ACCEPTED(over({{2, false}, {9, false}}));
  EXPECT_REFUSED(m, kGateOverride, over({{3, false}, {4, false}}));
  EXPECT_ACCEPTED(over({{3, false}}));
  EXPECT_REFUSED(m, kGateOverride, over({{8, true}}));
  // Whoever was named stays named, whatever he says since.
  must(m.confirm(2));
  EXPECT_REFUSED(m, kGateOverride, over({{8, true}}));
}

// Silence was passed over; a MISSING that arrives after all was not.
TEST_F(OverrideRules, OfSilenceDoesNotLiftAMissingSignedSince) {
  must(over({{2, false}, {8, true}}));
  for (PersonId const p : {3u, 4u, 5u, 6u, 7u, 9u}) must(m.confirm(p));
  EXPECT_TRUE(m.record.gate());
  must(m.submit(Confirm{m.batch_open(), 2, m.attempt().box_hash, {{1, kMissing}}}, {2}));
  EXPECT_FALSE(m.attempt().covered(2));
  EXPECT_REFUSED(m, kGateMissing, m.share(0));
  EXPECT_ACCEPTED(over({{2, true}}));
  EXPECT_TRUE(m.attempt().covered(2));
  EXPECT_ACCEPTED(m.share(0));
}

TEST_F(OverrideRules, OnlyWhileConfirming) {
  must(over({{2, false}, {8, true}}));
  for (PersonId const p : {3u, 4u, 5u, 6u, 7u, 9u}) must(m.confirm(p));
  must(m.share(0));
  EXPECT_REFUSED(m, kWrongPhase, over({{3, false}}));
  EXPECT_REFUSED(m, kWrongPhase, m.confirm(2));
}

// A dropped ballot, silent or reported and passed over, was not on the result: here it is.
TEST_F(OverrideRules, MakeARowContestedIfTheyCouldHaveDecidedIt) {
  must(over({{2, false}, {8, true}}));
  for (PersonId const p : {3u, 4u, 5u, 6u, 7u, 9u}) must(m.confirm(p));
  m.continue_batch({}, Stage::kConfirmed, Stage::kErased);
  // P 9, needed 7, seven ballots agree, six of them vouched for: 6 at least, and 7 + 9 − 6 − 1 = 9 at most.
  EXPECT_EQ(*m.record.question(1).declared, (Row{9, 7, 0, 0, 1, 1, 0, 7, false, true, false}));
}

// ---- The gate ------------------------------------------------------------------------------------------------------

TEST(GateRules, EverybodyEntitledHasConfirmedOrIsCovered) {
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

// One supporter's tokens withheld, the chair closes: 7 of a needed 8, and nobody has heard of it.
TEST(GateRules, ItWaitsForWhoCastNothingToo) {
  Meeting m({.experts = 7, .trustees = 2});
  m.begin();
  m.run_batch(1, m.votes(1, 6, 0), Stage::kBox);
  for (PersonId p = 1; p <= 6; ++p) must(m.confirm(p));
  EXPECT_EQ(m.attempt().unconfirmed(), People{7});
  EXPECT_REFUSED(m, kGateUnconfirmed, m.share(0));
  EXPECT_ACCEPTED(m.confirm(7));
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

/// N = 11, of whom so many are there; of these so many cast, and so many of the rest say that they did not.
Meeting eleven(std::uint32_t present, std::uint32_t cast, std::uint32_t not_cast) {
  Meeting m({.experts = 11, .trustees = 2});
  std::vector<PersonId> who;
  for (PersonId p = 1; p <= present; ++p) who.push_back(p);
  for (PersonId p = 12; p < m.screen(); ++p) who.push_back(p);
  m.begin(who);
  m.run_batch(1, m.votes(1, cast, 0), Stage::kBox);
  std::map<PersonId, bool> silent;
  for (PersonId p = 1; p <= present; ++p) {
    if (p <= cast + not_cast) {
      must(m.confirm(p));
    } else {
      silent[p] = false;
    }
  }
  if (!silent.empty()) must(m.override_people(silent));
  return m;
}

// The sum of two ballots tells each of the two how the other voted.
TEST(GateRules, FewerThanThreeBallotsAreNeverOpened) {
  Meeting two = eleven(8, 2, 6);
  EXPECT_REFUSED(two, kGateTooFew, two.share(0));
  Meeting three = eleven(8, 3, 5);
  EXPECT_ACCEPTED(three.share(0));
}

// All but three envelopes blocked, then opened. Who is away by his own word is not blocked: five of eight vote, three
// say that they do not, and the lawful meeting ends.
TEST(GateRules, TwoThirdsHaveVotedOrSaidThatTheyDoNot) {
  Meeting lawful = eleven(8, 5, 3);
  EXPECT_ACCEPTED(lawful.share(0));
  Meeting enough = eleven(9, 4, 2);  // 6 of 9
  EXPECT_ACCEPTED(enough.share(0));
  Meeting blocked = eleven(9, 5, 0);  // 5 of 9
  EXPECT_REFUSED(blocked, kGateTooFew, blocked.share(0));
  Meeting almost = eleven(8, 4, 1);  // 5 of 8: 15 are fewer than 16
  EXPECT_REFUSED(almost, kGateTooFew, almost.share(0));
}

// Who has stepped back from a question is none of those who could vote on it.
TEST(GateRules, RecusedAreNotCountedAmongWhoCouldVote) {
  Meeting m({.experts = 7, .trustees = 2});
  m.begin();
  for (PersonId p = 5; p <= 7; ++p) must(m.recuse(p, 1));
  m.run_batch(1, m.votes(1, 3, 0), Stage::kBox);
  for (PersonId p = 1; p <= 3; ++p) must(m.confirm(p));
  must(m.override_people({{4, false}}));
  EXPECT_ACCEPTED(m.share(0));  // 3 of 4
}

// The office could leave three voters, two of them its own: the sum would tell it how the third voted.
TEST(GateRules, ARecusalOnTheOfficesWordMakesNoCrowdSmaller) {
  auto const nine = [](std::uint32_t by_office) {
    Meeting m({.experts = 9, .trustees = 2});
    m.begin();
    for (PersonId p = 9; p > 9 - by_office; --p) {
      must(m.submit(Recuse{m.record.meeting(), p, 1, "亲属"}, m.office()));
    }
    return m;
  };
  auto const confirmed = [](Meeting& m, std::uint32_t voters) {
    m.run_batch(1, m.votes(1, voters, 0), Stage::kConfirmed);
  };
  Meeting six = nine(6);
  confirmed(six, 3);
  EXPECT_REFUSED(six, kGateTooFew, six.share(0));
  Meeting four = nine(4);
  confirmed(four, 5);
  EXPECT_REFUSED(four, kGateTooFew, four.share(0));  // 15 are fewer than 18
  Meeting three = nine(3);
  confirmed(three, 6);
  EXPECT_ACCEPTED(three.share(0));
  // The way out: of those four two say it themselves, and the question is voted again.
  must(four.void_questions({1}));
  for (PersonId const p : {6U, 7U}) must(four.recuse(p, 1));
  EXPECT_REFUSED(four, kConflict, four.recuse(6, 1));
  confirmed(four, 5);
  EXPECT_ACCEPTED(four.share(0));  // 15, and 14 are enough
  // Or the committee says it of them.
  Meeting attested = nine(6);
  for (PersonId p = 4; p <= 9; ++p) {
    must(attested.submit(Recuse{attested.record.meeting(), p, 1, "亲属"}, attested.committee(p)));
  }
  confirmed(attested, 3);
  EXPECT_ACCEPTED(attested.share(0));
}

// Where the recused leave the room they are not among the present: the office could send out as many as it needs.
TEST(GateRules, WhomTheOfficeSendsOutOfTheBatchIsNotForgotten) {
  auto const six_of_nine = [](bool by_themselves) {
    MeetingOptions options{.experts = 9, .trustees = 2};
    options.rules.recusal_mode = RecusalMode::kLeave;
    Meeting m(options);
    m.begin();
    for (PersonId p = 7; p <= 9; ++p) {
      must(by_themselves ? m.recuse(p, 1) : m.submit(Recuse{m.record.meeting(), p, 1, "亲属"}, m.office()));
    }
    m.run_batch(1, m.votes(1, 5, 0), Stage::kBox);
    for (PersonId p = 1; p <= 5; ++p) must(m.confirm(p));
    must(m.override_people({{6, false}}));
    return m;
  };
  Meeting sent_out = six_of_nine(false);
  EXPECT_REFUSED(sent_out, kGateTooFew, sent_out.share(0));  // 15 are fewer than 18
  Meeting left = six_of_nine(true);
  EXPECT_ACCEPTED(left.share(0));
}

// With a key that it brought the office could say it in the person's name.
TEST(GateRules, ARecusalUnderAKeyOfTheOfficesMakesNoCrowdSmaller) {
  Meeting m({.experts = 9, .trustees = 2});
  m.begin();
  for (PersonId p = 6; p <= 8; ++p) must(m.submit(Recuse{m.record.meeting(), p, 1, "亲属"}, m.office()));
  must(m.change_keys(9, m.office()));
  must(m.recuse(9, 1));
  m.run_batch(1, m.votes(1, 5, 0), Stage::kConfirmed);
  EXPECT_REFUSED(m, kGateTooFew, m.share(0));
}

// Who has stepped back from every question that is still live has nothing to confirm and stops nobody.
TEST(GateRules, WhoseQuestionsAreAllVoidedNeedNotConfirm) {
  Meeting m({.trustees = 2, .batches = {2}});
  m.begin();
  must(m.recuse(1, 1));
  m.run_batch(1, m.votes(1, 4, 0), Stage::kBox);
  EXPECT_EQ(m.attempt().unconfirmed(), (People{1, 2, 3, 4, 5}));
  must(m.void_questions({2}));
  EXPECT_EQ(m.attempt().unconfirmed(), (People{2, 3, 4, 5}));
  EXPECT_REFUSED(m, kNotOnRoll, m.confirm(1));
  for (PersonId p = 2; p <= 5; ++p) must(m.confirm(p));
  EXPECT_TRUE(m.attempt().unconfirmed().empty());
  EXPECT_ACCEPTED(m.record.gate());
  EXPECT_ACCEPTED(m.share(0));
}

// ---- TallyShare ----------------------------------------------------------------------------------------------------

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
  EXPECT_REFUSED(m, kConflict, m.submit(m.make_share(1), {m.chair()}));  // a second one
}

// A share held back let its giver read the sums and the batch be voted again: the server's is logged before any other.
TEST(TallyShareOrder, TheServersIsTheFirstTheOthersComeInAnyOrder) {
  Meeting m;
  m.begin();
  m.run_batch(1, m.votes(1, 4, 1), Stage::kConfirmed);
  EXPECT_REFUSED(m, kWrongPhase, m.share(1));
  EXPECT_REFUSED(m, kWrongPhase, m.share(2));
  EXPECT_ACCEPTED(m.share(0));
  EXPECT_EQ(m.attempt().first_share_index, m.record.size() - 1);
  EXPECT_ACCEPTED(m.share(2));
  EXPECT_ACCEPTED(m.share(1));
  EXPECT_ACCEPTED(m.declare());
}

// The gate is judged once: what changes afterwards cannot hold back the shares that are still to come.
TEST(TallyShareOrder, TheGateIsFrozenWithTheFirst) {
  Prepared at(Stage::kConfirmed);
  Meeting& m = at.meeting;
  must(m.share(0));
  must(m.change_keys(1, m.office()));
  must(m.sign_out_by(2, m.office()));
  EXPECT_ACCEPTED(m.share(1));
  EXPECT_TRUE(m.attempt().rows.at(1).passed);
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
    must(m.submit(Confirm{m.batch_open(), p, m.attempt().box_hash, {{1, kOk}}}, {p}));
  }
  must(m.share(0));
  EXPECT_REFUSED(m, kThresholdRule, m.share(1));
  must(m.void_questions({}));
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
    return m.submit(e, m.office());
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
  EXPECT_REFUSED(m, kWrongPhase, m.submit(e, m.office()));
  EXPECT_REFUSED(m, kWrongPhase, m.void_questions({}));
}

// A chair who dislikes the result does not sign it: the committee does.
TEST_F(DeclarationRules, IsSignedByTheOfficeOrTheCommittee) {
  Declaration const e = must(m.record.draft_declaration());
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(e, {m.chair()}));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(e, {m.supervisor(1), m.supervisor(2)}));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(e, {m.chair(), m.supervisor(1)}));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(e, {m.chair(), m.clerk()}));
  EXPECT_ACCEPTED(m.submit(e, m.committee()));
}

// ---- Void ----------------------------------------------------------------------------------------------------------

TEST(VoidRules, BeforeOpeningWithAReason) {
  Meeting m({.trustees = 2, .batches = {3}});
  m.begin();
  m.run_batch(1, {}, Stage::kOpen);
  auto voided = [&](std::vector<QuestionId> questions, std::string reason = "程序原因",
                    std::vector<PersonId> signers = {}) {
    if (signers.empty()) signers = m.office();
    return m.submit(Void{m.batch_open(), std::move(questions), std::move(reason)}, signers);
  };
  EXPECT_REFUSED(m, kMalformed, voided({1}, ""));
  EXPECT_REFUSED(m, kUnknown, voided({4}));
  EXPECT_REFUSED(m, kUnknown, voided({0}));
  EXPECT_REFUSED(m, kNotAuthorised, voided({1}, "r", {m.supervisor()}));
  EXPECT_REFUSED(m, kNotAuthorised, voided({1}, "r", {m.chair(), m.supervisor()}));
  EXPECT_ACCEPTED(voided({1}));
  EXPECT_REFUSED(m, kConflict, voided({1, 2}));
  EXPECT_ACCEPTED(voided({2}));
  EXPECT_TRUE(m.record.in_progress());
  EXPECT_ACCEPTED(voided({}));
  EXPECT_EQ(m.attempt().phase, BatchPhase::kVoided);
  EXPECT_REFUSED(m, kWrongPhase, voided({}));
}

// Once a share is out the sum may be known to somebody: to begin again would be to ask until the answer pleases.
TEST(VoidRules, AfterTheFirstShareByTheCommitteeAndForAllQuestions) {
  Meeting m({.trustees = 2, .batches = {2}});
  m.begin();
  m.run_batch(1, m.votes(1, 5, 0), Stage::kConfirmed);
  must(m.share(0));
  auto voided = [&](std::vector<QuestionId> questions, People const& signers) {
    return m.submit(Void{m.batch_open(), std::move(questions), "r"}, signers);
  };
  EXPECT_REFUSED(m, kNotAuthorised, voided({}, m.office()));
  EXPECT_REFUSED(m, kConflict, voided({1}, m.committee()));
  EXPECT_ACCEPTED(voided({1, 2}, m.committee()));
  EXPECT_TRUE(m.record.question(1).opened);
  // Counted is counted.
  Prepared counted(Stage::kCounted);
  EXPECT_REFUSED(counted.meeting, kWrongPhase, counted.meeting.void_questions({}));
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
  EXPECT_REFUSED(m, kNotAuthorised,
                 m.submit(PaperTally{m.batch_open(), {{1, good1}, {2, good2}}}, {m.chair(), m.supervisor(1)}));
  EXPECT_ACCEPTED(m.paper_tally({{1, good1}, {2, good2}}));
  EXPECT_REFUSED(m, kWrongPhase, m.paper_tally({{1, good1}, {2, good2}}));
  must(m.declare());
  EXPECT_TRUE(m.record.question(1).declared->passed);
  Row const two = *m.record.question(2).declared;
  EXPECT_EQ(two.recused, 1u);
  EXPECT_EQ(two.invalid, 1u);
  EXPECT_FALSE(two.passed);
}

// Paper by chair and supervisor over working laptops: whoever counted stands beside the figures for good.
TEST_F(PaperRules, WhoCountedIsRemembered) {
  EXPECT_ACCEPTED(m.paper_tally({{1, good1}, {2, good2}}));
  EXPECT_FALSE(m.attempt().paper_by_committee);
  must(m.declare());
  EXPECT_TRUE(m.record.question(1).paper);
  EXPECT_FALSE(m.record.question(1).by_committee);
  Meeting other({.trustees = 2});
  other.begin();
  must(other.open(1, true));
  EXPECT_ACCEPTED(other.submit(PaperTally{other.batch_open(), {{1, good1}}}, other.committee()));
  EXPECT_TRUE(other.attempt().paper_by_committee);
  must(other.declare());  // by the office: what counts is who counted
  EXPECT_TRUE(other.record.question(1).by_committee);
  // Of ballots nobody counted.
  Prepared ballots(Stage::kDeclared);
  EXPECT_FALSE(ballots.meeting.record.question(1).paper);
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
  EXPECT_REFUSED(m, kUnknown, m.submit(Confirm{first, 1, kOther, {{1, kOk}}}, {1}));
}

}  // namespace
}  // namespace piaojue::test
