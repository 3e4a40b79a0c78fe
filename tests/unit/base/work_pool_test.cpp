// SPDX-License-Identifier: Apache-2.0
#include "base/work_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <stdexcept>

namespace piaojue {
namespace {

constexpr auto kLong = std::chrono::seconds(30);

WorkPool::OnThrow not_expected() {
  return [](std::string const& what) { ADD_FAILURE() << what; };
}
bool arrives(std::promise<void>& done) { return done.get_future().wait_for(kLong) == std::future_status::ready; }

// What jobs use stands before the pool: the pool is destroyed, and its threads joined, first.

// Harm: all threads wait for each other, and the ballot box is never made.
TEST(WorkPool, ParallelWorkInsideItsOwnJobsIsFinished) {
  std::atomic<int> sum{0};
  std::vector<std::promise<void>> done(4);
  WorkPool pool({.threads = 2}, not_expected());
  for (auto& one : done) {
    EXPECT_TRUE(pool.post(Urgency::kUrgent, [&] {
      pool.parallel()(500, [&](std::size_t) { ++sum; });
      one.set_value();
    }));
  }
  for (auto& one : done) ASSERT_TRUE(arrives(one));
  EXPECT_EQ(sum, 2000);
  pool.parallel()(0, [&](std::size_t) { ++sum; });
  EXPECT_EQ(sum, 2000);
}

// Harm: an expert's token waits half a minute for keys of a batch that nobody has opened.
TEST(WorkPool, UrgentWorkDoesNotWaitForBackgroundWork) {
  std::promise<void> release, begun, urgent;
  WorkPool pool({.threads = 1}, not_expected());
  EXPECT_TRUE(pool.post(Urgency::kBackground, [&] {
    begun.set_value();
    release.get_future().wait();
  }));
  ASSERT_TRUE(arrives(begun));
  EXPECT_TRUE(pool.post(Urgency::kBackground, [] {}));
  EXPECT_TRUE(pool.post(Urgency::kUrgent, [&] { urgent.set_value(); }));
  EXPECT_TRUE(arrives(urgent));
  release.set_value();
}

// Harm: who makes work faster than it is done fills the memory.
TEST(WorkPool, PostIsRefusedAtTheBoundAndOnceThePoolHasStopped) {
  std::promise<void> release, begun;
  std::atomic<int> ran{0};
  WorkPool pool({.threads = 1, .waiting_max = 2}, not_expected());
  EXPECT_TRUE(pool.post(Urgency::kUrgent, [&] {
    begun.set_value();
    release.get_future().wait();
  }));
  ASSERT_TRUE(arrives(begun));
  EXPECT_TRUE(pool.post(Urgency::kUrgent, [&] { ++ran; }));
  EXPECT_TRUE(pool.post(Urgency::kUrgent, [&] { ++ran; }));
  EXPECT_FALSE(pool.post(Urgency::kUrgent, [&] { ++ran; }));
  EXPECT_TRUE(pool.post(Urgency::kBackground, [] {}));
  release.set_value();
  pool.stop();
  EXPECT_LE(ran, 2);
  EXPECT_FALSE(pool.post(Urgency::kUrgent, [&] { ++ran; }));
}

/// Holds the only thread of a pool until it goes.
class Held {
 public:
  explicit Held(WorkPool& pool) {
    auto const begun = std::make_shared<std::promise<void>>();
    EXPECT_TRUE(pool.post(Urgency::kUrgent, [begun, release = release_->get_future().share()] {
      begun->set_value();
      release.wait();
    }));
    begun->get_future().wait();
  }
  void let_go() { release_->set_value(); }

 private:
  std::shared_ptr<std::promise<void>> release_ = std::make_shared<std::promise<void>>();
};

// Harm: one committee with 1,200 applications keeps all others from voting.
TEST(WorkPool, OwnersTakeTurns) {
  std::vector<int> order;  // of one thread
  std::promise<void> done;
  WorkPool pool({.threads = 1}, not_expected());
  Held held(pool);
  for (int i = 0; i < 100; ++i)
    EXPECT_TRUE(pool.post(
        Urgency::kUrgent, [&] { order.push_back(1); }, 1));
  for (int i = 0; i < 2; ++i)
    EXPECT_TRUE(pool.post(
        Urgency::kUrgent, [&] { order.push_back(2); }, 2));
  EXPECT_TRUE(pool.post(
      Urgency::kUrgent, [&] { order.push_back(3); }, 3));
  for (int i = 0; i < 100; ++i)
    EXPECT_TRUE(pool.post(
        Urgency::kUrgent, [&] { order.push_back(1); }, 1));
  EXPECT_TRUE(pool.post(
      Urgency::kUrgent, [&] { done.set_value(); }, 1));
  held.let_go();
  ASSERT_TRUE(arrives(done));
  EXPECT_EQ(order.size(), 203u);
  order.resize(6);
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3, 1, 2, 1}));
}

