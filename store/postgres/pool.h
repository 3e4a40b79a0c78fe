// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Borrowing connections, and trying anew for as long as it is of use.
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "store/postgres/connection.h"
#include "store/postgres_pool.h"

namespace piaojue::store {

namespace postgres {

/// For what a connection is borrowed.
enum class Purpose : std::uint8_t {
  kOrdinary,  ///< waits for others' transactions
  kBriefly,   ///< waits for a lock no longer than kLockedFor: others want the thread and the connection
  kRenewal,   ///< keeps this process alive and waits for none
};

class Pool {
 public:
  Pool(PostgresOptions options, std::vector<Connection::Target> targets, std::string place)
      : options_(std::move(options)), targets_(std::move(targets)), place_(std::move(place)) {}

  /// Given back when it goes: what was not committed is rolled back then, and what can not be is closed.
  class Borrowed {
   public:
    Borrowed(Pool& pool, std::unique_ptr<Connection> connection, std::size_t generation)
        : pool_(&pool), connection_(std::move(connection)), generation_(generation) {}
    Borrowed(Borrowed&& other) noexcept = default;
    Borrowed& operator=(Borrowed&&) = delete;
    ~Borrowed() {
      if (connection_) pool_->give_back(std::move(connection_), generation_);
    }
    Connection* operator->() const { return connection_.get(); }
    Connection& operator*() const { return *connection_; }

   private:
    Pool* pool_;
    std::unique_ptr<Connection> connection_;
    std::size_t generation_;
  };
  [[nodiscard]] Tried<Borrowed> borrow(Purpose purpose = Purpose::kOrdinary);

  /// As PostgresPool::interrupt.
  void interrupt();
  bool interrupted() const { return interrupted_; }

  PostgresOptions const& options() const { return options_; }
  std::string const& place() const { return place_; }
  Deadline answer_deadline() const { return Clock::now() + std::chrono::milliseconds(options_.answer_ms); }
  /// What a person is told of it.
  Explanation explain(Fault const& fault, Refusal code = Refusal::kStorage) const { return {fault.what, place_, code}; }

 private:
  void give_back(std::unique_ptr<Connection> connection, std::size_t generation);
  Tried<std::unique_ptr<Connection>> connect();

  PostgresOptions const options_;
  std::vector<Connection::Target> const targets_;
  std::string const place_;

  std::atomic<bool> interrupted_{false};
  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<std::unique_ptr<Connection>> idle_;
  unsigned out_ = 0;
  std::size_t generation_ = 0;  ///< raised when one breaks: then the others that lie idle are broken too, likely
  std::size_t first_ = 0;       ///< of targets_: the last that answered
};

/// Calls `attempt` until it succeeds, is refused, or patience is over.
template <class F>
auto patiently(Pool& pool, F&& attempt) -> decltype(attempt()) {
  auto const until = Clock::now() + std::chrono::milliseconds(pool.options().patience_ms);
  auto pause = std::chrono::milliseconds(20);
  for (;;) {
    auto done = attempt();
    if (done || done.error().fate == Fate::kRefused || pool.interrupted() || Clock::now() + pause >= until) return done;
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, std::chrono::milliseconds(500));
  }
}

/// One that takes longer comes too late, and the next may find a better connection.
inline Deadline renewal_deadline() { return Clock::now() + std::chrono::milliseconds(3'000); }

/// Several statements that may be repeated, on a connection of their own for this once.
[[nodiscard]] Tried<Answers> run_once(Pool& pool, std::vector<Statement> const& statements,
                                      Purpose purpose = Purpose::kOrdinary);
[[nodiscard]] Tried<Answers> run_patiently(Pool& pool, std::vector<Statement> const& statements);
/// Whether the database, as it is set now, keeps what it confirms. kRefused, kNotDurable: it may lose it, and which
/// setting that is. One that an engine does not have is not asked of it.
[[nodiscard]] Tried<void> judge_durability(Connection& on, Deadline until);
/// Who waits for somebody's lock does not wait with a thread: it is refused, and tried anew by whoever has one.
[[nodiscard]] Fault in_the_way(Fault fault);
/// What a person is told, and kBusy if it was somebody's lock.
[[nodiscard]] Explanation explain_locked(Pool const& pool, Fault const& fault);
/// As one transaction: BEGIN before them, whose answer is the first, and COMMIT behind.
[[nodiscard]] std::vector<Statement> transaction(std::vector<Statement> statements);

}  // namespace postgres

struct PostgresPool::Impl {
  postgres::Pool pool;
};

}  // namespace piaojue::store
