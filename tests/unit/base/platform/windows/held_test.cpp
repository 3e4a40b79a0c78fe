// SPDX-License-Identifier: Apache-2.0
/// Files that another program holds for a moment, as antivirus programs do with what was just written.
#include <gtest/gtest.h>
#include <windows.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "base/platform/answer.h"
#include "base/platform/files.h"
#include "base/platform/process.h"
#include "unit/base/platform/owner.h"

namespace piaojue::platform {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kMoment{500}, kPatienceMax{8'000};

class Held : public testing::Test {
 protected:
  void SetUp() override {
    path_ = fs::temp_directory_path() / ("piaojue 占用 " + std::to_string(process_number()));
    test::remove(path_);
    auto folder = Folder::open(path_, Folder::Make::kIfMissing);
    ASSERT_TRUE(folder) << reason(folder.error());
    folder_ = std::move(*folder);
    for (char const* name : {"old", "new"}) ASSERT_TRUE(folder_.open_file(name, Open::kReplace));
  }
  void TearDown() override {
    folder_ = Folder();
    test::remove(path_);
  }
  /// Nobody else may open it meanwhile.
  HANDLE hold(char const* name) const {
    HANDLE const file = ::CreateFileW((path_ / name).c_str(), GENERIC_READ, 0, nullptr, OPEN_EXISTING, 0, nullptr);
    EXPECT_NE(file, INVALID_HANDLE_VALUE);
    return file;
  }
  std::thread for_a_moment(char const* name) const {
    return std::thread([file = hold(name)] {
      std::this_thread::sleep_for(kMoment);
      ::CloseHandle(file);
    });
  }

  fs::path path_;
  Folder folder_;
};

// Harm: a ballot is refused, or a meeting's file not written, because a scanner looked at the file at that moment.
TEST_F(Held, ForAMomentIsWaitedFor) {
  auto holder = for_a_moment("old");
  EXPECT_TRUE(folder_.open_file("old", Open::kUpdate));
  holder.join();
  holder = for_a_moment("old");
  EXPECT_TRUE(folder_.move("new", "old"));
  holder.join();
  holder = for_a_moment("old");
  EXPECT_TRUE(folder_.remove("old"));
  holder.join();
}

// Harm: a program that waits for ever says nothing, and people kill it.
TEST_F(Held, ForLongIsAnErrorThatSaysWhy) {
  HANDLE const file = hold("old");
  auto const began = Clock::now();
  auto const opened = folder_.open_file("old", Open::kUpdate);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().value(), ERROR_SHARING_VIOLATION);
  EXPECT_FALSE(reason(opened.error()).empty());
  EXPECT_FALSE(folder_.move("new", "old"));
  EXPECT_LT(Clock::now() - began, kPatienceMax);
  ::CloseHandle(file);
}

}  // namespace
}  // namespace piaojue::platform
