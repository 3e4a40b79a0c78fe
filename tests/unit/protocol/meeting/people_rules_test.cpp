// SPDX-License-Identifier: Apache-2.0
/// Who is there, who stands back, who was heard, and the end (specification §10.1). Keys: keys_rules_test.cpp.
#include "refused.h"

namespace piaojue::test {
namespace {

Hash const kOther = crypto::sha256({});

// ---- SignIn --------------------------------------------------------------------------------------------------------

TEST(SignInRules, OncePerPersonInSequence) {
  Meeting m;
  must(m.open_meeting());
  EXPECT_REFUSED(m, kConflict, m.submit(SignIn{m.record.meeting(), 1, 1}, {1}));
  EXPECT_ACCEPTED(m.sign_in(1));
  EXPECT_REFUSED(m, kConflict, m.submit(SignIn{m.record.meeting(), 1, 1}, {1}));
  EXPECT_ACCEPTED(m.sign_out(1));
  // A sign-in from the morning, kept and sent again, must not bring an absent expert back onto the roll.
  EXPECT_REFUSED(m, kConflict, m.submit_bytes(m.entries[1]));
  EXPECT_ACCEPTED(m.sign_in(1));
  EXPECT_EQ(m.record.presence(1).sequence, 3u);
  EXPECT_EQ(m.record.experts_present(), std::vector<PersonId>{1});
}

TEST(SignInRules, AScreenIsNobody) {
  Meeting m;
  must(m.open_meeting());
  EXPECT_REFUSED(m, kNotAuthorised, m.sign_in(m.screen()));
  EXPECT_ACCEPTED(m.sign_in(m.clerk()));
  EXPECT_TRUE(m.record.experts_present().empty());
  EXPECT_EQ(m.record.signed_in(), std::vector<PersonId>{m.clerk()});
}

// One expert who comes and goes three thousand times would fill the log and spoil every drafted BatchOpen.
TEST(SignInRules, ThirtyTwoOfAPersonAndWhomOthersSignedOutMayComeBack) {
  Meeting m;
  m.witnessed = false;
  m.begin();
  for (std::uint32_t i = 1; i < kSignInsMax; ++i) {
    must(m.sign_out(1));
    must(m.sign_in(1));
  }
  EXPECT_ACCEPTED(m.sign_out(1));  // is never refused for it
  EXPECT_REFUSED(m, kTooLarge, m.sign_in(1));
  // Whom others send out must be able to come back: not his doing, and not counted.
  for (std::uint32_t i = 0; i < 2 * kSignInsMax; ++i) {
    must(m.sign_out_by(2, m.office()));
    must(m.sign_in(2));
  }
  EXPECT_EQ(m.record.presence(2).sign_ins, 1u);
}

// ---- SignOut -------------------------------------------------------------------------------------------------------

class SignOutRules : public ::testing::Test {
 protected:
  explicit SignOutRules(MeetingOptions options = {.experts = 7, .trustees = 2, .batches = {1, 1}})
      : m(std::move(options)) {
    m.begin();
  }
  template <class F>
  Result<void> own(PersonId person, F change) {
    SignOut body = m.make_sign_out(person);
    change(body);
    return m.submit(body, {person});
  }
  template <class F>
  Result<void> by_others(PersonId person, std::vector<PersonId> const& signers, F change) {
    SignOut body{m.record.meeting(), person, m.record.presence(person).sequence, "离席", {}, false, 0, {}};
    change(body);
    return m.submit(body, signers);
  }
  static void nothing(SignOut&) {}
  Meeting m;
};

TEST_F(SignOutRules, ByOneselfOrByOthersWithAReason) {
  EXPECT_REFUSED(m, kNotAuthorised, own(1, [](SignOut& e) { e.reason = "离席"; }));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(m.make_sign_out(1), m.office()));
  EXPECT_REFUSED(m, kNotAuthorised, by_others(1, {m.chair()}, nothing));
  EXPECT_REFUSED(m, kNotAuthorised, by_others(1, {m.chair(), m.clerk()}, nothing));
  EXPECT_REFUSED(m, kNotAuthorised, by_others(1, {m.chair(), m.supervisor(1)}, nothing));
  EXPECT_REFUSED(m, kConflict, own(1, [](SignOut& e) { e.sequence = 0; }));
  EXPECT_ACCEPTED(own(1, nothing));
  EXPECT_ACCEPTED(by_others(2, m.office(), nothing));
  EXPECT_TRUE(m.record.presence(2).out_by_others);
  EXPECT_REFUSED(m, kConflict, m.sign_out(2));
}

// Clerk and chair sign the supervisors out, and what is left calls itself the office.
TEST_F(SignOutRules, OfChairAndSupervisorByTheCommitteeOnly) {
  std::vector<PersonId> const clerk_and_others{m.chair(), m.supervisor(2)};
  EXPECT_REFUSED(m, kNotAuthorised, by_others(m.supervisor(1), clerk_and_others, nothing));
  EXPECT_REFUSED(m, kNotAuthorised, by_others(m.chair(), m.supervisors(), nothing));
  EXPECT_ACCEPTED(by_others(m.clerk(), m.office(), nothing));
  EXPECT_ACCEPTED(by_others(m.supervisor(1), m.committee(), nothing));
  EXPECT_ACCEPTED(by_others(m.chair(), m.committee(), nothing));
}

// Whatever else a chair is, the office does not send him out.
TEST(SignOut, OfAnExpertWhoIsChairByTheCommitteeOnly) {
  Meeting m({.first_expert_is_chair = true});
  m.begin();
  EXPECT_REFUSED(m, kNotAuthorised, m.sign_out_by(1, m.office()));
  EXPECT_ACCEPTED(m.sign_out_by(1, m.committee(1)));
}

// Signed over another log, it would take its signer out of W in a log that he has never seen.
TEST_F(SignOutRules, ByOneselfNamesATreeOfThisLog) {
  EXPECT_REFUSED(m, kLogInconsistent, own(1, [](SignOut& e) { e.size = 0; }));
  EXPECT_REFUSED(m, kLogInconsistent, own(1, [](SignOut& e) { e.root.reset(); }));
  EXPECT_REFUSED(m, kLogInconsistent, own(1, [](SignOut& e) { ++e.size; }));
  EXPECT_REFUSED(m, kLogInconsistent, own(1, [](SignOut& e) { e.size = ~0ULL; }));
  EXPECT_REFUSED(m, kLogInconsistent, own(1, [](SignOut& e) { e.root->data[0] ^= 1; }));
  EXPECT_REFUSED(m, kLogInconsistent, own(1, [](SignOut& e) { --e.size; }));
  // The log may have grown meanwhile.
  SignOut const earlier = m.make_sign_out(1);
  must(m.sign_out(2));
  EXPECT_ACCEPTED(m.submit(earlier, {1}));
}

TEST_F(SignOutRules, OthersSayNothingInItsPersonsName) {
  must(m.open(1, true));
  auto refused = [&](auto change) { return by_others(1, m.office(), change); };
  EXPECT_REFUSED(m, kMalformed, refused([&](SignOut& e) { e.batch_open = m.batch_open(); }));
  EXPECT_REFUSED(m, kMalformed, refused([&](SignOut& e) {
                   e.batch_open = m.batch_open();
                   e.not_cast = true;
                 }));
  EXPECT_REFUSED(m, kMalformed, refused([](SignOut& e) { e.not_cast = true; }));
  EXPECT_REFUSED(m, kMalformed, refused([&](SignOut& e) { e.size = m.record.size(); }));
  EXPECT_REFUSED(m, kMalformed, refused([&](SignOut& e) { e.root = m.record.tree().root(); }));
}

// "I have not voted" is said of one attempt, by somebody who could have voted in it and has not.
TEST_F(SignOutRules, NotCastIsSaidOfTheAttemptInProgressByWhoCastNone) {
  auto saying = [&](PersonId p, Hash const& of, bool not_cast = true) {
    return own(p, [&](SignOut& e) {
      e.batch_open = of;
      e.not_cast = not_cast;
    });
  };
  EXPECT_REFUSED(m, kMalformed, own(1, [](SignOut& e) { e.not_cast = true; }));
  EXPECT_REFUSED(m, kWrongPhase, saying(1, kOther));
  must(m.recuse(7, 1));
  must(m.sign_out(6));
  m.run_batch(1, {}, Stage::kOpen);
  must(m.sign_in(6));
  m.all_tokens(1);
  EXPECT_REFUSED(m, kWrongPhase, saying(1, kOther));
  EXPECT_REFUSED(m, kNotOnRoll, saying(6, m.batch_open()));          // was not there at BatchOpen
  EXPECT_REFUSED(m, kNotOnRoll, saying(7, m.batch_open()));          // recused from all
  EXPECT_REFUSED(m, kNotOnRoll, saying(m.clerk(), m.batch_open()));  // no expert
  EXPECT_ACCEPTED(saying(m.clerk(), m.batch_open(), false));
  must(m.cast(1, {}));
  EXPECT_REFUSED(m, kConflict, saying(1, m.batch_open()));
  EXPECT_ACCEPTED(saying(1, m.batch_open(), false));
  EXPECT_ACCEPTED(saying(2, m.batch_open()));
  EXPECT_EQ(m.attempt().voter(2)->signed_out_not_cast, true);
}

// After a Spoil the envelope is gone: the person may say that it casts no other.
TEST_F(SignOutRules, NotCastAfterASpoilIsTrue) {
  m.run_batch(1, m.votes(1, 7, 0), Stage::kCast);
  must(m.spoil(1, m.supervisor()));
  EXPECT_ACCEPTED(m.sign_out_saying(1, true));
}

// A SignOut that was signed in an earlier attempt and held back would speak in this one.
TEST_F(SignOutRules, HeldBackSaysNothingOfALaterAttempt) {
  m.run_batch(1, {}, Stage::kOpen);
  SignOut held = m.make_sign_out(1);
  held.batch_open = m.batch_open();
  held.not_cast = true;
  must(m.void_questions({}));
  EXPECT_REFUSED(m, kWrongPhase, m.submit(held, {1}));
  m.run_batch(1, {}, Stage::kOpen);
  EXPECT_REFUSED(m, kWrongPhase, m.submit(held, {1}));
}

// Once a sum can be known to somebody, nothing is said any more that the row rests on.
TEST_F(SignOutRules, SaysNothingAfterTheFirstShare) {
  m.run_batch(1, m.votes(1, 6, 0), Stage::kConfirmed);
  must(m.share(0));
  EXPECT_REFUSED(m, kWrongPhase, m.sign_out_saying(7, true));
  EXPECT_REFUSED(m, kWrongPhase, m.sign_out_saying(7, false));
  EXPECT_ACCEPTED(m.sign_out(7));
}

// Whoever holds a key that the office brought meanwhile does not speak for the person whose vote it was.
TEST_F(SignOutRules, SaysSomethingOnlyUnderAKeyAsOldAsTheAttempt) {
  m.run_batch(1, {}, Stage::kOpen);
  must(m.change_keys(3, m.office()));
  EXPECT_REFUSED(m, kNotOnRoll, m.sign_out_saying(3, true));
  EXPECT_REFUSED(m, kNotOnRoll, m.sign_out_saying(3, false));
  EXPECT_ACCEPTED(m.sign_out(3));
}

// ---- Recuse --------------------------------------------------------------------------------------------------------

TEST(RecuseRules, OfAnExpertOnceWithAReason) {
  Meeting m({.experts = 7, .batches = {2}, .first_expert_is_chair = true});
  m.begin();
  auto recuse = [&](PersonId p, QuestionId q, std::string reason, std::vector<PersonId> signers) {
    return m.submit(Recuse{m.record.meeting(), p, q, std::move(reason)}, signers);
  };
  EXPECT_REFUSED(m, kMalformed, recuse(2, 1, "", {2}));
  EXPECT_REFUSED(m, kNotAuthorised, recuse(2, 1, "亲属", {3}));
  EXPECT_REFUSED(m, kNotAuthorised, recuse(2, 1, "亲属", {m.chair()}));
  EXPECT_REFUSED(m, kNotAuthorised, recuse(2, 1, "亲属", {2, m.chair(), m.supervisor(1), m.supervisor(2)}));
  EXPECT_REFUSED(m, kNotAuthorised, recuse(m.clerk(), 1, "亲属", {m.clerk()}));
  EXPECT_ACCEPTED(recuse(2, 1, "亲属", {2}));
  EXPECT_REFUSED(m, kConflict, recuse(2, 1, "亲属", {2}));
  EXPECT_ACCEPTED(recuse(3, 1, "亲属", m.office()));
  EXPECT_ACCEPTED(recuse(2, 2, "亲属", {2}));
  EXPECT_EQ(m.record.recusals().at(2).size(), 2u);
  // A chair is out of the office's reach, whatever else he is.
  EXPECT_REFUSED(m, kNotAuthorised, recuse(1, 1, "亲属", m.office()));
  EXPECT_ACCEPTED(recuse(1, 1, "亲属", m.committee(1)));
}

// Recused while the vote runs, an expert's ballot would be in the count of a question that has one voter fewer.
TEST(RecuseRules, NotWhileTheQuestionIsVotedOnNorAfterItIsDecided) {
  Meeting m({.trustees = 2, .batches = {2}});
  m.begin();
  m.run_batch(1, m.votes(1, 5, 0), Stage::kOpen);
  EXPECT_REFUSED(m, kWrongPhase, m.recuse(1, 1));
  must(m.void_questions({1}));
  EXPECT_ACCEPTED(m.recuse(1, 1));
  EXPECT_REFUSED(m, kWrongPhase, m.recuse(1, 2));
  m.continue_batch(m.votes(1, 5, 0), Stage::kOpen, Stage::kDeclared);
  EXPECT_REFUSED(m, kWrongPhase, m.recuse(1, 2));
}

// ---- RecuseBack ----------------------------------------------------------------------------------------------------

class RecuseBackRules : public ::testing::Test {
 protected:
  explicit RecuseBackRules(MeetingOptions options = {.experts = 7, .trustees = 2, .batches = {2}})
      : m(std::move(options)) {
    m.begin();
  }
  bool recused(PersonId p, QuestionId q) const {
    auto const has = m.record.recusals().find(p);
    return has != m.record.recusals().end() && has->second.contains(q);
  }
  Meeting m;
};

// Harm: one wrong click, and a candidate has one judge less for good.
TEST_F(RecuseBackRules, WhoSteppedBackByHimselfComesBackByHimself) {
  must(m.recuse(2, 1));
  must(m.recuse(2, 2));
  EXPECT_REFUSED(m, kMalformed, m.submit(RecuseBack{m.record.meeting(), 2, 1, ""}, {2}));
  EXPECT_ACCEPTED(m.recuse_back(2, 1));
  EXPECT_FALSE(recused(2, 1));
  EXPECT_TRUE(recused(2, 2)) << "the other question is another matter";
  // It is as if it had never been: he may step back again, and then it is attested as before.
  EXPECT_ACCEPTED(m.recuse(2, 1));
  EXPECT_TRUE(m.record.recusals().at(2).at(1).attested);
  EXPECT_REFUSED(m, kConflict, m.recuse(2, 1));
}

TEST_F(RecuseBackRules, OnlyOfARecusalThatStands) {
  EXPECT_REFUSED(m, kUnknown, m.recuse_back(2, 1));
  must(m.recuse(2, 1));
  EXPECT_REFUSED(m, kUnknown, m.recuse_back(3, 1));
  EXPECT_REFUSED(m, kUnknown, m.recuse_back(2, 2));
  EXPECT_REFUSED(m, kUnknown, m.recuse_back(2, 9));
  must(m.recuse_back(2, 1));
  EXPECT_REFUSED(m, kUnknown, m.recuse_back(2, 1));
}

// Harm: the office keeps an expert out who was to judge, or brings in one who had said that he is partial.
TEST_F(RecuseBackRules, NobodyElseTakesBackWhatAPersonSaid) {
  must(m.recuse(2, 1));
  auto back = [&](std::vector<PersonId> signers) {
    return m.submit(RecuseBack{m.record.meeting(), 2, 1, "误登"}, std::move(signers));
  };
  EXPECT_REFUSED(m, kNotAuthorised, back({3}));
  EXPECT_REFUSED(m, kNotAuthorised, back(m.office()));
  EXPECT_REFUSED(m, kNotAuthorised, back(m.committee(2)));
  EXPECT_REFUSED(m, kNotAuthorised, m.recuse_back(2, 1, m.office()));
  EXPECT_REFUSED(m, kNotAuthorised, m.recuse_back(2, 1, m.committee(2)));
  EXPECT_ACCEPTED(back({2}));
}

// Harm: an expert whom the office recused signs that too, which makes it his own word, and lifts it alone.
TEST_F(RecuseBackRules, WhatTheOfficeEnteredItTakesBackWithHimWhoeverSignedLater) {
  for (bool const attested : {false, true}) {
    must(m.recuse_by(2, 1, m.office()));
    if (attested) must(m.recuse(2, 1));
    EXPECT_REFUSED(m, kNotAuthorised, m.recuse_back(2, 1));
    EXPECT_REFUSED(m, kNotAuthorised, m.recuse_back(2, 1, {m.chair()}));
    EXPECT_ACCEPTED(m.recuse_back(2, 1, attested ? m.committee(2) : m.office()));
    EXPECT_EQ(m.record.last_by(), attested ? By::kCommittee : By::kOffice);
  }
  must(m.recuse_by(2, 1, m.office()));
  must(m.recuse(2, 1));
  EXPECT_ACCEPTED(m.recuse_back(2, 1, m.office()));
  EXPECT_FALSE(recused(2, 1));
}

// Harm: who ought to step back does so by himself, so that nobody else can have him do it, and comes back in the last
// moment.
TEST_F(RecuseBackRules, OfficeAndCommitteeMayAddTheirWordToHis) {
  must(m.recuse(2, 1));
  EXPECT_ACCEPTED(m.submit(Recuse{m.record.meeting(), 2, 1, "亲属"}, m.office()));
  EXPECT_EQ(m.record.last_by(), By::kOffice);
  auto const& note = m.record.recusals().at(2).at(1);
  EXPECT_TRUE(note.attested) << "his own word is not made less by it";
  EXPECT_EQ(note.reason, "同一单位");
  EXPECT_REFUSED(m, kConflict, m.recuse_by(2, 1, m.office()));
  EXPECT_REFUSED(m, kConflict, m.recuse(2, 1));
  EXPECT_REFUSED(m, kNotAuthorised, m.recuse_back(2, 1));
  EXPECT_ACCEPTED(m.recuse_by(2, 1, m.committee(2)));
  EXPECT_REFUSED(m, kConflict, m.recuse_by(2, 1, m.committee(2)));
  EXPECT_REFUSED(m, kNotAuthorised, m.recuse_back(2, 1, m.office()));
  EXPECT_ACCEPTED(m.recuse_back(2, 1, m.committee(2)));
  must(m.recuse_by(2, 1, m.committee(2)));
  EXPECT_REFUSED(m, kConflict, m.recuse_by(2, 1, m.office()));
}

TEST_F(RecuseBackRules, WhatTheCommitteeSignedForNoOfficeTakesBack) {
  must(m.recuse_by(2, 1, m.office()));
  must(m.recuse_by(2, 1, m.committee(2)));
  EXPECT_REFUSED(m, kNotAuthorised, m.recuse_back(2, 1));
  EXPECT_REFUSED(m, kNotAuthorised, m.recuse_back(2, 1, m.office()));
  std::vector<PersonId> fewer = m.committee(2);
  fewer.pop_back();
  EXPECT_REFUSED(m, kNotAuthorised, m.recuse_back(2, 1, fewer));
  EXPECT_ACCEPTED(m.recuse_back(2, 1, m.committee(2)));
}

// Harm: the office brings an expert a key, and with it brings him back into a question that he had said he must not
// judge.
TEST_F(RecuseBackRules, AKeyThatTheOfficeBroughtTakesBackNothingThatWasSignedBefore) {
  must(m.recuse(2, 1));
  must(m.change_keys(2, m.office()));
  EXPECT_REFUSED(m, kNotAuthorised, m.recuse_back(2, 1));
  EXPECT_REFUSED(m, kNotAuthorised, m.recuse_back(2, 1, m.office()));
  // Nor does the next key of the office take back what was signed with this one.
  must(m.recuse(2, 2));
  must(m.change_keys(2, m.office()));
  EXPECT_REFUSED(m, kNotAuthorised, m.recuse_back(2, 2));
  // A first key is the committee's word for it.
  must(m.change_keys(2, m.committee(2)));
  EXPECT_ACCEPTED(m.recuse_back(2, 1));
  EXPECT_ACCEPTED(m.recuse_back(2, 2));
}

TEST_F(RecuseBackRules, TheKeyThatSignedARecusalTakesItBack) {
  must(m.change_keys(2, m.office()));
  must(m.recuse(2, 1));
  EXPECT_ACCEPTED(m.recuse_back(2, 1));
  // What he did not sign, only the office did, it takes back with him, whatever key he has.
  must(m.recuse_by(2, 1, m.office()));
  must(m.change_keys(2, m.office()));
  EXPECT_ACCEPTED(m.recuse_back(2, 1, m.office()));
}

// Harm: an entry of before, kept by the server, takes back what stands now, or recuses a person against his word.
TEST_F(RecuseBackRules, NoOldEntryCountsAgain) {
  must(m.recuse(2, 1));
  std::uint64_t const old = m.record.size() - 1;
  must(m.recuse_back(2, 1));
  EXPECT_REFUSED(m, kConflict, m.submit_bytes(m.entries[old]));
  must(m.recuse(2, 1));
  EXPECT_REFUSED(m, kConflict, m.submit_bytes(m.entries[old + 1]));
  EXPECT_REFUSED(m, kConflict, m.submit(RecuseBack{m.record.meeting(), 2, 1, "误登", 2}, {2}));
  EXPECT_ACCEPTED(m.recuse_back(2, 1));
}

// Harm: each wakes every laptop and outdates a drafted BatchOpen; one expert could keep a meeting from voting.
TEST_F(RecuseBackRules, EightOfAPersonAndQuestion) {
  m.witnessed = false;
  for (std::uint32_t i = 0; i < kRecuseBacksMax; ++i) {
    must(m.recuse(2, 1));
    must(m.recuse_back(2, 1));
  }
  EXPECT_ACCEPTED(m.recuse(2, 1));
  EXPECT_REFUSED(m, kTooLarge, m.recuse_back(2, 1));
  must(m.recuse(2, 2));
  EXPECT_ACCEPTED(m.recuse_back(2, 2));
}

// Harm: tokens and denominators are frozen; a vote of his would stand in the count of a question without him.
TEST_F(RecuseBackRules, NotWhileTheQuestionIsVotedOnNorAfterItIsDecided) {
  must(m.recuse(1, 1));
  must(m.recuse(1, 2));
  Votes const votes = m.votes(1, 5, 0);
  m.run_batch(1, votes, Stage::kOpen);
  EXPECT_REFUSED(m, kWrongPhase, m.recuse_back(1, 1));
  must(m.void_questions({1}));
  EXPECT_ACCEPTED(m.recuse_back(1, 1));
  EXPECT_TRUE(m.record.taken_back().opened);
  EXPECT_TRUE(m.attempt().recused(1, 1)) << "what was opened stays as it was opened";
  EXPECT_REFUSED(m, kWrongPhase, m.recuse_back(1, 2));
  m.continue_batch(votes, Stage::kOpen, Stage::kDeclared);
  EXPECT_REFUSED(m, kWrongPhase, m.recuse_back(1, 2));
  m.run_batch(1, {}, Stage::kOpen);
  EXPECT_FALSE(m.attempt().recused(1, 1));
}

// Harm: who stood back while nobody knew a sum comes back and decides on paper what the ballots left open; and two sums
// that differ by one voter are his vote.
TEST_F(RecuseBackRules, NotOnceASumOfTheQuestionWasOpened) {
  must(m.recuse(1, 1));
  m.run_batch(1, m.votes(1, 4, 2), Stage::kBox);
  for (PersonId const p : m.attempt().entitled()) {
    if (p != 7) must(m.confirm(p));
  }
  must(m.override_people({{7, false}}));
  m.continue_batch({}, Stage::kConfirmed, Stage::kErased);
  ASSERT_TRUE(m.record.question(1).declared->contested);
  EXPECT_ACCEPTED(m.recuse(2, 1));
  EXPECT_REFUSED(m, kWrongPhase, m.recuse_back(1, 1));
  EXPECT_REFUSED(m, kWrongPhase, m.recuse_back(2, 1));
}

// Harm: chair and supervisor count the papers, write down one too many, and who stepped back comes back and decides.
TEST_F(RecuseBackRules, NotOnceThePapersOfTheQuestionWereCounted) {
  must(m.recuse(1, 1));
  must(m.recuse(1, 2));
  must(m.open(1, true));
  must(m.void_questions({2}));
  must(m.paper_tally({{1, {6, 7, 7, 0, 4, 3, 0}}}));
  ASSERT_EQ(m.record.undecided(1), (std::vector<QuestionId>{1, 2}));
  EXPECT_REFUSED(m, kWrongPhase, m.recuse_back(1, 1));
  EXPECT_ACCEPTED(m.recuse_back(1, 2)) << "nobody has counted anything of this one";
}

// Harm: a BatchOpen that still calls him recused would be the office's word against the log.
TEST_F(RecuseBackRules, WhoCameBackIsEntitledAndCountsForGateAndDenominator) {
  must(m.recuse(1, 1));
  m.all_keys(1);
  BatchOpen const before = must(m.record.draft_batch_open(1, false, {}));
  must(m.recuse_back(1, 1));
  EXPECT_REFUSED(m, kConflict, m.submit(before, m.office()));
  must(m.submit(must(m.record.draft_batch_open(1, false, {})), m.office()));
  EXPECT_TRUE(m.attempt().open.recusals.empty());
  EXPECT_EQ(m.attempt().attested.count(1), 0U);
  EXPECT_EQ(m.attempt().live_questions_of(1).size(), 2U);
}

class RecuseBackInModeLeave : public RecuseBackRules {
 protected:
  RecuseBackInModeLeave()
      : RecuseBackRules([] {
          MeetingOptions options{.experts = 7, .trustees = 2, .batches = {2}};
          options.rules.recusal_mode = RecusalMode::kLeave;
          return options;
        }()) {}
};

TEST_F(RecuseBackInModeLeave, WhoCameBackIsPresentAgain) {
  must(m.recuse(1, 1));
  must(m.recuse_by(2, 2, m.office()));
  m.run_batch(1, m.votes(1, 5, 0), Stage::kOpen);
  EXPECT_EQ(m.attempt().left, 2U);
  EXPECT_EQ(m.attempt().kept_out, 1U);
  must(m.void_questions({}));
  must(m.recuse_back(1, 1));
  must(m.recuse_back(2, 2, m.office()));
  m.run_batch(1, m.votes(1, 7, 0), Stage::kOpen);
  EXPECT_EQ(m.attempt().open.present.size(), 7U);
  EXPECT_EQ(m.attempt().left, 0U);
  EXPECT_EQ(m.attempt().kept_out, 0U);
}

// A chair is out of the office's reach, whatever else he is.
TEST(RecuseBackOfAChair, IsAMatterOfTheCommitteeWhereItEnteredIt) {
  Meeting m({.experts = 7, .batches = {2}, .first_expert_is_chair = true});
  m.begin();
  must(m.recuse_by(1, 1, m.committee(1)));
  EXPECT_REFUSED(m, kNotAuthorised, m.recuse_back(1, 1));
  EXPECT_REFUSED(m, kNotAuthorised, m.recuse_back(1, 1, m.office()));
  EXPECT_ACCEPTED(m.recuse_back(1, 1, m.committee(1)));
  must(m.recuse(1, 1));
  EXPECT_ACCEPTED(m.recuse_back(1, 1));
}

// ---- Interview -----------------------------------------------------------------------------------------------------

TEST(InterviewRules, OfAnExceptionalCandidateOnceByTheClerk) {
  Meeting m({.batches = {2}, .exceptional = {2}});
  m.begin();
  EXPECT_REFUSED(m, kOutOfRange, m.interview(1));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(Interview{m.record.meeting(), 2, "", kOther}, {m.chair()}));
  EXPECT_ACCEPTED(m.interview(2));
  EXPECT_REFUSED(m, kConflict, m.interview(2));
  EXPECT_TRUE(m.record.question(2).interview);
}

