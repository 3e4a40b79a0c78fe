// SPDX-License-Identifier: Apache-2.0
#include "local/folders.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace piaojue::local {
namespace {

// Harm: the icon opens another folder than the command did, and the person is told to enrol anew.
TEST(OwnFolder, LiesWhereDesktopsKeepData) {
  ::setenv("HOME", "/home/zhang", 1);
  ::unsetenv("XDG_DATA_HOME");
  EXPECT_EQ(own_folder("piaojue"), "/home/zhang/.local/share/piaojue");
  ::setenv("XDG_DATA_HOME", "/data", 1);
  EXPECT_EQ(own_folder("piaojue"), "/data/piaojue");
  ::setenv("XDG_DATA_HOME", "relative", 1);
  EXPECT_EQ(own_folder("piaojue"), "/home/zhang/.local/share/piaojue") << "as the specification of desktops has it";
  ::unsetenv("HOME");
  EXPECT_EQ(own_folder("piaojue"), "") << "rather than somewhere in the root";
}

}  // namespace
}  // namespace piaojue::local
