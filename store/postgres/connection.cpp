// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/connection.h"

#include <libpq-fe.h>
#include <poll.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

#include "strings/server.h"

namespace piaojue::store::postgres {

namespace text = strings::server;

namespace {

constexpr Oid kBytea = 17;  // the same in everything that speaks this protocol
constexpr int kBinary = 1;
constexpr std::string_view kUnknownSetting = "42704";
constexpr std::size_t kPreparedMax = 256;
constexpr int kLookMs = 200;  ///< how often a wait looks whether it is still wanted

int left_ms(Deadline until) {
  auto const left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 3'600'000));
}

void replace_all(std::string& in, std::string const& what, std::string_view with) {
  if (what.empty()) return;
  for (auto at = in.find(what); at != std::string::npos; at = in.find(what, at + with.size())) {
    in.replace(at, what.size(), with);
  }
}

/// Nothing of such a transaction was kept, and another time it may go through: the database was going down or coming
/// up (57P), another transaction was in the way (40, 55P03), this one was too slow (25P03), a standby answered (25006),
/// a statement is not prepared any more (26000).
bool passing(std::string_view state) {
  for (std::string_view const begin : {"08", "26000", "40", "57P", "53300", "55P03", "25P03", "25006", "57014"}) {
    if (state.starts_with(begin)) return true;
  }
  return false;
}

Statement const& guard() {
  static Statement const one = std::move(Statement("SAVEPOINT piece").often());
  return one;
}

Sentence engine(std::string reason) { return {text::kDatabaseEngine, {{"reason", std::move(reason)}}}; }

}  // namespace

void throw_exception_from_error(Fault const& fault, boost::source_location const&) {
  throw std::logic_error(fault.what.in(Lang::kEn));
}

Statement& Statement::bytes(ByteView value) {
  parameters_.push_back({{}, value, true});
  return *this;
}
Statement& Statement::own_bytes(Bytes value) {
  parameters_.push_back({std::string(as_text(value)), {}, true});
  return *this;
}
Statement& Statement::text(std::string value) {
  parameters_.push_back({std::move(value), {}, false});
  return *this;
}

Answer::Answer(pg_result* result) : result_(result, PQclear) {}
std::size_t Answer::rows() const { return static_cast<std::size_t>(PQntuples(result_.get())); }
std::uint64_t Answer::affected() const {
  std::string_view const digits = PQcmdTuples(result_.get());
  std::uint64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}
bool Answer::tagged(std::string_view tag) const { return tag == PQcmdStatus(result_.get()); }
bool Answer::null(std::size_t row, int column) const {
  return PQgetisnull(result_.get(), static_cast<int>(row), column) != 0;
}
ByteView Answer::bytes(std::size_t row, int column) const {
  auto const at = static_cast<int>(row);
  auto const* data = reinterpret_cast<std::uint8_t const*>(PQgetvalue(result_.get(), at, column));
  return {data, static_cast<std::size_t>(PQgetlength(result_.get(), at, column))};
}

