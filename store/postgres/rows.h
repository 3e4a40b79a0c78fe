// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The rows of a meeting as statements. Only SQL that PostgreSQL, openGauss, KingbaseES, CockroachDB and YugabyteDB
/// all know: a row is replaced by DELETE and INSERT, since "ON CONFLICT" is not among it. Texts come again: rows that
/// are many are written in statements of a few sizes.
#include "store/leases.h"
#include "store/meeting_facts.h"
#include "store/postgres/pool.h"

namespace piaojue::store::postgres {

/// "piaojue_entry"
std::string table_name(Table table);

/// What makes `writes` so, in an order in which each table ends as it says. The bytes are those of `writes`.
std::vector<Statement> statements_of(MeetingNumber meeting, Writes const& writes);

/// Of a meeting of an office. @param files the number under which its files lie.
Statement insert_facts(MeetingNumber meeting, std::uint32_t office, MeetingNumber files, MeetingFacts const& facts);

/// All rows of one table of a meeting, as `read_contents`.
Tried<Rows> read_table(Connection& connection, MeetingNumber meeting, Table table, Pool const& pool,
                       std::optional<Deadline> until = {});
/// All rows of a meeting, a page at a time: an answer is as long as a page, however long the meeting is. In the
/// transaction that `connection` is in.
Tried<Contents> read_contents(Connection& connection, MeetingNumber meeting, Pool const& pool);

}  // namespace piaojue::store::postgres
