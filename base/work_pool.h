// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Threads for heavy work: keys, mixing, proofs. What somebody waits for never stands behind what is wanted later.
///
///     urgent      → `threads` threads
///     background  → further ones, one by default, which give way to all others (nice 10 on Linux)
///
/// A job can not be interrupted. A program that must not wait for one leaves its pool undestroyed and ends with
/// std::_Exit; every other one is joined with by `stop` or the destructor.
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
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
    std::size_t waiting_max = 4096;   ///< of each urgency, without those that run
  };

  WorkPool(Options options, OnThrow on_throw);
  ~WorkPool();  ///< stops
  WorkPool(WorkPool const&) = delete;
  WorkPool& operator=(WorkPool const&) = delete;

  /// From any thread. @return false: it will not run, because the bound is reached or the pool has stopped.
  [[nodiscard]] bool post(Urgency urgency, std::function<void()> job);
  /// Waits for the jobs that run, drops those that wait. Not from a job.
  void stop();
  /// Uses the caller's thread and as many urgent ones as are free. May be called from a job: the caller never waits for
  /// a thread that has not begun. What `fn` throws is thrown to the caller, once nothing touches `fn` any more.
  ParallelFor parallel();

 private:
  using Queue = std::deque<std::function<void()>>;
  void work(Queue& queue);

  Options const options_;
  OnThrow const on_throw_;
  std::mutex mutex_;
  std::condition_variable wake_;
  Queue urgent_, background_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace piaojue
