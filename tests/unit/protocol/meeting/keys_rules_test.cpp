// SPDX-License-Identifier: Apache-2.0
/// Keys that change, and slots that change hands (specification §10.1).
#include "refused.h"

namespace piaojue::test {
namespace {

using People = std::vector<PersonId>;

// ---- KeyChange -----------------------------------------------------------------------------------------------------

class KeyChangeRules : public ::testing::Test {
 protected:
  explicit KeyChangeRules(MeetingOptions options = {.experts = 7, .trustees = 2}) : m(std::move(options)) {
    m.witnessed = false;
    m.begin();
  }
  KeyChange fresh(PersonId p) {
    next = Meeting::PersonKeys{};
    KeyChange out{
        m.record.meeting(), p, next.identity.public_key(), next.witness.public_key(), next.box.public_key(), {},
        "电脑更换"};
    possess(out);
    return out;
  }
  void possess(KeyChange& e) {
    e.possession = next.identity.sign(
        {possession_input(m.manifest.meeting_id, e.person, e.identity_key, e.witness_key, e.box_key)});
  }
  template <class F>
  Result<void> with(PersonId p, F change) {
    KeyChange e = fresh(p);
    change(e);
    possess(e);
    return m.submit(e, m.office());
  }
  Meeting m;
  Meeting::PersonKeys next;
};

TEST_F(KeyChangeRules, TheOldKeysEndHere) {
  EXPECT_ACCEPTED(m.submit(fresh(1), m.office()));
  EXPECT_EQ(m.record.identity_key(1), next.identity.public_key());
  EXPECT_EQ(m.record.witness_key(1), next.witness.public_key());
  EXPECT_EQ(m.record.box_key(1), next.box.public_key());
  EXPECT_REFUSED(m, kBadSignature, m.sign_out(1));
  m.people[1] = std::move(next);
  EXPECT_ACCEPTED(m.sign_out(1));
}

// Server and one chair bring keys of their own: what these witness, and whether they guard, is not for them to say.
TEST_F(KeyChangeRules, ByTheOfficeItBringsAChangedKeyByTheCommitteeAFirstOne) {
  EXPECT_TRUE(m.record.has_first_key(1));
  must(m.change_keys(1, m.office()));
  EXPECT_FALSE(m.record.has_first_key(1));
  must(m.change_keys(1, m.office()));
  EXPECT_FALSE(m.record.has_first_key(1));
  must(m.change_keys(1, m.committee(1)));
  EXPECT_TRUE(m.record.has_first_key(1));
  must(m.change_keys(m.clerk(), m.committee()));
  EXPECT_TRUE(m.record.has_first_key(m.clerk()));
}

// A stolen laptop's holder could come back with keys that were taken from it before. Of whatever kind: two verifiers
// must not differ about what is the same key.
TEST_F(KeyChangeRules, KeysAreNewInTheMeeting) {
  m.all_keys(1);
  BatchKeys const pending = m.record.pending_keys().at({1, 0}).keys;
  auto const as_key = [](auto const& key) { return SigningPublicKey::from(key.view()).value(); };
  auto const as_box = [](auto const& key) { return BoxPublicKey::from(key.view()).value(); };
  EXPECT_REFUSED(m, kConflict, with(1, [&](KeyChange& e) { e.witness_key = *m.record.witness_key(1); }));
  EXPECT_REFUSED(m, kConflict, with(1, [&](KeyChange& e) { e.witness_key = *m.record.identity_key(2); }));
  EXPECT_REFUSED(m, kConflict, with(1, [&](KeyChange& e) { e.witness_key = e.identity_key; }));
  EXPECT_REFUSED(m, kConflict, with(1, [&](KeyChange& e) { e.witness_key = m.manifest.server_key; }));
  EXPECT_REFUSED(m, kConflict, with(1, [&](KeyChange& e) { e.witness_key = m.manifest.checkpoint_key; }));
  EXPECT_REFUSED(m, kConflict, with(1, [&](KeyChange& e) { e.box_key = *m.record.box_key(2); }));
  EXPECT_REFUSED(m, kConflict, with(1, [&](KeyChange& e) { e.box_key = m.manifest.server_box_key; }));
  EXPECT_REFUSED(m, kConflict, with(1, [&](KeyChange& e) { e.box_key = as_box(pending.mix_key); }));
  EXPECT_REFUSED(m, kConflict, with(1, [&](KeyChange& e) { e.witness_key = as_key(pending.tally_key); }));
  // The top bit of an X25519 key means nothing.
  EXPECT_REFUSED(m, kConflict, with(1, [&](KeyChange& e) {
                   e.box_key = *m.record.box_key(2);
                   e.box_key.data.back() ^= 0x80;
                 }));
  KeyChange same = fresh(1);
  same.witness_key = as_key(canonical(same.box_key));
  possess(same);
  EXPECT_REFUSED(m, kConflict, m.submit(same, m.office()));
  auto const old_witness = *m.record.witness_key(1);
  EXPECT_ACCEPTED(m.submit(fresh(1), m.office()));
  EXPECT_REFUSED(m, kConflict, with(1, [&](KeyChange& e) { e.witness_key = old_witness; }));
}

// Under a key of small order one signature fits every message, and everybody opens what is sealed.
TEST_F(KeyChangeRules, KeysOfSmallOrderAreOutOfRange) {
  EXPECT_REFUSED(m, kOutOfRange, with(1, [](KeyChange& e) { e.witness_key = {}; }));
  EXPECT_REFUSED(m, kOutOfRange, with(1, [](KeyChange& e) { e.box_key = {}; }));
  EXPECT_REFUSED(m, kOutOfRange, with(1, [](KeyChange& e) { e.identity_key = {}; }));
}

TEST_F(KeyChangeRules, TheHolderShowsPossessionAndThereIsAReason) {
  KeyChange e = fresh(1);
  e.possession.data[0] ^= 1;
  EXPECT_REFUSED(m, kBadSignature, m.submit(e, m.office()));
  e = fresh(1);
  e.person = 2;
  EXPECT_REFUSED(m, kBadSignature, m.submit(e, m.office()));
  e = fresh(1);
  e.box_key = crypto::BoxKey::generate().public_key();
  EXPECT_REFUSED(m, kBadSignature, m.submit(e, m.office()));
  e = fresh(1);
  e.reason.clear();
  EXPECT_REFUSED(m, kMalformed, m.submit(e, m.office()));
}

// The only supervisor's key, taken by server and chair, is the office.
TEST_F(KeyChangeRules, OfOfficersAndSlotHoldersByTheCommitteeOnly) {
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(fresh(1), {1}));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(fresh(1), {m.chair()}));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(fresh(1), {m.chair(), m.supervisor(1)}));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(fresh(1), {m.chair(), m.clerk(), m.supervisor(1), m.supervisor(2)}));
  EXPECT_ACCEPTED(m.change_keys(m.screen(), m.office()));
  EXPECT_ACCEPTED(m.change_keys(m.clerk(), m.office()));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(fresh(m.chair()), m.office()));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(fresh(m.supervisor(2)), {m.chair(), m.supervisor(1)}));
  EXPECT_ACCEPTED(m.change_keys(m.chair(), m.committee()));
  EXPECT_ACCEPTED(m.change_keys(m.supervisor(2), m.committee()));
  must(m.change_trustee(1, 3, m.committee()));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(fresh(3), m.office()));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(fresh(3), {1, 2, 3, 4, 5}));
  EXPECT_ACCEPTED(m.change_keys(3, m.committee(3)));
}

