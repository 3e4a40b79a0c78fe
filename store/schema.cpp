// SPDX-License-Identifier: Apache-2.0
#include "store/schema.h"

#include <sodium.h>

#include <array>
#include <map>
#include <set>
#include <span>

#include "store/postgres/rows.h"
#include "strings/server.h"

namespace piaojue::store {

namespace text = strings::server;
using postgres::Fate;
using postgres::Fault;
using postgres::Statement;
using postgres::Tried;

namespace {

struct Column {
  std::string name;
  std::string type;  ///< as pg_type calls it
  bool operator==(Column const&) const = default;
};
using Columns = std::vector<Column>;
using Tables = std::map<std::string, Columns>;

constexpr std::string_view kFormatTable = "piaojue_format";
constexpr std::string_view kReadOnly = "25006";
constexpr std::string_view kDraftRow = "draft";                   ///< of Table::kMeta
constexpr std::string_view kDraftTable = "piaojue_office_draft";  ///< has a column more than in format 1

struct Wanted {
  std::string name;
  Columns columns;
  std::string key;
  std::string may_lack;  ///< a space before and behind each column that may be NULL
};

/// postgres_offices.h
std::vector<Wanted> of_offices() {
  return {{"piaojue_office_service", {{"one", "int8"}, {"sealed", "bytea"}}, "one", {}},
          {"piaojue_office",
           {{"office", "int8"},
            {"name", "text"},
            {"slip", "bytea"},
            {"used", "bytea"},
            {"request", "bytea"},
            {"spki", "bytea"},
            {"certificate", "text"}},
           "office",
           " used request spki certificate "},
          {"piaojue_office_draft",
           {{"meeting", "int8"},
            {"office", "int8"},
            {"request", "bytea"},
            {"created", "int8"},
            {"bytes", "int8"},
            {"touched", "timestamptz"},
            {"description", "bytea"},
            {"digest", "bytea"}},
           "meeting",
           {}},
          {"piaojue_office_part",
           {{"meeting", "int8"}, {"part", "int8"}, {"have", "int8"}, {"whole", "int8"}},
           "meeting, part",
           {}},
          {"piaojue_office_slips", {{"meeting", "int8"}, {"sealed", "bytea"}}, "meeting", {}},
          {"piaojue_office_meeting",
           {{"meeting", "int8"},
            {"office", "int8"},
            {"files", "int8"},
            {"title", "text"},
            {"held", "text"},
            {"rehearsal", "int8"},
            {"people", "int8"}},
           "meeting",
           {}},
          {"piaojue_number", {{"meeting", "int8"}, {"office", "int8"}}, "meeting", {}}};
}

/// No two rows of a table are the same in these columns; and they are found by them.
struct Unique {
  std::string_view name, table, columns;
};
constexpr std::array kUniques{
    Unique{"piaojue_office_draft_request", "piaojue_office_draft", "office, request"},
    Unique{"piaojue_office_spki", "piaojue_office", "spki"},
    Unique{"piaojue_office_meeting_of", "piaojue_office_meeting", "office, meeting"},
};

std::vector<Wanted> wanted() {
  std::vector<Wanted> out = {
      {std::string(kFormatTable), {{"one", "int8"}, {"version", "int8"}, {"id", "bytea"}}, "one", {}},
      {"piaojue_node",
       {{"name", "text"}, {"process", "bytea"}, {"address", "text"}, {"alive_until", "timestamptz"}},
       "name",
       {}},
      {"piaojue_meeting",
       {{"meeting", "int8"},
        {"office", "int8"},
        {"node", "text"},
        {"process", "bytea"},
        {"epoch", "int8"},
        {"commits", "int8"}},
       "meeting",
       " node process "},
      {"piaojue_file",
       {{"meeting", "int8"}, {"hash", "bytea"}, {"piece", "int8"}, {"bytes", "bytea"}},
       "meeting, hash, piece",
       {}}};
  for (auto& table : of_offices()) out.push_back(std::move(table));
  for (std::size_t t = 0; t < kTables; ++t) {
    out.push_back({postgres::table_name(static_cast<Table>(t)),
                   {{"meeting", "int8"}, {"key", "bytea"}, {"value", "bytea"}},
                   "meeting, key",
                   {}});
  }
  return out;
}

std::string create(Wanted const& table) {
  std::string sql = "CREATE TABLE IF NOT EXISTS " + table.name + " (";
  for (auto const& column : table.columns) {
    bool const may_lack = table.may_lack.find(' ' + column.name + ' ') != std::string::npos;
    sql += column.name + ' ' + column.type + (may_lack ? ", " : " NOT NULL, ");
  }
  return sql + "PRIMARY KEY (" + table.key + "))";
}

struct Found {
  bool any = false;     ///< of our names
  std::string foreign;  ///< the first of them that is not as we make it
  std::string missing;  ///< the first that is not there
  std::set<std::string> uniques;
  std::uint64_t version = 0;
  bool first_drafts = false;  ///< the table of drafts is that of format 1
};

Tried<void> look_for_uniques(postgres::Pool& pool, Found& found) {
  auto const answers = postgres::run_patiently(
      pool, {Statement("SELECT c.relname::text FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = "
                       "c.relnamespace WHERE n.nspname = current_schema() AND c.relkind IN ('i', 'I') AND "
                       "substring(c.relname::text from 1 for 8) = 'piaojue_'")});
  if (!answers) return answers.error();
  auto const& rows = (*answers)[0];
  for (std::size_t i = 0; i < rows.rows(); ++i) found.uniques.insert(rows.text(i, 0));
  for (auto const& one : kUniques) {
    if (!found.uniques.contains(std::string(one.name)) && found.missing.empty()) found.missing = one.name;
  }
  return {};
}

bool is_of_first(Columns const& drafts, Columns const& now) {
  return drafts.size() + 1 == now.size() && std::ranges::equal(drafts, std::span(now).first(drafts.size()));
}

/// By the catalogue: a user without rights sees there what is, too.
Tried<Found> look(postgres::Pool& pool) {
  auto const answers = postgres::run_patiently(
      pool, {Statement("SELECT c.relname::text, a.attname::text, t.typname::text FROM pg_catalog.pg_class c "
                       "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
                       "JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid "
                       "JOIN pg_catalog.pg_type t ON t.oid = a.atttypid "
                       "WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 "
                       "AND NOT a.attisdropped AND substring(c.relname::text from 1 for 8) = 'piaojue_' "
                       "ORDER BY c.relname, a.attnum")});
  if (!answers) return answers.error();
  Tables tables;
  auto const& rows = (*answers)[0];
  for (std::size_t i = 0; i < rows.rows(); ++i) tables[rows.text(i, 0)].push_back({rows.text(i, 1), rows.text(i, 2)});
  Found found;
  for (auto const& table : wanted()) {
    auto const it = tables.find(table.name);
    if (it == tables.end()) {
      if (found.missing.empty()) found.missing = table.name;
      continue;
    }
    found.any = true;
    if (table.name == kDraftTable && is_of_first(it->second, table.columns)) {
      found.first_drafts = true;
      continue;
    }
    if (it->second != table.columns && found.foreign.empty()) found.foreign = table.name;
  }
  // Without a table of versions none of the others is ours.
  if (found.any && !tables.contains(std::string(kFormatTable))) {
    if (found.foreign.empty()) found.foreign = tables.begin()->first;
    return found;
  }
  if (!found.any || found.foreign == kFormatTable) return found;
  if (auto const done = look_for_uniques(pool, found); !done) return done.error();
  auto const version = postgres::run_patiently(pool, {Statement("SELECT version FROM piaojue_format")});
  if (!version) return version.error();
  if ((*version)[0].rows() == 1) {
    found.version = (*version)[0].number(0, 0);
  } else {
    found.foreign = kFormatTable;
  }
  if (found.first_drafts && found.version != 1 && found.foreign.empty()) found.foreign = kDraftTable;
  // What another version's tables look like is not for this one to judge.
  if (found.version > static_cast<std::uint64_t>(kFormat)) found.foreign.clear();
  return found;
}

Fault refused(Sentence what) { return {Fate::kRefused, std::move(what), {}}; }

std::optional<Fault> fault_of(Found const& found) {
  if (!found.foreign.empty()) return refused({text::kDatabaseTablesForeign, {{"table", found.foreign}}});
  if (found.version > static_cast<std::uint64_t>(kFormat)) {
    return refused({text::kDatabaseTablesNewer, {{"version", found.version}, {"known", kFormat}}});
  }
  return std::nullopt;
}

/// A failure in words that say what to do.
Fault worded(Fault fault) {
  if (fault.state == postgres::kNoRight) fault.what = {text::kDatabaseNoRight, {{"reason", fault.what}}};
  if (fault.state == kReadOnly) fault = refused(text::kDatabaseReadOnly);  // which does not pass while one waits
  return fault;
}

/// Two that do it at once run into one another in the database's own catalogue, and then try again.
bool met_another(Fault const& fault) {
  return fault.state == postgres::kUniqueViolation || fault.state == "42P07" || fault.state == "42710" ||
         fault.state == "XX000";
}

/// While a connection is in the transaction that brings the tables to this format.
class Bringing {
 public:
  Bringing(postgres::Connection& on, postgres::Pool const& pool) : on_(on), pool_(pool) {}
  Tried<postgres::Answer> operator()(Statement const& one) const {
    auto answers = on_.run({one}, pool_.answer_deadline());
    if (!answers) return answers.error();
    return (*answers)[0];
  }

