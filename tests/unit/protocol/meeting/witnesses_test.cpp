// SPDX-License-Identifier: Apache-2.0
#include "refused.h"

namespace piaojue::test {
namespace {

class WitnessesTest : public ::testing::Test {
 protected:
  WitnessesTest() {
    m.witnessed = false;
    m.begin();
  }
  log::Cosignature by(PersonId p) { return log::cosign(m.checkpoint(), p, 1'800'000'000, m.keys_of(p).witness); }
  Meeting m;
  Witnesses seen;
};

TEST_F(WitnessesTest, EnoughAreMoreThanTwoThirdsOfThoseWhoAreSignedIn) {
  auto const all = m.record.witnesses();
  ASSERT_EQ(all.size(), 9u);
  std::uint64_t const last = m.record.size() - 1;
  for (std::uint32_t n = 1; n <= 9; ++n) {
    EXPECT_FALSE(seen.enough(last, all) && n <= 6);
    EXPECT_ACCEPTED(seen.add(m.record, by(n)));
    EXPECT_EQ(seen.count(last, all), n);
    EXPECT_EQ(seen.enough(last, all), n >= 7) << n;
  }
  // They have not seen what comes next.
  EXPECT_EQ(seen.count(last + 1, all), 0u);
  EXPECT_FALSE(seen.enough(last + 1, all));
  EXPECT_EQ(seen.count(last, {1, 2}), 2u);
}

TEST_F(WitnessesTest, OnePersonCountsOnceAndWithTheNewestTree) {
  auto const early = by(1);
  must(m.sign_out(5));
  must(seen.add(m.record, by(1)));
  must(seen.add(m.record, early));
  EXPECT_EQ(seen.count(m.record.size() - 1, {1}), 1u);
  EXPECT_EQ(seen.count(0, {1}), 1u);
}

// The split view: two people would each see a consistent log, and not the same one.
TEST_F(WitnessesTest, ASignedRootThatIsNotOursIsInconsistent) {
  log::Checkpoint other = m.checkpoint();
  other.root.data[0] ^= 1;
  EXPECT_EQ(said(seen.add(m.record, log::cosign(other, 1, 1, m.keys_of(1).witness))), "LOG_INCONSISTENT");
  EXPECT_EQ(seen.count(0, {1}), 0u);
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

// Who signs out or in afterwards does not change who had to see BatchOpen and BallotBox.
TEST_F(WitnessesTest, AttemptsKeepWhoWasThere) {
  m.run_batch(1, m.votes(1, 5, 0), Stage::kOpen);
  EXPECT_EQ(m.attempt().open_witnesses, m.record.witnesses());
  must(m.sign_out(m.supervisor(2)));
  m.continue_batch(m.votes(1, 5, 0), Stage::kOpen, Stage::kBox);
  EXPECT_EQ(m.attempt().open_witnesses.size(), 9u);
  EXPECT_EQ(m.attempt().box_witnesses.size(), 8u);
}

}  // namespace
}  // namespace piaojue::test
