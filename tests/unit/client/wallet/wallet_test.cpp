// SPDX-License-Identifier: Apache-2.0
#include "client/wallet/wallet.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "unit/base/platform/owner.h"

namespace piaojue::client {
namespace {

namespace fs = std::filesystem;
using Kind = JournalRecord::Kind;

Bytes bytes(std::string_view text) { return to_bytes(as_bytes(text)); }

class Directory : public testing::Test {
 protected:
  void SetUp() override {
    path_ = fs::temp_directory_path() / ("piaojue-wallet-" + std::to_string(std::random_device{}()));
  }
  void TearDown() override { fs::remove_all(path_); }
  std::unique_ptr<DirectoryWallet> open(DirectoryWallet::Access access = DirectoryWallet::Access::kCreate) {
    return DirectoryWallet::open(path_.string(), access).value();
  }
  fs::path path_;
};

// Harm: keys that every user of the laptop can read.
TEST_F(Directory, OnlyItsOwnerCanRead) {
  auto const wallet = open();
  ASSERT_TRUE(wallet->save("keys", bytes("k")));
  ASSERT_TRUE(wallet->append({{Kind::kEntry, bytes("e")}}));
  EXPECT_TRUE(platform::test::only_its_owner_may(path_));
  for (auto const& file : fs::directory_iterator(path_)) {
    EXPECT_TRUE(platform::test::only_its_owner_may(file.path())) << file.path();
  }
}

// Harm: two programs of one person that answer the server against each other.
TEST_F(Directory, TwoProgramsCanNotHaveOneWallet) {
  auto const first = open();
  EXPECT_EQ(DirectoryWallet::open(path_.string(), DirectoryWallet::Access::kOwn).error(), Refusal::kConflict);
  EXPECT_TRUE(DirectoryWallet::open(path_.string(), DirectoryWallet::Access::kRead));
}

TEST_F(Directory, NoWalletIsMadeByAccident) {
  EXPECT_EQ(DirectoryWallet::open(path_.string(), DirectoryWallet::Access::kOwn).error(), Refusal::kUnknown);
  EXPECT_EQ(DirectoryWallet::open(path_.string(), DirectoryWallet::Access::kRead).error(), Refusal::kUnknown);
  EXPECT_FALSE(fs::exists(path_));
}

TEST_F(Directory, BlobsAreKeptReplacedListedAndErased) {
  auto const wallet = open();
  ASSERT_TRUE(wallet->save("trustee/keys/1/1", bytes("one")));
  ASSERT_TRUE(wallet->save("trustee/keys/1/1", bytes("two")));
  ASSERT_TRUE(wallet->save("attempt/00ff", bytes("three")));
  EXPECT_EQ(wallet->load("trustee/keys/1/1").value(), bytes("two"));
  EXPECT_EQ(wallet->names("trustee/").value(), std::vector<std::string>{"trustee/keys/1/1"});
  EXPECT_EQ(wallet->load("nothing").value(), std::nullopt);
  ASSERT_TRUE(wallet->erase("trustee/keys/1/1"));
  ASSERT_TRUE(wallet->erase("trustee/keys/1/1"));
  EXPECT_EQ(wallet->load("trustee/keys/1/1").value(), std::nullopt);
}

// Harm: a name that reaches out of the folder.
TEST_F(Directory, NamesStayInTheFolder) {
  auto const wallet = open();
  for (auto const* name : {"", "..", "../x", "a b", "A", "x.y", "x\n"}) {
    EXPECT_EQ(wallet->save(name, bytes("x")).error().code, Refusal::kStorage) << name;
  }
}

// A kill between writing beside and renaming. Harm: half a state read as a whole one.
TEST_F(Directory, ASaveThatDidNotReachItsRenameNeverWas) {
  { ASSERT_TRUE(open()->save("keys", bytes("old"))); }
  std::ofstream(path_ / "keys.blob.new") << "half of the n";
  auto const wallet = open();
  EXPECT_EQ(wallet->load("keys").value(), bytes("old"));
  EXPECT_FALSE(fs::exists(path_ / "keys.blob.new"));
}

// A kill, or a power cut, at every byte of an append. Harm: a log that can not be read any more, or one with a hole.
TEST_F(Directory, AJournalTornAnywhereKeepsWhatWasWholeAndGoesOn) {
  std::vector<JournalRecord> const before{{Kind::kEntry, bytes("first")}, {Kind::kCheckpoint, bytes("note")}};
  std::uintmax_t whole = 0;
  {
    auto const wallet = open();
    ASSERT_TRUE(wallet->append(before));
    ASSERT_TRUE(wallet->sync());
    whole = fs::file_size(path_ / "journal");
    ASSERT_TRUE(wallet->append({{Kind::kEntry, bytes("the last one")}}));
  }
  auto const full = fs::file_size(path_ / "journal");
  std::ifstream in(path_ / "journal", std::ios::binary);
  std::string const content((std::istreambuf_iterator<char>(in)), {});
  for (auto size = whole; size <= full; ++size) {
    for (bool const garbage : {false, true}) {
      {
        std::ofstream out(path_ / "journal", std::ios::binary | std::ios::trunc);
        out << content.substr(0, size);
        // Blocks that a file system had allocated, and not written.
        if (garbage) out << std::string(full - size + 3, '\0');
      }
      auto const wallet = open();
      auto records = wallet->journal().value();
      ASSERT_EQ(records.size(), size == full ? 3U : 2U) << size;
      EXPECT_EQ(records[1].bytes, bytes("note"));
      ASSERT_TRUE(wallet->append({{Kind::kCosignature, bytes("after")}}));
      records = wallet->journal().value();
      ASSERT_EQ(records.size(), size == full ? 4U : 3U) << size;
      EXPECT_EQ(records.back().bytes, bytes("after"));
    }
  }
}

// Harm: a flipped bit that makes another log of mine.
TEST_F(Directory, AChangedJournalEndsWhereItWasChanged) {
  {
    auto const wallet = open();
    ASSERT_TRUE(wallet->append({{Kind::kEntry, bytes("one")}, {Kind::kEntry, bytes("two")}}));
  }
  std::fstream file(path_ / "journal", std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(static_cast<std::streamoff>(fs::file_size(path_ / "journal")) - 9);
  file.put('X');
  file.close();
  EXPECT_EQ(open()->journal().value().size(), 1U);
}

TEST_F(Directory, ReadingBesideARunningProgramChangesNothing) {
  auto const running = open();
  ASSERT_TRUE(running->append({{Kind::kEntry, bytes("one")}}));
  std::ofstream(path_ / "journal", std::ios::app) << "torn";
  auto const size = fs::file_size(path_ / "journal");
  auto const reader = open(DirectoryWallet::Access::kRead);
  EXPECT_EQ(reader->journal().value().size(), 1U);
  EXPECT_EQ(fs::file_size(path_ / "journal"), size);
  EXPECT_EQ(reader->save("x", bytes("x")).error().code, Refusal::kStorage);
}

// Harm: what a simulation proves of a memory that forgets less than a disk.
TEST(Memory, ACrashLosesWhatWasNotSynced) {
  MemoryWallet wallet;
  ASSERT_TRUE(wallet.append({{Kind::kEntry, bytes("one")}}));
  ASSERT_TRUE(wallet.sync());
  ASSERT_TRUE(wallet.append({{Kind::kEntry, bytes("two")}, {Kind::kEntry, bytes("three")}}));
  EXPECT_EQ(wallet.unsynced(), 2U);
  wallet.crash(1);
  EXPECT_EQ(wallet.journal().value().size(), 2U);
  ASSERT_TRUE(wallet.save("a", bytes("x")));
  wallet.fail_after(0, true);
  EXPECT_EQ(wallet.save("a", bytes("y")).error().code, Refusal::kStorage);
  EXPECT_EQ(wallet.load("a").value(), bytes("y"));
  EXPECT_EQ(wallet.save("a", bytes("z")).error().code, Refusal::kStorage);
  EXPECT_EQ(wallet.load("a").value(), bytes("y"));
}

}  // namespace
}  // namespace piaojue::client
