// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite_store.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "store/format.h"

namespace piaojue::store::test {
namespace {

namespace fs = std::filesystem;

class Folder {
 public:
  Folder() {
    static std::atomic<int> count{0};
    path_ = fs::temp_directory_path() / ("piaojue-store-" + std::to_string(::getpid()) + "-" + std::to_string(++count));
    fs::create_directories(path_);
  }
  ~Folder() { fs::remove_all(path_); }
  std::string database() const { return (path_ / "meeting.db").string(); }
  /// Any file of the database holds these bytes.
  bool holds(ByteView bytes) const {
    for (auto const& file : fs::directory_iterator(path_)) {
      std::ifstream in(file.path(), std::ios::binary);
      std::string const all((std::istreambuf_iterator<char>(in)), {});
      if (all.find(as_text(bytes)) != std::string::npos) return true;
    }
    return false;
  }
  std::uintmax_t journal_bytes() const {
    std::error_code none;
    auto const size = fs::file_size(database() + "-wal", none);
    return none ? 0 : size;
  }

 private:
  fs::path path_;
};

std::unique_ptr<SqliteStore> open(Folder const& folder, SqliteOptions options = {}) {
  auto store = SqliteStore::open(folder.database(), options);
  if (!store) throw std::logic_error("can not open: " + store.error().in(Lang::kEn));
  return std::move(*store);
}
std::unique_ptr<SqliteStore> create(Folder const& folder, SqliteOptions options = {}) {
  options.create = true;
  return open(folder, options);
}

Bytes random_bytes(std::size_t n) {
  Bytes bytes(n);
  if (n > 0) randombytes_buf(bytes.data(), bytes.size());
  return bytes;
}
Hash hash_of(std::string_view text) { return crypto::sha256({as_bytes(text)}); }

// Harm: half of a group: an envelope without its entry, or an enrolment without its code.
TEST(SqliteStore, AGroupIsDurableAsAWholeOrNotAtAll) {
  Folder folder;
  create(folder);
  SqliteOptions options;
  options.pages_max = 60;
  auto store = open(folder, options);
  Writes small;
  small.put(Table::kEntry, key_of(std::uint64_t{0}), Bytes(100, 'a'));
  ASSERT_TRUE(store->commit(small));
  Writes large;
  large.put(Table::kEntry, key_of(std::uint64_t{1}), Bytes(100, 'b'));
  large.put(Table::kEntry, key_of(std::uint64_t{2}), Bytes(1 << 20, 'c'));
  // Harm: a full disk that is answered with "accepted".
  auto const done = store->commit(large);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Refusal::kStorage);
  auto const said = done.error().in(Lang::kEn);
  EXPECT_NE(said.find("full"), std::string::npos) << said;
  store.reset();
  auto const contents = open(folder)->load();
  EXPECT_EQ((*contents)[Table::kEntry].size(), 1U);
}

// A VFS like the default one whose fsync fails on demand.
std::atomic<bool> sync_fails{false};
/// SQLite has a table of methods for each kind of file; every one is copied once, with another xSync.
struct Methods {
  sqlite3_io_methods const* real = nullptr;
  sqlite3_io_methods failing{};
};
std::array<Methods, 8> all_methods;
int failing_sync(sqlite3_file* file, int flags) {
  if (sync_fails) return SQLITE_IOERR_FSYNC;
  for (auto const& methods : all_methods) {
    if (file->pMethods == &methods.failing) return methods.real->xSync(file, flags);
  }
  return SQLITE_INTERNAL;
}
int (*real_open)(sqlite3_vfs*, char const*, sqlite3_file*, int, int*) = nullptr;
int failing_open(sqlite3_vfs* vfs, char const* name, sqlite3_file* file, int flags, int* out) {
  int const result = real_open(vfs, name, file, flags, out);
  if (result != SQLITE_OK || !file->pMethods) return result;
  for (auto& methods : all_methods) {
    if (!methods.real) {
      methods.real = file->pMethods;
      methods.failing = *file->pMethods;
      methods.failing.xSync = failing_sync;
    }
    if (methods.real != file->pMethods) continue;
    file->pMethods = &methods.failing;
    return SQLITE_OK;
  }
  return SQLITE_INTERNAL;
}
char const* failing_vfs() {
  static sqlite3_vfs vfs = [] {
    sqlite3_vfs copy = *sqlite3_vfs_find(nullptr);
    real_open = copy.xOpen;
    copy.xOpen = failing_open;
    copy.zName = "piaojue-failing";
    copy.pNext = nullptr;
    return copy;
  }();
  sqlite3_vfs_register(&vfs, 0);
  return vfs.zName;
}

// Harm: "you have signed in" that a power cut takes back.
TEST(SqliteStore, AnFsyncThatFailsIsAFailedCommit) {
  Folder folder;
  SqliteOptions options;
  options.vfs = failing_vfs();
  auto store = create(folder, options);
  Writes writes;
  writes.put(Table::kEntry, key_of(std::uint64_t{0}), Bytes(100, 'a'));
  ASSERT_TRUE(store->commit(writes));
  sync_fails = true;
  Writes more;
  more.put(Table::kEntry, key_of(std::uint64_t{1}), Bytes(100, 'b'));
  auto const done = store->commit(more);
  sync_fails = false;
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Refusal::kStorage);
  EXPECT_FALSE(done.error().in(Lang::kEn).empty());
}

