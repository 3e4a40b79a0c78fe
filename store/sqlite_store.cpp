// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite_store.h"

#include <sqlite3.h>

#include "store/format.h"
#include "strings/server.h"

namespace piaojue::store {

namespace text = strings::server;

namespace {

constexpr int kApplicationId = 0x504a5532;  // "PJU2"

class Statement {
 public:
  Statement(sqlite3* connection, std::string const& sql) {
    ok_ = sqlite3_prepare_v2(connection, sql.c_str(), -1, &statement_, nullptr) == SQLITE_OK;
  }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(Statement const&) = delete;
  Statement& operator=(Statement const&) = delete;

  Statement& bind(int position, ByteView bytes) {
    // An empty view may have no address, and SQLite binds NULL for none.
    static constexpr std::uint8_t kNothing = 0;
    ok_ = ok_ && sqlite3_bind_blob64(statement_, position, bytes.empty() ? &kNothing : bytes.data(), bytes.size(),
                                     SQLITE_STATIC) == SQLITE_OK;
    return *this;
  }
  /// SQLITE_ROW, SQLITE_DONE or an error.
  int step() { return ok_ ? sqlite3_step(statement_) : SQLITE_ERROR; }
  Bytes blob(int column) {
    auto const* data = static_cast<std::uint8_t const*>(sqlite3_column_blob(statement_, column));
    auto const bytes = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
    return data ? Bytes(data, data + bytes) : Bytes();
  }
  int number(int column) { return sqlite3_column_int(statement_, column); }

 private:
  sqlite3_stmt* statement_ = nullptr;
  bool ok_ = false;
};

/// What the engine said last. @param connection null: there was not even memory for one.
Explanation fail(sqlite3* connection) {
  Sentence said = text::kDatabaseNoMemory;
  if (connection != nullptr) said = {text::kDatabaseEngine, {{"reason", sqlite3_errmsg(connection)}}};
  return {std::move(said), {}, Refusal::kStorage};
}

/// @param format as the store says it; nothing: it does not say.
Explained<void> check_format(std::optional<Bytes> const& format) {
  if (!format || as_text(*format) == kFormat) return {};
  Sentence const other(text::kDatabaseOtherVersion, {{"format", as_text(*format).substr(0, 16)}, {"own", kFormat}});
  return Explanation(other, {}, Refusal::kStorage);
}

/// On a connection of its own.
class SqliteReading : public Reading {
 public:
  SqliteReading() = default;
  ~SqliteReading() override { sqlite3_close(connection_); }
  SqliteReading(SqliteReading const&) = delete;
  SqliteReading& operator=(SqliteReading const&) = delete;

  Explained<void> open(std::string const& path, SqliteOptions const& options) {
    auto const* vfs = options.vfs.empty() ? nullptr : options.vfs.c_str();
    int const flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(path.c_str(), &connection_, flags, vfs) != SQLITE_OK) return fail(connection_);
    sqlite3_busy_timeout(connection_, static_cast<int>(options.busy_timeout_ms));
    std::optional<Bytes> format;
    auto const done = rows(Table::kMeta, [&](ByteView key, ByteView value) {
      if (as_text(key) == kFormatKey) format = to_bytes(value);
      return !format;
    });
    return done ? check_format(format) : done;
  }

  Explained<void> rows(Table table, EachRow const& each) override {
    Bytes last;  // no key is empty
    for (;;) {
      auto const piece = read_piece(table, last);
      if (!piece) return piece.error();
      if (piece->empty()) return {};
      for (auto const& [key, value] : *piece) {
        if (!each(key, value)) return {};
      }
      last = piece->back().first;
    }
  }

 private:
  static constexpr std::size_t kPieceBytes = 1U << 20;
  using Piece = std::vector<std::pair<Bytes, Bytes>>;

