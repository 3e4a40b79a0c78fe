// SPDX-License-Identifier: Apache-2.0
#include "refused.h"

namespace piaojue::test {
namespace {

Hash const kOther = crypto::sha256({});

// ---- Common to all entries -----------------------------------------------------------------------------------------

TEST(CommonRules, OneMeetingOpenAndItComesFirst) {
  Meeting meeting;
  EXPECT_REFUSED(meeting, kWrongPhase, meeting.submit(SignIn{{}, 1, 0}, {1}));
  must(meeting.open_meeting());
  EXPECT_REFUSED(meeting, kWrongPhase, meeting.open_meeting());
}

// An entry signed for one meeting must not count in another, not even with the same people and keys.
TEST(CommonRules, AnEntryOfAnotherMeetingOrAttemptIsUnknown) {
  Meeting meeting;
  must(meeting.open_meeting());
  EXPECT_REFUSED(meeting, kUnknown, meeting.submit(SignIn{kOther, 1, 0}, {1}));
  EXPECT_REFUSED(meeting, kUnknown, meeting.submit(TokenRequest{kOther, 1, kOther}, {1}));
  EXPECT_REFUSED(meeting, kUnknown, meeting.submit(Erased{kOther, 0}, {kServer}));
  EXPECT_REFUSED(meeting, kUnknown, meeting.submit(Incident{kOther, 1, 4, kOther}, {kServer}));
}

TEST(CommonRules, WhatAnEntryNamesExists) {
  Prepared at(Stage::kOpen);
  Meeting& m = at.meeting;
  Hash const open = m.batch_open();
  EXPECT_REFUSED(m, kUnknown, m.submit(SignIn{m.record.meeting(), 0, 0}, {kServer}));
  EXPECT_REFUSED(m, kUnknown, m.submit(SignIn{m.record.meeting(), 99, 0}, {1}));
  EXPECT_REFUSED(m, kUnknown, m.submit(Recuse{m.record.meeting(), 1, 0, "r"}, {1}));
  EXPECT_REFUSED(m, kUnknown, m.submit(Recuse{m.record.meeting(), 1, 2, "r"}, {1}));
  EXPECT_REFUSED(m, kUnknown, m.submit(Interview{m.record.meeting(), 9, "", kOther}, {m.clerk()}));
  EXPECT_REFUSED(m, kUnknown, m.submit(TokensIssued{open, 2, 1, kOther}, {kServer}));
  EXPECT_REFUSED(m, kUnknown, m.submit(TokensIssued{open, 0, 99, kOther}, {kServer}));
  EXPECT_REFUSED(m, kUnknown, m.submit(BatchOpen{m.record.meeting(), 2, 1, {1}, {1}, {}, {}, false}, {m.chair()}));
  EXPECT_REFUSED(m, kUnknown, m.submit(Incident{open, 0, 4, kOther}, {kServer}));
}

TEST(CommonRules, SignersAreExactlyThoseAsked) {
  Meeting m;
  must(m.open_meeting());
  SignIn const body{m.record.meeting(), 1, 0};
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(body, {}));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(body, {2}));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(body, {1, 2}));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(body, {kServer, 1}));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit_bytes(encode_entry(EntryType::kSignIn, encode_body(body), {{99, {}}})));
  EXPECT_ACCEPTED(m.submit(body, {1}));
}

TEST(CommonRules, EverySignatureIsValidForThisTypeBodyAndKey) {
  Meeting m;
  must(m.open_meeting());
  SignIn const body{m.record.meeting(), 1, 0};
  Bytes const bytes = encode_body(body);
  auto sign = [&](EntryType type, Bytes const& what, PersonId key) {
    auto signature = sign_body(type, what, 1, m.keys_of(key).identity);
    return m.submit_bytes(encode_entry(EntryType::kSignIn, bytes, {signature}));
  };
  EXPECT_REFUSED(m, kBadSignature, sign(EntryType::kSignOut, bytes, 1));
  EXPECT_REFUSED(m, kBadSignature, sign(EntryType::kSignIn, encode_body(SignIn{m.record.meeting(), 1, 1}), 1));
  EXPECT_REFUSED(m, kBadSignature, sign(EntryType::kSignIn, bytes, 2));
  auto const witness_signed = sign_body(EntryType::kSignIn, bytes, 1, m.keys_of(1).witness);
  EXPECT_REFUSED(m, kBadSignature, m.submit_bytes(encode_entry(EntryType::kSignIn, bytes, {witness_signed})));
  EXPECT_ACCEPTED(sign(EntryType::kSignIn, bytes, 1));
}

