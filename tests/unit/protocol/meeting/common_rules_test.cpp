// SPDX-License-Identifier: Apache-2.0
/// What all entries have in common (specification §10): first it names what exists, then it is signed as it should be,
/// then its own rule is asked.
#include "refused.h"

namespace piaojue::test {
namespace {

Hash const kOther = crypto::sha256({});

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
  EXPECT_REFUSED(meeting, kUnknown, meeting.submit(TokenRequest{kOther, 1, 0, kOther}, {1}));
  EXPECT_REFUSED(meeting, kUnknown, meeting.submit(Erased{kOther, 0}, {kServer}));
  EXPECT_REFUSED(meeting, kUnknown, meeting.submit(Incident{kOther, 1, 4, kOther}, {kServer}));
}

TEST(CommonRules, WhatAnEntryNamesExists) {
  Prepared at(Stage::kOpen);
  Meeting& m = at.meeting;
  Hash const meeting = m.record.meeting(), open = m.batch_open();
  EXPECT_REFUSED(m, kUnknown, m.submit(SignIn{meeting, 0, 0}, {kServer}));
  EXPECT_REFUSED(m, kUnknown, m.submit(SignIn{meeting, 99, 0}, {1}));
  EXPECT_REFUSED(m, kUnknown, m.submit(Recuse{meeting, 1, 0, "r"}, {1}));
  EXPECT_REFUSED(m, kUnknown, m.submit(Recuse{meeting, 1, 2, "r"}, {1}));
  EXPECT_REFUSED(m, kUnknown, m.submit(Interview{meeting, 9, "", kOther}, {m.clerk()}));
  EXPECT_REFUSED(m, kUnknown, m.submit(TrusteeChange{meeting, 2, 1, "r"}, m.committee()));
  EXPECT_REFUSED(m, kUnknown, m.submit(TrusteeChange{meeting, 1, 99, "r"}, m.committee()));
  EXPECT_REFUSED(m, kUnknown, m.submit(TokensIssued{open, 2, 1, 0, kOther}, {kServer}));
  EXPECT_REFUSED(m, kUnknown, m.submit(TokensIssued{open, 0, 99, 0, kOther}, {kServer}));
  EXPECT_REFUSED(m, kUnknown, m.submit(EnvelopeSpoil{open, 99, 0, {}, 0}, m.office()));
  EXPECT_REFUSED(m, kUnknown, m.submit(CheckResult{open, 99, 0, CheckVerdict::kUnopened}, m.office()));
  EXPECT_REFUSED(m, kUnknown, m.submit(BatchOpen{meeting, 2, 1, {1}, {1}, {}, {}, false, {}}, m.office()));
  EXPECT_REFUSED(m, kUnknown, m.submit(Incident{open, 0, 4, kOther}, {kServer}));
}

TEST(CommonRules, SignersAreExactlyThoseAsked) {
  Meeting m;
  must(m.open_meeting());
  SignIn const body{m.record.meeting(), 1, 0};
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(body, {}));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(body, {2}));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(body, {kServer}));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit_bytes(encode_entry(EntryType::kSignIn, encode_body(body), {{99, {}}})));
  EXPECT_REFUSED(m, kTooLarge, m.submit(body, {1, 2}));
  EXPECT_REFUSED(m, kTooLarge, m.submit(body, {kServer, 1}));
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
  Meeting m({.experts = 7, .not_enrolled = {2}});
  must(m.open_meeting());
  EXPECT_REFUSED(m, kNotOnRoll, m.sign_in(2));
}

// A chair without keys is asked for like another; only nobody can sign in his name.
TEST(CommonRules, AChairWithoutAKeySignsNoOffice) {
  Meeting m({.trustees = 2, .chairs = 2, .not_enrolled = {7}});
  ASSERT_EQ(m.chair(2), 7u);
  m.begin();
  SignOut const body{m.record.meeting(), 1, 1, "离席", {}, false, 0, {}};
  EXPECT_REFUSED(m, kNotOnRoll, m.submit(body, {m.chair(2), m.supervisor(1), m.supervisor(2)}));
  EXPECT_ACCEPTED(m.submit(body, {m.chair(1), m.supervisor(1), m.supervisor(2)}));
}

TEST(CommonRules, AfterMeetingCloseNothingFollows) {
  Meeting m;
  m.begin();
  must(m.close_meeting());
  EXPECT_EQ(m.record.phase(), MeetingPhase::kClosed);
  EXPECT_REFUSED(m, kWrongPhase, m.sign_out(1));
  EXPECT_REFUSED(m, kWrongPhase, m.submit(MeetingClose{m.record.meeting(), 1, kOther, {}}, m.office()));
  EXPECT_EQ(said(m.close_meeting()), "WRONG_PHASE");
  EXPECT_REFUSED(m, kWrongPhase, m.open_meeting());
}

