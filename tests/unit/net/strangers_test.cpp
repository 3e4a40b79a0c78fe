// SPDX-License-Identifier: Apache-2.0
#include "net/strangers.h"

#include <gtest/gtest.h>

#include <vector>

namespace piaojue::net {
namespace {

Strangers::Address at(char const* text) { return boost::asio::ip::make_address(text); }

TEST(Strangers, AddressHoldsItsShareAndGetsItBack) {
  Strangers strangers(64, 2);
  auto const first = strangers.enter(at("192.0.2.1"));
  ASSERT_TRUE(first && strangers.enter(at("192.0.2.1")));
  EXPECT_FALSE(strangers.enter(at("192.0.2.1")));
  EXPECT_TRUE(strangers.enter(at("192.0.2.2")));
  strangers.leave(first->id);
  EXPECT_TRUE(strangers.enter(at("192.0.2.1")));
  EXPECT_FALSE(strangers.enter(at("192.0.2.1")));
  EXPECT_EQ(strangers.size(), 3U);
}

// Harm: many addresses of one attacker drive out the one honest laptop that came first.
TEST(Strangers, LargestAddressLosesItsOldest) {
  Strangers strangers(6, 3);
  auto const honest = strangers.enter(at("192.0.2.1"));
  std::vector<Strangers::Id> of_two, of_three;
  for (int i = 0; i < 2; ++i) of_two.push_back(strangers.enter(at("192.0.2.2"))->id);
  for (int i = 0; i < 3; ++i) of_three.push_back(strangers.enter(at("192.0.2.3"))->id);
  auto next = strangers.enter(at("192.0.2.4"));
  ASSERT_TRUE(next);
  EXPECT_EQ(next->loses, of_three[0]);
  EXPECT_EQ(strangers.size(), 6U);
  // Two each: the older one goes.
  next = strangers.enter(at("192.0.2.5"));
  EXPECT_EQ(next->loses, of_two[0]);
  next = strangers.enter(at("192.0.2.6"));
  EXPECT_EQ(next->loses, of_three[1]);
  // One each: the oldest of all, which is how a place is found for whoever comes next.
  next = strangers.enter(at("192.0.2.7"));
  EXPECT_EQ(next->loses, honest->id);
  EXPECT_EQ(strangers.size(), 6U);
}

// Its channel ends later than its place; that must not take a place from anybody.
TEST(Strangers, LeavingTwiceTakesNothing) {
  Strangers strangers(1, 8);
  auto const first = strangers.enter(at("192.0.2.1"));
  auto const second = strangers.enter(at("192.0.2.2"));
  EXPECT_EQ(second->loses, first->id);
  strangers.leave(first->id);
  EXPECT_EQ(strangers.size(), 1U);
  strangers.leave(second->id);
  strangers.leave(second->id);
  EXPECT_EQ(strangers.size(), 0U);
  EXPECT_FALSE(strangers.enter(at("192.0.2.3"))->loses);
}

// One household has 2^64 addresses of IPv6, and one laptop may write its IPv4 address in two ways.
TEST(Strangers, AddressesOfOneNetworkAreOne) {
  EXPECT_EQ(counted_address(at("2001:db8:1:2::1")), counted_address(at("2001:db8:1:2:ffff:ffff:ffff:ffff")));
  EXPECT_NE(counted_address(at("2001:db8:1:2::1")), counted_address(at("2001:db8:1:3::1")));
  EXPECT_EQ(counted_address(at("::ffff:192.0.2.1")), at("192.0.2.1"));
  EXPECT_NE(counted_address(at("192.0.2.1")), counted_address(at("192.0.2.2")));
  EXPECT_EQ(counted_address(at("fe80::1%1")), counted_address(at("fe80::2%2")));
}

}  // namespace
}  // namespace piaojue::net