// ---- FIRST_KEYS ----------------------------------------------------------------------------------------------------

// Key by key, the office could take away the body that can correct it.
TEST_F(KeyChangeRules, TheOfficeLeavesEnoughFirstKeysForACommittee) {
  must(m.change_keys(1, m.office()));
  must(m.change_keys(2, m.office()));
  EXPECT_EQ(m.record.committee(kNobody).needed, 5u);
  EXPECT_EQ(m.record.committee(kNobody).members, (People{3, 4, 5, 6, 7}));
  EXPECT_REFUSED(m, kFirstKeys, m.submit(fresh(3), m.office()));
  // Where no first key ends, none is counted; and the committee may do it.
  EXPECT_ACCEPTED(m.change_keys(1, m.office()));
  EXPECT_ACCEPTED(m.change_keys(m.clerk(), m.office()));
  EXPECT_ACCEPTED(m.change_keys(2, m.committee(2)));
  EXPECT_ACCEPTED(m.change_keys(3, m.office()));
  EXPECT_TRUE(m.record.committee(kNobody).exists());
}

/// Seven experts with keys, of whom so many have signed in, and all officers.
Meeting early(std::uint32_t signed_in) {
  Meeting m({.experts = 7, .trustees = 2});
  m.witnessed = false;
  must(m.open_meeting());
  for (PersonId p = 1; p <= signed_in; ++p) must(m.sign_in(p));
  for (PersonId p = 8; p < m.screen(); ++p) must(m.sign_in(p));
  return m;
}

TEST(FirstKeys, WhileFewAreInAllExpertsAreCounted) {
  Meeting m = early(0);
  for (PersonId p = 5; p <= 7; ++p) EXPECT_ACCEPTED(m.change_keys(p, m.office()));
  EXPECT_REFUSED(m, kFirstKeys, m.change_keys(4, m.office()));
}

