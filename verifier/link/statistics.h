// SPDX-License-Identifier: Apache-2.0
#pragma once
/// How far from chance a count of hits is, exactly and not by an approximation.
///
/// Who guesses which of N ballots belongs to each of m people and knows nothing hits as often as a random permutation
/// of N has fixed points among m given places (the problem of rencontres, Montmort 1713); whose ranks say nothing has
/// the squared distance of two random rankings (Spearman 1904). Counts over several meetings add, so that their
/// distributions are convolved; a p-value is the tail of the sum.
#include <cstddef>
#include <cstdint>
#include <vector>

namespace piaojue::verifier::link {

/// P(X = k), at the place k.
using Distribution = std::vector<double>;

/// Fixed points among `people` given places of a random permutation of `ballots`; people ≤ ballots.
Distribution matches(std::size_t people, std::size_t ballots);

/// Σ (a_i − b_i)² of two rankings of n, n ≤ kExactRanks.
inline constexpr std::size_t kExactRanks = 12;
Distribution rank_distances(std::size_t n);

/// Of the sum of two counts that do not depend on each other.
Distribution sum_of(Distribution const& a, Distribution const& b);

/// P(X ≥ k), P(X ≤ k), and twice the smaller of the two, at most 1.
double at_least(Distribution const& of, std::size_t k);
double at_most(Distribution const& of, std::size_t k);
double two_sided(Distribution const& of, std::size_t k);
double mean(Distribution const& of);

/// Spearman's distance of two lists of places, which have the same length.
std::size_t rank_distance(std::vector<std::size_t> const& a, std::vector<std::size_t> const& b);

}  // namespace piaojue::verifier::link
