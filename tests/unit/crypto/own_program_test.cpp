// SPDX-License-Identifier: Apache-2.0
#include "crypto/own_program.h"

#include <gmock/gmock.h>
#include <link.h>
#include <openssl/evp.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/own_file.h"
#include "base/spawn.h"
#include "crypto/init.h"

namespace piaojue::crypto {
namespace {

namespace fs = std::filesystem;

std::string content(fs::path const& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// The loader that this program names as its own.
std::string loader() {
  std::string path;
  auto const look = [](dl_phdr_info* object, std::size_t /*size*/, void* out) {
    for (std::size_t i = 0; i < object->dlpi_phnum; ++i)
      if (auto const& segment = object->dlpi_phdr[i]; segment.p_type == PT_INTERP)
        *static_cast<std::string*>(out) = reinterpret_cast<char const*>(object->dlpi_addr + segment.p_vaddr);
    return 1;
  };
  ::dl_iterate_phdr(look, &path);
  return path;
}

/// Set where a test has started this program once more: the file that it was started from.
constexpr char const* kGiven = "PIAOJUE_TEST_OWN_FILE";
char const* given() { return std::getenv(kGiven); }  // NOLINT(concurrency-mt-unsafe)

/// Runs one test of this program once more, in a copy of it that a loader is told to start. @return how it ended.
int once_more(std::string const& test) {
  auto const copy = fs::temp_directory_path() / ("own file 程序 " + std::to_string(::getpid()));
  fs::copy_file("/proc/self/exe", copy, fs::copy_options::overwrite_existing);
  ::setenv(kGiven, copy.c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
  auto const child = spawn({.argv = {loader(), copy, "--gtest_filter=OwnProgram." + test}, .out = 1, .err = 2});
  ::unsetenv(kGiven);  // NOLINT(concurrency-mt-unsafe)
  int status = -1;
  if (child) ::waitpid(*child, &status, 0);
  fs::remove(copy);
  return status;
}

// Harm: the number on the screen is that of another file, and an exchanged program passes for the one that was given;
// or all programs of the portable archive show the number of its loader.
TEST(OwnProgram, TheHashIsThatOfItsFile) {
  if (given() == nullptr) {
    EXPECT_EQ(once_more("TheHashIsThatOfItsFile"), 0);
  } else {
    ASSERT_NE(fs::read_symlink("/proc/self/exe"), given());
    EXPECT_EQ(own_file(), given());
  }
  auto const all = content(given() == nullptr ? "/proc/self/exe" : given());
  ASSERT_GT(all.size(), 100'000U);
  EXPECT_EQ(own_file_hash(), sha256({as_bytes(all)}));
}

// Harm: after an upgrade the program that still runs shows the number of the one that took its place.
TEST(OwnProgram, WhatTookItsPlaceIsNotIt) {
  if (given() == nullptr) {
    EXPECT_EQ(once_more("WhatTookItsPlaceIsNotIt"), 0);
    return;
  }
  fs::copy_file("/bin/true", std::string(given()) + ".new");
  fs::rename(std::string(given()) + ".new", given());
  EXPECT_EQ(own_file_hash(), std::nullopt);
}

// Harm: what a machine's openssl.cnf says to other programs takes an algorithm away, or brings code in.
TEST(OwnProgram, ReadsNoSettingsOfOpenssl) {
  if (given() != nullptr) {
    init();
    EXPECT_EQ(sha256({}).data[0], 0xe3);
    EXPECT_EQ(EVP_default_properties_is_fips_enabled(nullptr), 0);
    return;
  }
  auto const settings = fs::temp_directory_path() / ("openssl-" + std::to_string(::getpid()));
  std::ofstream(settings) << "openssl_conf = all\n[all]\nalg_section = evp\n[evp]\ndefault_properties = fips=yes\n";
  ::setenv("OPENSSL_CONF", settings.c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
  EXPECT_EQ(once_more("ReadsNoSettingsOfOpenssl"), 0);
  ::unsetenv("OPENSSL_CONF");  // NOLINT(concurrency-mt-unsafe)
  fs::remove(settings);
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
