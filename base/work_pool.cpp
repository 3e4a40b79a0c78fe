// SPDX-License-Identifier: Apache-2.0
#include "base/work_pool.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <memory>

#include "base/platform/process.h"

namespace piaojue {
namespace {

using Clock = std::chrono::steady_clock;

/// After so long a helper lets others have its thread.
constexpr std::chrono::milliseconds kHelpFor{20};

}  // namespace

/// Of one call of `parallel`: the caller and its helpers take indexes from it until none is left.
class WorkPool::Share {
 public:
  explicit Share(std::size_t n) : n_(n) {}

  /// @return whether it ended because the time is up.
  bool help(std::function<void(std::size_t)> const& fn, Clock::time_point until) {
    // `fn` is touched only with an index below n, and the caller stays until all of those are done: a helper that
    // comes too late finds none and does not look at it.
    while (Clock::now() < until) {
      auto const i = next_++;
      if (i >= n_) return false;
      std::exception_ptr thrown;
      try {
        fn(i);
      } catch (...) {
        thrown = std::current_exception();
      }
      std::lock_guard const lock(mutex_);
      if (thrown && !thrown_) thrown_ = thrown;
      if (++done_ == n_) all_done_.notify_all();
    }
    return true;
  }
  void wait() {
    std::unique_lock lock(mutex_);
    all_done_.wait(lock, [this] { return done_ == n_; });
    if (thrown_) std::rethrow_exception(thrown_);
  }

 private:
  std::size_t const n_;
  std::atomic<std::size_t> next_{0};
  std::mutex mutex_;
  std::condition_variable all_done_;
  std::size_t done_ = 0;
  std::exception_ptr thrown_;
};

WorkPool::Job WorkPool::Queue::take() {
  auto const owner = turns.front();
  turns.pop_front();
  auto const own = jobs.find(owner);
  auto job = std::move(own->second.front());
  own->second.pop_front();
  if (own->second.empty()) {
    jobs.erase(own);
  } else {
    turns.push_back(owner);
  }
  return job;
}

WorkPool::WorkPool(Options options, OnThrow on_throw) : options_(options), on_throw_(std::move(on_throw)) {
  for (unsigned i = 0; i < std::max(1U, options_.threads); ++i) {
    threads_.emplace_back([this] { work(urgent_); });
  }
  for (unsigned i = 0; i < std::max(1U, options_.background_threads); ++i) {
    threads_.emplace_back([this] {
      platform::give_way();
      work(background_);
    });
  }
}

WorkPool::~WorkPool() { stop(); }

void WorkPool::stop() {
  // What goes with a job may be somebody's last word, who posts another one: it is not gone under the lock.
  {
    Queue urgent, background;
    std::lock_guard const lock(mutex_);
    stopping_ = true;
    std::swap(urgent, urgent_);
    std::swap(background, background_);
  }
  wake_.notify_all();
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

bool WorkPool::post(Urgency urgency, std::function<void()> job, Owner owner) {
  {
    std::lock_guard const lock(mutex_);
    auto& queue = urgency == Urgency::kUrgent ? urgent_ : background_;
    auto const own = queue.jobs.find(owner);
    auto const waiting = own == queue.jobs.end() ? 0 : own->second.size();
    if (stopping_ || waiting >= options_.waiting_max) return false;
    if (waiting == 0) queue.turns.push_back(owner);
    queue.jobs[owner].push_back(std::move(job));
  }
  // All, because the threads of both queues wait here.
  wake_.notify_all();
  return true;
}

void WorkPool::work(Queue& queue) {
  for (;;) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return stopping_ || !queue.turns.empty(); });
      if (stopping_) return;
      job = queue.take();
    }
    try {
      job();
    } catch (std::exception const& thrown) {
      on_throw_(thrown.what());
    } catch (...) {
      on_throw_("something that is no std::exception");
    }
  }
}

bool WorkPool::post_helper(std::shared_ptr<Share> share, std::function<void(std::size_t)> const& fn, Owner owner) {
  return post(
      Urgency::kUrgent,
      [this, share = std::move(share), &fn, owner] {
        if (share->help(fn, Clock::now() + kHelpFor)) static_cast<void>(post_helper(share, fn, owner));
      },
      owner);
}

ParallelFor WorkPool::parallel(Owner owner) {
  return [this, owner](std::size_t n, std::function<void(std::size_t)> const& fn) {
    auto const share = std::make_shared<Share>(n);
    for (std::size_t i = 1; i < std::min<std::size_t>(n, std::max(1U, options_.threads)); ++i) {
      // A helper that is refused is one helper less.
      if (!post_helper(share, fn, owner)) break;
    }
    share->help(fn, Clock::time_point::max());
    share->wait();
  };
}

}  // namespace piaojue
