// SPDX-License-Identifier: Apache-2.0
#include "protocol/trustee/duty.h"

#include <gtest/gtest.h>

#include "protocol/trustee/trustee_store.h"

namespace piaojue::trustee {
namespace {

// Hosts let other work pass what can wait: a token behind it would be waited for by an expert, for minutes.
TEST(Duty, NothingButKeysCanWait) {
  for (auto const kind :
       {DutyKind::kTokens, DutyKind::kClose, DutyKind::kMix, DutyKind::kCheckBox, DutyKind::kShare, DutyKind::kErase}) {
    EXPECT_FALSE(Duty({.kind = kind}).can_wait()) << to_text(Duty{.kind = kind});
  }
  EXPECT_TRUE(Duty({.kind = DutyKind::kKeys}).can_wait());
}

// Two duties that were one in a log would send whoever reads it after a fault to the wrong attempt.
TEST(Duty, ItsTextTellsKindAttemptAndPerson) {
  EXPECT_EQ(to_text(Duty{DutyKind::kKeys, 1, 2}), "keys/1/2");
  EXPECT_EQ(to_text(Duty{DutyKind::kTokens, 3, 1, 7, 2}), "tokens/3/1/7/2");
  EXPECT_EQ(to_text(Duty{DutyKind::kCheckBox, 1, 1}), "check-box/1/1");
}

// Two things under one name: the second overwrites the keys of an attempt.
TEST(StoreNames, AreDistinctAndOnlyThePledgesOutliveTheAttempt) {
  EXPECT_EQ(to_text(StoreName{StoreKind::kKeys, 1, 2, 3}), "keys/1/2/3");
  EXPECT_EQ(to_text(StoreName{StoreKind::kMix, 1, 2, 3}), "mix/1/2/3");
  EXPECT_EQ(to_text(StoreName{StoreKind::kPledges}), "pledges");
  EXPECT_TRUE(StoreName{StoreKind::kKeys}.of_attempt());
  EXPECT_TRUE(StoreName{StoreKind::kMix}.of_attempt());
  EXPECT_FALSE(StoreName{StoreKind::kPledges}.of_attempt());
}

}  // namespace
}  // namespace piaojue::trustee
