// SPDX-License-Identifier: Apache-2.0
#include "store/postgres_pool.h"

#include <libpq-fe.h>

#include <algorithm>

#include "store/postgres/pool.h"
#include "strings/server.h"

namespace piaojue::store {

namespace text = strings::server;

namespace postgres {

namespace {

using Values = std::vector<std::pair<std::string, std::string>>;

std::string value_of(Values const& values, std::string_view name) {
  auto const it = std::ranges::find(values, name, &Values::value_type::first);
  return it == values.end() ? std::string() : it->second;
}
void set(Values& values, std::string_view name, std::string value) {
  auto const it = std::ranges::find(values, name, &Values::value_type::first);
  if (it != values.end()) {
    it->second = std::move(value);
  } else {
    values.emplace_back(name, std::move(value));
  }
}

/// Nothing: libpq can not read it. What it says about that may hold half a password, and is kept back.
std::optional<Values> parse(std::string const& url) {
  std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> const options(PQconninfoParse(url.c_str(), nullptr),
                                                                             PQconninfoFree);
  if (!options) return std::nullopt;
  Values out;
  for (auto const* one = options.get(); one->keyword != nullptr; ++one) {
    if (one->val != nullptr) out.emplace_back(one->keyword, one->val);
  }
  return out;
}

std::vector<std::string> split(std::string const& list) {
  std::vector<std::string> out(1);
  for (char const c : list) {
    if (c == ',') {
      out.emplace_back();
    } else {
      out.back() += c;
    }
  }
  return out;
}

bool is_port(std::string const& word) {
  return word.size() <= 5 && std::ranges::all_of(word, [](char c) { return c >= '0' && c <= '9'; });
}

/// One for each host. Nothing: lists of unlike lengths, or an @ where none belongs, because one in a password was not
/// written %40; then a part of the password would be said as a host or as the database.
std::optional<std::vector<Connection::Target>> targets_of(Values values) {
  if (value_of(values, "target_session_attrs").empty()) set(values, "target_session_attrs", "read-write");
  if (value_of(values, "application_name").empty()) set(values, "application_name", "piaojue");
  auto const hosts = split(value_of(values, "host"));
  auto const addresses = split(value_of(values, "hostaddr"));
  auto const ports = split(value_of(values, "port"));
  auto const count = std::max(hosts.size(), addresses.size());
  auto const fits = [&](auto const& list, std::string_view name) {
    return list.size() == count || (list.size() == 1 && (name == "port" || list[0].empty()));
  };
  if (!fits(hosts, "host") || !fits(addresses, "hostaddr") || !fits(ports, "port")) return std::nullopt;
  if (!std::ranges::all_of(ports, is_port)) return std::nullopt;
  for (auto const* said : {"host", "hostaddr", "dbname"}) {
    if (value_of(values, said).find('@') != std::string::npos) return std::nullopt;
  }
  std::vector<Connection::Target> out;
  for (std::size_t i = 0; i < count; ++i) {
    auto one = values;
    auto const pick = [&](auto const& list) { return list.size() == 1 ? list[0] : list[i]; };
    for (auto const& [name, list] : {std::pair{"host", &hosts}, {"hostaddr", &addresses}, {"port", &ports}}) {
      if (auto const word = pick(*list); !word.empty()) set(one, name, word);
    }
    out.push_back({std::move(one), {value_of(values, "user"), value_of(values, "password")}});
  }
  return out;
}

/// "192.0.2.1:5432,192.0.2.2:5432/meetings"
std::string place_of(std::vector<Connection::Target> const& targets) {
  std::string out;
  for (auto const& one : targets) {
    auto host = value_of(one.values, "host");
    if (host.empty()) host = value_of(one.values, "hostaddr");
    if (!out.empty()) out += ',';
    out += host;
    if (auto const port = value_of(one.values, "port"); !port.empty()) out += ':' + port;
  }
  return out + '/' + value_of(targets[0].values, "dbname");
}

}  // namespace

Tried<std::unique_ptr<Connection>> Pool::connect() {
  std::size_t first = 0;
  {
    std::lock_guard const lock(mutex_);
    first = first_;
  }
  auto const each = std::chrono::milliseconds(options_.connect_ms / targets_.size());
  Fault last;
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    auto const at = (first + i) % targets_.size();
    auto const until = Clock::now() + each;
    auto made = Connection::connect(targets_[at], until, options_.answer_ms, interrupted_);
    if (made && options_.only_durable) {
      if (auto const durable = judge_durability(**made, until); !durable) made = durable.error();
    }
    if (made) {
      std::lock_guard const lock(mutex_);
      first_ = at;
      return made;
    }
    // That the primary may lose what it confirms is not hidden by what a standby says.
    if (last.state != kNotDurable) last = made.error();
  }
  return last;
}

Tried<Pool::Borrowed> Pool::borrow(Purpose purpose) {
  std::unique_lock lock(mutex_);
  auto const most = purpose == Purpose::kRenewal ? options_.connections : std::max(2U, options_.connections) - 1;
  bool const free = freed_.wait_until(lock, answer_deadline(), [&] { return out_ < most || interrupted_; });
  if (interrupted_) return Fault{Fate::kAgain, text::kDatabaseNoAnswer, {}};
  if (!free) {
    return Fault{Fate::kAgain, {text::kDatabaseAllInUse, {{"count", most}}}, {}};
  }
  ++out_;
  auto const generation = generation_;
  std::unique_ptr<Connection> ready;
  if (!idle_.empty()) {
    ready = std::move(idle_.back());
    idle_.pop_back();
  }
  lock.unlock();
  if (!ready || !ready->usable()) {
    auto made = connect();
    if (!made) {
      lock.lock();
      --out_;
      freed_.notify_all();
      return made.error();
    }
    ready = std::move(*made);
  }
  Borrowed borrowed(*this, std::move(ready), generation);
  // It ends at its own deadline, however long the one before it would have waited; one more question would cost a part.
  if (purpose == Purpose::kRenewal) return borrowed;
  auto const locks = purpose == Purpose::kBriefly ? kLockedFor : lock_patience(options_.answer_ms);
  auto const set = borrowed->wait_for_locks(locks, answer_deadline());
  if (!set) return set.error();
  return borrowed;
}

void Pool::interrupt() {
  {
    std::lock_guard const lock(mutex_);
    interrupted_ = true;
  }
  freed_.notify_all();
}

void Pool::give_back(std::unique_ptr<Connection> connection, std::size_t generation) {
  // A statement that was refused breaks no connection: were it closed, all that lie idle would be, too.
  connection->roll_back();
  std::vector<std::unique_ptr<Connection>> closing;
  {
    std::lock_guard const lock(mutex_);
    --out_;
    if (!connection->usable()) {
      ++generation_;
      closing.swap(idle_);
      closing.push_back(std::move(connection));
    } else if (generation == generation_) {
      idle_.push_back(std::move(connection));
    } else {
      closing.push_back(std::move(connection));
    }
  }
  freed_.notify_all();
}

Tried<void> judge_durability(Connection& on, Deadline until) {
  // What a session has set for itself says nothing of the others.
  auto const answers =
      on.run({Statement("SELECT name::text, CASE name WHEN 'synchronous_commit' THEN reset_val ELSE setting END::text "
                        "FROM pg_catalog.pg_settings "
                        "WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit')")},
             until);
  if (!answers) return answers.error();
  auto const& rows = (*answers)[0];
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    auto const name = rows.text(i, 0);
    auto const value = rows.text(i, 1);
    if (value == "on" || (name == "synchronous_commit" && value == "remote_apply")) continue;
    return Fault{
        Fate::kRefused, {text::kDatabaseSetting, {{"name", name}, {"value", value}}}, std::string(kNotDurable)};
  }
  return {};
}

