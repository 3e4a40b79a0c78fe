// SPDX-License-Identifier: Apache-2.0
/// Meetings that nodes of a service hand to one another, from seeds, PIAOJUE_SEEDS of them (default 1000) from
/// PIAOJUE_FIRST (default 0) on, over eight cases that run side by side. A failure names its seed: PIAOJUE_SEED=n
/// repeats exactly that meeting. And what a
/// service might leave out, one at a time: the same meetings must find it.
#include <gtest/gtest.h>

#include <iostream>

#include "simulation/seeds.h"
#include "simulation/world.h"

namespace piaojue::simulation {
namespace {

Report run(std::uint64_t const seed, std::function<void(Scenario&)> const& change = {}) {
  World world(seed, change, Served::kByNodes);
  return world.run();
}

std::string said(ServiceCounts const& counts) {
  std::string out;
  for (std::size_t i = 0; i < counts.of.size(); ++i) {
    out += (i > 0 ? ", " : "") + std::to_string(counts.of[i]) + " " + ServiceCounts::kNames[i];
  }
  return out;
}

std::string summary(std::uint64_t const seed, Report const& report) {
  return "seed " + std::to_string(seed) + ": " + (report.ok ? "ok" : report.failure) + "\n  entries " +
         std::to_string(report.entries) + ", attempts " + std::to_string(report.attempts) + ", " +
         std::to_string(report.virtual_ms) + " virtual ms, " + said(report.service) + ", trace " +
         to_hex(report.trace.view()) + "\n  again: PIAOJUE_SEED=" + std::to_string(seed);
}

constexpr std::uint64_t kShards = 8;

class ServiceSeeds : public testing::TestWithParam<std::uint64_t> {};

// Harm: two nodes that both count votes for one meeting; a vote that was acknowledged by a node that is gone; a laptop
// that finds the log split because its node knows less than the last one.
TEST_P(ServiceSeeds, OneNodeAtATimeSpeaksAndNothingAcknowledgedIsLost) {
  piaojue::init();
  if (auto const only = number_from("PIAOJUE_SEED")) {
    if (*only % kShards != GetParam()) GTEST_SKIP() << "another shard's seed";
    auto const report = run(*only);
    std::cout << summary(*only, report) << std::endl;
    EXPECT_TRUE(report.ok);
    return;
  }
  auto const seeds = number_from("PIAOJUE_SEEDS").value_or(1000), first = number_from("PIAOJUE_FIRST").value_or(0);
  std::uint64_t done = 0, failed = 0;
  ServiceCounts counts;
  for (auto seed = first + GetParam(); seed < first + seeds && failed < 5; seed += kShards) {
    auto const report = run(seed);
    ++done;
    for (std::size_t i = 0; i < counts.of.size(); ++i) counts.of[i] += report.service.of[i];
    if (!report.ok) {
      ++failed;
      ADD_FAILURE() << summary(seed, report);
    }
  }
  RecordProperty("meetings", static_cast<int>(done));
  std::cout << done << " meetings: " << said(counts) << std::endl;
  // A storm in which nothing ever breaks would prove nothing.
  if (done < 50) return;
  for (std::size_t i = 0; i < counts.of.size(); ++i) EXPECT_GT(counts.of[i], 0U) << ServiceCounts::kNames[i];
  EXPECT_GT(counts[Happened::kTaken], 2 * done) << "leases that change hands";
}
INSTANTIATE_TEST_SUITE_P(Shard, ServiceSeeds, testing::Range(std::uint64_t{0}, kShards));

// ---- What a service might leave out ----

struct Without {
  char const* what;
  Left left;
};

class Service : public testing::TestWithParam<Without> {};

/// Weather in which nodes come and go, and the answers of the database with them.
void foul(Scenario& s) {
  s.storm = true;
  s.storm_ms = 60'000;
  s.laptop.cut = 0.08;
  ServiceFaults f;
  f.kill = f.cut_from_database = 0.05;
  f.stop = f.hand_over = f.standby_held = 0.3;
  f.database = {.request_lost = 0.05, .late = 0.15, .answer_lost = 0.1};
  s.service = f;
}

// Harm: a rule that the meetings above would not miss is one that nobody would miss in the code either.
TEST_P(Service, WithoutItTheSimulationFindsIt) {
  piaojue::init();
  constexpr std::uint64_t kSeedsMax = 300;
  for (std::uint64_t seed = 0; seed < kSeedsMax; ++seed) {
    auto const report = run(seed, [](Scenario& s) {
      foul(s);
      s.left = GetParam().left;
    });
    if (report.ok) continue;
    std::cout << "seed " << seed << ": " << report.failure.substr(0, report.failure.find('\n')) << std::endl;
    return;
  }
  ADD_FAILURE() << "not one of " << kSeedsMax << " meetings went wrong without " << GetParam().what;
}
INSTANTIATE_TEST_SUITE_P(Without, Service,
                         testing::Values(Without{"Fence", Left::kFence}, Without{"Epoch", Left::kEpoch},
                                         Without{"Count", Left::kCount}, Without{"Look", Left::kLook},
                                         Without{"Doubt", Left::kDoubt}, Without{"Standby", Left::kStandby},
                                         Without{"Silence", Left::kSilence}, Without{"Forgetting", Left::kForgetting}),
                         [](auto const& instance) { return std::string(instance.param.what); });

// Harm: what finds all of the above might find fault with everything.
TEST(OfAService, InTheSameWeatherNothingGoesWrongWithThem) {
  piaojue::init();
  for (std::uint64_t seed = 0; seed < 24; ++seed) {
    auto const report = run(seed, foul);
    EXPECT_TRUE(report.ok) << summary(seed, report);
  }
}

// Harm: a failure that can not be repeated can not be mended.
TEST(OfAService, TheSameSeedGivesTheSameTrace) {
  piaojue::init();
  std::set<crypto::Hash> traces;
  for (std::uint64_t const seed : {1U, 2U, 3U, 5U}) {
    auto const first = run(seed);
    EXPECT_EQ(first.trace, run(seed).trace) << "seed " << seed;
    traces.insert(first.trace);
  }
  EXPECT_EQ(traces.size(), 4U) << "different seeds must be different meetings";
}

}  // namespace
}  // namespace piaojue::simulation
