// SPDX-License-Identifier: Apache-2.0
#include "store/postgres_offices.h"

#include <tuple>

#include "protocol/meeting/codec.h"
#include "store/moving.h"
#include "store/offices_said.h"
#include "store/postgres/rows.h"

namespace piaojue::store {

using postgres::Answer;
using postgres::Answers;
using postgres::Connection;
using postgres::Fate;
using postgres::Fault;
using postgres::Pool;
using postgres::Statement;
using postgres::Tried;

namespace {

constexpr std::size_t kStatementsAtOnce = 8;
/// That one statement erases: it is answered for in its own time.
constexpr std::size_t kFilesErasedAtOnce = 100, kPiecesErasedAtOnce = 400;
// Faults of our own, by what `explained` makes of them.
constexpr std::string_view kOurConflict = "our conflict", kOurBound = "our bound", kOurTooLarge = "our size";

Fault conflict() { return {Fate::kRefused, number_taken().what, std::string(kOurConflict)}; }

Fault bound(Explanation const& why) { return {Fate::kRefused, why.what, std::string(kOurBound)}; }

Explanation explained(Pool const& pool, Fault const& fault) {
  if (fault.state == kOurTooLarge) return {fault.what, {}, Refusal::kTooLarge};
  if (fault.state == kOurConflict) return {fault.what, {}, Refusal::kConflict};
  if (fault.state == kOurBound) return {fault.what, {}, Refusal::kBusy};
  return pool.explain(fault);
}
template <class T>
Explained<T> explained(Pool const& pool, Tried<T> done) {
  if (!done) return explained(pool, done.error());
  return std::move(*done);
}

/// A connection in a transaction.
class Deed {
 public:
  Deed(Connection& on, Pool const& pool) : on_(on), pool_(pool) {}
  Tried<Answer> operator()(Statement const& one) const {
    auto answers = on_.run({one}, pool_.answer_deadline());
    if (!answers) return answers.error();
    return (*answers)[0];
  }
  Tried<void> all(std::vector<Statement> const& statements) const {
    for (std::size_t at = 0; at < statements.size(); at += kStatementsAtOnce) {
      auto const end = std::min(statements.size(), at + kStatementsAtOnce);
      std::vector<Statement> const some(statements.begin() + static_cast<std::ptrdiff_t>(at),
                                        statements.begin() + static_cast<std::ptrdiff_t>(end));
      if (auto const done = on_.run(some, pool_.answer_deadline()); !done) return done.error();
    }
    return {};
  }
  Tried<Rows> table(MeetingNumber meeting, Table which, std::optional<postgres::Deadline> until = {}) const {
    return postgres::read_table(on_, meeting, which, pool_, until);
  }

