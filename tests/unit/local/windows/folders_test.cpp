// SPDX-License-Identifier: Apache-2.0
#include "local/folders.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace piaojue::local {
namespace {

namespace fs = std::filesystem;

// Harm: keys lie in a profile that is copied to every machine at which this person signs on.
TEST(OwnFolder, LiesWhereProgramsKeepWhatIsOfThisMachine) {
  fs::path const folder = own_folder("piaojue");
  EXPECT_TRUE(folder.is_absolute()) << folder;
  EXPECT_EQ(folder.filename(), "piaojue");
  EXPECT_EQ(folder.parent_path().filename(), "Local") << folder;
  EXPECT_TRUE(fs::path(visible_folder()).is_absolute());
}

}  // namespace
}  // namespace piaojue::local
