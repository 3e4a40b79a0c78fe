// SPDX-License-Identifier: Apache-2.0
/// What it costs that every commit of a node is fenced: groups of rows through store/postgres_store.h, beside the same
/// rows in bare transactions of libpq, prepared and in one packet each, at the same concurrency in the same run; once
/// without and once with a row that counts them, which is what the engine itself takes for a fence.
/// `items_per_second` is rows made durable. The database is that of the connection string in PIAOJUE_BENCH_DATABASE,
/// an empty one (service_bench.py starts it).
#include <benchmark/benchmark.h>
#include <libpq-fe.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "store/meetings.h"
#include "store/postgres_store.h"
#include "store/schema.h"

using namespace piaojue;
using store::key_of;
using store::Table;

namespace {

constexpr int kClients = 8;                   ///< a meeting each
constexpr std::size_t kRowBytes = 600;        ///< an entry
constexpr store::MeetingNumber kFirst = 100;  ///< meetings of this program: the node's, and as many bare ones behind

std::string database() {
  char const* url = std::getenv("PIAOJUE_BENCH_DATABASE");
  return url != nullptr ? url : "";
}

/// Keys are never used again, in whichever order and however often the benchmarks run.
std::atomic<std::uint64_t> next_key{0};

// ---- bare

struct Ended {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
using Bare = std::unique_ptr<PGconn, Ended>;

bool answered(PGconn* connection, int commands) {
  bool good = PQpipelineSync(connection) == 1;
  for (int n = 0; n < commands + 1; ++n) {
    while (PGresult* result = PQgetResult(connection)) {
      auto const status = PQresultStatus(result);
      good = good && (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_PIPELINE_SYNC);
      PQclear(result);
      if (status == PGRES_PIPELINE_SYNC) break;
    }
  }
  return good;
}

Bare connect() {
  Bare bare(PQconnectdb(database().c_str()));
  if (PQstatus(bare.get()) != CONNECTION_OK || PQenterPipelineMode(bare.get()) != 1) return nullptr;
  PQsendPrepare(bare.get(), "begin", "BEGIN ISOLATION LEVEL READ COMMITTED", 0, nullptr);
  PQsendPrepare(bare.get(), "insert", "INSERT INTO piaojue_entry (meeting, key, value) VALUES ($1::text::int8, $2, $3)",
                0, nullptr);
  PQsendPrepare(bare.get(), "count", "UPDATE piaojue_meeting SET commits = commits + 1 WHERE meeting = $1::text::int8",
                0, nullptr);
  PQsendPrepare(bare.get(), "commit", "COMMIT", 0, nullptr);
  return answered(bare.get(), 4) ? std::move(bare) : nullptr;
}

bool bare_group(PGconn* connection, std::string const& meeting, Bytes const& value, std::int64_t rows, bool counted) {
  bool good = PQsendQueryPrepared(connection, "begin", 0, nullptr, nullptr, nullptr, 0) == 1;
  if (counted) {
    char const* const number = meeting.c_str();
    good = good && PQsendQueryPrepared(connection, "count", 1, &number, nullptr, nullptr, 0) == 1;
  }
  for (std::int64_t n = 0; n < rows; ++n) {
    auto const key = key_of(++next_key);
    std::array const values{meeting.c_str(), reinterpret_cast<char const*>(key.data()),
                            reinterpret_cast<char const*>(value.data())};
    std::array const lengths{0, static_cast<int>(key.size()), static_cast<int>(value.size())};
    std::array const formats{0, 1, 1};
    good = good && PQsendQueryPrepared(connection, "insert", 3, values.data(), lengths.data(), formats.data(), 0) == 1;
  }
  good = good && PQsendQueryPrepared(connection, "commit", 0, nullptr, nullptr, nullptr, 0) == 1;
  return answered(connection, static_cast<int>(rows) + (counted ? 3 : 2)) && good;
}

void bare(benchmark::State& state, bool counted) {
  auto const connection = connect();
  auto const meeting = std::to_string(kFirst + kClients + static_cast<unsigned>(state.thread_index()));
  Bytes const value(kRowBytes, 'x');
  for (auto _ : state) {
    if (!connection || !bare_group(connection.get(), meeting, value, state.range(0), counted)) {
      state.SkipWithError("the database refuses");
      break;
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void bare_commit(benchmark::State& state) { bare(state, false); }
void counted_commit(benchmark::State& state) { bare(state, true); }

// ---- fenced

/// A node that holds a meeting for each client.
struct Node {
  std::unique_ptr<store::Node> node;
  std::vector<std::unique_ptr<store::PostgresStore>> stores;

  static Node& only() {
    static Node one = made();
    return one;
  }
  static Node made() {
    Node out;
    auto pool = store::PostgresPool::open({.url = database(), .connections = kClients + 2});
    if (!pool || !store::migrate(**pool)) return out;
    auto node = store::Node::join(*pool, "bench", "127.0.0.1:1");
    if (!node) return out;
    out.node = std::move(*node);
    for (store::MeetingNumber n = 0; n < 2 * kClients; ++n) {
      store::Contents contents;
      contents[Table::kMeta][to_bytes(as_bytes("keys"))] = Bytes{1};
      if (!store::create_meeting(**pool, kFirst + n, 0, contents)) continue;
      if (n >= kClients) continue;
      auto const taken = out.node->take(kFirst + n);
      if (!taken || !std::holds_alternative<store::Lease>(*taken)) continue;
      out.stores.push_back(std::make_unique<store::PostgresStore>(*out.node, std::get<store::Lease>(*taken)));
    }
    return out;
  }
};

void fenced_commit(benchmark::State& state) {
  auto& stores = Node::only().stores;
  for (auto _ : state) {
    store::Writes writes;
    for (std::int64_t n = 0; n < state.range(0); ++n) {
      writes.add(Table::kEntry, key_of(++next_key), Bytes(kRowBytes, 'x'));
    }
    if (stores.size() != kClients || !stores[static_cast<std::size_t>(state.thread_index())]->commit(writes)) {
      state.SkipWithError("the store refuses");
      break;
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

}  // namespace

// A few entries that came together, and the 25 of a committee that casts; in turn, so that both see the same disk.
BENCHMARK(bare_commit)->Arg(4)->Arg(25)->Threads(kClients)->UseRealTime();
BENCHMARK(counted_commit)->Arg(4)->Arg(25)->Threads(kClients)->UseRealTime();
BENCHMARK(fenced_commit)->Arg(4)->Arg(25)->Threads(kClients)->UseRealTime();

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (database().empty()) {
    std::fputs("PIAOJUE_BENCH_DATABASE is not set: scripts/bench --service sets it\n", stderr);
    return 2;
  }
  static_cast<void>(Node::only());  // before the clock runs
  benchmark::RunSpecifiedBenchmarks();
}