  /// Rows behind `last`, until they are enough for a piece; none: there are no more.
  Explained<Piece> read_piece(Table table, ByteView last) {
    Statement rows(connection_,
                   "SELECT key, value FROM \"" + std::string(name(table)) + "\" WHERE key > ?1 ORDER BY key");
    rows.bind(1, last);
    Piece out;
    int state = SQLITE_ROW;
    for (std::size_t bytes = 0; bytes < kPieceBytes; bytes += out.back().first.size() + out.back().second.size()) {
      state = rows.step();
      if (state != SQLITE_ROW) break;
      out.emplace_back(rows.blob(0), rows.blob(1));
    }
    if (state != SQLITE_ROW && state != SQLITE_DONE) return fail(connection_);
    return out;
  }

  sqlite3* connection_ = nullptr;
};

}  // namespace

Explained<std::unique_ptr<Reading>> SqliteStore::read(std::string const& path, SqliteOptions const& options) {
  // As it is opened for all else: what a server that was killed has left in the journal is brought in first.
  auto const store = open(path, options);
  if (!store) return store.error();
  auto reading = std::make_unique<SqliteReading>();
  if (auto const done = reading->open(path, options); !done) return done.error();
  return std::unique_ptr<Reading>(std::move(reading));
}

Explained<std::unique_ptr<SqliteStore>> SqliteStore::open(std::string const& path, SqliteOptions const& options) {
  std::unique_ptr<SqliteStore> store(new SqliteStore());
  auto const* vfs = options.vfs.empty() ? nullptr : options.vfs.c_str();
  int const flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (options.create ? SQLITE_OPEN_CREATE : 0);
  Explained<void> done;
  if (sqlite3_open_v2(path.c_str(), &store->writer_, flags, vfs) != SQLITE_OK) {
    done = fail(store->writer_);
  } else {
    done = store->prepare(options);
  }
  if (done) {
    int const reading = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(path.c_str(), &store->reader_, reading, vfs) != SQLITE_OK) {
      done = fail(store->reader_);
    } else {
      sqlite3_busy_timeout(store->reader_, static_cast<int>(options.busy_timeout_ms));
    }
  }
  if (!done) return done.error();
  return store;
}

SqliteStore::~SqliteStore() {
  sqlite3_close(reader_);
  sqlite3_close(writer_);
}

Explained<void> SqliteStore::prepare(SqliteOptions const& options) {
  sqlite3_busy_timeout(writer_, static_cast<int>(options.busy_timeout_ms));
  sqlite3_extended_result_codes(writer_, 1);
  for (auto const* pragma : {"PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA secure_delete=ON",
                             "PRAGMA foreign_keys=OFF", "PRAGMA temp_store=MEMORY"}) {
    if (auto done = run(pragma); !done) return done;
  }
  if (options.create) {
    // Before the first table: whoever finds this file knows what it is.
    if (auto done = run(("PRAGMA application_id=" + std::to_string(kApplicationId)).c_str()); !done) return done;
    for (std::size_t t = 0; t < kTables; ++t) {
      std::string const sql = "CREATE TABLE IF NOT EXISTS \"" + std::string(name(static_cast<Table>(t))) +
                              "\" (key BLOB NOT NULL PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID";
      if (auto done = run(sql.c_str()); !done) return done;
    }
  } else {
    Statement id(writer_, "PRAGMA application_id");
    if (id.step() != SQLITE_ROW) return fail(writer_);
    if (id.number(0) != kApplicationId) return Explanation(text::kDatabaseNotOurs, {}, Refusal::kStorage);
  }
  if (options.pages_max > 0) {
    if (auto done = run(("PRAGMA max_page_count=" + std::to_string(options.pages_max)).c_str()); !done) return done;
  }
  // A server that was killed between the end of an attempt and this leaves erased rows in the journal.
  truncate_journal();
  return {};
}