// Harm: whoever seizes the server's disk years later finds the onions that name and ballot were still tied by.
TEST(SqliteStore, WhatIsErasedLeavesNoBytesInAnyFile) {
  Folder folder;
  auto store = create(folder);
  auto const open_hash = hash_of("batch open");
  std::vector<Bytes> secrets;
  Writes writes;
  for (PersonId p = 1; p <= 30; ++p) {
    // Small ones stay inside a page of the tree, large ones get pages of their own.
    secrets.push_back(random_bytes(p % 2 ? 100 : 20'000));
    writes.put(Table::kEnvelope, key_of(open_hash, p), secrets.back());
    writes.put(Table::kEntry, key_of(std::uint64_t{p}), random_bytes(300));
  }
  ASSERT_TRUE(store->commit(writes));
  // An envelope that a later one replaced.
  Writes replace;
  secrets.push_back(random_bytes(20'000));
  replace.put(Table::kEnvelope, key_of(open_hash, 4), secrets.back());
  ASSERT_TRUE(store->commit(replace));
  auto const held = [&](Bytes const& secret) {
    // Any part of it that stands in one page.
    for (std::size_t at = 0; at + 24 <= secret.size(); at += 1000) {
      if (folder.holds(ByteView(secret).subspan(at, 24))) return true;
    }
    return false;
  };
  EXPECT_TRUE(held(secrets.back())) << "or this test looks in the wrong place";

  Writes erase;
  erase.erase_prefix(Table::kEnvelope, key_of(open_hash));
  erase.truncate_journal = true;
  ASSERT_TRUE(store->commit(erase));
  EXPECT_EQ(folder.journal_bytes(), 0U);
  for (auto const& secret : secrets) EXPECT_FALSE(held(secret)) << secret.size();
  EXPECT_EQ((*store->load())[Table::kEntry].size(), 30U);
}

// Harm: a server that is killed between the end of an attempt and the emptying of its journal.
TEST(SqliteStore, AJournalThatWasLeftBehindIsEmptiedAtTheNextStart) {
  Folder folder;
  auto const secret = random_bytes(64);
  {
    auto store = create(folder);
    Writes writes;
    writes.put(Table::kEnvelope, key_of(hash_of("a"), 1), secret);
    ASSERT_TRUE(store->commit(writes));
    Writes erase;
    erase.erase_prefix(Table::kEnvelope, key_of(hash_of("a")));
    ASSERT_TRUE(store->commit(erase));
    EXPECT_TRUE(folder.holds(secret));
    // Copied while it is open: what a killed server leaves.
    fs::copy(folder.database(), folder.database() + ".copy");
    fs::copy(folder.database() + "-wal", folder.database() + ".copy-wal");
  }
  Folder other;
  fs::copy(folder.database() + ".copy", other.database());
  fs::copy(folder.database() + ".copy-wal", other.database() + "-wal");
  EXPECT_TRUE(other.holds(secret));
  auto const store = open(other);
  EXPECT_FALSE(other.holds(secret));
}

// Harm: a slip made for a dead laptop while the meeting waits would not be known to the server.
TEST(SqliteStore, ASlipThatAnotherProgramWritesIsSeenAtOnce) {
  Folder folder;
  auto server = create(folder);
  auto office = open(folder);
  EXPECT_FALSE(server->slip(7)->has_value());
  Writes writes;
  writes.put(Table::kSlip, key_of_person(7), to_bytes(as_bytes("seven")));
  writes.put(Table::kSlip, key_of_person(8), to_bytes(as_bytes("eight")));
  ASSERT_TRUE(office->commit(writes));
  EXPECT_EQ(*server->slip(7), to_bytes(as_bytes("seven")));
}

// Harm: a typing error in the path makes a new, empty meeting, or writes into somebody else's database.
TEST(SqliteStore, OpensOnlyWhatIsAStore) {
  Folder folder;
  EXPECT_FALSE(SqliteStore::open(folder.database(), {}));
  EXPECT_FALSE(fs::exists(folder.database()));
  sqlite3* foreign = nullptr;
  sqlite3_open(folder.database().c_str(), &foreign);
  sqlite3_exec(foreign, "CREATE TABLE t (x)", nullptr, nullptr, nullptr);
  sqlite3_close(foreign);
  auto const refused = SqliteStore::open(folder.database(), {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().what.key(), "server.database.not_ours");
  std::ofstream(folder.database(), std::ios::trunc) << "not a database at all, but long enough to look at its header";
  EXPECT_FALSE(SqliteStore::open(folder.database(), {}));
}

// Harm: after an upgrade in the days between, a meeting is read as what it is not, or converted behind its office.
TEST(SqliteStore, AnotherVersionsMeetingIsRefusedAndKept) {
  Folder folder;
  SqliteOptions options;
  options.create = true;
  auto const store = SqliteStore::open(folder.database(), options).value();
  Writes writes;
  writes.put(Table::kMeta, to_bytes(as_bytes(kFormatKey)), to_bytes(as_bytes("1")));
  ASSERT_TRUE(store->commit(writes));
  auto const refused = store->load();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().what.key(), "server.database.other_version");
  EXPECT_NE(refused.error().in(Lang::kEn).find("(format 1, here 2)"), std::string::npos);
  writes.list[0].value = to_bytes(as_bytes(kFormat));
  ASSERT_TRUE(store->commit(writes));
  EXPECT_EQ(store->load().value()[Table::kMeta].size(), 1U);
}

// Harm: a record lacks entries, or is made of another version's rows, only because it was read piece by piece.
TEST(SqliteStore, ReadRowByRowIsWhatIsLoaded) {
  Folder folder;
  auto store = create(folder);
  Writes writes;
  for (std::uint64_t i = 0; i < 40; ++i) {
    // Rows beyond a piece, and pieces of many rows.
    std::size_t const bytes = i % 13 == 7 ? (5U << 20) / 2 : i % 3 == 0 ? 0 : 90'000;
    writes.put(Table::kEntry, key_of(i), random_bytes(bytes));
  }
  ASSERT_TRUE(store->commit(writes));
  auto const reading = SqliteStore::read(folder.database(), {});
  ASSERT_TRUE(reading);
  for (std::size_t t = 0; t < kTables; ++t) {
    Rows seen;
    ASSERT_TRUE((*reading)->rows(static_cast<Table>(t), [&](ByteView key, ByteView value) {
      EXPECT_TRUE(seen.empty() || seen.rbegin()->first < to_bytes(key)) << "in order, each once";
      seen.emplace(to_bytes(key), to_bytes(value));
      return true;
    }));
    EXPECT_EQ(seen, store->load().value().tables[t]);
  }
  std::size_t count = 0;
  ASSERT_TRUE((*reading)->rows(Table::kEntry, [&](ByteView, ByteView) { return ++count < 3; }));
  EXPECT_EQ(count, 3U) << "no further than it is asked";

  // Whoever reads slowly keeps no erased row in the journal.
  Bytes const secret = random_bytes(64);
  writes.list.clear();
  writes.put(Table::kEnvelope, key_of(std::uint64_t{1}), secret);
  ASSERT_TRUE(store->commit(writes));
  ASSERT_TRUE((*reading)->rows(Table::kEntry, [&](ByteView, ByteView) {
    Writes erase;
    erase.erase(Table::kEnvelope, key_of(std::uint64_t{1}));
    erase.truncate_journal = true;
    EXPECT_TRUE(store->commit(erase));
    EXPECT_FALSE(folder.holds(secret));
    return false;
  }));

  writes.list.clear();
  writes.put(Table::kMeta, to_bytes(as_bytes(kFormatKey)), to_bytes(as_bytes("1")));
  ASSERT_TRUE(store->commit(writes));
  auto const refused = SqliteStore::read(folder.database(), {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().what.key(), "server.database.other_version");
}

}  // namespace
}  // namespace piaojue::store::test
