// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Threads for heavy work: keys, mixing, proofs. What somebody waits for never stands behind what is wanted later.
///
///     urgent      → `threads` threads
///     background  → further ones, one by default, which give way to all others (nice 10 on Linux)
///
/// Owners take turns, job by job: who has posted a thousand jobs is followed by who has posted one.
///
/// A job can not be interrupted. A program that must not wait for one leaves its pool undestroyed and ends with
/// std::_Exit; every other one is joined with by `stop` or the destructor.
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/parallel.h"

namespace piaojue {

enum class Urgency : std::uint8_t {
  kUrgent,      ///< somebody waits for it
  kBackground,  ///< made ahead of need, and may take minutes
};

class WorkPool {
 public:
  /// A job has thrown, `what` says why; on the job's thread, which goes on with the next. A job's duty is not done
  /// then: this is where the program decides to end.
  using OnThrow = std::function<void(std::string const& what)>;
  struct Options {
    unsigned threads = 2;             ///< for urgent work; 0 is as 1
    unsigned background_threads = 1;  ///< likewise
    std::size_t waiting_max = 4096;   ///< of each owner and urgency, without those that run
  };
  /// For whom a job is, such as the number of a meeting. How many there are at a time is the caller's to bound.
  using Owner = std::uint64_t;

  WorkPool(Options options, OnThrow on_throw);
  ~WorkPool();  ///< stops
  WorkPool(WorkPool const&) = delete;
  WorkPool& operator=(WorkPool const&) = delete;

  /// From any thread. @return false: it will not run, because the bound is reached or the pool has stopped.
  [[nodiscard]] bool post(Urgency urgency, std::function<void()> job, Owner owner = 0);
  /// Waits for the jobs that run, drops those that wait. Not from a job.
  void stop();
  /// Uses the caller's thread and as many urgent ones as are free, which others get a turn on meanwhile. May be called
  /// from a job: the caller never waits for a thread that has not begun. What `fn` throws is thrown to the caller, once
  /// nothing touches `fn` any more.
  ParallelFor parallel(Owner owner = 0);

 private:
  using Job = std::function<void()>;
  /// Of one urgency.
  struct Queue {
    std::map<Owner, std::deque<Job>> jobs;  ///< of each owner at least one
    std::deque<Owner> turns;                ///< each of those owners once

    Job take();
  };
  class Share;
  void work(Queue& queue);
  [[nodiscard]] bool post_helper(std::shared_ptr<Share> share, std::function<void(std::size_t)> const& fn, Owner owner);

  Options const options_;
  OnThrow const on_throw_;
  std::mutex mutex_;
  std::condition_variable wake_;
  Queue urgent_, background_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace piaojue
