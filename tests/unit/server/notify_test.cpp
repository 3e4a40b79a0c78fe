// SPDX-License-Identifier: Apache-2.0
// What systemd would hear: the other end of the socket is the test's.
#include "server/notify.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>

namespace piaojue::server {
namespace {

using namespace std::chrono_literals;

class Systemd {
 public:
  explicit Systemd(std::string const& name) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path, sizeof address.sun_path - 1);
    if (name.front() == '@') address.sun_path[0] = '\0';
    auto const size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    if (::bind(fd_, reinterpret_cast<sockaddr*>(&address), size) != 0) throw std::runtime_error("bind");
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
  }
  ~Systemd() { ::close(fd_); }
  Systemd(Systemd const&) = delete;
  Systemd& operator=(Systemd const&) = delete;
  /// @return empty: nothing in a second.
  std::string heard() const {
    pollfd wait{fd_, POLLIN, 0};
    if (::poll(&wait, 1, 1'000) != 1) return {};
    std::array<char, 512> out;
    auto const size = ::recv(fd_, out.data(), out.size(), 0);
    return {out.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
  }

 private:
  int const fd_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
};

class NotifyTest : public testing::Test {
 protected:
  void SetUp() override {
    for (auto const* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
    std::string pattern = "/tmp/notify-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder); }
  std::filesystem::path folder;
};

TEST_F(NotifyTest, EachWordIsOneDatagram) {
  for (auto const& name : {(folder / "notify").string(), "@piaojue-test-" + std::to_string(::getpid())}) {
    Systemd const systemd(name);
    auto const notifier = Notifier::from_environment();
    notifier.ready();
    EXPECT_EQ(systemd.heard(), "READY=1");
    notifier.alive();
    EXPECT_EQ(systemd.heard(), "WATCHDOG=1");
    notifier.status("12 meetings\nREADY=1");
    EXPECT_EQ(systemd.heard(), "STATUS=12 meetings READY=1") << "one line, and no second word";
    notifier.stopping();
    EXPECT_EQ(systemd.heard(), "STOPPING=1");
  }
}

// Harm: a program that this one starts says that the service is ready, or keeps a dead one alive.
TEST_F(NotifyTest, WhatIsStartedLaterIsNotThisService) {
  Systemd const systemd((folder / "notify").string());
  ::setenv("WATCHDOG_USEC", "10000000", 1);
  ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
  auto const notifier = Notifier::from_environment();
  EXPECT_EQ(notifier.watchdog(), 5'000ms);
  for (auto const* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) EXPECT_EQ(::getenv(name), nullptr);
}

TEST_F(NotifyTest, WatchdogOfAnotherProcessOrOfNoTimeIsNone) {
  for (auto const& [every, pid] : {std::pair<std::string, std::string>{"10000000", "1"},
                                   {"0", std::to_string(::getpid())},
                                   {"-5", ""},
                                   {"ten", ""},
                                   {"10s", ""},
                                   {"99999999999999999999999", ""}}) {
    Systemd const systemd((folder / ("notify-" + every)).string());
    ::setenv("WATCHDOG_USEC", every.c_str(), 1);
    ::setenv("WATCHDOG_PID", pid.c_str(), 1);
    EXPECT_FALSE(Notifier::from_environment().watchdog()) << every;
  }
}

TEST_F(NotifyTest, WithoutSystemdNothingIsSaidAndNothingFails) {
  for (auto const& name : {std::string(), std::string("relative"), std::string("/"), "/" + std::string(200, 'x'),
                           (folder / "nobody").string()}) {
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
    auto const notifier = Notifier::from_environment();
    notifier.ready();
    notifier.alive();
  }
  EXPECT_FALSE(Notifier().watchdog());
  Notifier().ready();
}

// Harm: a systemd that hangs stops a meeting.
TEST_F(NotifyTest, ReaderThatDoesNotReadHoldsNobodyForLong) {
  Systemd const systemd((folder / "notify").string());
  auto const notifier = Notifier::from_environment();
  auto const from = std::chrono::steady_clock::now();
  auto slowest = 0ms;
  for (int i = 0; i < 2'000 && slowest < 500ms; ++i) {
    auto const before = std::chrono::steady_clock::now();
    notifier.alive();
    slowest = std::max(
        slowest, std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - before));
  }
  EXPECT_GE(slowest, 500ms) << "the queue did not fill";
  EXPECT_LT(std::chrono::steady_clock::now() - from, 5s);
}

}  // namespace
}  // namespace piaojue::server
