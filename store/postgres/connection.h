// SPDX-License-Identifier: Apache-2.0
#pragma once
/// One connection to PostgreSQL that never waits without a deadline: libpq's own waits have none, so this polls itself.
/// It stays in pipeline mode, where several statements go out in one packet.
#include <atomic>
#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/explained.h"
#include "store/store.h"

struct pg_conn;
struct pg_result;

namespace piaojue::store::postgres {

using Clock = std::chrono::steady_clock;
using Deadline = Clock::time_point;

/// What may be done after a failure.
enum class Fate : std::uint8_t {
  kRefused,  ///< the database understood and said no
  kAgain,    ///< nothing of it was kept, for certain as long as no COMMIT was among it; it may work the next time
};
struct Fault {
  Fate fate = Fate::kRefused;
  Sentence what;
  std::string state;  ///< SQLSTATE; empty: not from the database
};
template <class T>
using Tried = boost::system::result<T, Fault>;
/// What `value()` of a fault would end in. Found by Boost.System.
[[noreturn]] void throw_exception_from_error(Fault const& fault, boost::source_location const& where);

inline constexpr std::string_view kUniqueViolation = "23505";
inline constexpr std::string_view kDivisionByZero = "22012";
inline constexpr std::string_view kNoSuchStatement = "26000";
inline constexpr std::string_view kNoRight = "42501";
inline constexpr std::string_view kLockTimeout = "55P03";
/// Not the database's: it may lose what it confirms.
inline constexpr std::string_view kNotDurable = "not durable";

struct Statement {
  explicit Statement(std::string text) : sql(std::move(text)) {}
  std::string sql;

  /// $1, $2, …, in the order of the calls. Bytes are not copied: they must outlive the statement.
  Statement& bytes(ByteView value);
  Statement& own_bytes(Bytes value);
  Statement& text(std::string value);
  Statement& number(std::uint64_t value) { return text(std::to_string(value)); }
  std::size_t parameters() const { return parameters_.size(); }
  /// Comes again with other parameters: the database parses it once a connection. A connection remembers so many texts
  /// and takes all others as they come.
  Statement& often() {
    often_ = true;
    return *this;
  }

 private:
  friend class Connection;
  struct Parameter {
    std::string own;
    ByteView view;
    bool binary = false;
  };
  std::vector<Parameter> parameters_;
  bool often_ = false;
};

/// Where the database is told that a part ends (PostgreSQL documentation, 55.2.4): until then it skips whatever follows
/// a statement that it refuses.
enum class Sync : std::uint8_t {
  /// Between two statements the database sees an idle transaction and ends it, if this process has been stopped
  /// meanwhile; and each is tried, whatever became of the one before it.
  kEach,
  /// Of one transaction from BEGIN to COMMIT: behind as many statements as fit into kPiece, or one that is larger. Each
  /// piece but the first begins with a SAVEPOINT, which is refused where there is no transaction, or a failed one, and
  /// the piece with it: nothing becomes a transaction of its own, and nobody waits for an answer in between.
  kPieces,
};
/// Bytes that libpq hands to the kernel at once: all of them are on their way then, or none, wherever this process is
/// stopped.
inline constexpr std::size_t kPiece = (8U << 10) - 1;

/// The rows that answer a statement. Whole numbers are to be selected ::int8.
class Answer {
 public:
  explicit Answer(pg_result* result);
  std::size_t rows() const;
  std::uint64_t affected() const;
  bool tagged(std::string_view tag) const;
  bool null(std::size_t row, int column) const;
  ByteView bytes(std::size_t row, int column) const;  ///< as long as this lives
  Bytes blob(std::size_t row, int column) const { return to_bytes(bytes(row, column)); }
  std::string text(std::size_t row, int column) const { return std::string(as_text(bytes(row, column))); }
  std::uint64_t number(std::size_t row, int column) const { return read_u64be(bytes(row, column)); }

 private:
  std::shared_ptr<pg_result> result_;
};
using Answers = std::vector<Answer>;

/// Words of the connection string that nobody is to read.
struct Hidden {
  std::string user;
  std::string password;
  /// Somebody else's message without them, in one line.
  std::string out_of(std::string_view message) const;
};

/// How long a statement waits for a lock, where its answer is waited for so long.
inline std::chrono::milliseconds lock_patience(unsigned answer_ms) {
  return std::chrono::milliseconds(answer_ms * 3 / 5);
}

class Connection {
 public:
  /// Keywords and values as libpq takes them, of one host.
  struct Target {
    std::vector<std::pair<std::string, std::string>> values;
    Hidden hidden;
  };
  /// @param patience_ms  how long the database is to wait for a lock, and for a transaction that says nothing
  /// @param interrupted  once it is set, no wait lasts; outlives this
  [[nodiscard]] static Tried<std::unique_ptr<Connection>> connect(Target const& target, Deadline until,
                                                                  unsigned patience_ms,
                                                                  std::atomic<bool> const& interrupted);
  ~Connection();
  Connection(Connection const&) = delete;
  Connection& operator=(Connection const&) = delete;

  /// All of them in one packet. @return an answer for each, or the first failure. Each is a transaction of its own
  /// unless BEGIN and COMMIT are among them. kAgain too, if something was committed with a warning: that is how
  /// PostgreSQL says that the wait for a standby was broken off.
  [[nodiscard]] Tried<Answers> run(std::vector<Statement> const& statements, Deadline until, Sync sync = Sync::kEach);
  /// What they are on the wire, with one Sync, and with the texts that this database has not parsed yet (PostgreSQL
  /// documentation, 55.7).
  std::size_t bytes_of(std::span<Statement const> statements) const;
  /// Ends a transaction that was left, such as where the database has refused a statement of it: then it can be used
  /// again. It waits a second at most.
  void roll_back();
  /// Idle, outside of a transaction, and no deadline has passed in it.
  bool usable() const;
  /// How long its statements wait for a lock that somebody else has. Outside of a transaction; asks the database only
  /// where it is otherwise, and not one that does not know `lock_timeout`, as not everything that speaks the protocol.
  [[nodiscard]] Tried<void> wait_for_locks(std::chrono::milliseconds most, Deadline until);

 private:
  explicit Connection(std::atomic<bool> const& interrupted);
  Tried<void> greet(Deadline until, unsigned patience_ms);
  /// Something that has one answer.
  struct Step {
    std::string const* prepares = nullptr;  ///< this text, and answers no statement
    std::string name;
    bool guards = false;  ///< it is a piece's SAVEPOINT, and answers no statement either
  };
  bool send(Statement const& statement, std::vector<Step>& steps);
  std::string name_of(std::string const& sql, std::vector<Step> const& steps) const;
  bool fits(std::span<Statement const> statements) const;
  /// @return false: the deadline has passed, the connection is gone, or nobody is to wait any more.
  bool wait(bool for_writing, Deadline until);
  bool flush(Deadline until);
  bool consume();
  Tried<Answers> answers(std::span<Step const> steps, Deadline until);
  Fault gone(Deadline until);

  std::atomic<bool> const& interrupted_;
  pg_conn* connection_ = nullptr;
  Hidden hidden_;
  bool broken_ = false;
  bool warned_ = false;
  bool times_locks_ = true;
  std::chrono::milliseconds locks_{0};
  std::unordered_map<std::string, std::string> prepared_;  ///< text → name
  std::string session_;  ///< of this connection alone, 16 hexadecimal digits
  std::uint64_t names_ = 0;
};

}  // namespace piaojue::store::postgres
