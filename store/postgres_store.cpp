// SPDX-License-Identifier: Apache-2.0
#include "store/postgres_store.h"

#include "store/moving.h"
#include "store/postgres/rows.h"
#include "strings/server.h"

namespace piaojue::store {

namespace text = strings::server;
using postgres::Connection;
using postgres::Fate;
using postgres::Fault;
using postgres::Statement;
using postgres::Sync;
using postgres::Tried;
using std::chrono::milliseconds;

namespace {

Fault refused(Sentence what) { return {Fate::kRefused, std::move(what), {}}; }

Statement row_of(MeetingNumber meeting, bool lock) {
  Statement row("SELECT node, process, epoch::int8, commits::int8 FROM piaojue_meeting WHERE meeting = $1");
  row.number(meeting);
  if (lock) row.sql += " FOR UPDATE";
  return row;
}

/// @return refused: the meeting has more than may be loaded. Asked before it is read: one page may be all of it.
Tried<void> judge_size(Connection& on, postgres::Pool& pool, MeetingNumber meeting) {
  auto const most = pool.options().meeting_bytes_max;
  if (most == 0) return {};
  Statement sizes("SELECT (0");
  for (std::size_t t = 0; t < kTables; ++t) {
    sizes.sql += " + (SELECT coalesce(sum(octet_length(key) + octet_length(value)), 0) FROM " +
                 postgres::table_name(static_cast<Table>(t)) + " WHERE meeting = $1)";
  }
  sizes.sql += ")::int8";
  sizes.number(meeting);
  auto const answers = on.run({sizes}, pool.answer_deadline());
  if (!answers) return answers.error();
  auto const bytes = (*answers)[0].number(0, 0);
  if (bytes <= most) return {};
  return refused({text::kDatabaseMeetingLarge, {{"meeting", meeting}, {"mib", bytes >> 20}, {"most", most >> 20}}});
}

/// One moment for all tables: they are read while a node writes.
Tried<Contents> read_whole(postgres::Pool& pool, MeetingNumber meeting,
                           std::function<Tried<void>(postgres::Answer const&)> const& judge) {
  // A row that is locked is read all the same; a table that somebody rewrites is not.
  auto const connection = pool.borrow(postgres::Purpose::kBriefly);
  if (!connection) return connection.error();
  auto& on = **connection;
  std::vector<Statement> begin{Statement("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")};
  begin.push_back(row_of(meeting, false));
  auto const begun = on.run(begin, pool.answer_deadline());
  if (!begun) return postgres::in_the_way(begun.error());
  auto const& row = begun->back();
  if (row.rows() != 1) return refused({text::kDatabaseMeetingMissing, {{"meeting", meeting}}});
  if (auto const mine = judge(row); !mine) return mine.error();
  if (auto const fits = judge_size(on, pool, meeting); !fits) return postgres::in_the_way(fits.error());
  auto contents = postgres::read_contents(on, meeting, pool);
  if (!contents) return postgres::in_the_way(contents.error());
  if (auto const ended = on.run({Statement("COMMIT")}, pool.answer_deadline()); !ended) return ended.error();
  return contents;
}

Tried<std::optional<Bytes>> read_slip(postgres::Pool& pool, MeetingNumber meeting, PersonId person) {
  Statement row("SELECT value FROM piaojue_slip WHERE meeting = $1 AND key = $2");
  row.number(meeting).own_bytes(key_of_person(person));
  auto const answers = postgres::run_patiently(pool, {row});
  if (!answers) return answers.error();
  if ((*answers)[0].rows() == 0) return std::optional<Bytes>();
  return std::optional((*answers)[0].blob(0, 0));
}

/// Where a group stands whose answers may be missing. The row's count is `count`, or one more while `lost`.
struct Progress {
  std::uint64_t count = 0;
  bool lost = false;     ///< the answer to a COMMIT is missing
  bool look = false;     ///< what the row says is to be asked before anything is sent
  bool written = false;  ///< the group is in, but nobody has said that it is on a standby too
};

}  // namespace

struct PostgresStore::Impl {
  std::shared_ptr<PostgresPool> pool;
  Node::Identity identity;
  Lease lease;

  std::mutex mutex;  ///< one commit at a time, and no load beside it
  std::optional<std::uint64_t> commits;
  /// Of a group that somebody is in the way of, and since when.
  std::optional<Progress> unfinished;
  postgres::Deadline locked_until;
  /// After a refused commit nobody knows what the rows hold against what the program holds.
  std::optional<Explanation> failed;

