// SPDX-License-Identifier: Apache-2.0
#include "store/leases.h"

#include <sodium.h>
#include <time.h>

#include <map>
#include <mutex>

#include "store/moving.h"
#include "store/postgres/pool.h"
#include "strings/server.h"

namespace piaojue::store {

namespace text = strings::server;
using postgres::Fate;
using postgres::Fault;
using postgres::Purpose;
using postgres::Statement;
using postgres::Tried;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds kMargin{1'000};

/// Also runs while the machine sleeps.
std::int64_t boottime_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return std::int64_t{now.tv_sec} * 1'000 + now.tv_nsec / 1'000'000;
}

std::string in_microseconds(std::string const& column) {
  return "(extract(epoch from " + column + ") * 1000000)::int8";
}

/// The moment until which a row that is written now lives, in SQL.
std::string const& alive_until() {
  static std::string const sql =
      "clock_timestamp() + interval '" + std::to_string(kAliveFor.count() / 1'000) + " seconds'";
  return sql;
}

}  // namespace

struct Node::Impl {
  std::shared_ptr<PostgresPool> pool;
  Identity identity;
  std::string address;
  /// By boottime_ms; until then this process may speak.
  std::atomic<std::int64_t> alive_until_ms{0};
  std::atomic<std::uint64_t> lives{0};

  postgres::Pool& inner() const { return pool->impl().pool; }
  Statement mine(std::string sql) const {
    Statement statement(std::move(sql));
    statement.text(identity.name).bytes(identity.process);
    return statement;
  }
  /// The row lives on by a statement that was sent then. The number first: whoever sees the time sees it too.
  void was_alive(std::int64_t sent_ms, bool anew) {
    if (anew || boottime_ms() >= alive_until_ms) ++lives;
    alive_until_ms = sent_ms + (kAliveFor - kMargin).count();
  }

  /// Of a row that somebody else renews.
  struct Seen {
    std::uint64_t alive_until = 0;  ///< as it says, microseconds
    std::int64_t since_ms = 0;      ///< by boottime_ms: seen so since then
  };
  std::mutex mutex;
  std::map<std::string, Seen> seen;  ///< by node
  std::optional<Sentence> unsafe;
  /// @return the row's own word if it has stood unchanged for longer than a row may: whose it is can not believe to be
  /// alive, whatever the database's clock has done meanwhile.
  std::optional<std::uint64_t> unchanged(std::string const& node, std::uint64_t alive_until);