 private:
  Connection& on_;
  Pool const& pool_;
};

/// All of them can be repeated: who loses the answer to COMMIT begins again, and finds what he has done.
template <class F>
auto in_transaction(Pool& pool, char const* begin, F const& body) {
  using Done = decltype(body(std::declval<Deed const&>()));
  return postgres::patiently(pool, [&]() -> Done {
    auto const connection = pool.borrow();
    if (!connection) return connection.error();
    auto& on = **connection;
    if (auto const begun = on.run({Statement(begin)}, pool.answer_deadline()); !begun) return begun.error();
    auto done = body(Deed(on, pool));
    // A connection that is in a transaction is closed when it is given back.
    if (!done) {
      auto fault = done.error();
      bool const met = fault.state == postgres::kUniqueViolation;
      // It was no fault of the connection: were it closed, so would be all others that lie idle.
      if (met || fault.fate == Fate::kRefused) std::ignore = on.run({Statement("ROLLBACK")}, pool.answer_deadline());
      // Two that insert the same row: the second one finds it when it tries again.
      if (met) fault.fate = Fate::kAgain;
      return fault;
    }
    if (auto const ended = on.run({Statement("COMMIT")}, pool.answer_deadline()); !ended) return ended.error();
    return done;
  });
}
constexpr char const* kWriting = "BEGIN ISOLATION LEVEL READ COMMITTED";
constexpr char const* kReading = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

MeetingNumber meeting_at(Answer const& answer, std::size_t row, int column) {
  return static_cast<MeetingNumber>(answer.number(row, column));
}

// ---- Offices

constexpr std::string_view kOfficeColumns =
    "SELECT office::int8, name, slip, used, request, spki, certificate FROM "
    "piaojue_office";

std::optional<Hash> hash_at(Answer const& answer, std::size_t row, int column) {
  return answer.null(row, column) ? std::nullopt : Hash::from(answer.bytes(row, column));
}

OfficeRow office_at(Answer const& answer, std::size_t row) {
  OfficeRow out;
  out.office = static_cast<OfficeNumber>(answer.number(row, 0));
  out.name = answer.text(row, 1);
  out.slip = answer.blob(row, 2);
  out.used = hash_at(answer, row, 3);
  out.request = hash_at(answer, row, 4).value_or(Hash{});
  out.spki = hash_at(answer, row, 5);
  out.certificate = answer.text(row, 6);
  return out;
}

Statement select_office(OfficeNumber office) {
  Statement row(std::string(kOfficeColumns) + " WHERE office = $1");
  row.number(office);
  return row;
}

/// From here on no other request of this office decides about drafts.
Statement lock_office(OfficeNumber office) {
  Statement row("SELECT office::int8 FROM piaojue_office WHERE office = $1 FOR UPDATE");
  row.number(office);
  return row;
}

/// Changes nothing; once it is committed, so is what was read before.
Statement write_office(OfficeNumber office) {
  Statement row("UPDATE piaojue_office SET name = name WHERE office = $1");
  row.number(office);
  return row;
}

// ---- Drafts

/// Without its description, which may be megabytes: it is found again with each piece.
struct Found {
  MeetingNumber meeting = 0;
  bool created = false;
  std::uint64_t bytes = 0;
  std::optional<Hash> digest;  ///< of the description
};
using MaybeFound = std::optional<Found>;

Tried<MaybeFound> find_draft(Deed const& deed, OfficeNumber office, RequestId const& request, std::string_view more) {
  Statement row(
      "SELECT meeting::int8, created::int8, bytes::int8, digest FROM piaojue_office_draft "
      "WHERE office = $1 AND request = $2" +
      std::string(more));
  row.number(office).bytes(request.view());
  auto const answer = deed(row);
  if (!answer) return answer.error();
  if (answer->rows() == 0) return MaybeFound();
  return MaybeFound(
      Found{meeting_at(*answer, 0, 0), answer->number(0, 1) != 0, answer->number(0, 2), hash_at(*answer, 0, 3)});
}
/// To write: nobody else changes it until the transaction ends, and whatever is answered then is answered by a commit.
/// @param as nothing of a draft that is another one.
Tried<MaybeFound> touch_draft(Deed const& deed, OfficeNumber office, RequestId const& request,
                              DraftId const* as = nullptr) {
  auto found = find_draft(deed, office, request, " FOR UPDATE");
  if (!found || !*found) return found;
  if (as != nullptr && ((*found)->meeting != as->meeting || (*found)->digest != as->description)) return MaybeFound();
  Statement touch("UPDATE piaojue_office_draft SET touched = now() WHERE meeting = $1");
  touch.number((*found)->meeting);
  if (auto const done = deed(touch); !done) return done.error();
  return found;
}

Tried<OfficeDraftRow> with_parts(Deed const& deed, Found const& found) {
  Statement description("SELECT description FROM piaojue_office_draft WHERE meeting = $1");
  description.number(found.meeting);
  auto const said = deed(description);
  if (!said) return said.error();
  Statement rows("SELECT part::int8, have::int8, whole::int8 FROM piaojue_office_part WHERE meeting = $1");
  rows.number(found.meeting);
  auto const answer = deed(rows);
  if (!answer) return answer.error();
  OfficeDraftRow out{found.meeting, found.created, said->rows() == 1 ? said->blob(0, 0) : Bytes(), {}};
  for (std::size_t i = 0; i < answer->rows(); ++i) {
    out.parts[static_cast<std::uint32_t>(answer->number(i, 0))] = {answer->number(i, 1), answer->number(i, 2) != 0};
  }
  return out;
}

Statement erase_file(MeetingNumber meeting, ByteView hash) {
  Statement out("DELETE FROM piaojue_file WHERE meeting = $1 AND hash = $2");
  out.number(meeting).bytes(hash);
  return out;
}

Tried<void> erase_files(Deed const& deed, MeetingNumber meeting) {
  Statement rows("SELECT hash, count(*)::int8 FROM piaojue_file WHERE meeting = $1 GROUP BY hash");
  rows.number(meeting);
  auto const answer = deed(rows);
  if (!answer) return answer.error();
  for (std::size_t at = 0; at < answer->rows();) {
    Statement out("DELETE FROM piaojue_file WHERE meeting = $1 AND hash IN (");
    out.number(meeting);
    std::size_t pieces = 0;
    auto const first = at;
    while (at < answer->rows() && at - first < kFilesErasedAtOnce && pieces < kPiecesErasedAtOnce) {
      out.sql += (at == first ? "$" : ", $") + std::to_string(at - first + 2);
      out.bytes(answer->bytes(at, 0));
      pieces += answer->number(at++, 1);
    }
    out.sql += ")";
    if (auto const done = deed(out); !done) return done.error();
  }
  return {};
}

Tried<void> drop_draft(Deed const& deed, MeetingNumber meeting) {
  if (auto const done = erase_files(deed, meeting); !done) return done;
  std::vector<Statement> statements;
  for (auto const* sql :
       {"DELETE FROM piaojue_office_part WHERE meeting = $1", "DELETE FROM piaojue_office_draft WHERE meeting = $1",
        "DELETE FROM piaojue_number WHERE meeting = $1"}) {
    statements.push_back(Statement(sql).number(meeting));
  }
  return deed.all(statements);
}

/// @param most bytes that drafts may have together. @return false: there was no time to make it all.
Tried<bool> make_room(Deed const& deed, OfficeNumber office, Offices::NewDraft const& fresh, std::size_t drafts_max,
                      std::uint64_t most) {
  Statement rows(
      "SELECT meeting::int8, bytes::int8, (CASE WHEN touched < now() - interval '7 days' THEN 1 ELSE 0 "
      "END)::int8 FROM piaojue_office_draft WHERE office = $1 AND created = 0 ORDER BY touched FOR UPDATE");
  rows.number(office);
  auto const answer = deed(rows);
  if (!answer) return answer.error();
  std::size_t count = answer->rows();
  auto all = fresh.bytes;
  for (std::size_t i = 0; i < answer->rows(); ++i) all += answer->number(i, 1);
  for (std::size_t i = 0; i < answer->rows(); ++i) {
    bool const fits = count < drafts_max && all <= most;
    if (fits && answer->number(i, 2) == 0) return true;
    if (postgres::Clock::now() >= fresh.until) return false;
    if (auto const done = drop_draft(deed, meeting_at(*answer, i, 0)); !done) return done.error();
    --count;
    all -= answer->number(i, 1);
  }
  return true;
}

/// @return false: it is a meeting's, or a draft's. Whoever takes it at the same moment waits for this transaction.
Tried<bool> take_number(Deed const& deed, MeetingNumber number, OfficeNumber office) {
  Statement take(
      "INSERT INTO piaojue_number (meeting, office) SELECT $1::int8, $2::int8 WHERE NOT EXISTS (SELECT 1 FROM "
      "piaojue_number WHERE meeting = $1::int8)");
  take.number(number).number(office);
  auto const answer = deed(take);
  if (!answer) return answer.error();
  return answer->affected() == 1;
}

Tried<OfficeHas> what_it_has(Deed const& deed, OfficeNumber office) {
  Statement sums(
      "SELECT count(*)::int8, coalesce(sum(bytes), 0)::int8 FROM piaojue_office_draft WHERE office = $1 AND "
      "created = 1");
  sums.number(office);
  auto const answer = deed(sums);
  if (!answer) return answer.error();
  return OfficeHas{answer->number(0, 0), answer->number(0, 1)};
}

/// Nothing: what was dropped to make room is dropped, and there was no time for more.
using MaybeEntered = std::optional<OfficeDraftRow>;

Tried<MaybeEntered> enter_draft(Deed const& deed, OfficeNumber office, RequestId const& request,
                                Offices::NewDraft const& fresh, DraftBounds const& bounds) {
  if (auto const locked = deed(lock_office(office)); !locked) return locked.error();
  auto const known = touch_draft(deed, office, request);
  if (!known) return known.error();
  if (*known) {
    auto whole = with_parts(deed, **known);
    if (!whole) return whole.error();
    return MaybeEntered(std::move(*whole));
  }
  auto const has = what_it_has(deed, office);
  if (!has) return has.error();
  if (auto const fits = check_bounds(bounds, fresh.bytes, *has); !fits) return bound(fits.error());
  auto const room = make_room(deed, office, fresh, bounds.drafts_max, draft_room(bounds, *has));
  if (!room) return room.error();
  if (!*room) return MaybeEntered();
  auto const taken = take_number(deed, fresh.meeting, office);
  if (!taken) return taken.error();
  if (!*taken) return conflict();
  auto const digest = crypto::sha256({fresh.description});
  Statement insert(
      "INSERT INTO piaojue_office_draft (meeting, office, request, created, bytes, touched, description, digest) "
      "VALUES ($1, $2, $3, 0, $4, now(), $5, $6)");
  insert.number(fresh.meeting).number(office).bytes(request.view()).number(fresh.bytes).bytes(fresh.description);
  insert.bytes(digest.view());
  if (auto const done = deed(insert); !done) return done.error();
  return MaybeEntered(OfficeDraftRow{fresh.meeting, false, fresh.description, {}});
}

Tried<PartState> part_state(Deed const& deed, MeetingNumber meeting, std::uint32_t part) {
  Statement row("SELECT have::int8, whole::int8 FROM piaojue_office_part WHERE meeting = $1 AND part = $2");
  row.number(meeting).number(part);
  auto const answer = deed(row);
  if (!answer) return answer.error();
  if (answer->rows() == 0) return PartState{};
  return PartState{answer->number(0, 0), answer->number(0, 1) != 0};
}

Tried<void> add_piece(Deed const& deed, MeetingNumber meeting, DraftPart const& part, std::uint64_t offset,
                      ByteView bytes) {
  auto const piece = offset / kFilePieceBytes;
  Statement erase("DELETE FROM piaojue_file WHERE meeting = $1 AND hash = $2 AND piece = $3");
  erase.number(meeting).bytes(part.sha256.view()).number(piece);
  Statement insert("INSERT INTO piaojue_file (meeting, hash, piece, bytes) VALUES ($1, $2, $3, $4)");
  insert.number(meeting).bytes(part.sha256.view()).number(piece).bytes(bytes);
  Statement before("DELETE FROM piaojue_office_part WHERE meeting = $1 AND part = $2");
  before.number(meeting).number(part.number);
  Statement now("INSERT INTO piaojue_office_part (meeting, part, have, whole) VALUES ($1, $2, $3, 0)");
  now.number(meeting).number(part.number).number(offset + bytes.size());
  return deed.all({erase, insert, before, now});
}

Tried<void> set_judged(Deed const& deed, MeetingNumber meeting, DraftPart const& part, bool is_right) {
  if (is_right) {
    Statement whole("UPDATE piaojue_office_part SET whole = 1 WHERE meeting = $1 AND part = $2");
    whole.number(meeting).number(part.number);
    return deed.all({whole});
  }
  Statement gone("DELETE FROM piaojue_office_part WHERE meeting = $1 AND part = $2");
  gone.number(meeting).number(part.number);
  return deed.all({gone, erase_file(meeting, part.sha256.view())});
}

// ---- Meetings

Statement select_own(OfficeNumber office, MeetingNumber meeting) {
  // Both in one condition: of another office's meeting and of none the database finds no row.
  // One that was moved out of the service, or is on its way, is none either (moving.h).
  Statement row(
      "SELECT meeting::int8 FROM piaojue_meeting m WHERE office = $1 AND meeting = $2 AND NOT EXISTS (SELECT 1 FROM "
      "piaojue_meta t WHERE t.meeting = m.meeting AND t.key = $3)");
  row.number(office).number(meeting).own_bytes(moved_row());
  return row;
}

Tried<bool> is_own(Deed const& deed, OfficeNumber office, MeetingNumber meeting) {
  auto const answer = deed(select_own(office, meeting));
  if (!answer) return answer.error();
  return answer->rows() == 1;
}

/// Under which number the files of the office's own meeting lie. @return nothing: no such meeting, or not its own.
Tried<std::optional<MeetingNumber>> files_number(Deed const& deed, OfficeNumber office, MeetingNumber meeting) {
  using Number = std::optional<MeetingNumber>;
  Statement row(
      "SELECT coalesce(f.files, m.meeting)::int8 FROM piaojue_meeting m LEFT JOIN piaojue_office_meeting f ON "
      "f.meeting = m.meeting WHERE m.office = $1 AND m.meeting = $2");
  row.number(office).number(meeting);
  auto const answer = deed(row);
  if (!answer) return answer.error();
  if (answer->rows() == 0) return Number();
  return Number(meeting_at(*answer, 0, 0));
}

Tried<void> insert_meeting(Deed const& deed, MeetingNumber number, OfficeNumber office, MeetingNumber files,
                           Offices::NewMeeting const& made) {
  Writes writes;
  for (std::size_t t = 0; t < kTables; ++t) {
    for (auto const& [key, value] : made.contents.tables[t]) writes.put(static_cast<Table>(t), key, value);
  }
  std::vector<Statement> statements;
  statements.push_back(
      Statement("INSERT INTO piaojue_meeting (meeting, office, epoch, commits) VALUES ($1, $2, 0, 0)"));
  statements.back().number(number).number(office);
  statements.push_back(postgres::insert_facts(number, office, files, facts_of(made.contents)));
  for (auto& one : postgres::statements_of(number, writes)) statements.push_back(std::move(one));
  statements.push_back(Statement("INSERT INTO piaojue_office_slips (meeting, sealed) VALUES ($1, $2)"));
  statements.back().number(number).bytes(made.slips);
  return deed.all(statements);
}

/// What is sealed is sealed under the key that the service's row is sealed under. The row stays as it is until the
/// transaction ends: whoever re-seals it finds what this one has made, or this one finds that it was re-sealed. Others
/// that make meetings do not wait for it.
Tried<bool> is_identity(Deed const& deed, std::optional<Bytes> const& identity) {
  auto const row = deed(Statement("SELECT sealed FROM piaojue_office_service WHERE one = 1 FOR SHARE"));
  if (!row) return row.error();
  return (row->rows() == 1 ? std::optional(row->blob(0, 0)) : std::nullopt) == identity;
}

/// Its number, or why there is none.
struct Made {
  enum class How : std::uint8_t { kMade, kAbsent, kFull, kSealedAnew };
  How how = How::kMade;
  MeetingNumber number = 0;
};

Tried<Made> make_meeting(Deed const& deed, OfficeNumber office, DraftId const& draft, Offices::NewMeeting const& made,
                         DraftBounds const& bounds) {
  // Whoever else decides about bytes of this office waits.
  if (auto const locked = deed(lock_office(office)); !locked) return locked.error();
  auto const found = touch_draft(deed, office, draft.request, &draft);
  if (!found) return found.error();
  if (!*found) return Made{Made::How::kAbsent};
  auto const number = (*found)->meeting;
  if ((*found)->created) return Made{Made::How::kMade, number};
  auto files = std::optional(number);
  if (made.like) {
    auto const shared = files_number(deed, office, *made.like);
    if (!shared) return shared.error();
    if (!*shared) return Made{Made::How::kAbsent};
    files = *shared;
  }
  auto const has = what_it_has(deed, office);
  if (!has) return has.error();
  auto const sheets = bytes_of(made.sheets);
  if (sheets > (*found)->bytes) return Made{Made::How::kAbsent};
  auto const bytes = (*found)->bytes - sheets + bytes_of(made);
  if (has->bytes + bytes > bounds.office_bytes_max) return Made{Made::How::kFull};
  if (auto const done = insert_meeting(deed, number, office, *files, made); !done) return done.error();
  std::vector<Statement> rest;
  for (auto const& sheet : made.sheets) rest.push_back(erase_file(number, sheet.sha256.view()));
  rest.push_back(Statement("DELETE FROM piaojue_office_part WHERE meeting = $1").number(number));
  rest.push_back(Statement("UPDATE piaojue_number SET office = 0 WHERE meeting = $1").number(number));
  rest.push_back(Statement("UPDATE piaojue_office_draft SET created = 1, bytes = $2 WHERE meeting = $1"));
  rest.back().number(number).number(bytes);
  if (auto const done = deed.all(rest); !done) return done.error();
  // Last, so that whoever re-seals waits for it as briefly as can be.
  auto const same = is_identity(deed, made.identity);
  if (!same) return same.error();
  return *same ? Made{Made::How::kMade, number} : Made{Made::How::kSealedAnew};
}

Tried<std::uint64_t> log_bytes(Deed const& deed, MeetingNumber meeting) {
  std::uint64_t out = 0;
  for (auto const table : kLogTables) {
    Statement sum("SELECT coalesce(sum(octet_length(value)), 0)::int8 FROM " + postgres::table_name(table) +
                  " WHERE meeting = $1");
    sum.number(meeting);
    auto const answer = deed(sum);
    if (!answer) return answer.error();
    out += answer->number(0, 0);
  }
  return out;
}

/// The rows that an office may see of one of its meetings.
Tried<OwnMeeting> read_own(Deed const& deed, MeetingNumber meeting) {
  OwnMeeting out;
  out.meeting = meeting;
  Statement meta("SELECT key, value FROM piaojue_meta WHERE meeting = $1 AND key IN ($2, $3, $4)");
  meta.number(meeting);
  for (std::string_view const key : {"draft", "format", "suggested recusals"}) meta.bytes(as_bytes(key));
  auto const rows = deed(meta);
  if (!rows) return rows.error();
  for (std::size_t i = 0; i < rows->rows(); ++i) {
    out.contents[Table::kMeta][rows->blob(i, 0)] = rows->blob(i, 1);
  }
  auto enrolments = deed.table(meeting, Table::kEnrolment);
  if (!enrolments) return enrolments.error();
  out.contents[Table::kEnrolment] = std::move(*enrolments);
  Statement entry("SELECT key, value FROM piaojue_entry WHERE meeting = $1 ORDER BY key DESC LIMIT 1");
  entry.number(meeting);
  auto const last = deed(entry);
  if (!last) return last.error();
  if (last->rows() == 1) out.contents[Table::kEntry][last->blob(0, 0)] = last->blob(0, 1);
  Statement slips("SELECT meeting::int8 FROM piaojue_office_slips WHERE meeting = $1");
  slips.number(meeting);
  auto const waiting = deed(slips);
  if (!waiting) return waiting.error();
  out.slips_waiting = waiting->rows() == 1;
  return out;
}

}  // namespace

// ---- The service's own row

Explained<std::optional<Bytes>> PostgresOffices::identity() {
  auto& pool = pool_->impl().pool;
  auto const answers = postgres::run_patiently(pool, {Statement("SELECT sealed FROM piaojue_office_service")});
  if (!answers) return explained(pool, answers.error());
  if ((*answers)[0].rows() == 0) return std::optional<Bytes>();
  return std::optional((*answers)[0].blob(0, 0));
}

Explained<Bytes> PostgresOffices::set_identity(ByteView sealed) {
  auto& pool = pool_->impl().pool;
  return explained(pool, in_transaction(pool, kWriting, [&](Deed const& deed) -> Tried<Bytes> {
                     auto const there = deed(Statement("SELECT sealed FROM piaojue_office_service"));
                     if (!there) return there.error();
                     if (there->rows() == 1) return there->blob(0, 0);
                     Statement insert("INSERT INTO piaojue_office_service (one, sealed) VALUES (1, $1)");
                     insert.bytes(sealed);
                     if (auto const done = deed(insert); !done) return done.error();
                     return to_bytes(sealed);
                   }));
}

Explained<std::vector<SealedRow>> PostgresOffices::sealed_rows() {
  auto& pool = pool_->impl().pool;
  auto const answers = postgres::run_patiently(
      pool, {Statement("SELECT 0::int8, sealed FROM piaojue_office_service"),
             Statement("SELECT office::int8, slip FROM piaojue_office ORDER BY office"),
             Statement("SELECT meeting::int8, sealed FROM piaojue_office_slips ORDER BY meeting")});
  if (!answers) return explained(pool, answers.error());
  std::vector<SealedRow> out;
  for (std::size_t kind = 0; kind < answers->size(); ++kind) {
    auto const& answer = (*answers)[kind];
    for (std::size_t i = 0; i < answer.rows(); ++i) {
      out.push_back({static_cast<SealedRow::Kind>(kind), meeting_at(answer, i, 0), answer.blob(i, 1)});
    }
  }
  return out;
}

Explained<bool> PostgresOffices::replace_sealed(SealedRow const& row, ByteView after) {
  auto& pool = pool_->impl().pool;
  Statement update(
      row.kind == SealedRow::Kind::kIdentity ? "UPDATE piaojue_office_service SET sealed = $1 WHERE sealed "
                                               "= $2 AND one = 1 + $3"
      : row.kind == SealedRow::Kind::kOffice ? "UPDATE piaojue_office SET slip = $1 WHERE slip = $2 AND "
                                               "office = $3"
                                             : "UPDATE piaojue_office_slips SET sealed = $1 WHERE sealed = "
                                               "$2 AND meeting = $3");
  update.bytes(after).bytes(row.sealed).number(row.number);
  auto const answers = postgres::run_patiently(pool, {update});
  if (!answers) return explained(pool, answers.error());
  return (*answers)[0].affected() == 1;
}

// ---- Who they are

Explained<OfficeNumber> PostgresOffices::add_office(std::string const& name,
                                                    std::function<Bytes(OfficeNumber)> const& slip) {
  auto& pool = pool_->impl().pool;
  OfficeNumber tried = 0;
  Bytes sealed;
  return explained(
      pool, in_transaction(pool, kWriting, [&](Deed const& deed) -> Tried<OfficeNumber> {
        if (tried != 0) {  // the answer to COMMIT may have been lost, and what is sealed is never twice the same
          auto const own = deed(select_office(tried));
          if (!own) return own.error();
          if (own->rows() == 1 && own->blob(0, 2) == sealed) return tried;
        }
        auto const last = deed(Statement("SELECT coalesce(max(office), 0)::int8 FROM piaojue_office"));
        if (!last) return last.error();
        auto const number = static_cast<OfficeNumber>(last->number(0, 0)) + 1;
        if (number > kOfficesMax) return Fault{Fate::kRefused, offices_full().what, std::string(kOurConflict)};
        tried = number;
        sealed = slip(number);
        Statement insert("INSERT INTO piaojue_office (office, name, slip) VALUES ($1, $2, $3)");
        insert.number(number).text(name).bytes(sealed);
        if (auto const done = deed(insert); !done) return done.error();
        return number;
      }));
}

Explained<bool> PostgresOffices::replace_slip(OfficeNumber office, ByteView slip) {
  auto& pool = pool_->impl().pool;
  Statement update("UPDATE piaojue_office SET slip = $2 WHERE office = $1");
  update.number(office).bytes(slip);
  auto const answers = postgres::run_patiently(pool, {update});
  if (!answers) return explained(pool, answers.error());
  return (*answers)[0].affected() == 1;
}

Explained<std::optional<OfficeRow>> PostgresOffices::office(OfficeNumber office) {
  auto& pool = pool_->impl().pool;
  auto const answers = postgres::run_patiently(pool, {select_office(office)});
  if (!answers) return explained(pool, answers.error());
  if ((*answers)[0].rows() == 0) return std::optional<OfficeRow>();
  return std::optional(office_at((*answers)[0], 0));
}

Explained<std::vector<OfficeRow>> PostgresOffices::offices() {
  auto& pool = pool_->impl().pool;
  auto const answers = postgres::run_patiently(pool, {Statement(std::string(kOfficeColumns) + " ORDER BY office")});
  if (!answers) return explained(pool, answers.error());
  std::vector<OfficeRow> out;
  for (std::size_t i = 0; i < (*answers)[0].rows(); ++i) out.push_back(office_at((*answers)[0], i));
  return out;
}

Explained<std::optional<OfficeNumber>> PostgresOffices::office_of(Hash const& spki) {
  auto& pool = pool_->impl().pool;
  Statement row("SELECT office::int8 FROM piaojue_office WHERE spki = $1");
  row.bytes(spki.view());
  auto const answers = postgres::run_patiently(pool, {row});
  if (!answers) return explained(pool, answers.error());
  if ((*answers)[0].rows() == 0) return std::optional<OfficeNumber>();
  return std::optional(static_cast<OfficeNumber>((*answers)[0].number(0, 0)));
}

Explained<bool> PostgresOffices::enrol(OfficeRow const& row) {
  auto& pool = pool_->impl().pool;
  return explained(
      pool, in_transaction(pool, kWriting, [&](Deed const& deed) -> Tried<bool> {
        if (auto const locked = deed(lock_office(row.office)); !locked) return locked.error();
        auto const there = deed(select_office(row.office));
        if (!there) return there.error();
        if (there->rows() == 0) return false;
        auto const now = office_at(*there, 0);
        if (now.slip != row.slip || now.used == row.used) return false;
        Statement others("SELECT office::int8 FROM piaojue_office WHERE spki = $1");
        others.bytes(row.spki->view());
        auto const taken = deed(others);
        if (!taken) return taken.error();
        if (taken->rows() != 0) return false;
        Statement update(
            "UPDATE piaojue_office SET used = $2, request = $3, spki = $4, certificate = $5 WHERE office = $1");
        update.number(row.office).bytes(row.used->view()).bytes(row.request.view()).bytes(row.spki->view());
        update.text(row.certificate);
        if (auto const done = deed(update); !done) return done.error();
        return true;
      }));
}

Explained<void> PostgresOffices::confirm(OfficeNumber office) {
  auto& pool = pool_->impl().pool;
  if (auto const done = postgres::run_patiently(pool, {write_office(office)}); !done) {
    return explained(pool, done.error());
  }
  return {};
}

// ---- Drafts

Explained<OfficeDraftRow> PostgresOffices::begin_draft(OfficeNumber office, RequestId const& request,
                                                       NewDraft const& fresh, DraftBounds const& bounds) {
  auto& pool = pool_->impl().pool;
  auto entered = in_transaction(pool, kWriting,
                                [&](Deed const& deed) { return enter_draft(deed, office, request, fresh, bounds); });
  if (!entered) return explained(pool, entered.error());
  if (!*entered) return took_long();
  return std::move(**entered);
}

Explained<std::optional<OfficeDraftRow>> PostgresOffices::draft(OfficeNumber office, RequestId const& request) {
  using Row = std::optional<OfficeDraftRow>;
  auto& pool = pool_->impl().pool;
  return explained(pool, in_transaction(pool, kReading, [&](Deed const& deed) -> Tried<Row> {
                     auto const found = find_draft(deed, office, request, {});
                     if (!found) return found.error();
                     if (!*found) return Row();
                     auto whole = with_parts(deed, **found);
                     if (!whole) return whole.error();
                     return Row(std::move(*whole));
                   }));
}

Explained<std::optional<PartState>> PostgresOffices::put_piece(OfficeNumber office, DraftId const& draft,
                                                               DraftPart const& part, std::uint64_t offset,
                                                               ByteView bytes) {
  using State = std::optional<PartState>;
  auto& pool = pool_->impl().pool;
  return explained(pool, in_transaction(pool, kWriting, [&](Deed const& deed) -> Tried<State> {
                     auto const found = touch_draft(deed, office, draft.request, &draft);
                     if (!found) return found.error();
                     if (!*found) return State();
                     if ((*found)->created) return State(PartState{part.size, true});
                     auto const state = part_state(deed, (*found)->meeting, part.number);
                     if (!state) return state.error();
                     if (state->have != offset || state->whole) return State(*state);
                     if (auto const done = add_piece(deed, (*found)->meeting, part, offset, bytes); !done)
                       return done.error();
                     return State(PartState{offset + bytes.size(), false});
                   }));
}

Explained<std::optional<Bytes>> PostgresOffices::read_piece(OfficeNumber office, DraftId const& draft,
                                                            DraftPart const& part, std::uint64_t offset) {
  auto& pool = pool_->impl().pool;
  Statement row(
      "SELECT f.bytes FROM piaojue_file f, piaojue_office_draft d WHERE d.office = $1 AND d.request = $2 AND "
      "d.created = 0 AND d.meeting = $5 AND d.digest = $6 AND f.meeting = d.meeting AND f.hash = $3 AND f.piece = $4");
  row.number(office).bytes(draft.request.view()).bytes(part.sha256.view()).number(offset / kFilePieceBytes);
  row.number(draft.meeting).bytes(draft.description.view());
  auto const answers = postgres::run_patiently(pool, {row});
  if (!answers) return explained(pool, answers.error());
  if ((*answers)[0].rows() == 0) return std::optional<Bytes>();
  return std::optional((*answers)[0].blob(0, 0));
}

Explained<void> PostgresOffices::judge_part(OfficeNumber office, DraftId const& draft, DraftPart const& part,
                                            bool is_right) {
  auto& pool = pool_->impl().pool;
  auto const done = in_transaction(pool, kWriting, [&](Deed const& deed) -> Tried<void> {
    auto const found = touch_draft(deed, office, draft.request, &draft);
    if (!found) return found.error();
    if (!*found || (*found)->created) return {};
    auto const state = part_state(deed, (*found)->meeting, part.number);
    if (!state) return state.error();
    if (state->have != part.size || state->whole) return {};
    return set_judged(deed, (*found)->meeting, part, is_right);
  });
  if (!done) return explained(pool, done.error());
  return {};
}

Explained<std::optional<MeetingNumber>> PostgresOffices::create(OfficeNumber office, DraftId const& draft,
                                                                NewMeeting const& made, DraftBounds const& bounds) {
  auto& pool = pool_->impl().pool;
  auto const done = in_transaction(pool, kWriting, [&](Deed const& deed) -> Tried<Made> {
    auto out = make_meeting(deed, office, draft, made, bounds);
    // What was written before it was refused is not kept.
    if (out && out->how == Made::How::kFull) return bound(office_full(bounds));
    if (out && out->how == Made::How::kSealedAnew) {
      return Fault{Fate::kRefused, sealed_anew().what, std::string(kOurConflict)};
    }
    return out;
  });
  if (!done) return explained(pool, done.error());
  return done->how == Made::How::kAbsent ? std::nullopt : std::optional(done->number);
}

// ---- Its meetings

Explained<std::vector<ListedOwn>> PostgresOffices::own_meetings(OfficeNumber office, MeetingNumber after,
                                                                std::size_t count) {
  auto& pool = pool_->impl().pool;
  // Of entries the first bytes, which say the type; of enrolments the keys.
  Statement rows(
      "SELECT o.meeting::int8, o.title, o.held, o.rehearsal::int8, o.people::int8, "
      "(SELECT count(DISTINCT substring(e.key from 1 for 4)) FROM piaojue_enrolment e WHERE e.meeting = o.meeting)"
      "::int8, (SELECT count(*) FROM piaojue_office_slips s WHERE s.meeting = o.meeting)::int8, "
      "(SELECT substring(l.value from 1 for 16) FROM piaojue_entry l WHERE l.meeting = o.meeting ORDER BY l.key DESC "
      "LIMIT 1) FROM piaojue_office_meeting o WHERE o.office = $1 AND o.meeting > $2 AND NOT EXISTS (SELECT 1 FROM "
      "piaojue_meta t WHERE t.meeting = o.meeting AND t.key = $3) ORDER BY o.meeting LIMIT " +
      std::to_string(count));
  rows.number(office).number(after).own_bytes(moved_row());
  auto const answers = postgres::run_patiently(pool, {rows});
  if (!answers) return explained(pool, answers.error());
  auto const& answer = (*answers)[0];
  std::vector<ListedOwn> out;
  for (std::size_t i = 0; i < answer.rows(); ++i) {
    ListedOwn one;
    one.meeting = meeting_at(answer, i, 0);
    one.facts = {answer.text(i, 1), answer.text(i, 2), answer.number(i, 3) != 0,
                 static_cast<std::uint32_t>(answer.number(i, 4))};
    one.enrolled = static_cast<std::uint32_t>(answer.number(i, 5));
    one.slips_waiting = answer.number(i, 6) != 0;
    if (!answer.null(i, 7)) one.last = meeting::type_of(answer.bytes(i, 7));
    out.push_back(std::move(one));
  }
  return out;
}

Explained<std::optional<OwnMeeting>> PostgresOffices::own_meeting(OfficeNumber office, MeetingNumber meeting) {
  using Own = std::optional<OwnMeeting>;
  auto& pool = pool_->impl().pool;
  return explained(pool, in_transaction(pool, kReading, [&](Deed const& deed) -> Tried<Own> {
                     auto const own = is_own(deed, office, meeting);
                     if (!own) return own.error();
                     if (!*own) return Own();
                     auto read = read_own(deed, meeting);
                     if (!read) return read.error();
                     return Own(std::move(*read));
                   }));
}

Explained<std::optional<Contents>> PostgresOffices::own_log(OfficeNumber office, MeetingNumber meeting,
                                                            std::uint64_t bytes_max,
                                                            std::chrono::steady_clock::time_point until) {
  using Log = std::optional<Contents>;
  auto& pool = pool_->impl().pool;
  return explained(pool, in_transaction(pool, kReading, [&](Deed const& deed) -> Tried<Log> {
                     auto const own = is_own(deed, office, meeting);
                     if (!own) return own.error();
                     if (!*own) return Log();
                     auto const bytes = log_bytes(deed, meeting);
                     if (!bytes) return bytes.error();
                     if (*bytes > bytes_max) {
                       return Fault{Fate::kRefused, log_large(bytes_max).what, std::string(kOurTooLarge)};
                     }
                     Contents out;
                     for (auto const table : kLogTables) {
                       auto rows = deed.table(meeting, table, until);
                       if (!rows && postgres::Clock::now() >= until) return bound(took_long());
                       if (!rows) return rows.error();
                       out[table] = std::move(*rows);
                     }
                     return Log(std::move(out));
                   }));
}

Explained<std::optional<Bytes>> PostgresOffices::own_slips(OfficeNumber office, MeetingNumber meeting) {
  auto& pool = pool_->impl().pool;
  Statement slips(
      "SELECT s.sealed FROM piaojue_office_slips s, piaojue_meeting m WHERE m.office = $1 AND m.meeting = $2 "
      "AND s.meeting = m.meeting");
  slips.number(office).number(meeting);
  auto const answers = postgres::run_patiently(pool, {select_own(office, meeting), slips});
  if (!answers) return explained(pool, answers.error());
  if ((*answers)[0].rows() == 0) return std::optional<Bytes>();
  return std::optional((*answers)[1].rows() == 1 ? (*answers)[1].blob(0, 0) : Bytes());
}

Explained<bool> PostgresOffices::erase_slips(OfficeNumber office, MeetingNumber meeting) {
  auto& pool = pool_->impl().pool;
  Statement erase(
      "DELETE FROM piaojue_office_slips WHERE meeting IN (SELECT meeting FROM piaojue_meeting WHERE office = "
      "$1 AND meeting = $2)");
  erase.number(office).number(meeting);
  auto const answers = postgres::run_patiently(pool, {select_own(office, meeting), erase, write_office(office)});
  if (!answers) return explained(pool, answers.error());
  return (*answers)[0].rows() == 1;
}

}  // namespace piaojue::store
