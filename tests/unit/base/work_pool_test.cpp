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

}  // namespace
}  // namespace piaojue
