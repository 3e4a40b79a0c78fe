// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Threads for heavy work. What is queued is bounded by who queues: Core hands out each duty once.
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "protocol/meeting/record.h"

namespace piaojue::server {

class WorkPool {
 public:
  /// @param background its threads give way to all others.
  explicit WorkPool(unsigned threads, bool background = false);
  ~WorkPool();  ///< finishes what runs, drops what waits
  WorkPool(WorkPool const&) = delete;
  WorkPool& operator=(WorkPool const&) = delete;

  void post(std::function<void()> task);
  void stop();
  /// Runs fn(0 … n − 1) on this thread and on as many others as are free; returns when all are done. May be called from
  /// a task of the pool: the caller never waits for a thread that has not begun.
  meeting::ParallelFor parallel();

 private:
  void work(bool background);

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> tasks_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace piaojue::server
