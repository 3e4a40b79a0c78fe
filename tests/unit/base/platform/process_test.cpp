// SPDX-License-Identifier: Apache-2.0
/// This program, and others that it starts: the same on every system.
#include "base/platform/process.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <ctime>
#include <fstream>
#include <mutex>

#include "base/platform/child.h"
#include "base/platform/console.h"
#include "base/platform/machine.h"

namespace piaojue::platform {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;

Command helper(std::vector<std::string> arguments, std::string kept_back = {}) {
  return {program_folder() / program_file_name("platform_helper"), std::move(arguments), std::move(kept_back)};
}

/// What a companion says, line by line.
struct Heard {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> lines;

  std::function<void(std::string)> taker(std::shared_ptr<Heard> self) {
    return [self = std::move(self)](std::string line) {
      std::lock_guard const lock(self->mutex);
      self->lines.push_back(std::move(line));
      self->changed.notify_all();
    };
  }
  bool hears(std::string const& wanted) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, seconds(20), [&] { return std::ranges::find(lines, wanted) != lines.end(); });
  }
};

class Process : public testing::Test {
 protected:
  void SetUp() override {
    path_ = fs::temp_directory_path() / ("piaojue 进程 " + std::to_string(process_number()));
    ASSERT_TRUE(Folder::open(path_, Folder::Make::kIfMissing));
  }
  void TearDown() override {
    std::error_code none;
    fs::remove_all(path_, none);
  }
  fs::path path_;
};

// Harm: two programs of one person that answer the server against each other.
TEST_F(Process, ALockIsOneProgramsAndGoesWithIt) {
  auto const heard = std::make_shared<Heard>();
  {
    auto const other = Companion::start(helper({"lock", path_.string()}), heard->taker(heard));
    ASSERT_TRUE(other) << reason(other.error());
    ASSERT_TRUE(heard->hears("held"));
    auto const folder = Folder::open(path_, Folder::Make::kNo);
    ASSERT_TRUE(folder);
    EXPECT_EQ(folder->lock("lock").error(), std::errc::resource_unavailable_try_again);
    // As when it crashes.
    other->process().terminate();
    ASSERT_TRUE(other->process().wait(seconds(10)));
  }
  auto const folder = Folder::open(path_, Folder::Make::kNo);
  auto const own = folder->lock("lock");
  ASSERT_TRUE(own) << reason(own.error());
  EXPECT_EQ(folder->lock("lock").error(), std::errc::resource_unavailable_try_again) << "also within one program";
  auto const second = std::make_shared<Heard>();
  auto const third = Companion::start(helper({"lock", path_.string()}), second->taker(second));
  ASSERT_TRUE(third);
  EXPECT_TRUE(second->hears("taken"));
}

TEST_F(Process, SaysWhatItSaidAndHowItEnded) {
  auto const ran = run_to_end(helper({"exit", "3"}));
  ASSERT_TRUE(ran) << reason(ran.error());
  EXPECT_EQ(ran->ending, Ending::kItself);
  EXPECT_EQ(ran->code, 3);
  EXPECT_EQ(ran->out, "out\n") << "no line gets another end on its way";
  EXPECT_EQ(ran->err, "why\n");
}

// Harm: a name in a title is taken apart, or run by a shell that nobody asked for.
TEST_F(Process, ArgumentsAreGivenAsTheyStand) {
  std::vector<std::string> const odd{
      "", " ", "a b", "\"", "\\", "a\\\"b", "c:\\x y\\", "$(echo no) `x` ; 'a\" \\n", "%PATH%", "^&|<>", "高㛃 𠮷"};
  std::vector<std::string> words{"words"};
  words.insert(words.end(), odd.begin(), odd.end());
  auto const ran = run_to_end(helper(words));
  ASSERT_TRUE(ran) << reason(ran.error());
  std::string expected;
  for (auto const& word : odd) expected += word + "\n";
  EXPECT_EQ(ran->out, expected);
}

// Harm: one program that hangs, or that floods its output, stops the whole desk.
TEST_F(Process, AnEndIsPutToWhatNeverEnds) {
  auto const began = std::chrono::steady_clock::now();
  auto const late = run_to_end(helper({"sleep"}), {.deadline = milliseconds(500), .bytes_max = 1000});
  ASSERT_TRUE(late) << reason(late.error());
  EXPECT_EQ(late->ending, Ending::kLate);
  auto const loud = run_to_end(helper({"flood"}), {.deadline = seconds(30), .bytes_max = 5000});
  ASSERT_TRUE(loud) << reason(loud.error());
  EXPECT_EQ(loud->ending, Ending::kTooMuch);
  EXPECT_EQ(loud->out.size(), 5000U) << "what came before is kept";
  EXPECT_LT(std::chrono::steady_clock::now() - began, seconds(25));
}

// Harm: a program that is not there is waited for, or another one of a similar name is started.
TEST_F(Process, WhatIsNotThereIsRefused) {
  for (auto const& program : {path_ / "nothing", path_ / program_file_name("nothing"), path_}) {
    auto const none = run_to_end({program, {}, {}});
    EXPECT_FALSE(none) << program;
  }
}