Explained<void> SqliteStore::run(char const* sql) {
  if (sqlite3_exec(writer_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) return fail(writer_);
  return {};
}

Explained<Contents> SqliteStore::load() {
  std::lock_guard const lock(writer_mutex_);
  Contents contents;
  // One moment for all tables: `export` and `status` read while a server writes.
  if (auto done = run("BEGIN"); !done) return done.error();
  for (std::size_t t = 0; t < kTables; ++t) {
    Statement rows(writer_, "SELECT key, value FROM \"" + std::string(name(static_cast<Table>(t))) + "\" ORDER BY key");
    int state = rows.step();
    for (; state == SQLITE_ROW; state = rows.step()) contents.tables[t].emplace(rows.blob(0), rows.blob(1));
    if (state == SQLITE_DONE) continue;
    auto const why = fail(writer_);
    sqlite3_exec(writer_, "ROLLBACK", nullptr, nullptr, nullptr);
    return why;
  }
  if (auto done = run("COMMIT"); !done) return done.error();
  auto const format = contents[Table::kMeta].find(to_bytes(as_bytes(kFormatKey)));
  bool const said = format != contents[Table::kMeta].end();
  if (auto done = check_format(said ? std::optional(format->second) : std::nullopt); !done) return done.error();
  return contents;
}

Explained<void> SqliteStore::write(Write const& write) {
  std::string const table = '"' + std::string(name(write.table)) + '"';
  int state = SQLITE_ERROR;
  switch (write.kind) {
    case Write::Kind::kPut:
      state = Statement(writer_, "INSERT INTO " + table +
                                     " (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2")
                  .bind(1, write.key)
                  .bind(2, write.value)
                  .step();
      break;
    case Write::Kind::kAdd:
      state = Statement(writer_, "INSERT INTO " + table + " (key, value) VALUES (?1, ?2)")
                  .bind(1, write.key)
                  .bind(2, write.value)
                  .step();
      break;
    case Write::Kind::kErase:
      state = Statement(writer_, "DELETE FROM " + table + " WHERE key = ?1").bind(1, write.key).step();
      break;
    case Write::Kind::kErasePrefix:
      if (auto const end = after_prefix(write.key)) {
        state = Statement(writer_, "DELETE FROM " + table + " WHERE key >= ?1 AND key < ?2")
                    .bind(1, write.key)
                    .bind(2, *end)
                    .step();
      } else {
        state = Statement(writer_, "DELETE FROM " + table + " WHERE key >= ?1").bind(1, write.key).step();
      }
      break;
  }
  if (state != SQLITE_DONE) return fail(writer_);
  return {};
}

Explained<void> SqliteStore::commit(Writes const& writes) {
  std::lock_guard const lock(writer_mutex_);
  if (auto done = run("BEGIN IMMEDIATE"); !done) return done;
  Explained<void> done;
  for (auto const& one : writes.list) {
    done = write(one);
    if (!done) break;
  }
  if (done) done = run("COMMIT");
  if (!done) {
    sqlite3_exec(writer_, "ROLLBACK", nullptr, nullptr, nullptr);
    return done;
  }
  if (writes.truncate_journal || truncate_due_) truncate_journal();
  return {};
}

void SqliteStore::truncate_journal() {
  // The transaction itself is durable already: a refusal here only means that it is tried again at the next commit.
  Statement checkpoint(writer_, "PRAGMA wal_checkpoint(TRUNCATE)");
  truncate_due_ = checkpoint.step() != SQLITE_ROW || checkpoint.number(0) != 0;
}

Explained<std::optional<Bytes>> SqliteStore::slip(PersonId person) {
  std::lock_guard const lock(reader_mutex_);
  Bytes const key = key_of_person(person);
  Statement row(reader_, "SELECT value FROM \"slip\" WHERE key = ?1");
  int const state = row.bind(1, key).step();
  if (state == SQLITE_ROW) return std::optional(row.blob(0));
  if (state != SQLITE_DONE) return fail(reader_);
  return std::optional<Bytes>();
}

}  // namespace piaojue::store
