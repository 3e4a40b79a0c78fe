// SPDX-License-Identifier: Apache-2.0
/// Files that must survive, and that are nobody else's: the same on every system.
#include "base/platform/files.h"

#include <gtest/gtest.h>

#include <fstream>
#include <future>
#include <string_view>
#include <thread>

#include "base/platform/process.h"
#include "unit/base/platform/owner.h"

namespace piaojue::platform {
namespace {

namespace fs = std::filesystem;

std::span<std::uint8_t const> bytes(std::string_view text) {
  return {reinterpret_cast<std::uint8_t const*>(text.data()), text.size()};
}
std::string text(std::vector<std::uint8_t> const& from) { return {from.begin(), from.end()}; }

class Files : public testing::Test {
 protected:
  void SetUp() override {
    // Blanks, Chinese, and characters that take two units of UTF-16.
    path_ = fs::temp_directory_path() / ("piaojue 评审 𠮷 " + std::to_string(process_number()));
    test::remove(path_);
    auto folder = Folder::open(path_, Folder::Make::kIfMissing);
    ASSERT_TRUE(folder) << reason(folder.error());
    folder_ = std::move(*folder);
  }
  void TearDown() override {
    folder_ = Folder();
    test::remove(path_);
  }
  void put(std::string const& name, std::string_view content) const {
    auto file = folder_.open_file(name, Open::kReplace);
    ASSERT_TRUE(file) << reason(file.error());
    ASSERT_TRUE(file->write(bytes(content)));
    ASSERT_TRUE(file->sync());
  }
  std::string get(std::string const& name) const {
    auto file = folder_.open_file(name, Open::kRead);
    if (!file) return "none: " + reason(file.error());
    return text(file->read_all().value());
  }