TEST(CommonRules, ARecordCanBeMoved) {
  Meeting m;
  m.begin();
  Record moved = std::move(m.record);
  EXPECT_EQ(moved.size(), m.entries.size());
  EXPECT_EQ(moved.experts_present().size(), 5u);
}

// ---- Proposals -----------------------------------------------------------------------------------------------------

class Proposals : public ::testing::Test {
 protected:
  Proposals() { m.begin(); }
  Entry entry(Body const& body, std::vector<PersonId> const& signers) const {
    return must(decode_entry(m.signed_by(body, signers)));
  }
  SignOut leave(std::uint32_t sequence = 1) const {
    return {m.record.meeting(), 1, sequence, "身体不适", {}, false, 0, {}};
  }
  Meeting m;
  PersonId const chair = m.chair(), s1 = m.supervisor(1), s2 = m.supervisor(2);
};

// A proposal is shown to those whose hand it wants: it must be right already, but for the hands that are missing.
TEST_F(Proposals, MayLackSignaturesButNotRules) {
  using enum Record::Signatures;
  EXPECT_EQ(said(m.record.check(entry(leave(), {chair}))), "NOT_AUTHORISED");
  EXPECT_EQ(said(m.record.check(entry(leave(), {chair}), kPartial)), "accepted");
  EXPECT_EQ(said(m.record.check(entry(leave(), {}), kPartial)), "accepted");
  EXPECT_EQ(said(m.record.check(entry(leave(), {m.clerk()}), kPartial)), "NOT_AUTHORISED");
  EXPECT_EQ(said(m.record.check(entry(leave(), {1}), kPartial)), "NOT_AUTHORISED");
  EXPECT_EQ(said(m.record.check(entry(leave(), {chair, s1, s2}))), "accepted");
  Entry forged = entry(leave(), {chair});
  forged.signatures[0].signature.data[0] ^= 1;
  EXPECT_EQ(said(m.record.check(forged, kPartial)), "BAD_SIGNATURE");
  EXPECT_EQ(said(m.record.check(entry(leave(2), {chair}), kPartial)), "CONFLICT");
  EXPECT_EQ(m.record.size(), m.entries.size());
}

TEST_F(Proposals, WantTheHandsThatBringThemNearer) {
  EXPECT_TRUE(m.record.wants_signature(entry(leave(), {}), chair));
  EXPECT_TRUE(m.record.wants_signature(entry(leave(), {chair}), s1));
  EXPECT_FALSE(m.record.wants_signature(entry(leave(), {chair}), chair));
  EXPECT_FALSE(m.record.wants_signature(entry(leave(), {chair}), 1));
  EXPECT_FALSE(m.record.wants_signature(entry(leave(), {chair, s1, s2}), m.clerk()));
  EXPECT_FALSE(m.record.signatures_complete(entry(leave(), {chair, s1})));
  EXPECT_TRUE(m.record.signatures_complete(entry(leave(), {chair, s1, s2})));
  EXPECT_FALSE(m.record.wants_signature(entry(SignIn{m.record.meeting(), 99, 0}, {}), 1));
  EXPECT_FALSE(m.record.signatures_complete(entry(Erased{kOther, 0}, {kServer})));
}

// Half an office and half a committee are neither.
TEST_F(Proposals, OfOfficeAndCommitteeAreNotMixed) {
  EXPECT_TRUE(m.record.wants_signature(entry(leave(), {}), 2));
  EXPECT_FALSE(m.record.wants_signature(entry(leave(), {chair}), 2));
  EXPECT_FALSE(m.record.wants_signature(entry(leave(), {2, 3}), chair));
  EXPECT_TRUE(m.record.wants_signature(entry(leave(), {2, 3}), 4));
  // A recusal is the person's own, or by a body; one of both is neither.
  Recuse const recuse{m.record.meeting(), 1, 1, "亲属"};
  EXPECT_TRUE(m.record.wants_signature(entry(recuse, {}), 1));
  EXPECT_TRUE(m.record.wants_signature(entry(recuse, {}), chair));
  EXPECT_FALSE(m.record.wants_signature(entry(recuse, {1}), chair));
}

TEST_F(Proposals, TheManifestIsJudgedByItsOwnPeople) {
  Meeting before;
  Record empty;
  Entry const open = must(decode_entry(before.signed_by(before.manifest, {before.chair()})));
  EXPECT_TRUE(empty.wants_signature(open, before.supervisor(2)));
  EXPECT_FALSE(empty.wants_signature(open, 1));
  EXPECT_FALSE(empty.signatures_complete(open));
}

}  // namespace
}  // namespace piaojue::test
