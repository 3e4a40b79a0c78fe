// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

namespace piaojue::platform {
namespace {

constexpr int kWhole = 42;
std::vector<int> destroyed;  // one thread at a time

struct OfAThread {
  int value = kWhole;
  ~OfAThread() { destroyed.push_back(value); }
};

int use() {
  thread_local auto const outer = std::make_unique<OfAThread>();
  thread_local OfAThread const inner;
  return outer->value + inner.value;
}

// As static libraries have it, whose constructors come before everybody's: the first object of a thread is theirs.
[[gnu::constructor(101)]] void first_object() {
  static thread_local int volatile counted = 0;
  counted = counted + 1;
}

// Harm: a thread that has checked a ballot's signature ends, and what OpenSSL is told to free is no longer the
// thread's; the auditor's program crashes before it has said anything.
TEST(Thread, ItsOwnObjectsAreWholeWhenTheyAreDestroyed) {
  for (int i = 0; i < 3; ++i) {
    destroyed.clear();
    std::thread([] { EXPECT_EQ(use(), 2 * kWhole); }).join();
    EXPECT_EQ(destroyed, (std::vector<int>{kWhole, kWhole}));
  }
}

}  // namespace
}  // namespace piaojue::platform
