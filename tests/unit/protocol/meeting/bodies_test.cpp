// SPDX-License-Identifier: Apache-2.0
/// Office and committee (specification §1, §10.0): no guard is taken away by fewer people than it guards against.
#include "refused.h"

namespace piaojue::test {
namespace {

using People = std::vector<PersonId>;

/// N members, of whom so many are there, with all offices.
Meeting committee_of(std::uint32_t size, std::uint32_t present, MeetingOptions given = {}) {
  given.experts = size;
  given.committee_size = size;
  Meeting m(std::move(given));
  m.witnessed = false;
  People who;
  for (PersonId p = 1; p <= present; ++p) who.push_back(p);
  for (PersonId p = size + 1; p < m.screen(); ++p) who.push_back(p);
  m.begin(who);
  return m;
}

People first(std::uint32_t n) {
  People out;
  for (PersonId p = 1; p <= n; ++p) out.push_back(p);
  return out;
}

/// Something that concerns nobody and that office and committee sign: whose signatures would be enough?
bool would_open(Meeting const& m, People const& signers) {
  BatchOpen const body{m.record.meeting(), 1, 1, {1}, {1}, {}, {}, true, {}};
  return m.record.signatures_complete(must(decode_entry(m.signed_by(body, signers))));
}
bool would_sign_out(Meeting const& m, PersonId person, People const& signers) {
  SignOut const body{m.record.meeting(), person, 1, "离席", {}, false, 0, {}};
  return m.record.signatures_complete(must(decode_entry(m.signed_by(body, signers))));
}

// ---- How many ------------------------------------------------------------------------------------------------------

TEST(Committees, ElevenOfWhomEightAreThereAndTwoLaptopsDeadNeedAllSixOthers) {
  Meeting m = committee_of(11, 8);
  EXPECT_EQ(m.record.quorum(), 8u);
  EXPECT_EQ(m.record.committee(kNobody).needed, 6u);
  EXPECT_EQ(m.record.committee(kNobody).members, first(8));
  EXPECT_TRUE(would_open(m, {3, 4, 5, 6, 7, 8}));
  EXPECT_FALSE(would_open(m, {4, 5, 6, 7, 8}));
  EXPECT_TRUE(would_open(m, first(8)));
  EXPECT_ACCEPTED(m.change_keys(m.chair(), {3, 4, 5, 6, 7, 8}));
}

TEST(Committees, TwentyFiveOfWhomSeventeenAreThereNeedTwelveOfFifteen) {
  Meeting m = committee_of(25, 17);
  EXPECT_EQ(m.record.quorum(), 17u);
  EXPECT_EQ(m.record.committee(kNobody).needed, 12u);
  EXPECT_TRUE(would_open(m, {3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}));
  EXPECT_FALSE(would_open(m, {3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}));
}

// A rule that lets a meeting begin with a third of its members must not let a ninth of them guard it.
TEST(Committees, TheQuorumIsAtLeastHalf) {
  MeetingOptions options;
  options.rules.quorum_numerator = 1;
  options.rules.quorum_denominator = 3;
  Meeting m = committee_of(11, 6, options);
  EXPECT_EQ(m.record.quorum(), 6u);
  EXPECT_EQ(m.record.committee(kNobody).needed, 5u);
}

// Whom it concerns is neither in the number nor among the signers, so that nobody's own absence saves him.
TEST(Committees, WhomItConcernsIsLeftOutOfNumberAndSignatures) {
  Meeting m = committee_of(11, 8, {.first_expert_is_chair = true});
  Committee const body = m.record.committee(1);
  EXPECT_EQ(body.needed, 5u);
  EXPECT_EQ(body.members, (People{2, 3, 4, 5, 6, 7, 8}));
  EXPECT_TRUE(would_sign_out(m, 1, {2, 3, 4, 5, 6}));
  EXPECT_FALSE(would_sign_out(m, 1, {2, 3, 4, 5}));
  EXPECT_FALSE(would_sign_out(m, 1, {1, 2, 3, 4, 5, 6}));
  // Somebody who is not in E takes nobody out of it.
  EXPECT_EQ(m.record.committee(m.chair()).needed, 6u);
}

// A committee of one: only the chair's sign-in was logged, or only one expert was drafted with keys.
TEST(Committees, ThereIsNoneBeforeAQuorumHasSignedIn) {
  Meeting m = committee_of(11, 7);
  EXPECT_FALSE(m.record.committee(kNobody).exists());
  EXPECT_FALSE(would_open(m, first(7)));
  must(m.sign_in(8));
  EXPECT_TRUE(m.record.committee(kNobody).exists());
  // Once they have come they are a committee, also when some have left.
  must(m.sign_out(8));
  EXPECT_TRUE(m.record.committee(kNobody).exists());
  EXPECT_EQ(m.record.committee(kNobody).needed, 6u);
}

// ---- E -------------------------------------------------------------------------------------------------------------

// The number of those who must sign would otherwise fall by what the office does to them.
TEST(Experts, OnlyTheirOwnSignOutUnderAFirstKeyTakesThemOut) {
  Meeting m = committee_of(11, 11);
  EXPECT_EQ(m.record.committee(kNobody).needed, 8u);
  must(m.sign_out_by(1, m.office()));
  must(m.change_keys(2, m.office()));
  EXPECT_EQ(m.record.committee(kNobody).needed, 8u);
  must(m.sign_out(2));  // by whoever holds the key that the office brought
  EXPECT_EQ(m.record.committee(kNobody).needed, 8u);
  must(m.sign_out(3));
  EXPECT_EQ(m.record.committee(kNobody).needed, 7u);
  must(m.sign_in(3));
  EXPECT_EQ(m.record.committee(kNobody).needed, 8u);
}

TEST(Experts, ASignInUnderAChangedKeyBringsNobodyIn) {
  Meeting m = committee_of(11, 8);
  must(m.change_keys(9, m.office()));
  must(m.change_keys(10, m.office()));
  must(m.sign_in(9));
  must(m.sign_in(10));
  EXPECT_EQ(m.record.committee(kNobody).needed, 6u);
  EXPECT_EQ(m.record.committee(kNobody).members, first(8));
  // The committee can make them its own.
  must(m.change_keys(9, m.committee(9)));
  EXPECT_EQ(m.record.committee(kNobody).members, first(8));
  must(m.sign_out(9));
  must(m.sign_in(9));
  EXPECT_EQ(m.record.committee(kNobody).members, first(9));
}

// Whom the office signs out can still sign against it; whoever has left by himself cannot.
TEST(Experts, SignAlsoWhenOthersHaveSignedThemOut) {
  Meeting m = committee_of(11, 8);
  for (PersonId p = 1; p <= 8; ++p) must(m.sign_out_by(p, m.office()));
  EXPECT_TRUE(m.record.experts_present().empty());
  EXPECT_TRUE(would_open(m, first(6)));
  EXPECT_ACCEPTED(m.change_keys(m.chair(), first(6)));
  Meeting left = committee_of(11, 9);
  must(left.sign_out(9));
  EXPECT_FALSE(would_open(left, {4, 5, 6, 7, 8, 9}));
  EXPECT_TRUE(would_open(left, {3, 4, 5, 6, 7, 8}));
}

TEST(Experts, SignUnderFirstKeysOnly) {
  Meeting m = committee_of(11, 11);
  must(m.change_keys(1, m.office()));
  EXPECT_FALSE(would_open(m, first(8)));
  EXPECT_TRUE(would_open(m, {2, 3, 4, 5, 6, 7, 8, 9}));
  must(m.change_keys(1, m.committee(1)));
  EXPECT_TRUE(would_open(m, first(8)));
}

// ---- The office ----------------------------------------------------------------------------------------------------

TEST(Offices, AreOneChairAndEverySupervisorWhoIsThere) {
  Meeting m = committee_of(7, 7, {.chairs = 2, .clerks = 1, .supervisors = 3});
  PersonId const c1 = m.chair(1), c2 = m.chair(2), s1 = m.supervisor(1), s2 = m.supervisor(2), s3 = m.supervisor(3);
  EXPECT_TRUE(would_open(m, {c1, s1, s2, s3}));
  EXPECT_TRUE(would_open(m, {c2, s1, s2, s3}));
  EXPECT_FALSE(would_open(m, {c1, c2, s1, s2, s3}));
  EXPECT_FALSE(would_open(m, {c1, s1, s2}));
  EXPECT_FALSE(would_open(m, {s1, s2, s3}));
  EXPECT_FALSE(would_open(m, {c1, m.clerk(), s1, s2, s3}));
  // Who is not there is not waited for, and may sign all the same.
  must(m.sign_out(s3));
  EXPECT_TRUE(would_open(m, {c1, s1, s2}));
  EXPECT_TRUE(would_open(m, {c1, s1, s2, s3}));
  EXPECT_FALSE(would_open(m, {c1, s2, s3}));
  // The chair need not be there.
  must(m.sign_out(c1));
  EXPECT_TRUE(would_open(m, {c1, s1, s2}));
}

// Clerk and chair sign all supervisors out, and what is left would be an office.
TEST(Offices, ThereIsNoneWithoutASupervisorWhoIsSignedIn) {
  Meeting m = committee_of(7, 7);
  must(m.sign_out(m.supervisor(1)));
  must(m.sign_out(m.supervisor(2)));
  EXPECT_FALSE(m.record.office(kNobody).exists());
  EXPECT_FALSE(would_open(m, {m.chair(), m.supervisor(1), m.supervisor(2)}));
  EXPECT_TRUE(would_open(m, m.committee()));
}

// A chair who is an expert would otherwise make up an office and be most of what checks it.
TEST(Offices, AreNotMixedWithACommittee) {
  Meeting m = committee_of(7, 7, {.first_expert_is_chair = true});
  People const supervisors = m.supervisors();
  EXPECT_TRUE(would_open(m, {1, supervisors[0], supervisors[1]}));
  EXPECT_TRUE(would_open(m, {1, 2, 3, 4, 5}));
  EXPECT_FALSE(would_open(m, {1, 2, 3, 4, 5, supervisors[0]}));
  EXPECT_FALSE(would_open(m, {1, 2, supervisors[0], supervisors[1]}));
  EXPECT_FALSE(would_open(m, {m.chair(), 2, 3, 4, 5, 6}));
}

// Whom an entry concerns does not act upon himself; where that leaves no office, the committee is needed.
TEST(Offices, WhomItConcernsIsNeitherAskedNorAccepted) {
  MeetingOptions options{.experts = 5, .trustees = 2, .first_expert_is_chair = true};
  options.chairs = 0;
  Meeting m(options);
  // The only chair is expert 1.
  m.witnessed = false;
  m.begin();
  m.all_keys(1);
  must(m.submit(must(m.record.draft_batch_open(1, false, {})), {1, m.supervisor(1), m.supervisor(2)}));
  m.all_tokens(1);
  must(m.cast(1, {}));
  EXPECT_REFUSED(m, kNotAuthorised, m.spoil_by(1, {1, m.supervisor(1), m.supervisor(2)}));
  EXPECT_REFUSED(m, kNotAuthorised, m.spoil_by(1, {m.supervisor(1), m.supervisor(2)}));
  EXPECT_FALSE(m.record.office(1).exists());
  EXPECT_ACCEPTED(m.spoil_by(1, m.committee(1)));
}

// ---- The committee in place of the office --------------------------------------------------------------------------

// No officer's absence, dead laptop or displeasure stops a meeting: 6 of 9 vote, and the chair does not like it.
TEST(Committees, CanSignEverythingInPlaceOfTheOffice) {
  Meeting m({.experts = 7, .trustees = 2, .batches = {1, 1, 1}});
  m.begin();
  for (PersonId const p : {m.chair(), m.clerk(), m.supervisor(1), m.supervisor(2)}) must(m.sign_out(p));
  auto by_committee = [&](Body const& body) { return m.submit(body, m.committee()); };
  m.all_keys(1);
  must(by_committee(must(m.record.draft_batch_open(1, false, {}))));
  EXPECT_EQ(m.record.last_by(), By::kCommittee);
  for (PersonId p = 1; p <= 7; ++p) {
    m.all_tokens(p);
    must(m.cast(p, {{1, Choice::kAgree}}));
  }
  EXPECT_ACCEPTED(m.spoil_by(7, m.committee(7)));
  must(by_committee(must(m.record.draft_batch_close())));
  m.continue_batch({}, Stage::kClosed, Stage::kBox);
  for (PersonId p = 2; p <= 7; ++p) must(m.confirm(p));
  must(by_committee(Override{m.batch_open(), m.attempt().box_hash, {{1, false}}, "电脑损坏"}));
  for (TrusteeId t = 0; t < 2; ++t) must(m.share(t));
  must(by_committee(must(m.record.draft_declaration())));
  must(by_committee(must(m.record.draft_batch_open(2, true, {}))));
  must(by_committee(Void{m.batch_open(), {}, "程序原因"}));
  must(by_committee(must(m.record.draft_batch_open(3, true, unwitnessed(m.record, m.seen)))));
  must(by_committee(PaperTally{m.batch_open(), {{3, {7, 7, 7, 0, 7, 0, 0}}}}));
  must(by_committee(must(m.record.draft_declaration())));
  EXPECT_TRUE(m.record.question(3).by_committee);
  must(by_committee(Recuse{m.record.meeting(), 7, 2, "亲属"}));
  EXPECT_ACCEPTED(m.sign_out_by(7, m.committee(7)));
  EXPECT_ACCEPTED(m.change_keys(6, m.committee(6)));
  EXPECT_TRUE(m.record.has_first_key(6));
  must(by_committee(must(m.record.draft_meeting_close(unwitnessed(m.record, m.seen)))));
}

}  // namespace
}  // namespace piaojue::test