  postgres::Pool& inner() const { return pool->impl().pool; }
  /// @return the row's count, if the lease is still this one.
  Tried<std::uint64_t> judge(postgres::Answer const& row) const;
  Statement raise(std::uint64_t from) const;
  Tried<void> find_out(Connection& on, Progress& progress, postgres::Deadline until) const;
  static Fault after_refusal(Progress& progress, Fault fault);
  Fault missing() const { return refused({text::kDatabaseMeetingMissing, {{"meeting", lease.meeting}}}); }
  Tried<void> attempt(Progress& progress, std::vector<Statement> const& group) const;
  Tried<std::uint64_t> first_count() const;
};

Tried<std::uint64_t> PostgresStore::Impl::judge(postgres::Answer const& row) const {
  if (row.rows() != 1) return missing();
  bool const mine = !row.null(0, 0) && row.text(0, 0) == identity.name && !row.null(0, 1) &&
                    row.blob(0, 1) == to_bytes(identity.process) && row.number(0, 2) == lease.epoch;
  if (!mine) return refused({text::kDatabaseReplaced, {{"meeting", lease.meeting}}});
  return row.number(0, 3);
}

/// Refused with kDivisionByZero, unless the meeting is still whose it was: all that follows is refused with it. Where
/// something is NULL, too: no table's constraint is relied on.
Statement PostgresStore::Impl::raise(std::uint64_t from) const {
  Statement count(
      "UPDATE piaojue_meeting SET commits = commits + CAST(1 / CASE WHEN node = $2 AND process = $3 AND epoch = $4 AND "
      "commits = $5 THEN 1 ELSE 0 END AS int8) WHERE meeting = $1");
  count.number(lease.meeting).text(identity.name).bytes(identity.process).number(lease.epoch).number(from).often();
  return count;
}

/// Of an earlier attempt: whoever has the row's lock knows that it has ended, and whose the meeting is.
Tried<void> PostgresStore::Impl::find_out(Connection& on, Progress& progress, postgres::Deadline until) const {
  auto const locked = on.run({row_of(lease.meeting, true)}, until);
  if (!locked) return locked.error();
  auto const seen = judge((*locked)[0]);
  if (!seen) return seen.error();
  if (progress.lost && *seen == progress.count + 1) {
    progress = {*seen, false, false, true};
  } else if (*seen != progress.count) {
    return refused({text::kDatabaseCount, {{"expected", progress.count}, {"found", *seen}}});
  }
  progress.lost = progress.look = false;
  return {};
}

/// What is known of a group once the database has refused a statement of it.
Fault PostgresStore::Impl::after_refusal(Progress& progress, Fault fault) {
  // It was no COMMIT, and the one behind it was skipped or a ROLLBACK: the count, should it have grown, has not by this
  // group.
  if (fault.state == postgres::kDivisionByZero || fault.state == postgres::kLockTimeout) {
    progress.lost = false;
    progress.look = true;
  }
  if (fault.state == postgres::kDivisionByZero) fault.fate = Fate::kAgain;  // the next attempt says why
  return postgres::in_the_way(std::move(fault));
}

/// BEGIN; the count, raised only if the meeting is still whose it was, which is the fence and holds the row's lock; all
/// rows; COMMIT: one round trip, in pieces. The database skips what follows a refusal, and each further piece says that
/// it belongs to a transaction, so that nothing becomes one of its own; between two pieces it ends the transaction of a
/// node that was stopped.
Tried<void> PostgresStore::Impl::attempt(Progress& progress, std::vector<Statement> const& group) const {
  auto const connection = inner().borrow(postgres::Purpose::kBriefly);
  if (!connection) return connection.error();
  auto& on = **connection;
  auto const until = inner().answer_deadline();
  std::vector<Statement> packet{std::move(Statement("BEGIN ISOLATION LEVEL READ COMMITTED").often())};
  if (progress.lost || progress.look) {
    if (auto const begun = on.run(std::exchange(packet, {}), until); !begun) return begun.error();
    if (auto const known = find_out(on, progress, until); !known) return postgres::in_the_way(known.error());
  }
  packet.push_back(raise(progress.count));
  auto const fence = packet.size() - 1;
  if (!progress.written) std::ranges::copy(group, std::back_inserter(packet));
  packet.push_back(std::move(Statement("COMMIT").often()));
  progress.lost = true;
  auto const committed = on.run(packet, until, Sync::kPieces);
  if (!committed) return after_refusal(progress, committed.error());
  if ((*committed)[fence].affected() != 1) return missing();
  // What could not be committed is answered "ROLLBACK".
  if (!committed->back().tagged("COMMIT")) return Fault{Fate::kAgain, text::kDatabaseNotConfirmed, {}};
  progress = {progress.count + 1, false, false, true};
  return {};
}

/// Of a store that has loaded nothing: the count as it is, while the lease is held.
Tried<std::uint64_t> PostgresStore::Impl::first_count() const {
  auto const answers = postgres::run_once(inner(), {row_of(lease.meeting, false)});
  if (!answers) return answers.error();
  return judge((*answers)[0]);
}

PostgresStore::PostgresStore(Node const& node, Lease lease)
    : impl_(new Impl{node.pool(), node.identity(), lease, {}, {}, {}, {}, {}}) {}
PostgresStore::~PostgresStore() = default;

Explained<Contents> PostgresStore::load() {
  std::lock_guard const lock(impl_->mutex);
  std::optional<std::uint64_t> commits;
  auto contents = postgres::patiently(impl_->inner(), [&] {
    return read_whole(impl_->inner(), impl_->lease.meeting, [&](postgres::Answer const& row) -> Tried<void> {
      auto const count = impl_->judge(row);
      if (!count) return count.error();
      commits = *count;
      return {};
    });
  });
  if (!contents) return postgres::explain_locked(impl_->inner(), contents.error());
  impl_->commits = commits;
  return std::move(*contents);
}

Explained<void> PostgresStore::commit(Writes const& writes) {
  std::lock_guard const lock(impl_->mutex);
  if (impl_->failed) return *impl_->failed;
  auto const group = postgres::statements_of(impl_->lease.meeting, writes);
  auto const fail = [&](Fault const& fault) {
    impl_->failed = impl_->inner().explain(fault);
    return *impl_->failed;
  };
  if (!impl_->commits) {
    auto const count = postgres::patiently(impl_->inner(), [&] { return impl_->first_count(); });
    if (!count) return fail(count.error());
    impl_->commits = *count;
  }
  bool const anew = impl_->unfinished.has_value();
  auto progress = anew ? *impl_->unfinished : Progress{.count = *impl_->commits};
  auto const done = postgres::patiently(impl_->inner(), [&] { return impl_->attempt(progress, group); });
  if (!done && done.error().state == postgres::kLockTimeout) {
    auto const now = postgres::Clock::now();
    if (!anew) impl_->locked_until = now + milliseconds(impl_->inner().options().patience_ms);
    if (now >= impl_->locked_until) return fail(refused({text::kDatabaseLocked, {{"meeting", impl_->lease.meeting}}}));
    impl_->unfinished = progress;
    return impl_->inner().explain(done.error(), Refusal::kBusy);
  }
  if (!done) return fail(done.error());
  impl_->unfinished.reset();
  impl_->commits = progress.count;
  return {};
}

Explained<std::optional<Bytes>> PostgresStore::slip(PersonId person) {
  auto const found = read_slip(impl_->inner(), impl_->lease.meeting, person);
  if (!found) return impl_->inner().explain(found.error());
  return *found;
}

namespace {

class ReadOnlyStore final : public Store {
 public:
  ReadOnlyStore(std::shared_ptr<PostgresPool> pool, MeetingNumber meeting)
      : pool_(std::move(pool)), meeting_(meeting) {}