// ---- MeetingClose --------------------------------------------------------------------------------------------------

// Signed over a tree that lacks a later decision, it would close a meeting that its signers have not seen. A sign-out
// decides nothing, and must not make everybody sign again.
TEST(MeetingCloseRules, NamesATreeThatHoldsEveryDecision) {
  Meeting m;
  m.begin();
  MeetingClose good = must(m.record.draft_meeting_close({}));
  auto with = [&](auto change) {
    MeetingClose bad = good;
    change(bad);
    return m.submit(bad, m.office());
  };
  EXPECT_REFUSED(m, kLogInconsistent, with([](MeetingClose& e) { ++e.size; }));
  EXPECT_REFUSED(m, kLogInconsistent, with([](MeetingClose& e) { e.root.data[0] ^= 1; }));
  must(m.recuse(2, 1));
  EXPECT_REFUSED(m, kLogInconsistent, m.submit(good, m.office()));
  good = must(m.record.draft_meeting_close({}));
  must(m.sign_out(1));
  must(m.change_keys(2, m.office()));
  must(m.sign_out(m.supervisor(2)));
  EXPECT_ACCEPTED(m.submit(good, m.office()));
}

TEST(MeetingCloseRules, WaitsForEverythingThatMayStillDecide) {
  Meeting m({.trustees = 2});
  m.begin();
  MeetingClose const good = must(m.record.draft_meeting_close({}));
  must(m.keys(1, 0));
  EXPECT_ACCEPTED(m.record.check(must(decode_entry(m.signed_by(good, m.office())))));
  must(m.change_trustee(1, m.clerk(), m.committee(m.chair())));
  EXPECT_REFUSED(m, kLogInconsistent, m.submit(good, m.office()));
}

