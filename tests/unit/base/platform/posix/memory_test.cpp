// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "base/platform/process.h"

namespace piaojue::platform {
namespace {

// Harm: a program that crashes while its person votes leaves the vote on the disk.
TEST(Memory, AProgramThatCrashesLeavesNoCoreFile) {
  ASSERT_TRUE(protect_memory());
  rlimit now{};
  ASSERT_EQ(::getrlimit(RLIMIT_CORE, &now), 0);
  EXPECT_EQ(now.rlim_cur, 1U);
  EXPECT_EQ(now.rlim_max, 1U);
}

}  // namespace
}  // namespace piaojue::platform
