// SPDX-License-Identifier: Apache-2.0
#include "protocol/trustee/duty.h"

#include <gtest/gtest.h>

namespace piaojue::trustee {
namespace {

// Hosts let other work pass what can wait: a token behind it would be waited for by an expert, for minutes.
TEST(Duty, NothingButKeysCanWait) {
  for (auto const kind :
       {DutyKind::kTokens, DutyKind::kClose, DutyKind::kMix, DutyKind::kCheckBox, DutyKind::kShare, DutyKind::kErase}) {
    EXPECT_FALSE(Duty({.kind = kind}).can_wait()) << to_text({.kind = kind});
  }
  EXPECT_TRUE(Duty({.kind = DutyKind::kKeys}).can_wait());
}

// Two duties that were one in a log would send whoever reads it after a fault to the wrong attempt.
TEST(Duty, ItsTextTellsKindAttemptAndPerson) {
  EXPECT_EQ(to_text({DutyKind::kKeys, 1, 2, 0}), "keys/1/2");
  EXPECT_EQ(to_text({DutyKind::kTokens, 3, 1, 7}), "tokens/3/1/7");
  EXPECT_EQ(to_text({DutyKind::kCheckBox, 1, 1, 0}), "check-box/1/1");
}

}  // namespace
}  // namespace piaojue::trustee
