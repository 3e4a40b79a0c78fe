// SPDX-License-Identifier: Apache-2.0
#include "server/work_pool.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <memory>

namespace piaojue::server {

WorkPool::WorkPool(unsigned threads, bool background) {
  for (unsigned i = 0; i < std::max(1U, threads); ++i) threads_.emplace_back([this, background] { work(background); });
}

WorkPool::~WorkPool() { stop(); }

void WorkPool::stop() {
  {
    std::lock_guard const lock(mutex_);
    stopping_ = true;
    tasks_.clear();
  }
  wake_.notify_all();
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void WorkPool::post(std::function<void()> task) {
  {
    std::lock_guard const lock(mutex_);
    if (stopping_) return;
    tasks_.push_back(std::move(task));
  }
  wake_.notify_one();
}

void WorkPool::work(bool background) {
  // Of this thread alone, on Linux. A refusal costs nothing but the politeness.
  if (background) static_cast<void>(::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), 10));
  for (;;) {
    std::function<void()> task;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
      if (stopping_) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    task();
  }
}

meeting::ParallelFor WorkPool::parallel() {
  return [this](std::size_t n, std::function<void(std::size_t)> const& fn) {
    struct Shared {
      std::atomic<std::size_t> next{0};
      std::mutex mutex;
      std::condition_variable all_done;
      std::size_t done = 0;
    };
    auto const shared = std::make_shared<Shared>();
    // `fn` is touched only with an index below n, and the caller stays until all of those are done: a helper that
    // comes too late finds none and does not look at it.
    auto const help = [shared, n, &fn] {
      std::size_t mine = 0;
      for (std::size_t i = shared->next++; i < n; i = shared->next++) {
        fn(i);
        ++mine;
      }
      if (mine == 0) return;
      std::lock_guard const lock(shared->mutex);
      shared->done += mine;
      if (shared->done == n) shared->all_done.notify_all();
    };
    for (std::size_t i = 1; i < std::min(n, threads_.size()); ++i) post(help);
    help();
    std::unique_lock lock(shared->mutex);
    shared->all_done.wait(lock, [&] { return shared->done == n; });
  };
}

}  // namespace piaojue::server