TEST(CommonRules, AnEntryThatIsNotCanonicalIsRefused) {
  Meeting m;
  must(m.open_meeting());
  m.tamper_entry = [](Bytes& bytes) { piaojue::append(bytes, Bytes{0x48, 0x01}); };
  EXPECT_REFUSED(m, kNotCanonical, m.sign_in(1));
  m.tamper_entry = [](Bytes& bytes) { bytes.pop_back(); };
  EXPECT_REFUSED(m, kMalformed, m.sign_in(1));
}

TEST(CommonRules, NobodyWithoutAKeySigns) {
  Meeting m({.not_enrolled = {2}});
  must(m.open_meeting());
  EXPECT_REFUSED(m, kNotOnRoll, m.sign_in(2));
}

TEST(CommonRules, AfterMeetingCloseNothingFollows) {
  Meeting m;
  m.begin();
  must(m.close_meeting());
  EXPECT_EQ(m.record.phase(), MeetingPhase::kClosed);
  EXPECT_REFUSED(m, kWrongPhase, m.sign_out(1));
  EXPECT_REFUSED(m, kWrongPhase, m.close_meeting());
  EXPECT_REFUSED(m, kWrongPhase, m.open_meeting());
}

// A proposal is shown to those whose hand it wants: it must be right already, but for the hands that are missing.
TEST(Proposals, MayLackSignaturesButNotRules) {
  Meeting m;
  m.begin();
  PersonId const chair = m.chair(), clerk = m.clerk();
  auto entry = [&](Body const& body, std::vector<PersonId> const& signers) {
    return must(decode_entry(m.signed_by(body, signers)));
  };
  using enum Record::Signatures;
  SignOut const body{m.record.meeting(), 1, 1, "身体不适"};
  EXPECT_EQ(said(m.record.check(entry(body, {chair}))), "NOT_AUTHORISED");
  EXPECT_EQ(said(m.record.check(entry(body, {chair}), kPartial)), "accepted");
  EXPECT_EQ(said(m.record.check(entry(body, {}), kPartial)), "accepted");
  EXPECT_EQ(said(m.record.check(entry(body, {2}), kPartial)), "NOT_AUTHORISED");
  EXPECT_EQ(said(m.record.check(entry(body, {chair, clerk}))), "accepted");
  Entry forged = entry(body, {chair});
  forged.signatures[0].signature.data[0] ^= 1;
  EXPECT_EQ(said(m.record.check(forged, kPartial)), "BAD_SIGNATURE");
  EXPECT_EQ(said(m.record.check(entry(SignOut{m.record.meeting(), 1, 2, "x"}, {chair}), kPartial)), "CONFLICT");
  EXPECT_EQ(m.record.size(), m.entries.size());

  EXPECT_TRUE(m.record.wants_signature(entry(body, {}), chair));
  EXPECT_TRUE(m.record.wants_signature(entry(body, {chair}), clerk));
  EXPECT_FALSE(m.record.wants_signature(entry(body, {chair}), chair));
  EXPECT_FALSE(m.record.wants_signature(entry(body, {chair}), 1));
  EXPECT_FALSE(m.record.wants_signature(entry(body, {chair, clerk}), m.supervisor()));
  EXPECT_FALSE(m.record.signatures_complete(entry(body, {chair})));
  EXPECT_TRUE(m.record.signatures_complete(entry(body, {chair, clerk})));
  // A recusal is the person's own, or by office; one of both is neither.
  Recuse const recuse{m.record.meeting(), 1, 1, "亲属"};
  EXPECT_TRUE(m.record.wants_signature(entry(recuse, {}), 1));
  EXPECT_TRUE(m.record.wants_signature(entry(recuse, {}), clerk));
  EXPECT_FALSE(m.record.wants_signature(entry(recuse, {1}), clerk));
  EXPECT_FALSE(m.record.wants_signature(entry(SignIn{m.record.meeting(), 99, 0}, {}), 1));
  EXPECT_FALSE(m.record.signatures_complete(entry(Erased{kOther, 0}, {kServer})));
  // The manifest is judged by its own people.
  Meeting before;
  Record empty;
  Entry const open = must(decode_entry(before.signed_by(before.manifest, {before.chair()})));
  EXPECT_TRUE(empty.wants_signature(open, before.supervisor(2)));
  EXPECT_FALSE(empty.wants_signature(open, 1));
  EXPECT_FALSE(empty.signatures_complete(open));
}

TEST(CommonRules, ARecordCanBeMoved) {
  Meeting m;
  m.begin();
  Record moved = std::move(m.record);
  EXPECT_EQ(moved.size(), m.entries.size());
  EXPECT_EQ(moved.experts_present().size(), 5u);
}

// ---- SignIn, SignOut -----------------------------------------------------------------------------------------------

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
  EXPECT_EQ(m.record.witnesses(), std::vector<PersonId>{m.clerk()});
}

