// SPDX-License-Identifier: Apache-2.0
/// The arithmetic by which a join is called chance, against counting all cases and against published values.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "verifier/link/statistics.h"

namespace piaojue::verifier::link {
namespace {

/// Every permutation of n, one after the other.
template <class Visit>
void all_permutations(std::size_t n, Visit const& visit) {
  std::vector<std::size_t> p(n);
  std::iota(p.begin(), p.end(), std::size_t{0});
  do visit(p);
  while (std::ranges::next_permutation(p).found);
}

// Harm: a tail that is too small calls honest meetings leaks, one that is too large hides a leak.
TEST(LinkStatistics, MatchesAreThoseOfAllPermutationsCounted) {
  for (std::size_t n = 1; n <= 7; ++n) {
    for (std::size_t m = 0; m <= n; ++m) {
      std::vector<std::uint64_t> count(m + 1);
      std::uint64_t all = 0;
      all_permutations(n, [&](auto const& p) {
        std::size_t fixed = 0;
        for (std::size_t i = 0; i < m; ++i) fixed += p[i] == i ? 1 : 0;
        ++count[fixed], ++all;
      });
      auto const told = matches(m, n);
      ASSERT_EQ(told.size(), count.size());
      for (std::size_t k = 0; k <= m; ++k)
        EXPECT_NEAR(told[k], static_cast<double>(count[k]) / static_cast<double>(all), 1e-15) << n << ' ' << m;
    }
  }
  // Rencontres numbers of ten (OEIS A008290): 1334961 permutations move everything, 45 leave eight, none leaves nine.
  auto const ten = matches(10, 10);
  EXPECT_NEAR(ten[0], 1334961.0 / 3628800, 1e-15);
  EXPECT_NEAR(ten[8], 45.0 / 3628800, 1e-18);
  EXPECT_EQ(ten[9], 0.0);
  EXPECT_NEAR(ten[10], 1.0 / 3628800, 1e-20);
  EXPECT_NEAR(mean(matches(200, 255)), 200.0 / 255, 1e-12);
  EXPECT_NEAR(at_least(matches(255, 255), 0), 1.0, 1e-12);
}

TEST(LinkStatistics, RankDistancesAreThoseOfAllPermutationsCounted) {
  for (std::size_t n = 1; n <= 7; ++n) {
    std::vector<std::size_t> first(n);
    std::iota(first.begin(), first.end(), std::size_t{0});
    std::vector<double> count(n * (n * n - 1) / 3 + 1);
    double all = 0;
    all_permutations(n, [&](auto const& p) { ++count[rank_distance(first, p)], ++all; });
    auto const told = rank_distances(n);
    ASSERT_EQ(told.size(), count.size());
    for (std::size_t d = 0; d < count.size(); ++d) EXPECT_NEAR(told[d], count[d] / all, 1e-15) << n << ' ' << d;
  }
  // The table of critical values (Zar 1972): ten ranks, rho of 0.648 is what 5 of 100 reach, both sides together.
  auto const ten = rank_distances(kExactRanks - 2);
  EXPECT_LE(two_sided(ten, 58), 0.05);  // rho = 1 − 6·58/990 = 0.648
  EXPECT_GT(two_sided(ten, 62), 0.05);
  EXPECT_NEAR(mean(rank_distances(kExactRanks)), 12.0 * (12 * 12 - 1) / 6, 1e-9);
}

TEST(LinkStatistics, SumsAreConvolved) {
  // Two coins: nothing, one, two heads.
  auto const two = sum_of({0.5, 0.5}, {0.5, 0.5});
  EXPECT_EQ(two, (Distribution{0.25, 0.5, 0.25}));
  // Forty meetings of five people: the mean adds, and all hits have the one way of each.
  Distribution sum = {1.0};
  for (int i = 0; i < 40; ++i) sum = sum_of(sum, matches(5, 5));
  EXPECT_NEAR(mean(sum), 40.0, 1e-9);
  EXPECT_NEAR(at_least(sum, 0), 1.0, 1e-12);
  EXPECT_NEAR(at_least(sum, 200) / std::pow(120.0, -40), 1.0, 1e-9);
}

}  // namespace
}  // namespace piaojue::verifier::link
