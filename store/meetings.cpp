// SPDX-License-Identifier: Apache-2.0
#include "store/meetings.h"

#include <algorithm>

#include "protocol/meeting/slip.h"
#include "store/moving.h"
#include "store/postgres/rows.h"
#include "store/schema.h"
#include "strings/server.h"

namespace piaojue::store {

namespace text = strings::server;
using postgres::Answers;
using postgres::Fate;
using postgres::Fault;
using postgres::Statement;
using postgres::Tried;

namespace {

constexpr std::string_view kKeysRow = "keys";
constexpr std::size_t kPiecesAtOnce = 8;

ByteView keys_row() { return as_bytes(kKeysRow); }

Statement keys_of(MeetingNumber meeting) {
  Statement row("SELECT value FROM piaojue_meta WHERE meeting = $1 AND key = $2");
  row.number(meeting).bytes(keys_row());
  return row;
}

constexpr std::string_view kHeld = "our held";  ///< state of a fault of our own

/// In the transaction that writes under the number: from here on no draft of an office takes it.
Tried<void> take_number(postgres::Connection& on, MeetingNumber meeting, postgres::Pool const& pool) {
  Statement take(
      "INSERT INTO piaojue_number (meeting, office) SELECT $1::int8, 0 WHERE NOT EXISTS (SELECT 1 FROM piaojue_number "
      "WHERE meeting = $1::int8)");
  take.number(meeting);
  // After that, so that what another one has committed meanwhile is seen.
  Statement holder("SELECT office::int8 FROM piaojue_number WHERE meeting = $1 FOR UPDATE");
  holder.number(meeting);
  auto const answers = on.run({take, holder}, pool.answer_deadline());
  if (!answers) return answers.error();
  auto const& row = (*answers)[1];
  if (row.rows() == 1 && row.number(0, 0) == 0) return {};
  return Fault{Fate::kRefused, {text::kDatabaseNumberHeld, {{"meeting", meeting}}}, std::string(kHeld)};
}

Explanation explained(postgres::Pool const& pool, Fault const& fault) {
  return pool.explain(fault, fault.state == kHeld ? Refusal::kConflict : Refusal::kStorage);
}

Sentence number_taken(MeetingNumber meeting) { return {text::kDatabaseNumberTaken, {{"meeting", meeting}}}; }

/// Everything of a new meeting, as writes.
Writes writes_of(Contents const& contents) {
  Writes out;
  for (std::size_t t = 0; t < kTables; ++t) {
    for (auto const& [key, value] : contents.tables[t]) out.put(static_cast<Table>(t), key, value);
  }
  return out;
}

/// The statements in portions of which each is answered in its own time; the connection stays in the transaction.
Tried<void> run_in_portions(postgres::Connection& on, std::vector<Statement> const& statements, std::size_t portion,
                            postgres::Pool const& pool) {
  for (std::size_t at = 0; at < statements.size(); at += portion) {
    auto const end = std::min(statements.size(), at + portion);
    std::vector<Statement> const some(statements.begin() + static_cast<std::ptrdiff_t>(at),
                                      statements.begin() + static_cast<std::ptrdiff_t>(end));
    if (auto const done = on.run(some, pool.answer_deadline()); !done) return done.error();
  }
  return {};
}

/// @param meeting whose number is taken first.
Tried<void> run_transaction(postgres::Pool& pool, MeetingNumber meeting, std::vector<Statement> const& statements,
                            std::size_t portion) {
  auto const connection = pool.borrow();
  if (!connection) return connection.error();
  auto& on = **connection;
  auto const begun = on.run({Statement("BEGIN ISOLATION LEVEL READ COMMITTED")}, pool.answer_deadline());
  if (!begun) return begun.error();
  if (auto const taken = take_number(on, meeting, pool); !taken) return taken;
  if (auto const done = run_in_portions(on, statements, portion, pool); !done) return done;
  auto const ended = on.run({Statement("COMMIT")}, pool.answer_deadline());
  return ended ? Tried<void>() : ended.error();
}

/// What an earlier attempt has done, whose answer was lost, is on this disk: once one more commit is confirmed, it is
/// on a standby too.
Explained<void> confirm(postgres::Pool& pool, MeetingNumber meeting) {
  Statement touch("UPDATE piaojue_meeting SET epoch = epoch WHERE meeting = $1");
  touch.number(meeting);
  if (auto const done = postgres::run_patiently(pool, {touch}); !done) return pool.explain(done.error());
  return {};
}

}  // namespace

Explained<std::vector<ListedMeeting>> list_meetings(PostgresPool& pool, std::optional<std::uint32_t> office) {
  auto& inner = pool.impl().pool;
  Statement rows(
      "SELECT meeting::int8, office::int8, node FROM piaojue_meeting m WHERE NOT EXISTS (SELECT 1 FROM piaojue_meta t "
      "WHERE t.meeting = m.meeting AND t.key = $1)");
  rows.own_bytes(moved_row());
  if (office) {
    rows.sql += " AND office = $2";
    rows.number(*office);
  }
  rows.sql += " ORDER BY meeting";
  auto const answers = postgres::run_patiently(inner, {rows});
  if (!answers) return inner.explain(answers.error());
  auto const& answer = (*answers)[0];
  std::vector<ListedMeeting> out;
  for (std::size_t i = 0; i < answer.rows(); ++i) {
    auto const node = answer.null(i, 2) ? std::nullopt : std::optional(answer.text(i, 2));
    out.push_back(
        {static_cast<MeetingNumber>(answer.number(i, 0)), static_cast<std::uint32_t>(answer.number(i, 1)), node});
  }
  return out;
}

Explained<std::optional<Bytes>> sealed_keys(PostgresPool& pool, MeetingNumber meeting) {
  auto& inner = pool.impl().pool;
  auto const answers = postgres::run_patiently(inner, {keys_of(meeting)});
  if (!answers) return inner.explain(answers.error());
  if ((*answers)[0].rows() == 0) return std::optional<Bytes>();
  return std::optional((*answers)[0].blob(0, 0));
}

Explained<bool> replace_sealed_keys(PostgresPool& pool, MeetingNumber meeting, ByteView before, ByteView after) {
  auto& inner = pool.impl().pool;
  Statement replace("UPDATE piaojue_meta SET value = $3 WHERE meeting = $1 AND key = $2 AND value = $4");
  replace.number(meeting).bytes(keys_row()).bytes(after).bytes(before);
  // The second statement sees what an attempt has done whose answer was lost: sealed keys are never twice the same.
  auto const answers = postgres::run_patiently(inner, {replace, keys_of(meeting)});
  if (!answers) return inner.explain(answers.error());
  if ((*answers)[0].affected() == 1) return true;
  auto const& now = (*answers)[1];
  if (now.rows() != 1 || !std::ranges::equal(now.bytes(0, 0), after)) return false;
  if (auto const done = confirm(inner, meeting); !done) return done.error();
  return true;
}

Explained<void> create_meeting(PostgresPool& pool, MeetingNumber meeting, std::uint32_t office,
                               Contents const& contents) {
  auto& inner = pool.impl().pool;
  auto const writes = writes_of(contents);
  Statement row("INSERT INTO piaojue_meeting (meeting, office, epoch, commits) VALUES ($1, $2, 0, 0)");
  row.number(meeting).number(office);
  std::vector<Statement> statements{row};
  if (office != 0) statements.push_back(postgres::insert_facts(meeting, office, meeting, facts_of(contents)));
  for (auto& one : postgres::statements_of(meeting, writes)) statements.push_back(std::move(one));
  bool retried = false;
  auto const done = postgres::patiently(inner, [&] {
    auto one = run_transaction(inner, meeting, statements, kPiecesAtOnce);
    retried |= !one && one.error().fate == Fate::kAgain;
    return one;
  });
  if (done) return {};
  if (done.error().state != postgres::kUniqueViolation) return explained(inner, done.error());
  // It may be this meeting itself, of an attempt whose answer was lost.
  auto const keys = sealed_keys(pool, meeting);
  if (!keys) return keys.error();
  auto const& meta = contents[Table::kMeta];
  auto const own = meta.find(to_bytes(keys_row()));
  if (retried && *keys && own != meta.end() && **keys == own->second) {
    return confirm(inner, meeting);
  }
  return Explanation(number_taken(meeting), inner.place(), Refusal::kConflict);
}

Explained<void> take_number(PostgresPool& pool, MeetingNumber meeting) {
  auto& inner = pool.impl().pool;
  auto const done = postgres::patiently(inner, [&] {
    auto one = run_transaction(inner, meeting, {}, 1);
    if (!one && one.error().state == postgres::kUniqueViolation) one = Fault{Fate::kAgain, one.error().what, {}};
    return one;
  });
  if (!done) return explained(inner, done.error());
  return {};
}

Explained<MeetingNumber> free_number(PostgresPool& pool) {
  auto& inner = pool.impl().pool;
  auto const answers =
      postgres::run_patiently(inner, {Statement("SELECT coalesce(max(meeting), 0)::int8 FROM piaojue_number")});
  if (!answers) return inner.explain(answers.error());
  auto const last = (*answers)[0].number(0, 0);
  if (last >= meeting::kMeetingNumberMax) {
    return Explanation(number_taken(meeting::kMeetingNumberMax), inner.place(), Refusal::kConflict);
  }
  return static_cast<MeetingNumber>(last + 1);
}

namespace {

constexpr std::string_view kStopPrefix = "stop ";

/// A row that nobody keeps in memory, whoever serves the meeting. The meeting's row is locked, not counted: two that
/// write one row at once come one after the other.
Explained<void> write_row(PostgresPool& pool, MeetingNumber meeting, Table table, Bytes key, Bytes value) {
  auto& inner = pool.impl().pool;
  Statement lock("SELECT meeting::int8 FROM piaojue_meeting WHERE meeting = $1 FOR UPDATE");
  lock.number(meeting);
  Writes writes;
  writes.put(table, std::move(key), std::move(value));
  Statement moved("SELECT 1::int8 FROM piaojue_meta WHERE meeting = $1 AND key = $2");
  moved.number(meeting).own_bytes(moved_row());
  std::vector<Statement> statements{lock, moved};
  for (auto& one : postgres::statements_of(meeting, writes)) {
    // Of a meeting that is not there nothing is written.
    statements.push_back(std::move(one));
  }
  auto const written = postgres::patiently(inner, [&]() -> Tried<void> {
    auto const connection = inner.borrow();
    if (!connection) return connection.error();
    auto& on = **connection;
    std::vector<Statement> begin{Statement("BEGIN ISOLATION LEVEL READ COMMITTED")};
    begin.insert(begin.end(), statements.begin(), statements.end());
    auto const answers = on.run(begin, inner.answer_deadline(), postgres::Sync::kPieces);
    if (!answers) return answers.error();
    if ((*answers)[1].rows() != 1) {
      return Fault{Fate::kRefused, {text::kDatabaseMeetingMissing, {{"meeting", meeting}}}, {}};
    }
    if ((*answers)[2].rows() != 0)
      return Fault{Fate::kRefused, {text::kDatabaseMeetingGone, {{"meeting", meeting}}}, {}};
    auto const committed = on.run({Statement("COMMIT")}, inner.answer_deadline());
    if (!committed) return committed.error();
    return {};
  });
  if (!written) return inner.explain(written.error());
  return {};
}

std::optional<Stop> stop_of(ByteView key) {
  auto const prefix = as_bytes(kStopPrefix);
  if (key.size() != prefix.size() + 8 || !std::ranges::equal(key.first(prefix.size()), prefix)) return std::nullopt;
  auto const numbers = key.subspan(prefix.size());
  return Stop{read_u32be(numbers), read_u32be(numbers.subspan(4))};
}

}  // namespace

Bytes stop_row(Stop stop) {
  Bytes key = to_bytes(as_bytes(kStopPrefix));
  append_u32be(key, stop.batch);
  append_u32be(key, stop.attempt);
  return key;
}

std::vector<Stop> stops_in(Contents const& contents) {
  std::vector<Stop> out;
  for (auto const& [key, value] : contents[Table::kMeta]) {
    if (auto const stop = stop_of(key)) out.push_back(*stop);
  }
  return out;
}

Explained<void> write_slip_row(PostgresPool& pool, MeetingNumber meeting, PersonId person, ByteView sealed) {
  return write_row(pool, meeting, Table::kSlip, key_of_person(person), to_bytes(sealed));
}

Explained<void> add_stop(PostgresPool& pool, MeetingNumber meeting, Stop stop) {
  return write_row(pool, meeting, Table::kMeta, stop_row(stop), {});
}

Explained<std::map<MeetingNumber, std::vector<Stop>>> stops(PostgresPool& pool,
                                                            std::vector<MeetingNumber> const& meetings) {
  auto& inner = pool.impl().pool;
  auto const first = stop_row({0, 0});
  auto const last = stop_row({0xffffffff, 0xffffffff});
  std::vector<Statement> statements;
  for (auto const meeting : meetings) {
    Statement rows("SELECT key FROM piaojue_meta WHERE meeting = $1 AND key >= $2 AND key <= $3");
    rows.number(meeting).bytes(first).bytes(last);
    statements.push_back(std::move(rows));
  }
  std::map<MeetingNumber, std::vector<Stop>> out;
  if (statements.empty()) return out;
  auto const answers = postgres::run_patiently(inner, statements);
  if (!answers) return inner.explain(answers.error());
  for (std::size_t i = 0; i < meetings.size(); ++i) {
    auto const& answer = (*answers)[i];
    for (std::size_t row = 0; row < answer.rows(); ++row) {
      if (auto const stop = stop_of(answer.bytes(row, 0))) out[meetings[i]].push_back(*stop);
    }
  }
  return out;
}

Explained<void> add_file(PostgresPool& pool, MeetingNumber meeting, Hash const& hash, ByteView bytes) {
  auto& inner = pool.impl().pool;
  Statement erase("DELETE FROM piaojue_file WHERE meeting = $1 AND hash = $2");
  erase.number(meeting).bytes(hash.view());
  std::vector<Statement> statements{erase};
  std::size_t at = 0;
  std::uint64_t piece = 0;
  do {  // one piece at least: an empty file is there too
    Statement insert("INSERT INTO piaojue_file (meeting, hash, piece, bytes) VALUES ($1, $2, $3, $4)");
    auto const some = bytes.subspan(at, std::min(kFilePieceBytes, bytes.size() - at));
    insert.number(meeting).bytes(hash.view()).number(piece++).bytes(some);
    statements.push_back(std::move(insert));
    at += some.size();
  } while (at < bytes.size());
  auto const done = postgres::patiently(inner, [&] {
    auto one = run_transaction(inner, meeting, statements, kPiecesAtOnce);
    // Somebody else writes the same file.
    if (!one && one.error().state == postgres::kUniqueViolation) one = Fault{Fate::kAgain, one.error().what, {}};
    return one;
  });
  if (!done) return explained(inner, done.error());
  return {};
}

Explained<std::optional<Bytes>> read_file_piece(PostgresPool& pool, MeetingNumber meeting, Hash const& hash,
                                                std::uint64_t offset, std::size_t length) {
  auto& inner = pool.impl().pool;
  auto const end = offset + length;
  auto const last = length == 0 ? offset : end - 1;
  std::vector<Statement> statements;
  for (auto piece = offset / kFilePieceBytes; piece <= last / kFilePieceBytes; ++piece) {
    auto const begin = piece * kFilePieceBytes;
    auto const from = std::max(offset, begin) - begin;
    auto const to = std::min(end, begin + kFilePieceBytes) - begin;
    Statement part(
        "SELECT substring(bytes from $4::int4 for $5::int4) FROM piaojue_file WHERE meeting = coalesce((SELECT files "
        "FROM piaojue_office_meeting WHERE meeting = $1::int8), $1::int8) AND hash = $2 AND piece = $3");
    part.number(meeting).bytes(hash.view()).number(piece).number(from + 1).number(to - from);
    statements.push_back(std::move(part));
  }
  auto const answers = postgres::run_patiently(inner, statements);
  if (!answers) return inner.explain(answers.error());
  Bytes out;
  for (auto const& answer : *answers) {
    if (answer.rows() == 1)
      append(out, answer.bytes(0, 0));
    else
      return std::optional<Bytes>();
  }
  if (out.size() != length) return std::optional<Bytes>();
  return std::optional(std::move(out));
}

}  // namespace piaojue::store
