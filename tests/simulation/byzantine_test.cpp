// SPDX-License-Identifier: Apache-2.0
/// Meetings among liars from seeds: PIAOJUE_SEEDS of them (default 1000), from PIAOJUE_FIRST (default 0) on. A failure
/// names its seed: PIAOJUE_SEED=n repeats exactly that meeting.
#include "simulation/byzantine.h"

#include <gtest/gtest.h>

#include <iostream>

#include "base/secret.h"
#include "simulation/seeds.h"

namespace piaojue::simulation::byzantine {
namespace {

void add(Outcome& sum, Outcome const& one) {
  for (std::size_t i = 0; i < kDeviations; ++i) sum.deviations[i] += one.deviations[i];
  for (auto const of : {&Outcome::entries, &Outcome::logs, &Outcome::halted, &Outcome::closed, &Outcome::verified,
                        &Outcome::rows, &Outcome::contested, &Outcome::shares, &Outcome::counted, &Outcome::marked}) {
    sum.*of += one.*of;
  }
}

std::string say(Outcome const& sum) {
  std::string out = std::to_string(sum.logs) + " logs, " + std::to_string(sum.entries) + " entries, " +
                    std::to_string(sum.closed) + " closed, " + std::to_string(sum.verified) + " verified, " +
                    std::to_string(sum.rows) + " rows of them, " + std::to_string(sum.contested) + " contested, " +
                    std::to_string(sum.counted) + " honest votes counted, " + std::to_string(sum.marked) +
                    " not counted and marked, " + std::to_string(sum.shares) + " honest shares, " +
                    std::to_string(sum.halted) + " honest programs stopped";
  for (std::size_t i = 0; i < kDeviations; ++i) {
    out += "\n  " + std::to_string(sum.deviations[i]) + " " + std::string(name(static_cast<Deviation>(i)));
  }
  return out;
}

// Whoever owns the server, the office and all trustees but one can stop a meeting. He can not have it say something
// else than honest people meant without the record saying so.
TEST(Byzantine, WhateverIsDoneHonestVotesCountAsMeantOrTheRecordSaysSo) {
  piaojue::init();
  if (auto const only = number_from("PIAOJUE_SEED")) {
    auto const outcome = play(*only);
    std::cout << outcome.story << say(outcome) << std::endl;
    EXPECT_EQ(outcome.failure, "");
    return;
  }
  auto const seeds = number_from("PIAOJUE_SEEDS").value_or(1000), first = number_from("PIAOJUE_FIRST").value_or(0);
  Outcome sum;
  std::uint64_t failed = 0;
  for (auto seed = first; seed < first + seeds && failed < 5; ++seed) {
    auto const outcome = play(seed);
    add(sum, outcome);
    if (outcome.failure.empty()) continue;
    ++failed;
    ADD_FAILURE() << "seed " << seed << ": " << outcome.failure << "  again: PIAOJUE_SEED=" << seed;
  }
  std::cout << seeds << " meetings, " << say(sum) << std::endl;
  if (seeds < 1000 || failed > 0) return;
  // Meetings in which something is never tried, or in which nothing is ever counted, would prove nothing.
  for (std::size_t i = 0; i < kDeviations; ++i) {
    EXPECT_GT(sum.deviations[i], 0U) << "never tried: " << name(static_cast<Deviation>(i));
  }
  EXPECT_GT(sum.rows, seeds / 3);
  EXPECT_GT(sum.contested, 0U);
  EXPECT_GT(sum.marked, 0U);
  EXPECT_GT(sum.halted, 0U);
}

// A failure that can not be repeated can not be mended.
TEST(Byzantine, TheSameSeedIsTheSameMeeting) {
  piaojue::init();
  for (std::uint64_t const seed : {3U, 5U, 8U, 13U}) {
    auto const first = play(seed), second = play(seed);
    EXPECT_EQ(first.story, second.story) << "seed " << seed;
    EXPECT_EQ(first.deviations, second.deviations) << "seed " << seed;
  }
}

}  // namespace
}  // namespace piaojue::simulation::byzantine