// Whoever lacks a first key stays in E for good. Four are in; the office changes three of them; the others come; now
// five of seven are needed and four can sign, for ever.
TEST(FirstKeys, EarlyChangesDoNotPreventEveryCommitteeToCome) {
  Meeting m = early(4);
  EXPECT_ACCEPTED(m.change_keys(1, m.office()));
  EXPECT_REFUSED(m, kFirstKeys, m.change_keys(2, m.office()));
  EXPECT_ACCEPTED(m.change_keys(7, m.office()));  // not in E
  for (PersonId p = 5; p <= 7; ++p) must(m.sign_in(p));
  EXPECT_TRUE(m.record.committee(kNobody).exists());
  EXPECT_EQ(m.record.committee(kNobody).needed, 5u);
  EXPECT_EQ(m.record.committee(kNobody).members, (People{2, 3, 4, 5, 6}));
}

// ---- In an attempt -------------------------------------------------------------------------------------------------

// The keys of somebody who is voting, changed by others, would vote and confirm for him.
TEST_F(KeyChangeRules, TheNewKeyVotesFromTheNextAttemptOn) {
  m.run_batch(1, {}, Stage::kOpen);
  for (PersonId p = 1; p <= 6; ++p) m.all_tokens(p);
  must(m.cast(1, {}));
  must(m.change_keys(1, m.office()));
  EXPECT_REFUSED(m, kNotOnRoll, m.spoil(1, m.supervisor()));
  must(m.change_keys(2, m.committee(2)));  // a first key, and new all the same
  EXPECT_REFUSED(m, kNotOnRoll, m.cast(2, {}));
  must(m.change_keys(7, m.committee(7)));
  EXPECT_REFUSED(m, kNotOnRoll, m.request(7));
  EXPECT_ACCEPTED(m.sign_out(1));  // everything else at once
  must(m.sign_in(1));
  for (PersonId p = 3; p <= 6; ++p) must(m.cast(p, {}));
  m.continue_batch({}, Stage::kCast, Stage::kBox);
  // The envelope stays and counts; its person is unconfirmed for good.
  EXPECT_TRUE(m.attempt().counted.contains(1));
  for (PersonId const p : {1u, 2u, 7u}) EXPECT_REFUSED(m, kNotOnRoll, m.confirm(p));
  must(m.void_questions({}));
  m.run_batch(1, m.votes(1, 7, 0), Stage::kConfirmed);
}

// What was said before the keys changed was said by the person.
TEST_F(KeyChangeRules, AConfirmGivenBeforeStays) {
  m.run_batch(1, m.votes(1, 7, 0), Stage::kConfirmed);
  must(m.change_keys(1, m.office()));
  EXPECT_ACCEPTED(m.record.gate());
}

// A trustee whose keys changed under it could not mix what was sealed to it.
TEST_F(KeyChangeRules, OfASlotHolderNotWhileAnAttemptIsInProgress) {
  m.run_batch(1, {}, Stage::kOpen);
  EXPECT_REFUSED(m, kWrongPhase, m.submit(fresh(m.chair()), m.committee()));
  must(m.void_questions({}));
  EXPECT_ACCEPTED(m.change_keys(m.chair(), m.committee()));
}

TEST_F(KeyChangeRules, DropsThePendingBatchKeysOfTheSlot) {
  m.all_keys(1);
  must(m.change_keys(m.chair(), m.committee()));
  EXPECT_TRUE(m.record.pending_keys().contains({1, 0}));
  EXPECT_FALSE(m.record.pending_keys().contains({1, 1}));
  EXPECT_EQ(refusal(m.record.draft_batch_open(1, false, {})), Refusal::kKeyUnlogged);
  must(m.keys(1, 1));
  EXPECT_ACCEPTED(m.open(1));
}

TEST(KeyChange, EnrolsWhoWasLateWithAChangedKey) {
  Meeting m({.experts = 7, .not_enrolled = {2}});
  m.begin();
  must(m.change_keys(2, m.office()));
  EXPECT_FALSE(m.record.has_first_key(2));
  EXPECT_ACCEPTED(m.sign_in(2));
  EXPECT_EQ(m.record.experts_present().size(), 7u);
  EXPECT_EQ(m.record.committee(kNobody).members, (People{1, 3, 4, 5, 6, 7}));
}

// ---- TrusteeChange -------------------------------------------------------------------------------------------------