  fs::path path_;
  Folder folder_;
};

// Harm: a name in the clerk's language is a file that the program can not find again, or another one than people see.
TEST_F(Files, NamesAreUtf8ForEverybody) {
  put("高㛃 的 𠮷.csv", "a");
  EXPECT_EQ(get("高㛃 的 𠮷.csv"), "a");
  std::ifstream in(path_ / "高㛃 的 𠮷.csv");
  EXPECT_TRUE(in) << "the library's streams find it by the same name";
  EXPECT_EQ(folder_.names().value(), std::vector<std::string>{"高㛃 的 𠮷.csv"});
  EXPECT_EQ(fs::path("高㛃").string(), "高㛃");
}

// Harm: a power cut while a key is saved leaves half of it in the place of the old one.
TEST_F(Files, TheNewOneTakesThePlaceOfTheOldAsAWhole) {
  put("keys", "old");
  put("keys.new", "new");
  ASSERT_TRUE(folder_.move("keys.new", "keys"));
  EXPECT_TRUE(folder_.sync());
  EXPECT_EQ(get("keys"), "new");
  EXPECT_EQ(folder_.names().value(), std::vector<std::string>{"keys"});
}

// Harm: a scanner for viruses looks at what was just written, and the program says that the disk has failed.
TEST_F(Files, WhoHoldsAFileForAMomentIsWaitedFor) {
  put("keys", "old");
  put("keys.new", "new");
  std::promise<void> held;
  std::thread scanner([&] {
    std::ifstream in(path_ / "keys");
    held.set_value();
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
  });
  held.get_future().wait();
  auto const moved = folder_.move("keys.new", "keys");
  EXPECT_TRUE(moved) << reason(moved.error());
  scanner.join();
  EXPECT_EQ(get("keys"), "new");
}

// Harm: what is written after a crash overwrites what was acknowledged before it.
TEST_F(Files, AJournalGrowsAtItsEnd) {
  put("journal", "one");
  auto journal = folder_.open_file("journal", Open::kAppend);
  ASSERT_TRUE(journal);
  EXPECT_EQ(text(journal->read_all().value()), "one");
  ASSERT_TRUE(journal->write(bytes("two")));
  auto other = folder_.open_file("journal", Open::kAppend);
  ASSERT_TRUE(other && other->write(bytes("three")));
  ASSERT_TRUE(journal->write(bytes("four")));
  ASSERT_TRUE(journal->sync_data());
  EXPECT_EQ(get("journal"), "onetwothreefour");
  ASSERT_TRUE(journal->cut(3));
  ASSERT_TRUE(journal->write(bytes("!")));
  EXPECT_EQ(get("journal"), "one!");
  EXPECT_EQ(journal->size().value(), 4U);
}

TEST_F(Files, IsWrittenWhereItIsTold) {
  put("ledger", "0123456789");
  auto file = folder_.open_file("ledger", Open::kUpdate);
  ASSERT_TRUE(file);
  ASSERT_TRUE(file->write_at(8, bytes("abcd")));
  ASSERT_TRUE(file->write_at(0, bytes("x")));
  EXPECT_EQ(get("ledger"), "x1234567abcd");
}

// Harm: a program takes a file that is not there for one that can not be read, and says that the disk has failed.
TEST_F(Files, WhatIsNotThereIsToldFromWhatFails) {
  EXPECT_EQ(folder_.open_file("none", Open::kRead).error(), std::errc::no_such_file_or_directory);
  EXPECT_EQ(folder_.open_file("none", Open::kUpdate).error(), std::errc::no_such_file_or_directory);
  EXPECT_EQ(folder_.remove("none").error(), std::errc::no_such_file_or_directory);
  EXPECT_EQ(Folder::open(path_ / "none", Folder::Make::kNo).error(), std::errc::no_such_file_or_directory);
  put("file", "x");
  auto const no_folder = Folder::open(path_ / "file", Folder::Make::kIfMissing);
  ASSERT_FALSE(no_folder);
  EXPECT_FALSE(reason(no_folder.error()).empty());
  EXPECT_EQ(folder_.open_file("file", Open::kNew).error(), std::errc::file_exists);
  EXPECT_EQ(get("file"), "x") << "and it is as it was";
}

// Harm: a disk without room takes what it can not hold, and nobody hears of it.
TEST_F(Files, WhatHasNoRoomIsRefused) {
  put("file", "x");
  auto file = folder_.open_file("file", Open::kUpdate);
  ASSERT_TRUE(file);
  EXPECT_FALSE(file->cut(std::uint64_t{1} << 62));
  EXPECT_EQ(get("file"), "x");
  auto reader = folder_.open_file("file", Open::kRead);
  ASSERT_TRUE(reader);
  EXPECT_FALSE(reader->write(bytes("y"))) << "opened for reading";
  EXPECT_EQ(get("file"), "x");
}

// Harm: keys that every user of the laptop can read.
TEST_F(Files, AreTheirOwnersAlone) {
  EXPECT_TRUE(test::only_its_owner_may(path_));
  put("keys", "k");
  EXPECT_TRUE(test::only_its_owner_may(path_ / "keys"));
  ASSERT_TRUE(folder_.lock("lock"));
  EXPECT_TRUE(test::only_its_owner_may(path_ / "lock"));
}

// Harm: a folder that somebody has made by hand, or copied, gives the keys in it to everybody.
TEST_F(Files, AFolderThatIsOpenToAllIsClosed) {
  test::open_to_all(path_);
  ASSERT_FALSE(test::only_its_owner_may(path_));
  ASSERT_TRUE(folder_.restrict_to_owner());
  EXPECT_TRUE(test::only_its_owner_may(path_));
}

// Harm: the folder is moved while the program runs, and it writes into another one that has its name now.
TEST_F(Files, AFolderThatWasMovedIsStillTheSame) {
  if (test::is_emulated()) GTEST_SKIP() << "Wine knows a folder by its name";
  auto moved = path_;
  moved += " moved";
  std::error_code error;
  fs::rename(path_, moved, error);
  ASSERT_FALSE(error) << error.message();
  put("late", "x");
  EXPECT_TRUE(fs::exists(moved / "late"));
  EXPECT_FALSE(fs::exists(path_));
  folder_ = Folder();
  fs::remove_all(moved, error);
}

// Harm: who keeps his folder deep down among others can not use the program.
TEST_F(Files, APathMayBeLong) {
  if (test::is_emulated()) GTEST_SKIP() << "Wine tells no path of a handle that is so long";
  auto deep = path_;
  for (int i = 0; i < 6; ++i) {
    deep /= std::string(60, static_cast<char>('a' + i));
    ASSERT_TRUE(Folder::open(deep, Folder::Make::kIfMissing)) << deep;
  }
  auto const folder = Folder::open(deep, Folder::Make::kNo);
  ASSERT_TRUE(folder);
  auto file = folder->open_file("keys", Open::kReplace);
  ASSERT_TRUE(file) << reason(file.error());
  ASSERT_TRUE(file->write(bytes("k")));
  ASSERT_TRUE(File::open(deep / "keys", Open::kRead));
  ASSERT_TRUE(folder->remove("keys"));
  EXPECT_TRUE(folder->names()->empty());
}

// Harm: a file that somebody hands in is written into another folder, into a device, or beside what is shown.
TEST_F(Files, ANameIsMadeOneThatAFileCanHave) {
  EXPECT_EQ(file_name_like("高㛃 的 材料 (1).pdf"), "高㛃 的 材料 (1).pdf");
  EXPECT_EQ(file_name_like("a/b\\c\n.pdf"), "a_b_c_.pdf");
  for (auto const* given : {"CON", "nul.txt", "a:b.pdf", "what?.pdf", "end.", "end ", "a|b", "COM1", "plain"}) {
    auto const name = file_name_like(given);
    put(name, "x");
    EXPECT_EQ(get(name), "x") << given;
    EXPECT_EQ(folder_.names().value(), std::vector<std::string>{name}) << given;
    ASSERT_TRUE(folder_.remove(name));
  }
}

TEST_F(Files, AFileInMemoryIsWhatWasWrittenToItsPath) {
  std::string path;
  {
    auto file = MemoryFile::make();
    ASSERT_TRUE(file) << reason(file.error());
    path = file->path();
    std::ofstream(fs::path(path), std::ios::binary) << "a sheet\n";
    EXPECT_EQ(text(file->bytes().value()), "a sheet\n");
  }
  EXPECT_FALSE(std::ifstream(fs::path(path))) << "and nothing is left of it";
}

}  // namespace
}  // namespace piaojue::platform
