// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Meetings over a real PostgreSQL, in a schema of each test's own.
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "store/meetings.h"
#include "store/postgres_store.h"
#include "store/schema.h"
#include "support/losing_proxy.h"
#include "support/private_postgres.h"

namespace piaojue::store::test {

using piaojue::test::LosingProxy;
using piaojue::test::PrivatePostgres;
using std::chrono::milliseconds;

template <class T>
T must(Explained<T> got) {
  if (!got) throw std::runtime_error(got.error().in(Lang::kEn));
  return std::move(*got);
}
inline void must(Explained<void> const& got) {
  if (!got) throw std::runtime_error(got.error().in(Lang::kEn));
}

inline PrivatePostgres& postgres() { return PrivatePostgres::of_this_program(); }

inline std::shared_ptr<PostgresPool> pool_of(std::string url, unsigned answer_ms = 5'000,
                                             unsigned patience_ms = 20'000) {
  PostgresOptions options;
  options.url = std::move(url);
  options.answer_ms = answer_ms;
  options.patience_ms = patience_ms;
  return must(PostgresPool::open(std::move(options)));
}

/// Tables of a schema, and meetings in it.
class Service {
 public:
  Service() : schema_(postgres().make_schema()), pool_(pool_of(url())) { must(migrate(*pool_)); }

  std::string const& schema() const { return schema_; }
  std::string url() const { return postgres().url(schema_); }
  std::shared_ptr<PostgresPool> const& pool() const { return pool_; }
  std::string sql(std::string const& statements) const { return postgres().sql(schema_, statements); }

  void make_meeting(MeetingNumber meeting) const {
    Contents contents;
    contents[Table::kMeta][to_bytes(as_bytes("keys"))] = Bytes{1, 2, 3};
    must(create_meeting(*pool_, meeting, 0, contents));
  }
  std::unique_ptr<Node> join(std::string name) const { return join(pool_, std::move(name)); }
  static std::unique_ptr<Node> join(std::shared_ptr<PostgresPool> pool, std::string name) {
    auto const address = name + ".example:7443";
    return must(Node::join(std::move(pool), std::move(name), address));
  }
  /// Its row runs out at once, as if it had not renewed for long.
  void let_run_out(std::string const& node) const {
    sql("UPDATE piaojue_node SET alive_until = clock_timestamp() - interval '1 second' WHERE name = '" + node + "'");
  }

 private:
  std::string schema_;
  std::shared_ptr<PostgresPool> pool_;
};

inline Lease lease_of(Explained<Taken> const& taken) {
  if (!taken) throw std::runtime_error(taken.error().in(Lang::kEn));
  return std::get<Lease>(*taken);
}

/// As a node does, which has other things to do while somebody is in the way.
inline Lease take_at_last(Node& node, MeetingNumber meeting) {
  for (;;) {
    auto const taken = node.take(meeting);
    if (taken || taken.error().code != Refusal::kBusy) return lease_of(taken);
  }
}
inline Explained<void> commit_at_last(Store& store, Writes const& writes) {
  for (;;) {
    auto done = store.commit(writes);
    if (done || done.error().code != Refusal::kBusy) return done;
  }
}

/// One entry at that index.
inline Writes entry(std::uint64_t index, Bytes value = {7}) {
  Writes writes;
  writes.add(Table::kEntry, key_of(index), std::move(value));
  return writes;
}

}  // namespace piaojue::store::test
