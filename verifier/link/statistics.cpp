// SPDX-License-Identifier: Apache-2.0
#include "verifier/link/statistics.h"

#include <algorithm>
#include <bit>

namespace piaojue::verifier::link {

Distribution matches(std::size_t people, std::size_t ballots) {
  // P(exactly j) = Σ_i (−1)^i / (j! i!) · Π_{t < j+i} (m − t)/(N − t), by inclusion and exclusion.
  std::vector<long double> meet(people + 1, 1), factorial(people + 1, 1);
  for (std::size_t s = 1; s <= people; ++s) {
    factorial[s] = factorial[s - 1] * static_cast<long double>(s);
    meet[s] = meet[s - 1] * static_cast<long double>(people - s + 1) / static_cast<long double>(ballots - s + 1);
  }
  Distribution out(people + 1);
  for (std::size_t j = 0; j <= people; ++j) {
    long double sum = 0;
    for (std::size_t i = 0; i + j <= people; ++i) sum += (i % 2 == 0 ? 1 : -1) * meet[i + j] / factorial[i];
    out[j] = static_cast<double>(std::max(0.0L, sum / factorial[j]));
  }
  return out;
}

Distribution rank_distances(std::size_t n) {
  // The first ranks are given away one after another; which are gone is a set, and what it cost is a polynomial.
  std::size_t const most = n * (n * n - 1) / 3;
  std::vector<Distribution> by_gone(std::size_t{1} << n);
  by_gone[0] = {1.0};
  for (std::size_t gone = 0; gone < by_gone.size(); ++gone) {
    auto const i = static_cast<std::size_t>(std::popcount(gone));
    for (std::size_t rank = 0; rank < n; ++rank) {
      if ((gone >> rank & 1U) != 0) continue;
      std::size_t const far = i > rank ? i - rank : rank - i, cost = far * far;
      auto& next = by_gone[gone | std::size_t{1} << rank];
      if (next.empty()) next.resize(most + 1);
      double const share = 1.0 / static_cast<double>(n - i);
      for (std::size_t d = 0; d < by_gone[gone].size() && d + cost <= most; ++d)
        next[d + cost] += by_gone[gone][d] * share;
    }
    if (gone + 1 < by_gone.size()) Distribution().swap(by_gone[gone]);
  }
  // Every rank was given away in the one order in which places come: each way has the probability 1/n!.
  return by_gone.back();
}

Distribution sum_of(Distribution const& a, Distribution const& b) {
  Distribution out(a.size() + b.size() - 1);
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] == 0) continue;
    for (std::size_t j = 0; j < b.size(); ++j) out[i + j] += a[i] * b[j];
  }
  while (out.size() > 1 && out.back() == 0) out.pop_back();
  return out;
}

double at_least(Distribution const& of, std::size_t k) {
  double sum = 0;
  for (std::size_t i = of.size(); i > k; --i) sum += of[i - 1];
  return std::min(1.0, sum);
}

double at_most(Distribution const& of, std::size_t k) {
  double sum = 0;
  for (std::size_t i = 0; i < of.size() && i <= k; ++i) sum += of[i];
  return std::min(1.0, sum);
}

double two_sided(Distribution const& of, std::size_t k) {
  return std::min(1.0, 2 * std::min(at_least(of, k), at_most(of, k)));
}

double mean(Distribution const& of) {
  double sum = 0;
  for (std::size_t i = 0; i < of.size(); ++i) sum += static_cast<double>(i) * of[i];
  return sum;
}

std::size_t rank_distance(std::vector<std::size_t> const& a, std::vector<std::size_t> const& b) {
  std::size_t sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t const far = a[i] > b[i] ? a[i] - b[i] : b[i] - a[i];
    sum += far * far;
  }
  return sum;
}

}  // namespace piaojue::verifier::link