  Explained<Contents> load() override {
    auto& inner = pool_->impl().pool;
    auto contents = postgres::patiently(
        inner, [&] { return read_whole(inner, meeting_, [](postgres::Answer const&) { return Tried<void>(); }); });
    if (!contents) return inner.explain(contents.error());
    return std::move(*contents);
  }
  Explained<void> commit(Writes const&) override {
    return Explanation(text::kDatabaseOpenedToRead, pool_->place(), Refusal::kStorage);
  }
  Explained<std::optional<Bytes>> slip(PersonId person) override {
    auto const found = read_slip(pool_->impl().pool, meeting_, person);
    if (!found) return pool_->impl().pool.explain(found.error());
    return *found;
  }

 private:
  std::shared_ptr<PostgresPool> pool_;
  MeetingNumber meeting_;
};

}  // namespace

Explained<std::unique_ptr<Store>> open_to_read(std::shared_ptr<PostgresPool> pool, MeetingNumber meeting) {
  auto& inner = pool->impl().pool;
  auto const there = postgres::run_patiently(inner, {row_of(meeting, false)});
  if (!there) return inner.explain(there.error());
  if ((*there)[0].rows() != 1) {
    Sentence said(text::kDatabaseMeetingMissing, {{"meeting", meeting}});
    return Explanation(std::move(said), inner.place(), Refusal::kStorage);
  }
  auto const at = whereabouts(*pool, meeting);
  if (!at) return at.error();
  if (at->stay == Stay::kGone) {
    Sentence said(text::kDatabaseMeetingGone, {{"meeting", meeting}});
    return Explanation(std::move(said), inner.place(), Refusal::kStorage);
  }
  return std::unique_ptr<Store>(std::make_unique<ReadOnlyStore>(std::move(pool), meeting));
}

}  // namespace piaojue::store
