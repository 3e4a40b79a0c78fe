// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Connections to one PostgreSQL, or to what speaks its protocol: a bounded number, made when they are first wanted,
/// made again when they break. Every wait in here has a deadline, also that for an answer to COMMIT; none is longer
/// than `PostgresOptions::answer_ms` and one attempt to connect; what is tried anew is so until `patience_ms` are over.
/// Only libpq's looking up of a host's name is the system's and has the system's deadline: write addresses.
///
/// The connection string is libpq's (PostgreSQL documentation, 34.1.1): several hosts, TLS, and
/// `target_session_attrs=read-write`, which is added where it says nothing else. Of several hosts each gets its part of
/// `connect_ms`, so that one that is switched off does not hide the next; the last that answered is asked first. What
/// it holds besides host, port and name of the database is never said or logged.
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/explained.h"

namespace piaojue::store {

/// How long one attempt waits for a lock that somebody else has, and keeps its thread and its connection.
inline constexpr std::chrono::milliseconds kLockedFor{250};

struct PostgresOptions {
  std::string url;              ///< "postgresql://…" or "host=… dbname=…"
  unsigned connections = 8;     ///< at most, one of them for renewals alone; whoever finds none free waits, `answer_ms`
  unsigned connect_ms = 5'000;  ///< for one attempt to connect
  unsigned answer_ms = 10'000;  ///< for the answer to one statement, or to one group of them
  unsigned patience_ms = 20'000;  ///< how long it is tried anew while the database is away or busy with somebody else
  std::uint64_t meeting_bytes_max = 0;  ///< of a meeting's rows; one that has more is not loaded. 0: none
  /// Every new connection is judged as `check` judges: one to a database that may lose what it confirms is refused.
  bool only_durable = false;
};

class PostgresPool {
 public:
  /// Connects once, and judges what it finds: kStorage for a string that is wrong, nobody there, a database without the
  /// rights that are wanted. Nothing is written.
  [[nodiscard]] static Explained<std::shared_ptr<PostgresPool>> open(PostgresOptions options);
  ~PostgresPool();

  /// For a program that ends: whoever waits for this database is refused within a second, and so is whoever asks it
  /// from now on. What was being committed may have been.
  void interrupt();
  /// Host, port and name of the database as it is said to people; without user and password.
  std::string const& place() const;

  struct Impl;
  explicit PostgresPool(std::unique_ptr<Impl> impl);
  Impl& impl() const { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace piaojue::store