TEST(SignOutRules, ByOneselfOrByOfficeWithAReason) {
  Meeting m;
  m.begin();
  auto out = [&](PersonId p, std::string reason, std::vector<PersonId> signers, std::uint32_t sequence = 1) {
    return m.submit(SignOut{m.record.meeting(), p, sequence, std::move(reason)}, signers);
  };
  EXPECT_REFUSED(m, kNotAuthorised, out(1, "", {m.chair(), m.clerk()}));
  EXPECT_REFUSED(m, kNotAuthorised, out(1, "离席", {1}));
  EXPECT_REFUSED(m, kNotAuthorised, out(1, "离席", {m.chair()}));
  EXPECT_REFUSED(m, kNotAuthorised, out(1, "离席", {m.chair(), m.supervisor()}));
  EXPECT_REFUSED(m, kConflict, out(1, "", {1}, 0));
  EXPECT_ACCEPTED(out(1, "", {1}));
  EXPECT_ACCEPTED(out(2, "离席", {m.chair(), m.clerk()}));
  EXPECT_REFUSED(m, kConflict, out(2, "", {2}, 2));
}

// ---- Recuse --------------------------------------------------------------------------------------------------------

TEST(RecuseRules, ByAnExpertOnceWithAReason) {
  Meeting m({.batches = {2}});
  m.begin();
  auto recuse = [&](PersonId p, QuestionId q, std::string reason, std::vector<PersonId> signers) {
    return m.submit(Recuse{m.record.meeting(), p, q, std::move(reason)}, signers);
  };
  EXPECT_REFUSED(m, kMalformed, recuse(1, 1, "", {1}));
  EXPECT_REFUSED(m, kNotAuthorised, recuse(1, 1, "亲属", {2}));
  EXPECT_REFUSED(m, kNotAuthorised, recuse(1, 1, "亲属", {m.chair()}));
  EXPECT_REFUSED(m, kNotAuthorised, recuse(1, 1, "亲属", {1, m.clerk(), m.chair()}));
  EXPECT_REFUSED(m, kNotAuthorised, recuse(m.clerk(), 1, "亲属", {m.clerk()}));
  EXPECT_ACCEPTED(recuse(1, 1, "亲属", {1}));
  EXPECT_REFUSED(m, kConflict, recuse(1, 1, "亲属", {1}));
  EXPECT_ACCEPTED(recuse(2, 1, "亲属", {m.clerk(), m.chair()}));
  EXPECT_ACCEPTED(recuse(1, 2, "亲属", {1}));
  EXPECT_EQ(m.record.recusals().at(1).size(), 2u);
}

// Recused while the vote runs, an expert's ballot would be in the count of a question that has one voter fewer.
TEST(RecuseRules, NotWhileTheQuestionIsVotedOnNorAfterItIsDeclared) {
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

// ---- KeyChange -----------------------------------------------------------------------------------------------------

class KeyChangeRules : public ::testing::Test {
 protected:
  KeyChangeRules() { m.begin(); }
  KeyChange fresh(PersonId p) {
    next = Meeting::PersonKeys{};
    KeyChange out{m.record.meeting(), p, next.identity.public_key(), next.witness.public_key(), {}, "电脑更换"};
    possess(out);
    return out;
  }
  void possess(KeyChange& e) {
    e.possession =
        next.identity.sign({possession_input(m.manifest.meeting_id, e.person, e.identity_key, e.witness_key)});
  }
  Meeting m{{.chairs = 2}};
  Meeting::PersonKeys next;
};

TEST_F(KeyChangeRules, TheOldKeysEndHere) {
  PersonId const chair = m.chair();
  EXPECT_ACCEPTED(m.submit(fresh(1), {chair}));
  EXPECT_EQ(m.record.identity_key(1), next.identity.public_key());
  EXPECT_EQ(m.record.witness_key(1), next.witness.public_key());
  EXPECT_REFUSED(m, kBadSignature, m.sign_out(1));
  m.people[1] = std::move(next);
  EXPECT_ACCEPTED(m.sign_out(1));
}

// A stolen laptop's holder could come back with keys that were taken from it before.
TEST_F(KeyChangeRules, KeysAreNewInTheMeeting) {
  auto with = [&](auto change) {
    KeyChange e = fresh(1);
    change(e);
    possess(e);
    return m.submit(e, {m.chair()});
  };
  EXPECT_REFUSED(m, kConflict, with([&](KeyChange& e) { e.witness_key = *m.record.witness_key(1); }));
  EXPECT_REFUSED(m, kConflict, with([&](KeyChange& e) { e.witness_key = *m.record.identity_key(2); }));
  EXPECT_REFUSED(m, kConflict, with([&](KeyChange& e) { e.witness_key = e.identity_key; }));
  EXPECT_REFUSED(m, kConflict, with([&](KeyChange& e) { e.identity_key = m.manifest.server_key; }));
  EXPECT_REFUSED(m, kConflict, with([&](KeyChange& e) { e.identity_key = m.manifest.checkpoint_key; }));
  auto const old_identity = *m.record.identity_key(1);
  EXPECT_ACCEPTED(m.submit(fresh(1), {m.chair()}));
  EXPECT_REFUSED(m, kConflict, with([&](KeyChange& e) { e.identity_key = old_identity; }));
}

TEST_F(KeyChangeRules, TheHolderShowsPossessionAndThereIsAReason) {
  KeyChange e = fresh(1);
  e.possession.data[0] ^= 1;
  EXPECT_REFUSED(m, kBadSignature, m.submit(e, {m.chair()}));
  e = fresh(1);
  e.person = 2;
  EXPECT_REFUSED(m, kBadSignature, m.submit(e, {m.chair()}));
  e = fresh(1);
  e.reason.clear();
  EXPECT_REFUSED(m, kMalformed, m.submit(e, {m.chair()}));
}

// A chair who could change the own key alone could disown what was signed; who changes it for another needs a second
// person.
TEST_F(KeyChangeRules, TheChairCountersignsAndForAChairSomebodyElse) {
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(fresh(1), {1}));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(fresh(1), {m.clerk()}));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(fresh(1), {m.supervisor()}));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(fresh(1), {m.chair(1), m.chair(2)}));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(fresh(m.chair()), {m.chair()}));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(fresh(m.chair()), {m.chair(2), m.supervisor()}));
  EXPECT_ACCEPTED(m.submit(fresh(m.chair(2)), {m.supervisor()}));
  EXPECT_ACCEPTED(m.submit(fresh(m.chair(2)), {m.chair(1)}));
}

