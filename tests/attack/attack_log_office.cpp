// SPDX-License-Identifier: Apache-2.0
/// Server and office, with the keys that they have: other people's keys, presence, paper and signatures.
#include "attack_log.h"

namespace piaojue::attack {
namespace {

// Without the only honest trustee's keys every ballot of the batch could be read: nine of nine votes.
TEST(Log, Attack01_TheSupervisorsKeysAreLeftOut) {
  Hall hall;
  hall.all_keys(1);
  hall.tamper_body = change<BatchOpen>([](BatchOpen& open) { open.keys.pop_back(); });
  EXPECT_STOPPED(hall, kKeyUnlogged, hall.open(1));
  // Nor are the keys of somebody else's slot taken in their place.
  hall.tamper_body = change<BatchOpen>([](BatchOpen& open) { open.keys.back() = open.keys.front(); });
  EXPECT_STOPPED(hall, kKeyUnlogged, hall.open(1));
}

// One chair's signature gave anybody new keys: the whole hall could be played by one person.
TEST(Log, Attack02_OneChairBringsNewKeys) {
  Hall hall;
  EXPECT_STOPPED(hall, kNotAuthorised, hall.change_keys(1, {hall.chair()}));
  EXPECT_STOPPED(hall, kNotAuthorised, hall.change_keys(1, {hall.chair(), hall.supervisor(1)}));
  // The supervisor, and whoever holds a slot, only with the committee.
  EXPECT_STOPPED(hall, kNotAuthorised, hall.change_keys(hall.supervisor(1), {hall.chair(), hall.supervisor(2)}));
  EXPECT_STOPPED(hall, kNotAuthorised, hall.change_keys(hall.chair(), hall.supervisors()));
}

// Three dropped ballots were confirmed with keys that the office had brought while the box was looked at.
TEST(Log, Attack02_KeysOfTheOfficeConfirmNothingInThisAttempt) {
  Hall hall;
  hall.lose_ballots_of(1);
  hall.run_batch(1, hall.votes(1, 5, 0), Stage::kBox);
  must(hall.change_keys(1, hall.office()));
  auto all_well = hall.make_confirm(1);
  for (auto& [q, verdict] : all_well.rows) verdict = ConfirmVerdict::kOk;
  EXPECT_STOPPED(hall, kNotOnRoll, hall.submit(all_well, {1}));
  hall.confirm_all_but({1});
  EXPECT_STOPPED(hall, kGateUnconfirmed, hall.share(0));
}

// An expert has said that he must not judge a candidate; the office brings him a key and has him judge after all.
TEST(Log, AKeyThatTheOfficeBroughtTakesNoRecusalBack) {
  Hall hall;
  must(hall.recuse(1, 1));
  must(hall.change_keys(1, hall.office()));
  EXPECT_STOPPED(hall, kNotAuthorised, hall.recuse_back(1, 1));
  EXPECT_STOPPED(hall, kNotAuthorised, hall.recuse_back(1, 1, hall.office()));
  EXPECT_STOPPED(hall, kNotAuthorised, hall.submit(RecuseBack{hall.record.meeting(), 1, 1, "误登"}, hall.office()));
  // Nor as its own: what it enters besides is not instead of what he signed.
  must(hall.recuse_by(1, 1, hall.office()));
  EXPECT_STOPPED(hall, kNotAuthorised, hall.recuse_back(1, 1, hall.office()));
  hall.run_batch(1, hall.votes(1, 4, 0), Stage::kOpen);
  EXPECT_TRUE(hall.attempt().recused(1, 1));
}

// Whoever the office recused signs the same himself, which makes it attested, and lifts it as his own.
TEST(Log, AnExpertLiftsNoRecusalOfTheOfficeAlone) {
  Hall hall;
  must(hall.recuse_by(1, 1, hall.office()));
  EXPECT_STOPPED(hall, kNotAuthorised, hall.recuse_back(1, 1));
  must(hall.recuse(1, 1));
  EXPECT_STOPPED(hall, kNotAuthorised, hall.recuse_back(1, 1));
  EXPECT_STOPPED(hall, kNotAuthorised, hall.recuse_back(1, 1, {2, 3}));
  must(hall.recuse_back(1, 1, hall.office()));
}

// Two thirds of the witnesses were made of keys of the office's own.
TEST(Log, Attack02_KeysOfTheOfficeWitnessNothing) {
  Hall hall;
  hall.witnessed = false;
  hall.run_batch(1, {}, Stage::kOpen);
  must(hall.change_keys(1, hall.office()));
  hall.witness();
  auto const standing = hall.seen.of(hall.attempt(), hall.attempt().open_index);
  EXPECT_EQ(standing.have_experts, 4U) << "the expert with the office's key is not among them";
  // Brought before the opening, likewise: it stands among W, and counts for nothing.
  Hall other;
  other.witnessed = false;
  must(other.change_keys(1, other.office()));
  other.run_batch(1, {}, Stage::kOpen);
  other.witness();
  EXPECT_EQ(other.seen.of(other.attempt(), other.attempt().open_index).have_experts, 4U);
  // And they can not be made many: the experts keep enough first keys to be a committee.
  EXPECT_STOPPED(hall, kFirstKeys, hall.change_keys(2, hall.office()));
}

// A paper count by the office alone looked like any other.
TEST(Log, Attack09_PaperOverWorkingLaptops) {
  Hall hall;
  must(hall.open(1, true));
  std::map<QuestionId, PaperRow> const rows{{1, {5, 5, 5, 0, 4, 1, 0}}};
  PaperTally const tally{hall.batch_open(), rows};
  EXPECT_STOPPED(hall, kNotAuthorised, hall.submit(tally, {hall.chair()}));
  EXPECT_STOPPED(hall, kNotAuthorised, hall.submit(tally, {hall.chair(), hall.supervisor(1)}));
  must(hall.paper_tally(rows));
  must(hall.declare());
  EXPECT_TRUE(hall.record.question(1).paper);
  EXPECT_FALSE(hall.record.question(1).by_committee) << "the mark on the result";
}

// Everybody but one was sent home after the voting, and one laptop's cosignature was then enough for the box.
TEST(Log, Attack16_SignedOutByOthersAfterTheClose) {
  Hall hall;
  hall.run_batch(1, hall.votes(1, 5, 0), Stage::kClosed);
  hall.witnessed = false;
  for (PersonId p = 2; p <= 5; ++p) must(hall.sign_out_by(p, hall.office()));
  hall.continue_batch({}, Stage::kClosed, Stage::kBox);
  hall.witness();  // of those who are still signed in: expert 1 and the office
  EXPECT_FALSE(hall.seen.witnessed(hall.attempt(), hall.attempt().box_index));
  EXPECT_EQ(hall.attempt().entitled(), (std::vector<PersonId>{1, 2, 3, 4, 5}));
  must(hall.confirm(1));
  EXPECT_STOPPED(hall, kGateUnconfirmed, hall.share(0));
}

// Only the chair's sign-in was logged; two thirds of one is one.
TEST(Log, Attack17_ACommitteeOfOne) {
  Meeting hall({.experts = 7, .first_expert_is_chair = true});
  must(hall.open_meeting());
  must(hall.sign_in(1));
  EXPECT_FALSE(hall.record.committee(kNobody).exists());
  EXPECT_STOPPED(hall, kNotAuthorised, hall.change_keys(hall.supervisor(), {1}));
  for (PersonId p = 2; p <= 4; ++p) must(hall.sign_in(p));
  EXPECT_FALSE(hall.record.committee(kNobody).exists()) << "four of a quorum of five";
}

// The only supervisor's laptop dies, and the office with it: nobody could void.
TEST(Log, Attack21_TheOnlySupervisorsLaptopDies) {
  Hall hall({.supervisors = 1});
  hall.run_batch(1, hall.votes(1, 5, 0), Stage::kCast);
  Void const again{hall.batch_open(), {}, "监督人员电脑损坏"};
  EXPECT_STOPPED(hall, kNotAuthorised, hall.submit(again, {hall.chair()}));
  must(hall.submit(again, hall.committee()));
  EXPECT_EQ(hall.attempt().phase, BatchPhase::kVoided);
  // The slot and the presence, too, are in the committee's hands.
  must(hall.sign_out_by(hall.supervisor(), hall.committee(hall.supervisor())));
  must(hall.change_trustee(2, hall.clerk(), hall.committee()));
  EXPECT_EQ(hall.record.slots().at(2), hall.clerk());
}

// A chair who dislikes the result does not sign it.
TEST(Log, Attack22_TheChairDoesNotSignTheResult) {
  Hall hall;
  hall.run_batch(1, hall.votes(1, 1, 4), Stage::kCounted);
  auto const rows = must(hall.record.draft_declaration());
  EXPECT_STOPPED(hall, kNotAuthorised, hall.submit(rows, hall.supervisors()));
  must(hall.submit(rows, hall.committee()));
  EXPECT_FALSE(hall.declared().passed);
}

// One expert's keys in the draft, the rest brought by the office: the one would have been the committee.
TEST(Log, Attack28_ADraftWithOneExpertsKeys) {
  Meeting one({.experts = 7, .not_enrolled = {2, 3, 4, 5, 6, 7}});
  EXPECT_STOPPED(one, kOutOfRange, one.open_meeting());
  Meeting four({.experts = 7, .not_enrolled = {5, 6, 7}});
  EXPECT_STOPPED(four, kOutOfRange, four.open_meeting());
}

// Most experts are drafted without keys and enrolled by the office itself; three bad first keys are the committee.
TEST(Log, Attack32_TheOfficeEnrolsMostExpertsItself) {
  Meeting small({.experts = 3, .committee_size = 3});
  EXPECT_STOPPED(small, kOutOfRange, small.open_meeting());

  Meeting hall({.experts = 7, .not_enrolled = {6, 7}});
  must(hall.open_meeting());
  for (PersonId p = 1; p < hall.screen(); ++p) {
    if (p <= 3 || p > 7) must(hall.sign_in(p));
  }
  for (PersonId const p : {6U, 7U}) {
    must(hall.change_keys(p, hall.office()));
    must(hall.sign_in(p));
  }
  EXPECT_FALSE(hall.record.committee(kNobody).exists()) << "three first keys and two of the office";
  EXPECT_STOPPED(hall, kNotAuthorised, hall.change_keys(hall.supervisor(), {1, 2, 3, 6, 7}));
  for (PersonId const p : {4U, 5U}) must(hall.sign_in(p));
  auto const committee = hall.record.committee(kNobody);
  ASSERT_TRUE(committee.exists());
  EXPECT_EQ(committee.needed, 4U);
  EXPECT_EQ(committee.members, (std::vector<PersonId>{1, 2, 3, 4, 5}));
}

}  // namespace
}  // namespace piaojue::attack