// A single officer who does not like the result must not be able to keep a meeting from ending, nor end it alone.
TEST(MeetingCloseRules, IsSignedByOfficeCommitteeOrTwoAndItShows) {
  auto closed_by = [](std::function<std::vector<PersonId>(Meeting&)> const& signers) -> std::optional<By> {
    Meeting m({.chairs = 2, .clerks = 2});
    m.begin();
    auto const done = m.submit(must(m.record.draft_meeting_close({})), signers(m));
    if (done) return m.record.last_by();
    EXPECT_EQ(done.error(), Refusal::kNotAuthorised);
    return std::nullopt;
  };
  using People = std::vector<PersonId>;
  EXPECT_EQ(closed_by([](Meeting& m) { return m.office(); }), By::kOffice);
  EXPECT_EQ(closed_by([](Meeting& m) { return m.committee(); }), By::kCommittee);
  EXPECT_EQ(closed_by([](Meeting& m) { return People{m.chair(), m.supervisor(1)}; }), By::kTwo);
  EXPECT_EQ(closed_by([](Meeting& m) { return People{m.chair(), m.clerk()}; }), By::kTwo);
  EXPECT_EQ(closed_by([](Meeting& m) { return People{m.clerk(), m.supervisor(2)}; }), By::kTwo);
  EXPECT_EQ(closed_by([](Meeting& m) { return People{m.chair()}; }), std::nullopt);
  EXPECT_EQ(closed_by([](Meeting& m) { return People{m.chair(1), m.chair(2)}; }), std::nullopt);
  EXPECT_EQ(closed_by([](Meeting& m) { return People{m.clerk(1), m.clerk(2)}; }), std::nullopt);
  EXPECT_EQ(closed_by([](Meeting& m) { return m.supervisors(); }), std::nullopt);
  EXPECT_EQ(closed_by([](Meeting& m) { return People{m.chair(), m.clerk(), m.supervisor(1)}; }), std::nullopt);
  EXPECT_EQ(closed_by([](Meeting& m) { return People{1, m.chair()}; }), std::nullopt);
}

