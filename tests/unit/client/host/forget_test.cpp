// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "client/preferences.h"
#include "client/setup.h"

namespace piaojue::client {
namespace {

Bytes bytes(std::string_view text) { return to_bytes(as_bytes(text)); }

void fill(MemoryWallet& wallet) {
  for (auto const* name : {"profile", "keys", "ticks", "preferences"})
    ASSERT_TRUE(wallet.save(name, bytes("large on")));
}

// Harm: keys of somebody else's enrolment stay on a laptop that another person goes on with.
TEST(Forget, LeavesNothingOfAnEnrolmentButWhatTheLaptopPrefers) {
  MemoryWallet wallet;
  fill(wallet);
  ASSERT_TRUE(forget(wallet));
  EXPECT_EQ(wallet.names("").value(), std::vector<std::string>{"preferences"});
  EXPECT_TRUE(load_preferences(wallet).large);
  EXPECT_TRUE(forget(wallet)) << "nothing to forget is no failure";
}

// Harm: in the middle of a meeting somebody at a locked laptop takes an expert's keys and half-filled ballots away.
TEST(Forget, IsRefusedOnceTheLogHasBegun) {
  MemoryWallet wallet;
  fill(wallet);
  ASSERT_TRUE(wallet.append({{JournalRecord::Kind::kEntry, bytes("MeetingOpen")}}));
  EXPECT_EQ(forget(wallet).error().code, Refusal::kConflict);
  EXPECT_EQ(wallet.names("").value().size(), 4U);
}

// Harm: what proves a server wrong is gone with one click.
TEST(Forget, IsRefusedWhereThereIsEvidence) {
  MemoryWallet wallet;
  fill(wallet);
  ASSERT_TRUE(wallet.save("evidence/split", bytes("two heads")));
  EXPECT_EQ(forget(wallet).error().code, Refusal::kConflict);
  EXPECT_TRUE(wallet.load("evidence/split").value().has_value());
}

}  // namespace
}  // namespace piaojue::client
