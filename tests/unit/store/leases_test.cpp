// SPDX-License-Identifier: Apache-2.0
#include <thread>

#include "service_fixture.h"

namespace piaojue::store::test {
namespace {

// Harm: two nodes that serve one meeting, each to half of the committee.
TEST(Leases, AMeetingOfALiveNodeIsNobodyElses) {
  Service service;
  service.make_meeting(1);
  auto const a = service.join("a");
  auto const b = service.join("b");
  auto const lease = lease_of(a->take(1));
  auto const elsewhere = b->take(1);
  ASSERT_TRUE(elsewhere);
  ASSERT_TRUE(std::holds_alternative<Elsewhere>(*elsewhere));
  EXPECT_EQ(std::get<Elsewhere>(*elsewhere).node, "a");
  EXPECT_EQ(std::get<Elsewhere>(*elsewhere).address, "a.example:7443");
  EXPECT_TRUE(std::holds_alternative<NoMeeting>(*b->take(7)));
  EXPECT_GT(lease_of(a->take(1)).epoch, lease.epoch) << "taken again by the same process";
}

// Harm: laptops sent for ever to a node that is dead, or nobody sent on to one that lives.
TEST(Leases, ANodeThatMissesARenewalIsSilentUntilItRenews) {
  Service service;
  service.make_meeting(1);
  auto const a = service.join("a");
  auto const b = service.join("b");
  lease_of(a->take(1));
  auto const seen = [&] { return std::get<Elsewhere>(*b->take(1)); };
  EXPECT_FALSE(seen().silent());
  EXPECT_GT(seen().alive_for, kAliveFor - kRenewEvery);
  std::this_thread::sleep_for(kRenewEvery + kRenewalLateMax + std::chrono::milliseconds(300));
  EXPECT_TRUE(seen().silent());
  EXPECT_GT(seen().alive_for.count(), 0) << "silent is not dead";
  ASSERT_TRUE(a->renew());
  EXPECT_FALSE(seen().silent());
}

void set(Service const& service, std::string const& name, std::string const& value) {
  service.sql("ALTER SYSTEM " + (value.empty() ? "RESET " + name : "SET " + name + " = " + value));
  service.sql("SELECT pg_reload_conf()");
}

// Harm: somebody makes the database quick in the middle of a vote, and a power cut takes back what was acknowledged.
TEST(Leases, WhileTheDatabaseMayLoseWhatItConfirmsNobodyIsAlive) {
  for (auto const* name : {"fsync", "full_page_writes", "synchronous_commit"}) {
    Service service;
    auto const a = service.join("a");
    ASSERT_TRUE(a->renew());
    auto const life = a->life();
    set(service, name, "off");
    auto const until = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (a->renew() && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(milliseconds(20));
    EXPECT_FALSE(a->alive()) << name << ": nothing is acknowledged any more";
    ASSERT_TRUE(a->unsafe());
    EXPECT_NE(a->unsafe()->in(Lang::kEn).find(name), std::string::npos);
    PostgresOptions options;
    options.url = service.url();
    options.only_durable = true;
    auto const refused = PostgresPool::open(options);
    EXPECT_EQ(refused ? "" : refused.error().what.key(), "server.database.setting") << "nor over a new connection";
    // Of two hosts: what is said of the second, which is away, does not hide it.
    auto const port = "port=" + std::to_string(postgres().port());
    options.url.replace(options.url.find(port), port.size(), port + ",1");
    options.url.insert(options.url.find(' ', options.url.find("host=")), ",127.0.0.1");
    auto const hidden = PostgresPool::open(options);
    EXPECT_EQ(hidden ? "" : hidden.error().what.key(), "server.database.setting");
    set(service, name, "");
    auto const again = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (!a->renew() && std::chrono::steady_clock::now() < again) std::this_thread::sleep_for(milliseconds(20));
    EXPECT_FALSE(a->unsafe());
    EXPECT_GT(a->life(), life) << "what was loaded before is not spoken of any more";
  }
}

// Harm: an upgrade after which meetings wait until the old process's time has run out; or a process that gives away
// what is another's by now.
TEST(Leases, WhatIsGivenBackIsFreeAtOnce) {
  Service service;
  service.make_meeting(1);
  service.make_meeting(2);
  auto const a = service.join("a");
  auto const b = service.join("b");
  auto const lease = lease_of(a->take(1));
  ASSERT_TRUE(a->give_back(lease));
  auto const of_b = lease_of(b->take(1));
  EXPECT_GT(of_b.epoch, lease.epoch);
  ASSERT_TRUE(a->give_back(lease));
  EXPECT_TRUE(std::holds_alternative<Elsewhere>(*a->take(1))) << "b's lease is not a's to give back";
  lease_of(a->take(2));
  ASSERT_TRUE(a->leave());
  EXPECT_FALSE(a->alive());
  lease_of(b->take(2));
  service.join("a");
}

// Harm: nobody can sit down in a dead node's meeting; or two sit down at once.
TEST(Leases, OfADeadNodesMeetingExactlyOneBecomesTheNext) {
  Service service;
  service.make_meeting(1);
  auto const dead = service.join("dead");
  std::vector<std::unique_ptr<Node>> nodes;
  for (auto const* name : {"a", "b", "c", "d"}) nodes.push_back(service.join(name));
  for (int round = 0; round < 10; ++round) {
    service.sql("UPDATE piaojue_node SET alive_until = clock_timestamp() + interval '8 seconds'");
    service.sql(
        "UPDATE piaojue_meeting SET (node, process) = (SELECT name, process FROM piaojue_node WHERE name = 'dead')");
    service.let_run_out("dead");
    std::atomic<int> leases{0};
    std::vector<std::thread> threads;
    for (auto const& node : nodes) {
      threads.emplace_back([&] {
        auto const taken = node->take(1);
        if (taken && std::holds_alternative<Lease>(*taken)) ++leases;
      });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(leases, 1) << round;
  }
}

// Harm: a node that slept while another one served, and renews before it looks, goes on from what it remembers: a
// laptop that compares it with what it has calls the log split, for ever.
TEST(Leases, ARenewalThatComesTooLateBeginsAnotherLife) {
  Service service;
  auto const a = service.join("a");
  auto const life = a->life();
  ASSERT_NE(life, 0U);
  ASSERT_TRUE(a->renew());
  EXPECT_EQ(a->life(), life) << "in time";
  service.let_run_out("a");
  ASSERT_TRUE(a->renew()) << "it may serve again";
  EXPECT_TRUE(a->alive());
  EXPECT_NE(a->life(), life) << "but not what it had loaded before";
}

// Harm: after a failover to a machine whose clock is behind, the meetings of a node that died are nobody's for as long
// as the clock is late, and the node's own restart is refused.
TEST(Leases, AClockThatWasSetBackLocksNeitherMeetingNorName) {
  Service service;
  service.make_meeting(1);
  auto const dead = service.join("dead");
  lease_of(dead->take(1));
  service.sql("UPDATE piaojue_node SET alive_until = clock_timestamp() + interval '1 hour' WHERE name = 'dead'");
  auto const b = service.join("b");
  auto const begun = std::chrono::steady_clock::now();
  while (std::holds_alternative<Elsewhere>(*b->take(1))) {
    ASSERT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(20));
    ASSERT_TRUE(b->renew());
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  EXPECT_GT(std::chrono::steady_clock::now() - begun, kAliveFor) << "as long as its holder may believe to be alive";
  service.join("dead");
}

// Harm: two machines were given one name by mistake, and each believes that the other's meetings are its own.
TEST(Leases, TwoProcessesOfOneNameAreNotBothIn) {
  for (int round = 0; round < 5; ++round) {
    Service service;
    std::atomic<bool> ending{false};
    std::atomic<int> in{0};
    std::atomic<int> refused{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back([&] {
        auto const node = Node::join(service.pool(), "a", "a.example:7443");
        if (!node) {
          EXPECT_EQ(node.error().code, Refusal::kConflict);
          EXPECT_EQ(node.error().what.key(), "server.node.name_taken");
          EXPECT_NE(node.error().in(Lang::kEn).find("a.example:7443"), std::string::npos);
          if (++refused == 2) ending = true;
          return;
        }
        ++in;
        // It lives on: that is what the others see.
        auto const until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (!ending && std::chrono::steady_clock::now() < until) {
          EXPECT_TRUE((*node)->renew());
          std::this_thread::sleep_for(milliseconds(50));
        }
      });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(in, 1);
    EXPECT_EQ(refused, 2);
  }
}

// Harm: a process that has not heard from the database for long still answers; one that starts again after a crash has
// to be given another name; and the crashed one, if it was only paused, goes on under its successor's.
TEST(Leases, AProcessThatFallsSilentIsNotAliveAndItsSuccessorWaitsForThat) {
  Service service;
  service.make_meeting(1);
  auto const paused = service.join("a");
  EXPECT_TRUE(paused->alive());
  auto const lease = lease_of(paused->take(1));
  auto const begin = std::chrono::steady_clock::now();
  auto const next = service.join("a");
  auto const waited = std::chrono::steady_clock::now() - begin;
  EXPECT_GT(waited, milliseconds(6'500));
  EXPECT_LT(waited, milliseconds(10'000));
  EXPECT_FALSE(paused->alive());
  EXPECT_TRUE(next->alive());
  auto const renewed = paused->renew();
  ASSERT_FALSE(renewed);
  EXPECT_EQ(renewed.error().code, Refusal::kConflict);
  EXPECT_FALSE(paused->alive());
  EXPECT_EQ(lease_of(next->take(1)).epoch, lease.epoch + 1) << "a meeting of another process is not its own by name";
  PostgresStore store(*paused, lease);
  EXPECT_FALSE(store.commit(entry(0)));
}

// Harm: one connection that has gone quiet lets a node's row run out, and all its meetings go.
TEST(Leases, ARenewalOnASilentConnectionEndsWithinItsDeadline) {
  Service service;
  service.make_meeting(1);
  LosingProxy proxy(postgres().port());
  auto const node = Service::join(pool_of(postgres().tcp_url(service.schema(), proxy.port()), 10'000), "a");
  PostgresStore store(*node, lease_of(node->take(1)));
  ASSERT_TRUE(store.load());
  ASSERT_TRUE(store.commit(entry(0)));  // the connection that lies on top waits briefly for locks
  proxy.silence();
  auto const begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(node->renew());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(4'500));
}

// Harm: a node that is thought dead because its meetings commit much.
TEST(Leases, ARenewalFindsAConnectionWhileAllOthersAreBusy) {
  Service service;
  service.make_meeting(1);
  LosingProxy proxy(postgres().port());
  PostgresOptions options;
  options.url = postgres().tcp_url(service.schema(), proxy.port());
  options.connections = 2;
  options.answer_ms = 1'500;
  auto const node = Service::join(must(PostgresPool::open(options)), "a");
  PostgresStore store(*node, lease_of(node->take(1)));
  ASSERT_TRUE(store.load());
  proxy.lose(LosingProxy::Loss::kStall);
  std::thread busy([&] { EXPECT_TRUE(store.commit(entry(0))); });
  while (proxy.lost() == 0) std::this_thread::sleep_for(milliseconds(2));
  auto const begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(node->renew());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(800));
  // Everybody else waits no longer than was said.
  auto const none = sealed_keys(*node->pool(), 1);
  EXPECT_TRUE(none);
  busy.join();
}

}  // namespace
}  // namespace piaojue::store::test