Fault in_the_way(Fault fault) {
  if (fault.state == kLockTimeout) fault.fate = Fate::kRefused;
  return fault;
}

Explanation explain_locked(Pool const& pool, Fault const& fault) {
  return pool.explain(fault, fault.state == kLockTimeout ? Refusal::kBusy : Refusal::kStorage);
}

std::vector<Statement> transaction(std::vector<Statement> statements) {
  statements.insert(statements.begin(), Statement("BEGIN ISOLATION LEVEL READ COMMITTED"));
  statements.emplace_back("COMMIT");
  return statements;
}

Tried<Answers> run_once(Pool& pool, std::vector<Statement> const& statements, Purpose purpose) {
  auto const connection = pool.borrow(purpose);
  if (!connection) return connection.error();
  auto until = pool.answer_deadline();
  if (purpose == Purpose::kRenewal) until = std::min(until, renewal_deadline());
  return (*connection)->run(statements, until);
}
Tried<Answers> run_patiently(Pool& pool, std::vector<Statement> const& statements) {
  return patiently(pool, [&] { return run_once(pool, statements); });
}

}  // namespace postgres

Explained<std::shared_ptr<PostgresPool>> PostgresPool::open(PostgresOptions options) {
  auto const values = postgres::parse(options.url);
  auto targets = values ? postgres::targets_of(*values) : std::nullopt;
  if (!targets) return Explanation(text::kDatabaseUrl, {}, Refusal::kStorage);
  auto place = postgres::place_of(*targets);
  options.url.clear();
  options.connections = std::max(1U, options.connections);
  auto pool = std::make_shared<PostgresPool>(
      std::unique_ptr<Impl>(new Impl{{std::move(options), std::move(*targets), std::move(place)}}));
  auto& inner = pool->impl().pool;
  auto const schema = postgres::run_once(inner, {postgres::Statement("SELECT current_schema()::text")});
  if (!schema && schema.error().state == postgres::kNotDurable) return inner.explain(schema.error());
  if (!schema) {
    postgres::Fault const why{schema.error().fate, {text::kDatabaseNotReached, {{"reason", schema.error().what}}}, {}};
    return inner.explain(why);
  }
  if ((*schema)[0].rows() != 1 || (*schema)[0].null(0, 0)) {
    return Explanation(text::kDatabaseNoSchema, inner.place(), Refusal::kStorage);
  }
  return pool;
}

PostgresPool::PostgresPool(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PostgresPool::~PostgresPool() = default;
void PostgresPool::interrupt() { impl_->pool.interrupt(); }
std::string const& PostgresPool::place() const { return impl_->pool.place(); }

}  // namespace piaojue::store
