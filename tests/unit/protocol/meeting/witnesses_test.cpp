// SPDX-License-Identifier: Apache-2.0
/// Who has seen what (specification §4.3): W is frozen at BatchOpen, leaves only by its own people's signatures, and
/// two thirds of it, and of its experts, must have cosigned.
#include "refused.h"

namespace piaojue::test {
namespace {

using People = std::vector<PersonId>;

class WitnessesTest : public ::testing::Test {
 protected:
  /// Experts 1 … 7, chair 8, clerk 9, supervisors 10 and 11.
  WitnessesTest() {
    m.witnessed = false;
    m.begin();
  }
  log::Cosignature by(PersonId p) const {
    return log::cosign(m.checkpoint(), p, 1'800'000'000, m.people.at(p).witness);
  }
  void cosign(People const& who) {
    for (PersonId const p : who) must(seen.add(m.record, by(p)));
  }
  void open() {
    m.all_keys(1);
    must(m.open(1));
  }
  std::uint64_t index() const { return m.attempt().open_index; }
  Standing standing() const { return seen.of(m.attempt(), index()); }
  Meeting m{{.experts = 7, .trustees = 2, .batches = {1, 1}}};
  Witnesses seen;
};

// ---- How many ------------------------------------------------------------------------------------------------------

TEST_F(WitnessesTest, TwoThirdsOfThoseWhoWereThereAtBatchOpen) {
  open();
  EXPECT_EQ(standing().needed, 8u);
  EXPECT_EQ(standing().needed_experts, 5u);
  EXPECT_EQ(standing().missing.size(), 11u);
  cosign({8, 9, 10, 1, 2, 3, 4});
  EXPECT_FALSE(standing().witnessed());
  cosign({5});
  EXPECT_TRUE(standing().witnessed());
  EXPECT_EQ(standing().missing, (People{6, 7, 11}));
  // They have not seen what comes next.
  EXPECT_FALSE(seen.witnessed(m.attempt(), m.record.size()));
}

// Officers could otherwise be most of two thirds, and show two halls two logs.
TEST(WitnessesOfManyOfficers, TwoThirdsOfTheExpertsToo) {
  Meeting m({.experts = 7, .chairs = 2, .clerks = 4, .supervisors = 6});
  m.begin();
  m.all_keys(1);
  m.witnessed = false;
  must(m.open(1));
  Witnesses seen;
  auto cosign = [&](PersonId p) {
    must(seen.add(m.record, log::cosign(m.checkpoint(), p, 1'800'000'000, m.people.at(p).witness)));
  };
  for (PersonId p = 4; p < m.screen(); ++p) cosign(p);
  Standing const officers = seen.of(m.attempt(), m.attempt().open_index);
  EXPECT_GE(officers.have, officers.needed);
  EXPECT_EQ(officers.have_experts, 4u);
  EXPECT_EQ(officers.needed_experts, 5u);
  EXPECT_FALSE(officers.witnessed());
  cosign(1);
  EXPECT_TRUE(seen.witnessed(m.attempt(), m.attempt().open_index));
}

TEST_F(WitnessesTest, OnePersonCountsOnceAndWithTheNewestTree) {
  open();
  auto const early = by(1);
  must(m.sign_out(m.clerk()));
  cosign({1});
  must(seen.add(m.record, early));
  EXPECT_EQ(standing().have, 1u);
  EXPECT_EQ(seen.who(index(), {1, 2}), People{1});
  EXPECT_EQ(seen.who(m.record.size() - 1, {1, 2}), People{1});
  EXPECT_EQ(seen.who(m.record.size(), {1, 2}), People{});
}

// ---- W and W(s) ----------------------------------------------------------------------------------------------------

// Clerk and chair sign all but one person out after BatchClose, and one cosignature is enough for the box.
TEST_F(WitnessesTest, NobodyIsTakenOutByOthers) {
  open();
  for (PersonId p = 2; p <= 7; ++p) must(m.sign_out_by(p, m.office()));
  cosign({1, 8, 9, 10, 11});
  EXPECT_EQ(standing().needed, 8u);
  EXPECT_EQ(standing().needed_experts, 5u);
  EXPECT_FALSE(standing().witnessed());
  // Those who were sent out still have their laptops.
  cosign({2, 3, 4, 5});
  EXPECT_TRUE(standing().witnessed());
}

TEST_F(WitnessesTest, WhoComesLaterIsNotInIt) {
  must(m.sign_out(7));
  open();
  must(m.sign_in(7));
  cosign({1, 2, 3, 8, 9, 10, 11});
  EXPECT_EQ(standing().needed, 7u);
  EXPECT_EQ(standing().needed_experts, 5u);
  cosign({7});
  EXPECT_EQ(standing().have_experts, 3u);
  cosign({4, 5});
  EXPECT_TRUE(standing().witnessed());
}

// People go home. Whoever has signed himself out need not be waited for by what is cosigned from then on.
TEST_F(WitnessesTest, WhoLeavesByHimselfIsNotWaitedForFromThereOn) {
  open();
  for (PersonId const p : {5u, 6u, 7u}) must(m.sign_out(p));
  cosign({1, 2, 3, 8, 9, 10});  // of 4 experts 3 are enough, of 8 people 6
  EXPECT_EQ(standing().needed, 6u);
  EXPECT_EQ(standing().needed_experts, 3u);
  EXPECT_TRUE(standing().witnessed());
}

// A cosignature from before somebody left does not see that he left.
TEST_F(WitnessesTest, TheFewerNeedHaveCosignedBehindTheSignOuts) {
  open();
  cosign({1, 2, 3, 8, 9, 10});
  for (PersonId const p : {5u, 6u, 7u}) must(m.sign_out(p));
  EXPECT_FALSE(standing().witnessed());
  cosign({1, 2, 3, 8, 9});
  EXPECT_FALSE(standing().witnessed());
  cosign({10});
  EXPECT_TRUE(standing().witnessed());
}

TEST_F(WitnessesTest, WhoLeftDoesNotComeBack) {
  open();
  must(m.sign_out(7));
  std::uint64_t const left = m.record.size() - 1;
  must(m.sign_in(7));
  must(m.sign_out(7));
  EXPECT_EQ(m.attempt().witnesses.at(7).left, left);
}

// The office could otherwise sign people out under keys that it brought.
TEST_F(WitnessesTest, ASignOutUnderANewerKeyTakesNobodyOut) {
  must(m.change_keys(6, m.office()));
  open();
  must(m.change_keys(5, m.office()));
  must(m.sign_out(5));
  must(m.sign_out(6));
  must(m.change_keys(m.clerk(), m.committee()));  // a first key, but not in force at BatchOpen
  must(m.sign_out(m.clerk()));
  EXPECT_EQ(standing().needed, 8u);
  EXPECT_EQ(standing().needed_experts, 5u);
}

// ---- Keys ----------------------------------------------------------------------------------------------------------

// Server and one chair made themselves two thirds of the witnesses.
TEST_F(WitnessesTest, OnlyFirstKeysInForceAtBatchOpenCount) {
  must(m.change_keys(6, m.office()));
  must(m.change_keys(m.supervisor(2), m.committee()));
  open();
  must(m.change_keys(m.clerk(), m.committee()));
  cosign({6, 9});
  EXPECT_EQ(standing().have, 0u);
  EXPECT_EQ(standing().missing, (People{1, 2, 3, 4, 5, 7, 8, 9, 10, 11}));
  cosign({11});
  EXPECT_EQ(standing().have, 1u);
}

// A cosignature that was given before the key ended stays what it was.
TEST_F(WitnessesTest, WhatWasCosignedBeforeTheKeyChangedCounts) {
  open();
  cosign({1, 2, 3, 4, 5, 8, 9, 10});
  ASSERT_TRUE(standing().witnessed());
  must(m.change_keys(1, m.office()));
  cosign({1});
  EXPECT_TRUE(standing().witnessed());
  EXPECT_FALSE(seen.of(m.attempt(), m.record.size() - 1).witnessed());
}

// ---- Up to a size --------------------------------------------------------------------------------------------------

// What rested on an entry was there at size j; that people left afterwards makes nobody a witness in time.
TEST_F(WitnessesTest, SizesBeyondTheLastAreNotLookedAt) {
  open();
  std::uint64_t const last = m.record.size();
  for (PersonId const p : {5u, 6u, 7u}) must(m.sign_out(p));
  auto const all = [](PersonId p, SigningPublicKey const&, std::uint64_t) { return p <= 3 || (p >= 8 && p <= 10); };
  EXPECT_TRUE(piaojue::meeting::standing(m.attempt(), index(), all).witnessed());
  EXPECT_FALSE(piaojue::meeting::standing(m.attempt(), index(), all, last).witnessed());
  EXPECT_EQ(piaojue::meeting::standing(m.attempt(), index(), all, last).needed, 8u);
  EXPECT_FALSE(piaojue::meeting::standing(m.attempt(), index(), all, last + 2).witnessed());
  EXPECT_TRUE(piaojue::meeting::standing(m.attempt(), index(), all, last + 3).witnessed());
}

// ---- What is taken -------------------------------------------------------------------------------------------------

// The split view: two people would each see a consistent log, and not the same one.
TEST_F(WitnessesTest, ASignedRootThatIsNotOursIsInconsistent) {
  log::Checkpoint other = m.checkpoint();
  other.root.data[0] ^= 1;
  EXPECT_EQ(said(seen.add(m.record, log::cosign(other, 1, 1, m.keys_of(1).witness))), "LOG_INCONSISTENT");
  EXPECT_EQ(seen.who(0, {1}), People{});
}

TEST_F(WitnessesTest, ATreeThatWeDoNotHaveYetIsAskedForAgain) {
  log::Checkpoint ahead = m.checkpoint();
  ++ahead.size;
  EXPECT_EQ(said(seen.add(m.record, log::cosign(ahead, 1, 1, m.keys_of(1).witness))), "OUT_OF_RANGE");
  ahead.size = 0;
  EXPECT_EQ(said(seen.add(m.record, log::cosign(ahead, 1, 1, m.keys_of(1).witness))), "OUT_OF_RANGE");
}

// Whoever is not the person can neither witness in its name nor raise a false alarm.
TEST_F(WitnessesTest, OnlyThePersonsOwnWitnessKeyCounts) {
  EXPECT_EQ(said(seen.add(m.record, log::cosign(m.checkpoint(), 1, 1, m.keys_of(1).identity))), "BAD_SIGNATURE");
  EXPECT_EQ(said(seen.add(m.record, log::cosign(m.checkpoint(), 1, 1, m.keys_of(2).witness))), "BAD_SIGNATURE");
  log::Checkpoint other = m.checkpoint();
  other.root.data[0] ^= 1;
  EXPECT_EQ(said(seen.add(m.record, log::cosign(other, 1, 1, m.keys_of(2).witness))), "BAD_SIGNATURE");
  EXPECT_EQ(said(seen.add(m.record, log::cosign(m.checkpoint(), 99, 1, m.keys_of(2).witness))), "NOT_ON_ROLL");
  EXPECT_EQ(said(seen.add(m.record, log::cosign(m.checkpoint(), kServer, 1, m.keys_of(kServer).witness))),
            "NOT_ON_ROLL");
}

// What somebody acts on has to be seen by the others at once.
TEST(Milestones, AreWhatSomebodyActsOn) {
  std::set<EntryType> const milestones{EntryType::kMeetingOpen, EntryType::kBatchOpen, EntryType::kEnvelopeSpoil,
                                       EntryType::kBallotBox,   EntryType::kOverride,  EntryType::kDeclaration,
                                       EntryType::kPaperTally,  EntryType::kKeyChange, EntryType::kTrusteeChange,
                                       EntryType::kMeetingClose};
  auto const each = []<std::size_t... I>(std::index_sequence<I...>) {
    return std::vector<Body>{Body(std::in_place_index<I>)...};
  }
  (std::make_index_sequence<std::variant_size_v<Body>>{});
  for (Body const& body : each) {
    EXPECT_EQ(is_milestone(body), milestones.contains(type_of(body)) || type_of(body) == EntryType::kTallyShare)
        << name(type_of(body));
  }
  TallyShare second;
  second.trustee = 1;
  EXPECT_FALSE(is_milestone(second));
}

}  // namespace
}  // namespace piaojue::test
