// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The database of a simulated service: what store/leases.h and store/postgres_store.h promise, of one meeting, and
/// everything that may happen between a node and it. It has a clock of its own and a synchronous standby. A statement
/// may never arrive, arrive long after nobody waits for it any more, or have its answer lost; a commit that a standby
/// has not may be gone after a failover, though it was seen.
#include <deque>
#include <functional>
#include <memory>
#include <optional>

#include "network.h"
#include "store/store.h"

namespace piaojue::simulation {

/// What a service might leave out. A test switches on one at a time: the simulation has to find it.
enum class Left : std::uint8_t {
  kNothing,
  kFence,      ///< a commit compares nothing
  kEpoch,      ///< it compares node and process only
  kCount,      ///< it does not compare how many commits there were
  kLook,       ///< a commit whose answer was lost is repeated at once, whatever became of the first
  kDoubt,      ///< a commit whose answer was lost counts as done
  kStandby,    ///< a commit that was found done is acknowledged, be it on the standby or not
  kSilence,    ///< a node speaks though its time has run out
  kForgetting  ///< a node whose time had run out renews, and goes on with the meeting that it remembers
};

/// One process. Two of one name are two.
struct Process {
  std::uint32_t name = 0;
  std::uint64_t number = 0;
  bool operator==(Process const&) const = default;
};

struct Lease {
  Process holder;
  std::uint64_t epoch = 0;
  bool operator==(Lease const&) const = default;
};

struct DatabaseFaults {
  double request_lost = 0;  ///< chance, a statement: it never arrives
  double late = 0;          ///< it arrives when nobody waits for it any more, up to half a minute later
  double answer_lost = 0;   ///< it was executed, and nobody hears of it
  std::uint64_t delay_ms_max = 5;
};

/// The tables and their statements. Each is executed as a whole at the moment at which it arrives.
class LeasedStore {
 public:
  static constexpr std::uint64_t kAliveForMs = 8'000;  ///< store::kAliveFor

  LeasedStore(Clock& clock, Dice& dice) : clock_(clock), dice_(dice) {}

  Left left = Left::kNothing;

  // ---- Statements
  /// @return false: one of that name is alive.
  bool join(Process const& process);
  /// @return false: another process has come under this name, or the row is gone.
  bool renew(Process const& process);
  void leave(Process const& process);
  /// @return the lease, with a new epoch; or whose it is.
  struct Taken {
    std::optional<Lease> lease;
    std::uint64_t elsewhere = 0;  ///< number of the process
  };
  Taken take(Process const& process);
  void give_back(Lease const& lease);
  /// @return false: the meeting is another's by now.
  bool commit(Lease const& lease, std::uint64_t count, store::Writes const& writes);
  struct Loaded {
    std::optional<store::Contents> contents;  ///< nothing: the meeting is another's by now
    std::uint64_t count = 0;
  };
  Loaded load(Lease const& lease) const;
  struct Meeting {
    std::optional<Lease> lease;
    std::uint64_t epoch = 0, count = 0;
  };
  Meeting const& meeting() const { return primary_.meeting; }
  /// As `piaojue-server slip` does, whoever serves the meeting.
  void write(store::Writes const& writes);
  store::Contents const& contents() const { return primary_.contents; }

  // ---- The machine
  bool up() const { return up_; }
  void go_away() { up_ = false; }
  /// Those that wait for it are answered when it is back.
  void hold_standby() { standby_held_ = true; }
  void come_back();
  /// The primary is gone, with all that the standby has not.
  void fail_over();
  std::uint64_t generation() const { return generation_; }
  bool standby_held() const { return standby_held_; }
  /// The standby takes over what is there so far.
  void replicate();

 private:
  struct Node {
    std::uint64_t process = 0, alive_until_ms = 0;
  };
  struct State {
    std::map<std::uint32_t, Node> nodes;
    Meeting meeting;
    store::Contents contents;
  };
  using Redo = std::function<void(State&)>;
  std::uint64_t now_ms() const;
  bool alive(Process const& process) const;
  void change(Redo redo);
  bool may_write(Lease const& lease, std::uint64_t count) const;

  Clock& clock_;
  Dice& dice_;
  State primary_, standby_;
  std::deque<Redo> redo_;  ///< of which the standby has nothing yet
  bool up_ = true, standby_held_ = false;
  std::uint64_t generation_ = 0;     ///< counts failovers: what was sent to a dead primary is executed nowhere
  std::uint64_t offset_ms_ = 1'000;  ///< of this machine's clock
};

/// One node's way to the database.
class DatabaseLink {
 public:
  static constexpr std::uint64_t kAnswerMs = 10'000;  ///< store::PostgresOptions::answer_ms

  DatabaseLink(Clock& clock, Dice& dice, LeasedStore& database, DatabaseFaults const& faults)
      : clock_(clock), dice_(dice), database_(database), faults_(faults) {}

  bool cut = false;

  /// `done` hears what `statement` returned when it was executed; or nothing, and then it may have been executed, or
  /// not, or be executed later.
  /// @param writes its answer waits for the standby.
  template <class Statement, class Done>
  void ask(bool const writes, Statement statement, Done done) {
    using Answer = std::decay_t<std::invoke_result_t<Statement, LeasedStore&>>;
    auto const answer = std::make_shared<std::optional<Answer>>();
    send(
        writes, [answer, statement = std::move(statement)](LeasedStore& database) { *answer = statement(database); },
        [answer, done = std::move(done)](bool const heard) {
          if (!heard) answer->reset();
          done(std::move(*answer));
        });
  }

 private:
  using Execute = std::function<void(LeasedStore&)>;
  using Done = std::function<void(bool heard)>;
  void send(bool writes, Execute execute, Done done);
  void answer_when_replicated(std::uint64_t generation, std::uint64_t until_ms, Done const& done);
  bool reachable() const { return database_.up() && !cut; }

  Clock& clock_;
  Dice& dice_;
  LeasedStore& database_;
  DatabaseFaults const& faults_;
};

}  // namespace piaojue::simulation