class TrusteeChangeRules : public ::testing::Test {
 protected:
  TrusteeChangeRules() { m.begin(); }
  Result<void> change(TrusteeId trustee, PersonId person, People const& signers, std::string reason = "电脑损坏") {
    return m.submit(TrusteeChange{m.record.meeting(), trustee, person, std::move(reason)}, signers);
  }
  People committee_and(PersonId more, PersonId concerned) const {
    People out = m.committee(concerned);
    out.push_back(more);
    return out;
  }
  Meeting m{{.experts = 7, .trustees = 3}};
  PersonId const chair = m.chair(), clerk = m.clerk();
};

TEST_F(TrusteeChangeRules, TheIncomingTakesTheSlotAndItsPendingKeysAreDropped) {
  m.all_keys(1);
  EXPECT_ACCEPTED(change(1, clerk, committee_and(clerk, chair)));
  EXPECT_EQ(m.record.slots(), (People{kServer, clerk, m.supervisor(1)}));
  EXPECT_EQ(m.record.slot_of(clerk), 1u);
  EXPECT_FALSE(m.record.slot_of(chair));
  EXPECT_FALSE(m.record.pending_keys().contains({1, 1}));
  EXPECT_TRUE(m.record.pending_keys().contains({1, 2}));
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(m.make_keys(1, 1), {chair}));
  m.run_batch(1, m.votes(1, 7, 0));
  EXPECT_EQ(m.attempt().holders, (People{kServer, clerk, m.supervisor(1)}));
}

// The trustees are what secrecy rests on: the office alone must not choose them, nor anybody become one unasked.
TEST_F(TrusteeChangeRules, IsSignedByACommitteeAndTheIncoming) {
  EXPECT_REFUSED(m, kNotAuthorised, change(1, clerk, {m.clerk(), m.supervisor(1), m.supervisor(2)}));
  EXPECT_REFUSED(m, kNotAuthorised, change(1, clerk, {chair, clerk, m.supervisor(1), m.supervisor(2)}));
  EXPECT_REFUSED(m, kNotAuthorised, change(1, clerk, m.committee()));
  EXPECT_REFUSED(m, kNotAuthorised, change(1, clerk, {1, 2, 3, 4, clerk}));
  // An expert who comes in counts among them, but does not become a trustee without knowing.
  EXPECT_REFUSED(m, kNotAuthorised, change(1, 7, {1, 2, 3, 4, 5}));
  EXPECT_REFUSED(m, kNotAuthorised, change(1, 7, {1, 2, 3, 7}));
  EXPECT_ACCEPTED(change(1, 7, {1, 2, 3, 4, 7}));
  // It concerns the outgoing, who does not sign.
  EXPECT_REFUSED(m, kNotAuthorised, change(1, 6, {1, 2, 3, 6, 7}));
  EXPECT_REFUSED(m, kNotAuthorised, change(1, 6, {1, 2, 6}));
  EXPECT_ACCEPTED(change(1, 6, {1, 2, 3, 4, 6}));
}

TEST_F(TrusteeChangeRules, TheIncomingIsThereWithAFirstKeyAndNoOtherSlot) {
  EXPECT_REFUSED(m, kMalformed, change(1, clerk, committee_and(clerk, chair), ""));
  EXPECT_REFUSED(m, kUnknown, change(0, clerk, committee_and(clerk, kNobody)));
  EXPECT_REFUSED(m, kConflict, change(1, chair, committee_and(chair, chair)));
  EXPECT_REFUSED(m, kNotAuthorised, change(1, m.supervisor(1), committee_and(m.supervisor(1), chair)));
  EXPECT_REFUSED(m, kNotOnRoll, change(1, m.screen(), committee_and(m.screen(), chair)));
  must(m.sign_out(clerk));
  EXPECT_REFUSED(m, kNotOnRoll, change(1, clerk, committee_and(clerk, chair)));
  must(m.sign_in(clerk));
  must(m.change_keys(clerk, m.office()));
  EXPECT_REFUSED(m, kNotAuthorised, change(1, clerk, committee_and(clerk, chair)));
  must(m.change_keys(clerk, m.committee()));
  EXPECT_ACCEPTED(change(1, clerk, committee_and(clerk, chair)));
}

TEST_F(TrusteeChangeRules, NotWhileAnAttemptIsInProgress) {
  m.run_batch(1, {}, Stage::kOpen);
  EXPECT_REFUSED(m, kWrongPhase, change(1, clerk, committee_and(clerk, chair)));
  must(m.void_questions({}));
  EXPECT_ACCEPTED(change(1, clerk, committee_and(clerk, chair)));
  // What the outgoing knew of that attempt only he can say that he has destroyed.
  EXPECT_REFUSED(m, kNotAuthorised, m.submit(Erased{m.batch_open(), 1}, {clerk}));
  EXPECT_ACCEPTED(m.submit(Erased{m.batch_open(), 1}, {chair}));
}

}  // namespace
}  // namespace piaojue::test
