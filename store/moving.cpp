// SPDX-License-Identifier: Apache-2.0
#include "store/moving.h"

#include <algorithm>
#include <functional>

#include "store/postgres/rows.h"
#include "strings/server.h"

namespace piaojue::store {

namespace text = strings::server;
using postgres::Fate;
using postgres::Fault;
using postgres::Statement;
using postgres::Tried;

namespace {

constexpr std::size_t kStatementsAtOnce = 8;

Statement lock_of(MeetingNumber meeting) {
  Statement lock("SELECT node FROM piaojue_meeting WHERE meeting = $1 FOR UPDATE");
  lock.number(meeting);
  return lock;
}

Statement mark_of(MeetingNumber meeting) {
  Statement mark("SELECT value FROM piaojue_meta WHERE meeting = $1 AND key = $2");
  mark.number(meeting).own_bytes(moved_row());
  return mark;
}

Fault conflict(Text const& what, MeetingNumber meeting) { return {Fate::kRefused, {what, {{"meeting", meeting}}}, {}}; }

Whereabouts read(postgres::Answer const& row, postgres::Answer const& mark) {
  if (row.rows() != 1) return {};
  if (mark.rows() == 0) return {Stay::kHere, {}, {}};
  auto const value = mark.bytes(0, 0);
  if (value.size() <= kDirectoryIdBytes) return {Stay::kLeaving, to_bytes(value), {}};
  return {Stay::kGone, to_bytes(value.first(kDirectoryIdBytes)), to_bytes(value.subspan(kDirectoryIdBytes))};
}

/// One transaction over a locked meeting. @param judge by what it finds: statements to be run, none if there is nothing
/// to do, or a refusal.
Tried<void> run_locked(postgres::Pool& pool, MeetingNumber meeting,
                       std::function<Tried<std::vector<Statement>>(bool held, Whereabouts const&)> const& judge) {
  auto const connection = pool.borrow();
  if (!connection) return connection.error();
  auto& on = **connection;
  auto const seen = on.run({Statement("BEGIN ISOLATION LEVEL READ COMMITTED"), lock_of(meeting), mark_of(meeting)},
                           pool.answer_deadline());
  if (!seen) return seen.error();
  auto const& row = (*seen)[1];
  if (row.rows() != 1) return conflict(text::kDatabaseMeetingMissing, meeting);
  auto const statements = judge(!row.null(0, 0), read(row, (*seen)[2]));
  if (!statements) return statements.error();
  for (std::size_t at = 0; at < statements->size(); at += kStatementsAtOnce) {
    auto const end = std::min(statements->size(), at + kStatementsAtOnce);
    std::vector<Statement> const some(statements->begin() + static_cast<std::ptrdiff_t>(at),
                                      statements->begin() + static_cast<std::ptrdiff_t>(end));
    if (auto const done = on.run(some, pool.answer_deadline()); !done) return done.error();
  }
  // Also where there was nothing to do: this commit stands behind the one that did it, on the standby too.
  auto const committed = on.run({Statement("COMMIT")}, pool.answer_deadline());
  if (!committed) return Fault{Fate::kAgain, committed.error().what, committed.error().state};
  if (!(*committed)[0].tagged("COMMIT")) return Fault{Fate::kAgain, text::kDatabaseNotConfirmed, {}};
  return {};
}

/// A row of the meeting is written, so that the commit waits for the standby. Its count stays: a node that has taken
/// the meeting meanwhile would find a group in it that was lost.
Statement touch(MeetingNumber meeting) {
  Statement row("UPDATE piaojue_meeting SET epoch = epoch WHERE meeting = $1");
  row.number(meeting);
  return row;
}

Statement erase_mark(MeetingNumber meeting) {
  Statement erase("DELETE FROM piaojue_meta WHERE meeting = $1 AND key = $2");
  erase.number(meeting).own_bytes(moved_row());
  return erase;
}

Statement put_mark(MeetingNumber meeting, Bytes value) {
  Statement insert("INSERT INTO piaojue_meta (meeting, key, value) VALUES ($1, $2, $3)");
  insert.number(meeting).own_bytes(moved_row()).own_bytes(std::move(value));
  return insert;
}

/// Not those that a rehearsal of the same office reads under this number.
Statement erase_files(MeetingNumber meeting) {
  Statement erase(
      "DELETE FROM piaojue_file WHERE meeting = $1 AND NOT EXISTS (SELECT 1 FROM piaojue_office_meeting o WHERE "
      "o.files = $1 AND o.meeting <> $1)");
  erase.number(meeting);
  return erase;
}

Statement erase_rows(MeetingNumber meeting, std::string const& table) {
  Statement erase("DELETE FROM " + table + " WHERE meeting = $1");
  erase.number(meeting);
  return erase;
}

Explained<void> explained(postgres::Pool& pool, Tried<void> const& done) {
  if (!done) return pool.explain(done.error(), Refusal::kConflict);
  return {};
}

}  // namespace

Bytes moved_row() { return to_bytes(as_bytes("moved")); }

Explained<Whereabouts> whereabouts(PostgresPool& pool, MeetingNumber meeting) {
  auto& inner = pool.impl().pool;
  Statement row("SELECT node FROM piaojue_meeting WHERE meeting = $1");
  row.number(meeting);
  auto const answers = postgres::run_patiently(inner, {row, mark_of(meeting)});
  if (!answers) return inner.explain(answers.error());
  return read((*answers)[0], (*answers)[1]);
}

Explained<std::vector<MeetingNumber>> leaving(PostgresPool& pool) {
  auto& inner = pool.impl().pool;
  Statement rows("SELECT meeting::int8, value FROM piaojue_meta WHERE key = $1 ORDER BY meeting");
  rows.own_bytes(moved_row());
  auto const answers = postgres::run_patiently(inner, {rows});
  if (!answers) return inner.explain(answers.error());
  auto const& answer = (*answers)[0];
  std::vector<MeetingNumber> out;
  for (std::size_t i = 0; i < answer.rows(); ++i) {
    if (answer.bytes(i, 1).size() <= kDirectoryIdBytes) out.push_back(static_cast<MeetingNumber>(answer.number(i, 0)));
  }
  return out;
}

Explained<std::vector<MeetingNumber>> numbers_here(PostgresPool& pool) {
  auto& inner = pool.impl().pool;
  Statement rows(
      "SELECT meeting::int8 FROM piaojue_meeting m WHERE NOT EXISTS (SELECT 1 FROM piaojue_meta t WHERE t.meeting = "
      "m.meeting AND t.key = $1 AND length(t.value) > $2) ORDER BY meeting");
  rows.own_bytes(moved_row()).number(kDirectoryIdBytes);
  auto const answers = postgres::run_patiently(inner, {rows});
  if (!answers) return inner.explain(answers.error());
  auto const& answer = (*answers)[0];
  std::vector<MeetingNumber> out;
  for (std::size_t i = 0; i < answer.rows(); ++i) out.push_back(static_cast<MeetingNumber>(answer.number(i, 0)));
  return out;
}

Explained<std::optional<Elsewhere>> mark_leaving(PostgresPool& pool, MeetingNumber meeting, ByteView directory) {
  auto& inner = pool.impl().pool;
  Statement alive(
      "SELECT m.node, n.address FROM piaojue_meeting m JOIN piaojue_node n ON n.name = m.node AND n.process = "
      "m.process WHERE m.meeting = $1 AND n.alive_until > clock_timestamp()");
  alive.number(meeting);
  // The condition is part of the statement: the node's row may run out between two of them, and then it is repeated.
  Statement fence(
      "UPDATE piaojue_meeting SET node = NULL, process = NULL, epoch = epoch + 1, commits = commits + 1 WHERE meeting "
      "= "
      "$1 AND NOT EXISTS (SELECT 1 FROM piaojue_node n WHERE n.name = piaojue_meeting.node AND n.process = "
      "piaojue_meeting.process AND n.alive_until > clock_timestamp())");
  fence.number(meeting);
  auto const done = postgres::patiently(inner, [&] {
    return run_locked(inner, meeting, [&](bool, Whereabouts const& at) -> Tried<std::vector<Statement>> {
      if (at.stay == Stay::kGone) return conflict(text::kDatabaseMeetingGone, meeting);
      std::vector<Statement> statements{fence};
      statements.push_back(erase_mark(meeting));
      statements.push_back(put_mark(meeting, to_bytes(directory)));
      return statements;
    });
  });
  if (!done) return inner.explain(done.error(), Refusal::kConflict);
  // Nobody takes it any more: whoever is not there now, or is not alive, will not be.
  Statement held("SELECT node FROM piaojue_meeting WHERE meeting = $1 AND node IS NOT NULL");
  held.number(meeting);
  auto const answers = postgres::run_patiently(inner, {held, alive});
  if (!answers) return inner.explain(answers.error());
  if ((*answers)[0].rows() == 0) return std::optional<Elsewhere>();
  Elsewhere elsewhere;
  elsewhere.node = (*answers)[0].text(0, 0);
  if ((*answers)[1].rows() == 1) elsewhere.address = (*answers)[1].text(0, 1);
  return std::optional(std::move(elsewhere));
}

Explained<void> undo_leaving(PostgresPool& pool, MeetingNumber meeting) {
  auto& inner = pool.impl().pool;
  bool retried = false;
  return explained(inner, postgres::patiently(inner, [&] {
                     return run_locked(inner, meeting,
                                       [&](bool, Whereabouts const& at) -> Tried<std::vector<Statement>> {
                                         bool const again = std::exchange(retried, true);
                                         if (at.stay == Stay::kHere && again) return std::vector{touch(meeting)};
                                         if (at.stay == Stay::kGone)
                                           return conflict(text::kDatabaseMeetingGone, meeting);
                                         if (at.stay != Stay::kLeaving)
                                           return conflict(text::kDatabaseMeetingStays, meeting);
                                         return std::vector{erase_mark(meeting), touch(meeting)};
                                       });
                   }));
}

Explained<void> finish_leaving(PostgresPool& pool, MeetingNumber meeting, ByteView directory, ByteView meeting_id) {
  auto& inner = pool.impl().pool;
  return explained(
      inner, postgres::patiently(inner, [&] {
        return run_locked(inner, meeting, [&](bool held, Whereabouts const& at) -> Tried<std::vector<Statement>> {
          if (at.stay == Stay::kGone && std::ranges::equal(at.directory, directory)) return std::vector{touch(meeting)};
          if (at.stay == Stay::kGone) return conflict(text::kDatabaseMeetingGone, meeting);
          // Another id: it was taken back meanwhile, perhaps served, and leaves anew for somewhere else.
          bool const ready = at.stay == Stay::kLeaving && std::ranges::equal(at.directory, directory) && !held;
          if (!ready) return conflict(text::kDatabaseMeetingStays, meeting);
          std::vector<Statement> statements;
          for (std::size_t t = 0; t < kTables; ++t) {
            statements.push_back(erase_rows(meeting, postgres::table_name(static_cast<Table>(t))));
          }
          statements.push_back(erase_files(meeting));
          statements.push_back(erase_rows(meeting, "piaojue_office_slips"));
          auto value = to_bytes(directory);
          append(value, meeting_id);
          statements.push_back(put_mark(meeting, std::move(value)));
          statements.push_back(touch(meeting));
          return statements;
        });
      }));
}

Explained<void> come_back(PostgresPool& pool, MeetingNumber meeting, ByteView directory, Contents const& contents) {
  auto& inner = pool.impl().pool;
  Writes writes;
  writes.erase(Table::kMeta, moved_row());
  for (std::size_t t = 0; t < kTables; ++t) {
    for (auto const& [key, value] : contents.tables[t]) writes.put(static_cast<Table>(t), key, value);
  }
  auto statements = postgres::statements_of(meeting, writes);
  statements.push_back(touch(meeting));
  bool retried = false;
  return explained(inner, postgres::patiently(inner, [&] {
                     return run_locked(
                         inner, meeting, [&](bool, Whereabouts const& at) -> Tried<std::vector<Statement>> {
                           bool const again = std::exchange(retried, true);
                           // Of an attempt whose answer was lost: nobody else brings it back while this directory is
                           // locked.
                           if (at.stay == Stay::kHere && again) return std::vector{touch(meeting)};
                           bool const may = at.stay == Stay::kGone && std::ranges::equal(at.directory, directory);
                           if (!may) return conflict(text::kDatabaseMeetingGone, meeting);
                           return statements;
                         });
                   }));
}

}  // namespace piaojue::store
