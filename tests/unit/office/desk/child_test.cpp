// SPDX-License-Identifier: Apache-2.0
#include "office/desk/child.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <sstream>

namespace piaojue::desk {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Command shell(std::string script) { return {"/bin/sh", {"-c", std::move(script)}}; }

class Child : public testing::Test {
 protected:
  Child() { fs::create_directories(folder); }
  ~Child() override { fs::remove_all(folder); }
  std::string read(fs::path const& path) const {
    std::ifstream in(path);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
  }
  fs::path const folder = fs::temp_directory_path() / ("piaojue-child-" + std::to_string(::getpid()));
};

TEST_F(Child, SaysWhatItSaidAndHowItEnded) {
  auto const ran = run_to_end(shell("echo out; echo why >&2; exit 3"));
  ASSERT_TRUE(ran) << ran.error().in(Lang::kEn);
  EXPECT_EQ(ran->code, 3);
  EXPECT_EQ(ran->out, "out\n");
  EXPECT_EQ(ran->err, "why\n");
  auto const killed = run_to_end(shell("kill -9 $$"));
  ASSERT_TRUE(killed);
  EXPECT_EQ(killed->code, -1);
}

// Harm: a name in a title, "$(rm -rf ~)", is run by a shell that nobody asked for.
TEST_F(Child, ArgumentsAreGivenAsTheyStand) {
  std::string const odd = "$(echo no) `x` ; 'a\" \\n　高㛃";
  auto const ran = run_to_end({"/bin/echo", {odd}});
  ASSERT_TRUE(ran);
  EXPECT_EQ(ran->out, odd + "\n");
}

// Harm: one program that hangs, or that floods its output, stops the whole desk.
TEST_F(Child, AnEndIsPutToWhatNeverEnds) {
  auto const began = std::chrono::steady_clock::now();
  auto const late = run_to_end(shell("sleep 60"), {.deadline = milliseconds(300), .bytes_max = 1000});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().what.key(), "desk.child.late");
  auto const loud =
      run_to_end(shell("while :; do echo 0123456789; done"), {.deadline = seconds(30), .bytes_max = 5000});
  ASSERT_FALSE(loud);
  EXPECT_EQ(loud.error().what.key(), "desk.child.too_much");
  EXPECT_LT(std::chrono::steady_clock::now() - began, seconds(20));
}

TEST_F(Child, WhatIsNotThereIsRefused) {
  auto const none = run_to_end({folder / "nothing", {}});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().what.key(), "desk.child.not_there");
  std::ofstream(folder / "text") << "no program";
  auto const no_program = run_to_end({folder / "text", {}});
  ASSERT_FALSE(no_program);
  EXPECT_EQ(no_program.error().what.key(), "desk.child.not_started");
}

// Harm: the office's passphrase, or an open ledger, is in the hands of every program that the desk starts.
TEST_F(Child, GetsNoPassphraseAndNoDescriptorOfOurs) {
  ASSERT_EQ(::setenv("PIAOJUE_PASSPHRASE", "口令口令一二三四", 1), 0);  // NOLINT(concurrency-mt-unsafe)
  int const own = ::open("/dev/null", O_RDONLY);                  // without O_CLOEXEC, as a library might
  auto const ran = run_to_end(shell("echo \"[$PIAOJUE_PASSPHRASE]\"; ls /proc/self/fd"));
  ::close(own);
  ASSERT_EQ(::unsetenv("PIAOJUE_PASSPHRASE"), 0);  // NOLINT(concurrency-mt-unsafe)
  ASSERT_TRUE(ran);
  EXPECT_EQ(ran->out, "[]\n0\n1\n2\n3\n") << "3 is what ls itself has opened";
}

// Harm: closing the desk's page ends the meeting in front of everybody.
TEST_F(Child, ThatStandsApartHasASessionOfItsOwnAndALog) {
  auto const log = folder / "log";
  std::ofstream(log) << "before\n";
  auto const child = start_apart(shell("echo here; ps -o sid= -p $$ 2>/dev/null || cut -d' ' -f6 /proc/$$/stat"), log);
  ASSERT_TRUE(child) << child.error().in(Lang::kEn);
  ASSERT_TRUE(child->wait(seconds(10)));
  EXPECT_TRUE(child->ended());
  std::istringstream lines(read(log));
  std::string first;
  std::string second;
  pid_t session = 0;
  ASSERT_TRUE(lines >> first >> second >> session);
  EXPECT_EQ(first, "before");
  EXPECT_EQ(second, "here");
  EXPECT_EQ(session, child->number());
}

// Harm: a process of the same number, which came after, is ended in the place of the server.
TEST_F(Child, ItsLockNamesItAndItAloneIsEnded) {
  auto const file = folder / "lock";
  EXPECT_EQ(lock_holder(file), std::nullopt);
  std::ofstream{file};
  EXPECT_EQ(lock_holder(file), std::nullopt);
  auto const child = start_apart({"/usr/bin/python3",
                                  {"-c",
                                   "import fcntl, sys, time\n"
                                   "f = open(sys.argv[1], 'r+')\n"
                                   "fcntl.lockf(f, fcntl.LOCK_EX)\n"
                                   "time.sleep(60)",
                                   file.string()}},
                                 folder / "log");
  ASSERT_TRUE(child);
  for (int i = 0; i < 200 && !lock_holder(file) && !child->wait(milliseconds(50)); ++i) {
  }
  EXPECT_EQ(lock_holder(file), child->number());
  child->terminate();
  EXPECT_TRUE(child->wait(seconds(10)));
  EXPECT_EQ(lock_holder(file), std::nullopt);
}

TEST_F(Child, ACompanionIsSpokenWithByLines) {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> heard;
  auto const child = start_companion(shell("echo ready; read a; echo got $a; echo why >&2"), [&](std::string line) {
    std::lock_guard const lock(mutex);
    heard.push_back(std::move(line));
    changed.notify_all();
  });
  ASSERT_TRUE(child);
  EXPECT_TRUE(child->say("a word"));
  std::unique_lock lock(mutex);
  ASSERT_TRUE(changed.wait_for(lock, seconds(10), [&] { return heard.size() == 3; }));
  EXPECT_EQ(heard, (std::vector<std::string>{"ready", "got a word", "why"}));
  lock.unlock();
  EXPECT_TRUE(child->process().wait(seconds(10)));
}

}  // namespace
}  // namespace piaojue::desk