// Harm: the office's passphrase is in the hands of every program that the desk starts.
TEST_F(Process, AVariableIsKeptBack) {
  set_variable("PIAOJUE_TEST_WORD", "口令 一二");
  EXPECT_EQ(run_to_end(helper({"variable", "PIAOJUE_TEST_WORD"}))->out, "口令 一二\n");
  EXPECT_EQ(run_to_end(helper({"variable", "PIAOJUE_TEST_WORD"}, "PIAOJUE_TEST_WORD"))->out, "-\n");
  set_variable("PIAOJUE_TEST_WORD", std::nullopt);
  EXPECT_EQ(run_to_end(helper({"variable", "PIAOJUE_TEST_WORD"}))->out, "-\n");
}

// Harm: a browser, or whatever else this program starts, inherits the passphrase.
TEST_F(Process, AVariableIsTakenOnce) {
  EXPECT_FALSE(has_variable("PIAOJUE_TEST_WORD"));
  set_variable("PIAOJUE_TEST_WORD", "口令");
  EXPECT_TRUE(has_variable("PIAOJUE_TEST_WORD"));
  std::array<std::uint8_t, 16> room{};
  ASSERT_EQ(take_variable("PIAOJUE_TEST_WORD", room), 6U);
  EXPECT_EQ(std::string(room.begin(), room.begin() + 6), "口令");
  EXPECT_EQ(variable("PIAOJUE_TEST_WORD"), std::nullopt);
  EXPECT_EQ(take_variable("PIAOJUE_TEST_WORD", room), 0U);
  set_variable("PIAOJUE_TEST_WORD", std::string(17, 'x'));
  EXPECT_EQ(take_variable("PIAOJUE_TEST_WORD", room), 17U) << "more than there is room for";
  EXPECT_EQ(variable("PIAOJUE_TEST_WORD"), std::nullopt);
  EXPECT_EQ(room[6], 0);
}

// Harm: whoever types into a program that waits for others waits with it, or is not heard.
TEST_F(Process, ACompanionIsSpokenWithByLines) {
  auto const heard = std::make_shared<Heard>();
  {
    auto const child = Companion::start(helper({"echo"}), heard->taker(heard));
    ASSERT_TRUE(child) << reason(child.error());
    ASSERT_TRUE(heard->hears("ready"));
    EXPECT_TRUE(child->say("高㛃 a word"));
    EXPECT_TRUE(heard->hears("高㛃 a word"));
    EXPECT_TRUE(child->say(std::string(200, 'x')));
    EXPECT_TRUE(heard->hears(std::string(200, 'x')));
    EXPECT_FALSE(child->ended());
  }
  EXPECT_TRUE(heard->hears("end")) << "its input ended with the companion";
}

// Harm: closing the desk's page ends the meeting in front of everybody, or its log is lost.
TEST_F(Process, ThatStandsApartHasALog) {
  auto const log = path_ / "server log";
  std::ofstream(log, std::ios::binary) << "before\n";
  auto const child = start_apart(helper({"words", "here", "字"}), log);
  ASSERT_TRUE(child) << reason(child.error());
  ASSERT_TRUE(child->wait(seconds(20)));
  EXPECT_TRUE(child->ended());
  std::ifstream in(log, std::ios::binary);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), "before\nhere\n字\n");
}

TEST_F(Process, IsHeldByWhatItIsNotByItsNumber) {
  auto const child = start(helper({"sleep"}));
  ASSERT_TRUE(child) << reason(child.error());
  auto const same = platform::Process::of(child->number());
  ASSERT_TRUE(same);
  EXPECT_FALSE(same->wait(milliseconds(50)));
  child->terminate();
  EXPECT_TRUE(same->wait(seconds(10)));
  EXPECT_TRUE(child->ended());
}

// Harm: the hash that an office compares is of another file.
TEST_F(Process, KnowsItsOwnFile) {
  EXPECT_TRUE(std::ifstream(own_program(), std::ios::binary));
  EXPECT_TRUE(fs::exists(program_folder() / program_file_name("platform_helper")));
  auto const id = own_build_id();
  EXPECT_TRUE(id.empty() || id.size() >= 16) << id.size();
}

TEST_F(Process, ItsMemoryIsItsOwn) {
  EXPECT_TRUE(protect_memory());
  EXPECT_TRUE(protect_memory()) << "again";
  give_way();
}

TEST_F(Process, TimesAreOfTheSystemsZone) {
  // Whatever the zone: a day later is a day later, and a year is one of ours.
  auto const one = local_time(1'700'000'000);
  auto const next = local_time(1'700'000'000 + 86'400);
  EXPECT_EQ(one.tm_year, 123);
  EXPECT_EQ(one.tm_min, next.tm_min);
  EXPECT_NE(one.tm_mday, next.tm_mday);
}

// Harm: the clerk can choose no address for the meeting, though the room has a network.
TEST_F(Process, ThisMachineHasItselfAsAnAddress) {
  auto const all = own_addresses();
  EXPECT_TRUE(std::ranges::any_of(all, [](auto const& one) { return one.loopback && one.address == "127.0.0.1"; }))
      << all.size();
}

}  // namespace
}  // namespace piaojue::platform
