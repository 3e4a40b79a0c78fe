// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The Store of a real server: one SQLite file in WAL mode with synchronous=FULL (a commit is on the disk when it
/// returns) and secure_delete=ON (what is erased is overwritten). One table for each `Table`, keyed by bytes, WITHOUT
/// ROWID, so that no row keeps a number that tells when it was written.
#include <memory>
#include <mutex>
#include <string>

#include "store/reading.h"

struct sqlite3;

namespace piaojue::store {

struct SqliteOptions {
  bool create = false;                   ///< false: the file must exist
  std::string vfs;                       ///< SQLite's VFS by name; empty: the default (tests put failing ones in)
  std::uint64_t pages_max = 0;           ///< bound on the file, for tests of a full disk; 0: none
  std::uint32_t busy_timeout_ms = 5000;  ///< waiting for another process, such as `piaojue-server slip`
};

class SqliteStore : public Store {
 public:
  /// Explains, with code kStorage: can not be opened, or is no store.
  [[nodiscard]] static Explained<std::unique_ptr<SqliteStore>> open(std::string const& path,
                                                                    SqliteOptions const& options);
  ~SqliteStore() override;

  /// A piece at a time, so that a server's journal, which may hold what it has erased, need not wait for a slow reader.
  [[nodiscard]] static Explained<std::unique_ptr<Reading>> read(std::string const& path, SqliteOptions const& options);

  Explained<Contents> load() override;
  Explained<void> commit(Writes const& writes) override;
  Explained<std::optional<Bytes>> slip(PersonId person) override;

 private:
  SqliteStore() = default;
  Explained<void> prepare(SqliteOptions const& options);
  Explained<void> run(char const* sql);
  Explained<void> write(Write const& write);
  void truncate_journal();

  sqlite3* writer_ = nullptr;
  sqlite3* reader_ = nullptr;  ///< for `slip`, so that it never waits for a commit
  std::mutex writer_mutex_;
  std::mutex reader_mutex_;
  bool truncate_due_ = false;  ///< another process was reading when the journal should have been emptied
};

}  // namespace piaojue::store
