// SPDX-License-Identifier: Apache-2.0
#include "client/preferences.h"

#include <gtest/gtest.h>

namespace piaojue::client {
namespace {

void put(Wallet& wallet, std::string_view text) {
  ASSERT_TRUE(wallet.save(std::string(kPreferencesBlob), as_bytes(text)));
}

TEST(Preferences, AreKeptAsTheyWereSaid) {
  MemoryWallet wallet;
  EXPECT_EQ(load_preferences(wallet), Preferences{}) << "nothing was said yet";
  auto const said = changed(load_preferences(wallet), "large on").value();
  EXPECT_TRUE(said.large && said.sound);
  ASSERT_TRUE(save_preferences(wallet, said));
  EXPECT_EQ(load_preferences(wallet), said);
  ASSERT_TRUE(save_preferences(wallet, changed(said, " sound  off\r").value()));
  EXPECT_FALSE(load_preferences(wallet).sound);
  EXPECT_TRUE(load_preferences(wallet).large);
}

TEST(Preferences, WhatIsNoneIsRefused) {
  for (auto const* words : {"", "large", "large maybe", "colour on", "large on off", "LARGE on", "large\non"}) {
    EXPECT_EQ(changed({}, words).error(), Refusal::kMalformed) << words;
  }
}

// Harm: a folder of a later version, or one that somebody has written into, keeps the page from opening.
TEST(Preferences, WhatIsUnknownOrTooLongCountsAsNotChosen) {
  MemoryWallet wallet;
  put(wallet, "colour green\nlarge on\n\nlarge\n\xff\xfe\nsound off");
  EXPECT_EQ(load_preferences(wallet), (Preferences{true, false}));
  put(wallet, "large on\n" + std::string(5'000, 'x'));
  EXPECT_EQ(load_preferences(wallet), Preferences{});
}

}  // namespace
}  // namespace piaojue::client