TEST(KeyChange, EnrolsWhoWasLate) {
  Meeting m({.not_enrolled = {2}});
  must(m.open_meeting());
  Person const late = m.enrolled(m.manifest.people[1], 2);
  EXPECT_ACCEPTED(m.submit(
      KeyChange{m.record.meeting(), 2, *late.identity_key, *late.witness_key, *late.possession, "迟到"}, {m.chair()}));
  EXPECT_ACCEPTED(m.sign_in(2));
}

// ---- Interview, MeetingClose ---------------------------------------------------------------------------------------

TEST(InterviewRules, OfAnExceptionalCandidateOnceByTheClerk) {
  Meeting m({.batches = {2}, .exceptional = {2}});
  m.begin();
  EXPECT_REFUSED(m, kOutOfRange, m.interview(1));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(Interview{m.record.meeting(), 2, "", kOther}, {m.chair()}));
  EXPECT_ACCEPTED(m.interview(2));
  EXPECT_REFUSED(m, kConflict, m.interview(2));
  EXPECT_TRUE(m.record.question(2).interview);
}

// Signed over a tree that lacks a later decision, it would close a meeting that its signers have not seen. A sign-out
// decides nothing, and must not make everybody sign again.
TEST(MeetingCloseRules, NamesATreeThatHoldsEveryDecision) {
  Meeting m;
  m.begin();
  MeetingClose good = must(m.record.draft_meeting_close());
  std::vector<PersonId> const signers = {m.chair(), m.supervisor()};
  MeetingClose bad = good;
  ++bad.size;
  EXPECT_REFUSED(m, kLogInconsistent, m.submit(bad, signers));
  bad = good;
  bad.root.data[0] ^= 1;
  EXPECT_REFUSED(m, kLogInconsistent, m.submit(bad, signers));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(good, {m.chair()}));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(good, {m.supervisor()}));
  must(m.recuse(2, 1));
  EXPECT_REFUSED(m, kLogInconsistent, m.submit(good, signers));
  good = must(m.record.draft_meeting_close());
  must(m.sign_out(1));
  EXPECT_ACCEPTED(m.submit(good, signers));
}

// A meeting that ends with a vote open would withhold its result.
TEST(MeetingCloseRules, NotWhileAnAttemptIsInProgress) {
  Prepared at(Stage::kCounted);
  Meeting& m = at.meeting;
  EXPECT_EQ(said(m.close_meeting()), "WRONG_PHASE");
  EXPECT_REFUSED(
      m, kWrongPhase,
      m.submit(MeetingClose{m.record.meeting(), m.record.size(), m.record.tree().root()}, {m.chair(), m.supervisor()}));
  must(m.declare());
  EXPECT_ACCEPTED(m.close_meeting());
}

}  // namespace
}  // namespace piaojue::test