  struct Other {
    Bytes process;
    std::string address;
    std::uint64_t alive_until = 0;  ///< microseconds
  };
  /// @return nothing: entered. Otherwise who has the name.
  /// The settings may change while a connection lives, by a word to a running database.
  Tried<void> judge_database();
  Tried<std::optional<Other>> enter(std::optional<std::uint64_t> dead = {});
  Tried<Taken> take(MeetingNumber meeting, std::optional<std::uint64_t> dead = {});
};

std::optional<std::uint64_t> Node::Impl::unchanged(std::string const& node, std::uint64_t until) {
  std::lock_guard const lock(mutex);
  auto const now = boottime_ms();
  auto& one = seen[node];
  if (one.alive_until != until) one = {until, now};
  if (now - one.since_ms < (kAliveFor + kMargin).count()) return std::nullopt;
  return until;
}

Tried<void> Node::Impl::judge_database() {
  auto const connection = inner().borrow(Purpose::kRenewal);
  auto durable = connection ? postgres::judge_durability(**connection, postgres::renewal_deadline())
                            : Tried<void>(connection.error());
  bool const found_unsafe = !durable && durable.error().state == postgres::kNotDurable;
  if (found_unsafe) alive_until_ms = 0;
  std::lock_guard const lock(mutex);
  if (durable) unsafe.reset();
  if (found_unsafe) unsafe = durable.error().what;
  return durable;
}

Tried<std::optional<Node::Impl::Other>> Node::Impl::enter(std::optional<std::uint64_t> dead) {
  auto const sent = boottime_ms();
  // One row, one statement: of two that come at once the second finds a row that is alive.
  auto renew = mine("UPDATE piaojue_node SET process = $2, address = $3, alive_until = " + alive_until() +
                    " WHERE name = $1 AND (process = $2 OR alive_until <= clock_timestamp() OR " +
                    in_microseconds("alive_until") + " = $4)");
  renew.text(address).number(dead.value_or(0));
  auto insert =
      mine("INSERT INTO piaojue_node (name, process, address, alive_until) SELECT $1::text, $2::bytea, $3::text, " +
           alive_until() + " WHERE NOT EXISTS (SELECT 1 FROM piaojue_node WHERE name = $1)");
  insert.text(address);
  Statement who("SELECT process, address, " + in_microseconds("alive_until") + " FROM piaojue_node WHERE name = $1");
  who.text(identity.name);
  auto const answers = postgres::run_once(inner(), {renew, insert, who}, Purpose::kRenewal);
  if (!answers) {
    auto fault = answers.error();
    if (fault.state == postgres::kUniqueViolation) fault.fate = Fate::kAgain;
    return fault;
  }
  auto const& row = (*answers)[2];
  if (row.rows() != 1) return Fault{Fate::kAgain, text::kDatabaseNoAnswer, {}};
  Other other{row.blob(0, 0), row.text(0, 1), row.number(0, 2)};
  if (other.process != to_bytes(identity.process)) return std::optional(std::move(other));
  was_alive(sent, true);
  return std::optional<Other>();
}

Explained<std::unique_ptr<Node>> Node::join(std::shared_ptr<PostgresPool> pool, std::string name, std::string address) {
  auto impl = std::make_unique<Impl>();
  impl->pool = std::move(pool);
  impl->identity.name = std::move(name);
  impl->address = std::move(address);
  randombytes_buf(impl->identity.process.data(), impl->identity.process.size());
  auto& inner = impl->inner();
  // By this machine's clock only how long it waits; whose row has run out the database says.
  auto const until = postgres::Clock::now() + kAliveFor + milliseconds(2'000);
  std::optional<Impl::Other> first;
  std::optional<std::uint64_t> dead;
  for (;;) {
    auto const other = postgres::patiently(inner, [&] { return impl->enter(dead); });
    if (!other) return inner.explain(other.error());
    if (!*other) return std::make_unique<Node>(std::move(impl));
    if (!first) first = *other;
    bool const renews = (*other)->process != first->process || (*other)->alive_until != first->alive_until;
    if (renews || postgres::Clock::now() >= until) {
      Sentence said(text::kNodeNameTaken, {{"name", impl->identity.name}, {"address", (*other)->address}});
      return Explanation(std::move(said), inner.place(), Refusal::kConflict);
    }
    dead = impl->unchanged(impl->identity.name, (*other)->alive_until);
    std::this_thread::sleep_for(milliseconds(200));
  }
}

Node::Node(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Node::~Node() = default;
Node::Identity const& Node::identity() const { return impl_->identity; }
std::shared_ptr<PostgresPool> const& Node::pool() const { return impl_->pool; }
std::uint64_t Node::life() const { return boottime_ms() < impl_->alive_until_ms ? impl_->lives.load() : 0; }

std::optional<Sentence> Node::unsafe() const {
  std::lock_guard const lock(impl_->mutex);
  return impl_->unsafe;
}

Explained<void> Node::renew() {
  if (auto const durable = impl_->judge_database(); !durable) return impl_->inner().explain(durable.error());
  auto const sent = boottime_ms();
  auto const renewal = impl_->mine("UPDATE piaojue_node SET alive_until = " + alive_until() +
                                   " WHERE name = $1 AND process = $2 AND alive_until > clock_timestamp()");
  auto const answers = postgres::run_once(impl_->inner(), {renewal}, Purpose::kRenewal);
  if (!answers) return impl_->inner().explain(answers.error());
  if ((*answers)[0].affected() == 1) {
    impl_->was_alive(sent, false);
    return {};
  }
  // Too late: whatever is served is not to be spoken of any more, and then a life of its own begins.
  impl_->alive_until_ms = 0;
  auto const other = impl_->enter();
  if (!other) return impl_->inner().explain(other.error());
  if (!*other) return {};
  Sentence said(text::kNodeReplaced, {{"name", impl_->identity.name}});
  return Explanation(std::move(said), impl_->inner().place(), Refusal::kConflict);
}

Tried<Taken> Node::Impl::take(MeetingNumber meeting, std::optional<std::uint64_t> dead) {
  // The row first: whoever else takes it, or still commits, is waited for, and the next statement sees what he left.
  Statement lock("SELECT 1::int8 FROM piaojue_meeting WHERE meeting = $1 FOR UPDATE");
  lock.number(meeting);
  auto update = mine(
      "UPDATE piaojue_meeting SET node = $1, process = $2, epoch = epoch + 1 WHERE meeting = $3 AND NOT EXISTS "
      "(SELECT 1 FROM piaojue_meta t WHERE t.meeting = $3 AND t.key = $5) AND (node IS NULL OR "
      "(node = $1 AND process = $2) OR NOT EXISTS (SELECT 1 FROM piaojue_node n WHERE n.name = piaojue_meeting.node "
      "AND n.process = piaojue_meeting.process AND n.alive_until > clock_timestamp() AND " +
      in_microseconds("n.alive_until") + " <> $4))");
  update.number(meeting).number(dead.value_or(0)).own_bytes(moved_row());
  Statement moved("SELECT 1::int8 FROM piaojue_meta WHERE meeting = $1 AND key = $2");
  moved.number(meeting).own_bytes(moved_row());
  Statement who("SELECT m.epoch::int8, m.node, m.process, n.address, " + in_microseconds("n.alive_until") + ", " +
                in_microseconds("greatest(n.alive_until - clock_timestamp(), interval '0')") +
                " FROM piaojue_meeting m LEFT JOIN piaojue_node n "
                "ON n.name = m.node AND n.process = m.process WHERE m.meeting = $1");
  who.number(meeting);
  auto const connection = inner().borrow(Purpose::kBriefly);
  if (!connection) return connection.error();
  auto& on = **connection;
  auto const until = inner().answer_deadline();
  std::vector<Statement> group{Statement("BEGIN ISOLATION LEVEL READ COMMITTED")};
  auto const first = group.size();
  for (auto* one : {&lock, &update, &who, &moved}) group.push_back(std::move(*one));
  auto const answers = on.run(group, until, postgres::Sync::kPieces);
  if (!answers) return postgres::in_the_way(answers.error());
  // This commit stands behind all that is in the rows: once it is on the standby, they are too.
  auto const committed = on.run({Statement("COMMIT")}, until);
  if (!committed) return committed.error();
  if (!(*committed)[0].tagged("COMMIT")) return Fault{Fate::kAgain, text::kDatabaseNotConfirmed, {}};
  // One that is on its way out is nobody's, whoever held it.
  if ((*answers)[first].rows() == 0 || (*answers)[first + 3].rows() != 0) return Taken(NoMeeting{});
  auto const& row = (*answers)[first + 2];
  if ((*answers)[first + 1].affected() == 1) return Taken(Lease{meeting, row.number(0, 0)});
  if (!dead && !row.null(0, 4)) {
    if (auto const stopped = unchanged(row.text(0, 1), row.number(0, 4))) return take(meeting, stopped);
  }
  Elsewhere elsewhere;
  elsewhere.node = row.text(0, 1);
  if (!row.null(0, 3)) elsewhere.address = row.text(0, 3);
  if (!row.null(0, 5)) elsewhere.alive_for = milliseconds(row.number(0, 5) / 1'000);
  return Taken(std::move(elsewhere));
}

Explained<Taken> Node::take(MeetingNumber meeting) {
  auto const taken = postgres::patiently(impl_->inner(), [&] { return impl_->take(meeting); });
  if (!taken) return postgres::explain_locked(impl_->inner(), taken.error());
  return *taken;
}

Explained<void> Node::give_back(Lease const& lease) {
  auto free = impl_->mine(
      "UPDATE piaojue_meeting SET node = NULL, process = NULL WHERE node = $1 AND process = $2 AND meeting = $3 AND "
      "epoch = $4");
  free.number(lease.meeting).number(lease.epoch);
  auto const connection = impl_->inner().borrow(Purpose::kBriefly);
  if (!connection) return impl_->inner().explain(connection.error());
  auto const done =
      (*connection)
          ->run(postgres::transaction({std::move(free)}), impl_->inner().answer_deadline(), postgres::Sync::kPieces);
  if (!done) return postgres::explain_locked(impl_->inner(), done.error());
  return {};
}

Explained<void> Node::leave() {
  impl_->alive_until_ms = 0;
  // The node's row first: without it everything that this process holds is free. Once: it runs out by itself too.
  auto const done = postgres::run_once(
      impl_->inner(),
      {impl_->mine("DELETE FROM piaojue_node WHERE name = $1 AND process = $2"),
       impl_->mine("UPDATE piaojue_meeting SET node = NULL, process = NULL WHERE node = $1 AND process = $2")},
      Purpose::kRenewal);
  if (!done) return impl_->inner().explain(done.error());
  return {};
}

}  // namespace piaojue::store
