// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/rows.h"

#include <bit>
#include <set>
#include <span>

namespace piaojue::store::postgres {

namespace {

constexpr std::size_t kRowsOfRun = 100;
constexpr std::size_t kBytesOfRun = 1U << 20;
constexpr std::size_t kRowsOfPage = 500;

/// "$3"
std::string dollar(std::size_t number) { return "$" + std::to_string(number); }

/// Calls `write` with a part of `rows` after the other, each a power of two long: few texts, whatever the number.
template <class F>
void in_few_sizes(std::span<Write const* const> rows, F&& write) {
  while (!rows.empty()) {
    auto const size = std::bit_floor(rows.size());
    write(rows.first(size));
    rows = rows.subspan(size);
  }
}

/// Rows of one table that can be written together, because no key is among them twice.
class Run {
 public:
  Run(MeetingNumber meeting, Table table, std::vector<Statement>& out)
      : meeting_(meeting), table_(table_name(table)), out_(out) {}

  void take(Write const& write) {
    if (write.kind == Write::Kind::kErasePrefix) {
      finish();
      erase_prefix(write.key);
      return;
    }
    auto const size = write.key.size() + write.value.size();
    bool const full = keys_.size() == kRowsOfRun || (bytes_ > 0 && bytes_ + size > kBytesOfRun);
    if (full || keys_.contains(write.key)) finish();
    keys_.insert(write.key);
    if (write.kind != Write::Kind::kErase) inserted_.push_back(&write);
    if (write.kind != Write::Kind::kAdd) erased_.push_back(&write);
    bytes_ += size;
  }

  void finish() {
    in_few_sizes(erased_, [this](auto rows) { erase(rows); });
    in_few_sizes(inserted_, [this](auto rows) { insert(rows); });
    keys_.clear();
    inserted_.clear();
    erased_.clear();
    bytes_ = 0;
  }

 private:
  void erase(std::span<Write const* const> rows) {
    Statement erase("DELETE FROM " + table_ + " WHERE meeting = $1 AND key IN (");
    erase.number(meeting_).often();
    for (auto const* one : rows) {
      erase.sql += erase.parameters() == 1 ? "" : ", ";
      erase.bytes(one->key);
      erase.sql += dollar(erase.parameters());
    }
    erase.sql += ')';
    out_.push_back(std::move(erase));
  }

  void insert(std::span<Write const* const> rows) {
    Statement insert("INSERT INTO " + table_ + " (meeting, key, value) VALUES ");
    insert.number(meeting_).often();
    for (auto const* one : rows) {
      insert.sql += insert.parameters() == 1 ? "($1, " : ", ($1, ";
      insert.bytes(one->key);
      insert.sql += dollar(insert.parameters()) + ", ";
      insert.bytes(one->value);
      insert.sql += dollar(insert.parameters()) + ')';
    }
    out_.push_back(std::move(insert));
  }

  void erase_prefix(Bytes const& prefix) {
    Statement erase("DELETE FROM " + table_ + " WHERE meeting = $1");
    erase.number(meeting_);
    if (!prefix.empty()) {
      erase.sql += " AND key >= $2";
      erase.bytes(prefix);
    }
    if (auto end = after_prefix(prefix)) {
      erase.sql += " AND key < $3";
      erase.own_bytes(std::move(*end));
    }
    out_.push_back(std::move(erase));
  }

  MeetingNumber meeting_;
  std::string table_;
  std::vector<Statement>& out_;
  std::set<Bytes> keys_;
  std::vector<Write const*> inserted_;
  std::vector<Write const*> erased_;
  std::size_t bytes_ = 0;
};

}  // namespace

std::string table_name(Table table) { return "piaojue_" + std::string(name(table)); }

std::vector<Statement> statements_of(MeetingNumber meeting, Writes const& writes) {
  // Tables have nothing to do with one another: only what happens to one of them has an order.
  std::vector<Statement> out;
  for (std::size_t t = 0; t < kTables; ++t) {
    Run run(meeting, static_cast<Table>(t), out);
    for (auto const& write : writes.list) {
      if (write.table == static_cast<Table>(t)) run.take(write);
    }
    run.finish();
  }
  return out;
}

Statement insert_facts(MeetingNumber meeting, std::uint32_t office, MeetingNumber files, MeetingFacts const& facts) {
  Statement row(
      "INSERT INTO piaojue_office_meeting (meeting, office, files, title, held, rehearsal, people) VALUES ($1, $2, $3, "
      "$4, $5, $6, $7)");
  row.number(meeting).number(office).number(files).text(facts.title).text(facts.date);
  row.number(facts.rehearsal ? 1 : 0).number(facts.people);
  return row;
}

Tried<Rows> read_table(Connection& connection, MeetingNumber meeting, Table table, Pool const& pool,
                       std::optional<Deadline> until) {
  Rows rows;
  for (std::size_t got = kRowsOfPage; got == kRowsOfPage;) {
    Statement page("SELECT key, value FROM " + table_name(table) + " WHERE meeting = $1");
    page.number(meeting);
    if (!rows.empty()) {
      page.sql += " AND key > $2";
      page.bytes(rows.rbegin()->first);
    }
    page.sql += " ORDER BY key LIMIT " + std::to_string(kRowsOfPage);
    auto const answers = connection.run({page}, std::min(until.value_or(Deadline::max()), pool.answer_deadline()));
    if (!answers) return answers.error();
    auto const& answer = (*answers)[0];
    got = answer.rows();
    for (std::size_t row = 0; row < got; ++row) rows.emplace(answer.blob(row, 0), answer.blob(row, 1));
  }
  return rows;
}

Tried<Contents> read_contents(Connection& connection, MeetingNumber meeting, Pool const& pool) {
  Contents out;
  // For all pages together: a database that is slow for each of them is too slow.
  auto const until = Clock::now() + std::chrono::milliseconds(3 * pool.options().answer_ms);
  for (std::size_t t = 0; t < kTables; ++t) {
    auto rows = read_table(connection, meeting, static_cast<Table>(t), pool, until);
    if (!rows) return rows.error();
    out.tables[t] = std::move(*rows);
  }
  return out;
}

}  // namespace piaojue::store::postgres
