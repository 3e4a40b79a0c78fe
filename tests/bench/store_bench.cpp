// SPDX-License-Identifier: Apache-2.0
/// Acknowledged appends: the store's commit beside what it can not do without: fdatasync, and SQLite's own FULL commit.
/// `items_per_second` is entries made durable. The disk is the one that holds the current directory.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "store/sqlite_store.h"

using namespace piaojue;

namespace {

using piaojue::store::key_of;
using piaojue::store::SqliteStore;
using piaojue::store::Table;
using piaojue::store::Writes;

constexpr std::size_t kEntryBytes = 200;  ///< a TokenRequest or Confirm with its signature

std::filesystem::path fresh(std::string const& name) {
  auto path = std::filesystem::current_path() / ("piaojue-bench-" + name);
  for (char const* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path.string() + suffix);
  return path;
}

void fdatasync_append(benchmark::State& state) {
  auto path = fresh("fdatasync");
  int file = ::open(path.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
  std::string const entry(kEntryBytes * static_cast<std::size_t>(state.range(0)), 'x');
  for (auto _ : state) {
    if (::write(file, entry.data(), entry.size()) != static_cast<ssize_t>(entry.size()) || ::fdatasync(file) != 0) {
      state.SkipWithError("the disk refuses");
      break;
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  ::close(file);
  std::filesystem::remove(path);
}

void sqlite_full_commit(benchmark::State& state) {
  auto path = fresh("sqlite");
  sqlite3* database = nullptr;
  sqlite3_open(path.c_str(), &database);
  sqlite3_exec(
      database,
      "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t (k BLOB PRIMARY KEY, v BLOB) WITHOUT ROWID",
      nullptr, nullptr, nullptr);
  sqlite3_stmt* insert = nullptr;
  sqlite3_prepare_v2(database, "INSERT INTO t VALUES (?1, ?2)", -1, &insert, nullptr);
  std::string const entry(kEntryBytes, 'x');
  std::uint64_t number = 0;
  for (auto _ : state) {
    sqlite3_exec(database, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr);
    for (std::int64_t i = 0; i < state.range(0); ++i) {
      auto const key = key_of(++number);
      sqlite3_bind_blob(insert, 1, key.data(), static_cast<int>(key.size()), SQLITE_TRANSIENT);
      sqlite3_bind_blob(insert, 2, entry.data(), static_cast<int>(entry.size()), SQLITE_STATIC);
      sqlite3_step(insert);
      sqlite3_reset(insert);
    }
    if (sqlite3_exec(database, "COMMIT", nullptr, nullptr, nullptr) != SQLITE_OK) {
      state.SkipWithError("SQLite refuses");
      break;
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  sqlite3_finalize(insert);
  sqlite3_close(database);
  fresh("sqlite");
}

void store_commit(benchmark::State& state) {
  auto path = fresh("store");
  auto store = SqliteStore::open(path.string(), {.create = true, .vfs = {}, .pages_max = 0, .busy_timeout_ms = 1000});
  if (!store) {
    state.SkipWithError("the store can not be made");
    return;
  }
  std::uint64_t number = 0;
  for (auto _ : state) {
    Writes writes;
    for (std::int64_t i = 0; i < state.range(0); ++i) {
      writes.put(Table::kEntry, key_of(++number), Bytes(kEntryBytes, 'x'));
    }
    if (!(*store)->commit(writes)) {
      state.SkipWithError("the store refuses");
      break;
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  store->reset();
  fresh("store");
}

}  // namespace

// One entry a commit, and the 25 that arrive together when the committee casts.
BENCHMARK(fdatasync_append)->Arg(1)->Arg(25)->UseRealTime();
BENCHMARK(sqlite_full_commit)->Arg(1)->Arg(25)->UseRealTime();
BENCHMARK(store_commit)->Arg(1)->Arg(25)->UseRealTime();

BENCHMARK_MAIN();
