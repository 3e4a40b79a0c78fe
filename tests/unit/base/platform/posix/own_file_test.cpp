// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <link.h>

#include <filesystem>

#include "base/platform/child.h"
#include "base/platform/process.h"

namespace piaojue::platform {
namespace {

namespace fs = std::filesystem;

/// The loader that this program names as its own.
std::string loader() {
  std::string path;
  auto const look = [](dl_phdr_info* object, std::size_t /*size*/, void* out) {
    for (std::size_t i = 0; i < object->dlpi_phnum; ++i)
      if (auto const& segment = object->dlpi_phdr[i]; segment.p_type == PT_INTERP)
        *static_cast<std::string*>(out) =
            reinterpret_cast<char const*>(object->dlpi_addr + segment.p_vaddr);  // NOLINT(performance-no-int-to-ptr)
    return 1;
  };
  ::dl_iterate_phdr(look, &path);
  return path;
}

/// Set where a test has started this program once more: the file that it was started from.
constexpr char const* kGiven = "PIAOJUE_TEST_OWN_FILE";

/// Runs one test of this program once more, in a copy of it that a loader is told to start.
void once_more(std::string const& test) {
  auto const copy = fs::temp_directory_path() / ("own file 程序 " + std::to_string(process_number()));
  fs::copy_file("/proc/self/exe", copy, fs::copy_options::overwrite_existing);
  set_variable(kGiven, copy.string());
  auto const ran = run_to_end({loader(), {copy.string(), "--gtest_filter=OwnFile." + test}});
  set_variable(kGiven, std::nullopt);
  fs::remove(copy);
  ASSERT_TRUE(ran);
  EXPECT_EQ(ran->code, 0) << ran->out << ran->err;
}

// Harm: all programs of the portable archive show the hash of its loader, and an exchanged one passes; or the office's
// desk looks for its server beside the loader.
TEST(OwnFile, ALoaderThatWasStartedIsNotIt) {
  auto const given = variable(kGiven);
  if (!given) {
    EXPECT_EQ(own_program(), "/proc/self/exe");
    EXPECT_EQ(program_folder(), fs::read_symlink("/proc/self/exe").parent_path());
    once_more("ALoaderThatWasStartedIsNotIt");
    return;
  }
  ASSERT_NE(fs::read_symlink("/proc/self/exe"), *given);
  EXPECT_EQ(own_program(), *given);
  EXPECT_EQ(program_folder(), fs::path(*given).parent_path());
}

// Harm: after an upgrade the program that still runs shows the hash of the one that took its place.
TEST(OwnFile, WhatTookItsPlaceIsNotIt) {
  auto const given = variable(kGiven);
  if (!given) {
    once_more("WhatTookItsPlaceIsNotIt");
    return;
  }
  fs::copy_file("/bin/true", *given + ".new");
  fs::rename(*given + ".new", *given);
  EXPECT_FALSE(fs::exists(own_program())) << own_program();
}

}  // namespace
}  // namespace piaojue::platform