std::string Hidden::out_of(std::string_view message) const {
  std::string out(message);
  replace_all(out, '"' + user + '"', "\"…\"");
  replace_all(out, password, "…");
  std::ranges::replace(out, '\n', ' ');
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

Tried<std::unique_ptr<Connection>> Connection::connect(Target const& target, Deadline until, unsigned patience_ms,
                                                       std::atomic<bool> const& interrupted) {
  std::vector<char const*> names;
  std::vector<char const*> values;
  for (auto const& [name, value] : target.values) {
    names.push_back(name.c_str());
    values.push_back(value.c_str());
  }
  names.push_back(nullptr);
  values.push_back(nullptr);
  std::unique_ptr<Connection> made(new Connection(interrupted));
  made->hidden_ = target.hidden;
  made->connection_ = PQconnectStartParams(names.data(), values.data(), 0);
  auto* const connection = made->connection_;
  if (connection == nullptr) return Fault{Fate::kRefused, text::kDatabaseNoMemory, {}};
  // Nothing of the program's standard error: what the database remarks is not for whoever reads that.
  PQsetNoticeReceiver(
      connection,
      [](void* warned, PGresult const* notice) {
        auto const* severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
        if (severity != nullptr && std::string_view(severity) == "WARNING") *static_cast<bool*>(warned) = true;
      },
      &made->warned_);
  if (auto const* user = PQuser(connection)) made->hidden_.user = user;
  if (auto const* password = PQpass(connection)) made->hidden_.password = password;
  auto state = PQstatus(connection) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
  while (state != PGRES_POLLING_OK && state != PGRES_POLLING_FAILED) {
    if (!made->wait(state == PGRES_POLLING_WRITING, until)) {
      return Fault{Fate::kAgain, text::kDatabaseNoAnswer, {}};
    }
    state = PQconnectPoll(connection);
  }
  if (state == PGRES_POLLING_FAILED) {
    return Fault{Fate::kAgain, engine(made->hidden_.out_of(PQerrorMessage(connection))), {}};
  }
  if (auto const ready = made->greet(until, patience_ms); !ready) return ready.error();
  return made;
}

Connection::Connection(std::atomic<bool> const& interrupted) : interrupted_(interrupted) {
  std::array<std::uint8_t, 8> number{};
  randombytes_buf(number.data(), number.size());
  session_ = to_hex(number);
}

Tried<void> Connection::greet(Deadline until, unsigned patience_ms) {
  if (PQsetnonblocking(connection_, 1) != 0 || PQenterPipelineMode(connection_) != 1) return gone(until);
  // A process that is stopped in the middle of a transaction holds the row of its meeting. The database ends it before
  // whoever waits for that row gives up. No timeout is set for statements: a COMMIT that is cancelled while it waits
  // for a standby is answered with success.
  auto const idle = std::to_string(patience_ms * 2 / 5);
  // A machine that has lost its power in the middle of a packet says nothing any more, and the database, which waits
  // for the rest, would hold the row until it asks: every few seconds then, not after hours; and while an answer is
  // on its way to it, nobody asks. That a wait for a standby was broken off is said by a warning alone.
  for (auto const* tell :
       {"SET tcp_keepalives_idle = 5", "SET tcp_keepalives_interval = 2", "SET tcp_keepalives_count = 3",
        "SET tcp_user_timeout = 10000", "SET client_min_messages = warning"}) {
    auto const set = run({Statement(tell)}, until);
    if (!set && set.error().state != kUnknownSetting) return set.error();
  }
  // Not everything that speaks the protocol has these settings.
  auto const waits = wait_for_locks(lock_patience(patience_ms), until);
  if (!waits && waits.error().state != kUnknownSetting) return waits.error();
  times_locks_ = waits.has_value();
  auto const answers = run({Statement("SET idle_in_transaction_session_timeout = " + idle),
                            // The machine that a failover leads to may be set otherwise than the one that was judged;
                            // and this one, tomorrow.
                            Statement("SELECT set_config('synchronous_commit', CASE "
                                      "current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' "
                                      "ELSE 'on' END, false)")},
                           until);
  if (!answers && answers.error().state != kUnknownSetting) return answers.error();
  return {};
}

Tried<void> Connection::wait_for_locks(std::chrono::milliseconds most, Deadline until) {
  if (!times_locks_ || most == locks_) return {};
  if (auto const set = run({Statement("SET lock_timeout = " + std::to_string(most.count()))}, until); !set) {
    return set.error();
  }
  locks_ = most;
  return {};
}

Connection::~Connection() { PQfinish(connection_); }

bool Connection::wait(bool for_writing, Deadline until) {
  for (;;) {
    int const left = left_ms(until);
    if (left == 0 || interrupted_) return false;
    pollfd one{PQsocket(connection_), static_cast<short>(for_writing ? POLLIN | POLLOUT : POLLIN), 0};
    if (one.fd < 0) return false;
    if (PQstatus(connection_) != CONNECTION_OK && for_writing) one.events = POLLOUT;
    int const ready = ::poll(&one, 1, std::min(left, kLookMs));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

std::size_t Connection::bytes_of(std::span<Statement const> statements) const {
  constexpr std::size_t kName = 40;       // at most, with its end, in each of two messages
  constexpr std::size_t kMessages = 45;   // Parse, Bind, Describe, Execute without what is counted below
  constexpr std::size_t kParameter = 10;  // its type, format and length
  constexpr std::size_t kSync = 5;
  std::size_t bytes = kSync;
  for (auto const& one : statements) {
    bytes += kMessages + 2 * kName;
    if (!one.often_ || !prepared_.contains(one.sql)) bytes += one.sql.size();
    for (auto const& parameter : one.parameters_) {
      bytes += kParameter + (parameter.view.empty() ? parameter.own.size() : parameter.view.size());
    }
  }
  return bytes;
}

bool Connection::send(Statement const& statement, std::vector<Step>& steps) {
  auto const& given = statement.parameters_;
  std::vector<Oid> types;
  std::vector<char const*> values;
  std::vector<int> lengths;
  std::vector<int> formats;
  for (auto const& one : given) {
    types.push_back(one.binary ? kBytea : 0);
    // No address would be NULL.
    auto const* data = one.view.empty() ? one.own.c_str() : reinterpret_cast<char const*>(one.view.data());
    values.push_back(data);
    lengths.push_back(static_cast<int>(one.view.empty() ? one.own.size() : one.view.size()));
    formats.push_back(one.binary ? kBinary : 0);
  }
  auto const count = static_cast<int>(given.size());
  auto const* sql = statement.sql.c_str();
  auto name = statement.often_ ? name_of(statement.sql, steps) : std::string();
  if (statement.often_ && name.empty() && prepared_.size() < kPreparedMax) {
    // "COMMIT_1f…_3", for who reads the database's own log. No other session has it, so that none of its statements is
    // taken for ours; and never again: whether it was prepared may stay unknown.
    name = statement.sql.substr(0, statement.sql.find(' ')) + '_' + session_ + '_' + std::to_string(++names_);
    if (PQsendPrepare(connection_, name.c_str(), sql, count, types.data()) != 1) return false;
    steps.push_back({&statement.sql, name});
  }
  steps.emplace_back();
  if (!name.empty()) {
    return PQsendQueryPrepared(connection_, name.c_str(), count, values.data(), lengths.data(), formats.data(),
                               kBinary) == 1;
  }
  return PQsendQueryParams(connection_, sql, count, types.data(), values.data(), lengths.data(), formats.data(),
                           kBinary) == 1;
}

/// Under which the database knows that text, or will when it comes there; empty: it does not.
std::string Connection::name_of(std::string const& sql, std::vector<Step> const& steps) const {
  if (auto const known = prepared_.find(sql); known != prepared_.end()) return known->second;
  auto const sent = std::ranges::find_if(steps, [&](Step const& one) { return one.prepares && *one.prepares == sql; });
  return sent == steps.end() ? std::string() : sent->name;
}

bool Connection::consume() {
  // A record of TLS may be longer than what libpq takes at once; the rest waits in OpenSSL, where poll does not see it.
  for (int more = PQsslInUse(connection_) == 1 ? 3 : 1; more > 0; --more) {
    if (PQconsumeInput(connection_) != 1) return false;
  }
  return true;
}

bool Connection::flush(Deadline until) {
  for (;;) {
    int const left = PQflush(connection_);
    if (left <= 0) return left == 0;
    // Reading too: a database whose answers nobody takes does not take statements either.
    if (!wait(true, until) || !consume()) return false;
  }
}

Fault Connection::gone(Deadline until) {
  broken_ = true;
  if (PQstatus(connection_) == CONNECTION_OK && Clock::now() >= until) {
    return {Fate::kAgain, text::kDatabaseNoAnswer, {}};
  }
  return {Fate::kAgain, engine(hidden_.out_of(PQerrorMessage(connection_))), {}};
}

/// The answers to `steps`, and the Sync behind them.
Tried<Answers> Connection::answers(std::span<Step const> steps, Deadline until) {
  Answers out;
  std::optional<Fault> first;
  auto const lost = [&] { return first ? *first : gone(until); };
  std::size_t at = 0;
  for (int ends = 0;;) {
    while (PQisBusy(connection_) == 1) {
      if (!wait(false, until) || !consume()) return lost();
    }
    auto* const raw = PQgetResult(connection_);
    if (raw == nullptr) {
      if (PQstatus(connection_) != CONNECTION_OK || ++ends > 2) return lost();
      continue;
    }
    ends = 0;
    Answer got(raw);
    auto const status = PQresultStatus(raw);
    if (status == PGRES_PIPELINE_SYNC) break;
    auto const step = at < steps.size() ? steps[at++] : Step();
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) {
      if (step.prepares != nullptr) prepared_.emplace(*step.prepares, step.name);
      if (step.prepares == nullptr && !step.guards) out.push_back(std::move(got));
      continue;
    }
    if (first) continue;  // what follows a refused statement is refused because of it
    auto const* state = PQresultErrorField(raw, PG_DIAG_SQLSTATE);
    auto const* said = PQresultErrorField(raw, PG_DIAG_MESSAGE_PRIMARY);
    std::string const code = state ? state : "";
    auto const fate = code.empty() || passing(code) ? Fate::kAgain : Fate::kRefused;
    first = Fault{fate, engine(hidden_.out_of(said ? said : PQresultErrorMessage(raw))), code};
  }
  if (first || at < steps.size()) return lost();
  return out;
}

/// In one piece, with the guard before them.
bool Connection::fits(std::span<Statement const> statements) const {
  return bytes_of(std::span(&guard(), 1)) + bytes_of(statements) <= kPiece;
}

Tried<Answers> Connection::run(std::vector<Statement> const& statements, Deadline until, Sync sync) {
  warned_ = false;
  std::vector<Step> steps;
  std::vector<std::size_t> ends;  // of the parts, in `steps`
  std::size_t part = 0;           // the first statement of one
  for (std::size_t i = 0; i < statements.size(); ++i) {
    if (sync == Sync::kPieces && i == part && i > 0) {
      if (!send(guard(), steps)) return gone(until);
      steps.back().guards = true;
    }
    if (!send(statements[i], steps)) return gone(until);
    bool const last = i + 1 == statements.size();
    if (!last && sync == Sync::kPieces && fits(std::span(statements).subspan(part, i + 2 - part))) continue;
    if (PQpipelineSync(connection_) != 1) return gone(until);
    ends.push_back(steps.size());
    part = i + 1;
  }
  if (!flush(until)) return gone(until);
  Answers out;
  std::optional<Fault> first;
  std::size_t begin = 0;
  for (auto const end : ends) {
    auto got = answers(std::span(steps).subspan(begin, end - begin), until);
    begin = end;
    if (got) {
      std::ranges::move(*got, std::back_inserter(out));
      continue;
    }
    if (!first) first = got.error();
    // Behind a refusal it only means that what was to be prepared there was not. As the first, that somebody between us
    // and the database has forgotten it, or lent us another's session: not on this connection again.
    if (first->state == kNoSuchStatement) broken_ = true;
    if (broken_ || PQstatus(connection_) != CONNECTION_OK) break;
  }
  if (first) return *first;
  if (warned_ && PQtransactionStatus(connection_) == PQTRANS_IDLE) {
    return Fault{Fate::kAgain, text::kDatabaseNotConfirmed, {}};
  }
  return out;
}

void Connection::roll_back() {
  if (broken_ || PQstatus(connection_) != CONNECTION_OK) return;
  auto const state = PQtransactionStatus(connection_);
  if (state != PQTRANS_INTRANS && state != PQTRANS_INERROR) return;
  // Whatever it answers: `usable` says whether it is idle now.
  static_cast<void>(run({Statement("ROLLBACK")}, Clock::now() + std::chrono::seconds(1)));
}

bool Connection::usable() const {
  return !broken_ && PQstatus(connection_) == CONNECTION_OK && PQtransactionStatus(connection_) == PQTRANS_IDLE;
}

}  // namespace piaojue::store::postgres
