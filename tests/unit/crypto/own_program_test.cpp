// SPDX-License-Identifier: Apache-2.0
#include "crypto/own_program.h"

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>

namespace piaojue::crypto {
namespace {

// Harm: the number on the screen is that of another file, and an exchanged program passes for the one that was given.
TEST(OwnProgram, TheHashIsThatOfItsFile) {
  std::ifstream file("/proc/self/exe", std::ios::binary);
  std::string const all{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  ASSERT_GT(all.size(), 100'000U);
  EXPECT_EQ(own_file_hash(), sha256({as_bytes(all)}));
}

// Harm: two builds from different sources show the same build, or a library's.
TEST(OwnProgram, TheBuildIsInItsFileOnce) {
  auto const id = own_build_id();
  ASSERT_EQ(id.size(), 20U);
  std::ifstream file("/proc/self/exe", std::ios::binary);
  std::string const all{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  // As the linker writes it: sizes of name and content, the kind, the name.
  std::string const note = std::string("\4\0\0\0\x14\0\0\0\3\0\0\0GNU\0", 16) + std::string(as_text(id));
  EXPECT_NE(all.find(note), std::string::npos);
}

TEST(OwnProgram, LinesSayWhatIsAskedFor) {
  auto const brief = about_program("piaojue 1.2.3", WithHash::kNo);
  EXPECT_THAT(brief, testing::MatchesRegex("piaojue 1.2.3\nbuild [0-9a-f]+"));
  EXPECT_EQ(about_program("piaojue 1.2.3", WithHash::kYes), brief + "\nsha256 " + to_hex(own_file_hash()->view()));
}

}  // namespace
}  // namespace piaojue::crypto
