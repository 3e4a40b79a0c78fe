// SPDX-License-Identifier: Apache-2.0
#include "net/loop.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <vector>

namespace piaojue::net {
namespace {

using namespace std::chrono_literals;

// The record's state machine has no mutex: one strand must never run two tasks at a time.
TEST(Loop, StrandRunsTasksInOrderAndOneAtATime) {
  Loop loop;
  loop.start(4);
  Strand const strand(loop.io());
  std::vector<int> order;  // without a lock: that is the point
  std::promise<void> done;
  for (int i = 0; i < 1000; ++i) {
    strand.post([&, i] {
      order.push_back(i);
      if (i == 999) done.set_value();
    });
  }
  ASSERT_EQ(done.get_future().wait_for(5s), std::future_status::ready);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(order[static_cast<std::size_t>(i)], i);
}

TEST(Loop, TimerRunsOnItsStrandAndOnlyTheLastTask) {
  Loop loop;
  Strand const strand(loop.io());
  Timer timer(strand);
  std::atomic<int> replaced = 0;
  std::promise<bool> ran;
  timer.after(1ms, [&] { ++replaced; });
  timer.after(5ms, [&] { ran.set_value(strand.running_in_this_thread()); });
  loop.start(2);
  auto result = ran.get_future();
  ASSERT_EQ(result.wait_for(5s), std::future_status::ready);
  EXPECT_TRUE(result.get());
  EXPECT_EQ(replaced, 0);
}

TEST(Loop, CancelledTimerDoesNotRun) {
  Loop loop;
  Strand const strand(loop.io());
  std::atomic<int> runs = 0;
  Timer cancelled(strand);
  cancelled.after(1ms, [&] { ++runs; });
  {
    Timer destroyed(strand);
    destroyed.after(1ms, [&] { ++runs; });
  }
  cancelled.cancel();
  std::promise<void> later;
  Timer last(strand);
  last.after(20ms, [&] { later.set_value(); });
  loop.start();
  ASSERT_EQ(later.get_future().wait_for(5s), std::future_status::ready);
  EXPECT_EQ(runs, 0);
}

TEST(Loop, StoppedLoopMayBeStartedAgain) {
  Loop loop;
  Strand const strand(loop.io());
  for (int i = 0; i < 2; ++i) {
    loop.start(2);
    std::promise<void> ran;
    strand.post([&] { ran.set_value(); });
    ASSERT_EQ(ran.get_future().wait_for(5s), std::future_status::ready);
    loop.stop();
  }
}

}  // namespace
}  // namespace piaojue::net