// People sign and leave: a meeting must not stay open because the last supervisor has signed out.
TEST(MeetingCloseRules, AnOfficeNeedNotBeSignedInAnyMore) {
  Meeting m;
  m.begin();
  MeetingClose const close = must(m.record.draft_meeting_close({}));
  for (PersonId const p : m.supervisors()) must(m.sign_out(p));
  must(m.sign_out(m.chair()));
  EXPECT_ACCEPTED(m.submit(close, {m.chair(), m.supervisor(1)}));
  EXPECT_EQ(m.record.last_by(), By::kOffice);
}

// A meeting that ends with a vote open would withhold its result; one whose last share never comes must end all the
// same, and then its questions are undecided.
TEST(MeetingCloseRules, WhileAnAttemptIsInProgressOnlyInPhaseOpening) {
  for (Stage const stage : {Stage::kOpen, Stage::kCast, Stage::kClosed, Stage::kIssuanceClosed, Stage::kMixed,
                            Stage::kBox, Stage::kConfirmed, Stage::kCounted}) {
    Prepared at(stage);
    EXPECT_EQ(said(at.meeting.close_meeting()), "WRONG_PHASE") << static_cast<int>(stage);
  }
  Prepared at(Stage::kConfirmed);
  Meeting& m = at.meeting;
  EXPECT_REFUSED(m, kWrongPhase,
                 m.submit(MeetingClose{m.record.meeting(), m.record.size(), m.record.tree().root(), {}}, m.office()));
  must(m.share(0));
  EXPECT_ACCEPTED(m.close_meeting());
  EXPECT_EQ(m.record.undecided(1), std::vector<QuestionId>{1});
  EXPECT_FALSE(m.record.question(1).decided());
}

}  // namespace
}  // namespace piaojue::test