 private:
  postgres::Connection& on_;
  postgres::Pool const& pool_;
};

/// Nobody else brings them to another format, and no node of the format before writes what would be missing in this
/// one: it knows neither which numbers are taken nor what a list says.
Tried<void> lock_first(Bringing const& run) {
  auto const version = run(Statement("SELECT version FROM piaojue_format WHERE one = 1 FOR UPDATE"));
  if (!version) return version.error();
  if (version->rows() != 1 || version->number(0, 0) != 1) return Fault{Fate::kAgain, text::kDatabaseNoAnswer, {}};
  auto const nodes = run(Statement("SELECT name FROM piaojue_node WHERE alive_until > now() ORDER BY name LIMIT 1"));
  if (!nodes) return nodes.error();
  if (nodes->rows() != 0) return refused({text::kDatabaseNodeAlive, {{"node", nodes->text(0, 0)}}});
  return {};
}

/// Of drafts: those whose number an operator adopted a meeting under are let go, since nobody can make them; and the
/// others get the hash of their description, one after the other, because each may be megabytes.
Tried<void> bring_drafts_from_first(Bringing const& run) {
  for (auto const* sql :
       {"ALTER TABLE piaojue_office_draft ADD COLUMN digest bytea",
        "DELETE FROM piaojue_office_part WHERE meeting IN (SELECT d.meeting FROM piaojue_office_draft d, "
        "piaojue_meeting m WHERE d.created = 0 AND m.meeting = d.meeting)",
        "DELETE FROM piaojue_office_draft WHERE created = 0 AND meeting IN (SELECT meeting FROM piaojue_meeting)"}) {
    if (auto const done = run(Statement(sql)); !done) return done.error();
  }
  auto const drafts = run(Statement("SELECT meeting::int8 FROM piaojue_office_draft"));
  if (!drafts) return drafts.error();
  for (std::size_t i = 0; i < drafts->rows(); ++i) {
    Statement read("SELECT description FROM piaojue_office_draft WHERE meeting = $1");
    read.number(drafts->number(i, 0));
    auto const description = run(read);
    if (!description) return description.error();
    auto const digest = crypto::sha256({description->bytes(0, 0)});
    Statement write("UPDATE piaojue_office_draft SET digest = $2 WHERE meeting = $1");
    write.number(drafts->number(i, 0)).bytes(digest.view());
    if (auto const done = run(write); !done) return done.error();
  }
  auto const whole = run(Statement("ALTER TABLE piaojue_office_draft ALTER COLUMN digest SET NOT NULL"));
  return whole ? Tried<void>() : whole.error();
}

/// From format 1: which numbers are taken, and what a list says of the meetings that offices have made.
Tried<void> fill_from_first(Bringing const& run) {
  if (auto const done = bring_drafts_from_first(run); !done) return done;
  for (auto const* sql :
       {"INSERT INTO piaojue_number (meeting, office) SELECT meeting, 0 FROM piaojue_meeting",
        "INSERT INTO piaojue_number (meeting, office) SELECT meeting, office FROM piaojue_office_draft WHERE created "
        "= 0",
        "UPDATE piaojue_format SET version = 2 WHERE version = 1"}) {
    if (auto const done = run(Statement(sql)); !done) return done.error();
  }
  auto const listed = run(Statement("SELECT meeting::int8, office::int8 FROM piaojue_meeting WHERE office <> 0"));
  if (!listed) return listed.error();
  for (std::size_t i = 0; i < listed->rows(); ++i) {
    auto const number = static_cast<MeetingNumber>(listed->number(i, 0));
    Statement draft("SELECT value FROM piaojue_meta WHERE meeting = $1 AND key = $2");
    draft.number(number).bytes(as_bytes(kDraftRow));
    auto const read = run(draft);
    if (!read) return read.error();
    auto const facts = read->rows() == 1 ? facts_of_draft(read->bytes(0, 0)) : MeetingFacts();
    auto const office = static_cast<std::uint32_t>(listed->number(i, 1));
    if (auto const done = run(postgres::insert_facts(number, office, number, facts)); !done) return done.error();
  }
  return {};
}

/// All of it or nothing.
Tried<void> bring_to_this_format(postgres::Pool& pool, Found const& found) {
  std::vector<Statement> statements;
  for (auto const& table : wanted()) statements.emplace_back(create(table));
  for (auto const& one : kUniques) {
    if (found.uniques.contains(std::string(one.name))) continue;
    statements.emplace_back("CREATE UNIQUE INDEX " + std::string(one.name) + " ON " + std::string(one.table) + " (" +
                            std::string(one.columns) + ")");
  }
  if (found.version == 0) {
    Bytes id(kDatabaseIdBytes);
    randombytes_buf(id.data(), id.size());
    Statement row("INSERT INTO piaojue_format (one, version, id) VALUES (1, $1, $2)");
    row.number(kFormat).own_bytes(std::move(id));
    statements.push_back(std::move(row));
  }
  auto const connection = pool.borrow();
  if (!connection) return connection.error();
  auto& on = **connection;
  Bringing const run(on, pool);
  if (auto const begun = run(Statement("BEGIN ISOLATION LEVEL READ COMMITTED")); !begun) return begun.error();
  if (found.version == 1) {
    if (auto const locked = lock_first(run); !locked) return locked;
  }
  if (auto const done = on.run(statements, pool.answer_deadline()); !done) return done.error();
  if (found.version == 1) {
    if (auto const filled = fill_from_first(run); !filled) return filled;
  }
  auto const ended = run(Statement("COMMIT"));
  return ended ? Tried<void>() : ended.error();
}

Tried<void> make(postgres::Pool& pool) {
  return postgres::patiently(pool, [&]() -> Tried<void> {
    auto const found = look(pool);
    if (!found) return worded(found.error());
    if (auto const fault = fault_of(*found)) return *fault;
    if (found->version == static_cast<std::uint64_t>(kFormat) && found->missing.empty()) return {};
    auto const done = bring_to_this_format(pool, *found);
    if (done) return {};
    auto fault = worded(done.error());
    if (met_another(fault)) fault.fate = Fate::kAgain;
    return fault;
  });
}

/// What an accepted entry rests on. A setting that an engine does not have is not asked of it.
Tried<void> check_settings(postgres::Pool& pool) {
  return postgres::patiently(pool, [&]() -> Tried<void> {
    auto const connection = pool.borrow();
    if (!connection) return connection.error();
    auto const until = pool.answer_deadline();
    auto const mode =
        (*connection)
            ->run({Statement("SELECT setting::text FROM pg_catalog.pg_settings WHERE name = 'transaction_read_only'")},
                  until);
    if (!mode) return mode.error();
    if ((*mode)[0].rows() == 1 && (*mode)[0].text(0, 0) == "on") return refused(text::kDatabaseReadOnly);
    return postgres::judge_durability(**connection, until);
  });
}

/// Asks for every right once, of no row.
Tried<void> check_rights(postgres::Pool& pool) {
  auto const connection = pool.borrow();
  if (!connection) return connection.error();
  std::vector<Statement> statements;
  statements.emplace_back("BEGIN");
  for (auto const& table : wanted()) {
    auto const& column = table.columns.back().name;
    statements.emplace_back("SELECT count(*) FROM " + table.name + " WHERE 1 = 0");
    if (table.name == kFormatTable) continue;
    statements.emplace_back("INSERT INTO " + table.name + " SELECT * FROM " + table.name + " WHERE 1 = 0");
    statements.emplace_back("UPDATE " + table.name + " SET " + column + " = " + column + " WHERE 1 = 0");
    statements.emplace_back("DELETE FROM " + table.name + " WHERE 1 = 0");
  }
  statements.emplace_back("ROLLBACK");
  auto const done = (*connection)->run(statements, pool.answer_deadline());
  if (!done) return worded(done.error());
  return {};
}

Tried<void> check_all(postgres::Pool& pool) {
  auto const found = look(pool);
  if (!found) return worded(found.error());
  if (auto const fault = fault_of(*found)) return *fault;
  if (!found->missing.empty() || found->version < static_cast<std::uint64_t>(kFormat)) {
    return refused({text::kDatabaseTablesMissing, {{"table", found->missing}}});
  }
  if (auto const settings = check_settings(pool); !settings) return settings;
  return check_rights(pool);
}

}  // namespace

Explained<Bytes> database_id(PostgresPool& pool) {
  auto& inner = pool.impl().pool;
  auto const answers = postgres::run_patiently(inner, {Statement("SELECT id FROM piaojue_format")});
  if (!answers) return inner.explain(answers.error());
  if ((*answers)[0].rows() != 1) return Explanation(text::kDatabaseNoAnswer, inner.place(), Refusal::kStorage);
  return (*answers)[0].blob(0, 0);
}

Explained<void> migrate(PostgresPool& pool) {
  auto& inner = pool.impl().pool;
  if (auto const done = make(inner); !done) return inner.explain(done.error());
  return {};
}

Explained<void> check(PostgresPool& pool) {
  auto& inner = pool.impl().pool;
  if (auto const done = check_all(inner); !done) return inner.explain(done.error());
  return {};
}

}  // namespace piaojue::store
