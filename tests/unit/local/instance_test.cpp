// SPDX-License-Identifier: Apache-2.0
/// One program a folder, and whom it gives its page's address. Whole programs: tests/functional/desktop_test.py.
#include "local/instance.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

#include "base/platform/process.h"
#include "local/peer.h"
#include "unit/local/asking.h"

namespace piaojue::local {
namespace {

namespace fs = std::filesystem;
constexpr char const* kUrl = "http://127.0.0.1:40123/open/abc";

class InstanceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    // A name longer than an address of a socket may be.
    folder_ = fs::temp_directory_path() / ("piaojue-instance-" + std::to_string(platform::process_number())) /
              std::string(100, 'x');
    fs::remove_all(folder_.parent_path());
  }
  void TearDown() override { fs::remove_all(folder_.parent_path()); }

  std::unique_ptr<Instance> take() {
    auto taken = Instance::take(folder_.string());
    EXPECT_TRUE(taken) << taken.error().in(Lang::kEn);
    return taken ? std::move(*taken) : nullptr;
  }
  std::string say(std::string const& bytes) const { return test::say(folder_, bytes); }

  fs::path folder_;
  net::Loop loop_;
};

// Harm: a second program beside the first, and two of them sign with one key.
TEST_F(InstanceTest, AFolderHasOneProgram) {
  auto const first = take();
  auto const second = Instance::take(folder_.string());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Refusal::kConflict);
}

// Harm: the person closes the tab, clicks the icon, and is told that the program is in use.
TEST_F(InstanceTest, TheSecondStartGetsTheAddressOfTheFirst) {
  auto const first = take();
  int asked = 0;
  first->serve(loop_, [&asked] {
    ++asked;
    return std::string(kUrl);
  });
  loop_.start();
  auto const got =
      own_or_page<std::unique_ptr<Instance>>(folder_.string(), [this] { return Instance::take(folder_.string()); });
  ASSERT_TRUE(got) << got.error().in(Lang::kEn);
  EXPECT_EQ(std::get<std::string>(*got), kUrl);
  EXPECT_EQ(asked, 1);
  loop_.stop();
}

// Harm: the first is still replaying its log when the icon is clicked again, and its person is sent away.
TEST_F(InstanceTest, WhoAsksEarlyWaitsForTheAnswer) {
  auto const first = take();
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    first->serve(loop_, [] { return std::string(kUrl); });
    loop_.start();
  });
  EXPECT_EQ(ask_for_page(folder_.string()).value(), kUrl);
  later.join();
  loop_.stop();
}

// Harm: a laptop whose program was killed never starts it again.
TEST_F(InstanceTest, TheSocketOfAKilledProgramIsReplaced) {
  take().reset();
  test::leave_behind(folder_);
  EXPECT_EQ(ask_for_page(folder_.string()).error().code, Refusal::kUnknown);
  auto const first = take();
  first->serve(loop_, [] { return std::string(kUrl); });
  loop_.start();
  EXPECT_EQ(ask_for_page(folder_.string()).value(), kUrl);
  loop_.stop();
}

// Harm: another user of the machine reads the address, or a program that is ending hands out one that opens nothing.
TEST_F(InstanceTest, OnlyItsUserMayConnectAndOnlyWhileItRuns) {
  auto const first = take();
  EXPECT_TRUE(test::only_its_user_may(folder_));
  first->serve(loop_, [] { return std::string(kUrl); });
  first->stop();
  loop_.start();
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(ask_for_page(folder_.string()).error().code, Refusal::kUnknown);
  EXPECT_TRUE(test::is_gone(folder_));
  loop_.stop();
}

// Harm: a parser that takes more than it needs.
TEST_F(InstanceTest, NothingButTheOneLineIsAnswered) {
  auto const first = take();
  first->serve(loop_, [] { return std::string(kUrl); });
  loop_.start();
  for (std::string const line : {"quit\n", "page \n", "PAGE\n", "pagepage\n", "\n", "page\r\n"}) {
    EXPECT_EQ(say(line), "") << line;
  }
  EXPECT_EQ(say(std::string(5000, 'x')), "");
  EXPECT_EQ(say("page\n"), std::string(kUrl) + "\n");
  loop_.stop();
}

// Harm: whatever stands in a folder that somebody else prepared is handed to the browser.
TEST_F(InstanceTest, OnlyAnAddressOfThisMachineIsTaken) {
  auto const first = take();
  std::vector<std::string> const lines{
      "",          "https://evil.example/",      "file:///etc/passwd",
      "--version", "http://127.0.0.1:1/\x1b[2J", "http://127.0.0.1:1/" + std::string(300, 'a')};
  std::size_t next = 0;
  first->serve(loop_, [&] { return lines[next++]; });
  loop_.start();
  for (auto const& line : lines) EXPECT_FALSE(ask_for_page(folder_.string())) << line;
  EXPECT_EQ(next, lines.size());
  loop_.stop();
}

TEST(Peer, OfOnesOwnSocketsIsOneself) {
  EXPECT_EQ(test::of_itself(), Peer::kOwn);
  EXPECT_EQ(peer_of(1, 1), Peer::kOther) << "no such connection";
}

}  // namespace
}  // namespace piaojue::local