// Harm: whoever fills the queue has the others' work refused, and their meetings end.
TEST(WorkPool, TheBoundIsEachOwners) {
  WorkPool pool({.threads = 1, .waiting_max = 2}, not_expected());
  Held held(pool);
  EXPECT_TRUE(pool.post(
      Urgency::kUrgent, [] {}, 1));
  EXPECT_TRUE(pool.post(
      Urgency::kUrgent, [] {}, 1));
  EXPECT_FALSE(pool.post(
      Urgency::kUrgent, [] {}, 1));
  EXPECT_TRUE(pool.post(
      Urgency::kUrgent, [] {}, 2));
  held.let_go();
}

// Harm: while one committee's ballots are checked on all threads, for half a minute, nobody else gets a token.
TEST(WorkPool, ParallelWorkLetsOthersHaveATurn) {
  std::atomic<int> done{0};
  std::promise<void> begun, ended;
  std::promise<int> other;
  WorkPool pool({.threads = 2}, not_expected());
  EXPECT_TRUE(pool.post(
      Urgency::kUrgent,
      [&] {
        pool.parallel(1)(400, [&](std::size_t i) {
          if (i == 0) begun.set_value();
          std::this_thread::sleep_for(std::chrono::milliseconds(5));
          ++done;
        });
        ended.set_value();
      },
      1));
  ASSERT_TRUE(arrives(begun));
  EXPECT_TRUE(pool.post(
      Urgency::kUrgent, [&] { other.set_value(done); }, 2));
  EXPECT_LT(other.get_future().get(), 200);
  EXPECT_TRUE(arrives(ended));
  EXPECT_EQ(done, 400);
}

// Harm: one job without memory ends a server in the middle of a meeting without a word, or a thread that nobody misses
// until the box is not made.
TEST(WorkPool, WhatAJobThrowsIsToldAndItsThreadGoesOn) {
  std::promise<std::string> told;
  std::promise<void> next;
  WorkPool pool({.threads = 1}, [&](std::string const& what) { told.set_value(what); });
  EXPECT_TRUE(pool.post(Urgency::kUrgent, [] { throw std::runtime_error("no memory"); }));
  EXPECT_TRUE(pool.post(Urgency::kUrgent, [&] { next.set_value(); }));
  EXPECT_EQ(told.get_future().get(), "no memory");
  EXPECT_TRUE(arrives(next));
}

// Harm: a library throws a number, and the whole server ends with every meeting in it.
TEST(WorkPool, WhatIsThrownNeedBeNoException) {
  std::promise<std::string> told;
  WorkPool pool({.threads = 1}, [&](std::string const& what) { told.set_value(what); });
  EXPECT_TRUE(pool.post(Urgency::kUrgent, [] { throw 7; }));
  auto what = told.get_future();
  ASSERT_EQ(what.wait_for(kLong), std::future_status::ready);
  EXPECT_EQ(what.get(), "something that is no std::exception");
}

// Harm: the caller of `parallel` waits for ever, or leaves while helpers still use what it owns.
TEST(WorkPool, WhatParallelWorkThrowsReachesItsCallerAfterAllIndexes) {
  WorkPool pool({.threads = 4}, not_expected());
  std::atomic<int> tried{0};
  auto const fn = [&](std::size_t i) {
    ++tried;
    if (i % 10 == 3) throw std::runtime_error("refused");
  };
  EXPECT_THROW(pool.parallel()(100, fn), std::runtime_error);
  EXPECT_EQ(tried, 100);
}

// Harm: the last word of a job that is dropped asks the pool for something, and the program never ends.
TEST(WorkPool, WhatGoesWithADroppedJobMayPost) {
  std::atomic<bool> told{false};
  std::promise<void> begun;
  WorkPool pool({.threads = 1}, not_expected());
  EXPECT_TRUE(pool.post(Urgency::kUrgent, [&] {
    begun.set_value();
    while (!told) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }));
  ASSERT_TRUE(arrives(begun));
  std::shared_ptr<void> last_word(nullptr, [&](void*) {
    EXPECT_FALSE(pool.post(Urgency::kUrgent, [] {}));
    told = true;
  });
  EXPECT_TRUE(pool.post(Urgency::kUrgent, [last_word] {}));
  last_word.reset();
  pool.stop();
  EXPECT_TRUE(told);
}

}  // namespace
}  // namespace piaojue
