// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The tables of a service (docs/operating.md), all named piaojue_…, and what they have to stand on.
///
///     piaojue_format    one row: the version of these tables, and a random id of this database
///     piaojue_node      name, process, address, alive_until: who is alive, by the database's clock
///     piaojue_meeting   meeting, office, node, process, epoch, commits: one row a meeting, and the lease of it
///     piaojue_<table>   meeting, key, value: one for each Table of store.h
///     piaojue_file      meeting, hash, piece, bytes: files of the candidates, in pieces of kFilePieceBytes
///     piaojue_number    meeting, office: numbers that are taken (postgres_offices.h)
///     piaojue_office…   offices, their drafts, and slips that were not fetched yet (postgres_offices.h)
#include "base/bytes.h"
#include "store/postgres_pool.h"

namespace piaojue::store {

/// 2: piaojue_number and piaojue_office_meeting, and that a request is one of its office's and a certificate one
/// office's.
inline constexpr int kFormat = 2;
inline constexpr std::size_t kDatabaseIdBytes = 16;
inline constexpr std::size_t kFilePieceBytes = 256U << 10;

/// Makes the tables, or brings those of an older version to this one; can be repeated. Refused (kStorage): tables of a
/// newer version, a database that holds something of another program under these names, no right to make tables.
[[nodiscard]] Explained<void> migrate(PostgresPool& pool);

/// Which database this is: drawn by `migrate`, and kept by its backups and standbys.
[[nodiscard]] Explained<Bytes> database_id(PostgresPool& pool);

/// Before a node takes its first meeting. Refused (kStorage, each with a sentence of its own): tables are missing or of
/// another version; `fsync` or `full_page_writes` is off; `synchronous_commit` is below `on`, for this user too; the
/// database can only be read.
[[nodiscard]] Explained<void> check(PostgresPool& pool);

}  // namespace piaojue::store
