// SPDX-License-Identifier: Apache-2.0
// Batches where the sheet names none.
#include <algorithm>
#include <numeric>

#include "sheets/roster.h"

namespace piaojue::sheets {

using namespace meeting;

namespace {

/// By which batches are apart, the first first. A level that is none of the four comes last.
std::pair<int, Channel> place_of(Candidate const& candidate) {
  auto const level = level_of(candidate.level);
  return {level ? -static_cast<int>(*level) : 1, candidate.channel};
}

std::string title_of(Candidate const& candidate, std::size_t part, std::size_t parts) {
  std::string out = candidate.level + (candidate.channel == Channel::kExceptional ? " 破格" : " 正常");
  if (parts > 1) out += "（" + std::to_string(part + 1) + "/" + std::to_string(parts) + "）";
  return out;
}

}  // namespace

void propose_batches(Candidates& candidates, std::size_t size_max) {
  std::vector<std::size_t> order(candidates.candidates.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t n) { return place_of(candidates.candidates[n]); });
  Candidates out;
  for (std::size_t const n : order) {
    out.candidates.push_back(std::move(candidates.candidates[n]));
    if (n < candidates.as_written.size()) out.as_written.push_back(std::move(candidates.as_written[n]));
  }
  candidates.candidates = std::move(out.candidates);
  candidates.as_written = std::move(out.as_written);
  candidates.batches.clear();
  auto const& all = candidates.candidates;
  for (std::size_t first = 0; first < all.size();) {
    std::size_t last = first;
    while (last < all.size() && place_of(all[last]) == place_of(all[first])) ++last;
    std::size_t const count = last - first;
    std::size_t const parts = (count + size_max - 1) / size_max;
    for (std::size_t part = 0, next = first; part < parts; ++part) {
      // The first parts are the larger ones.
      std::size_t const size = count / parts + (part < count % parts ? 1 : 0);
      Batch& batch = candidates.batches.emplace_back(Batch{title_of(all[first], part, parts), {}});
      for (std::size_t i = 0; i < size; ++i) batch.candidates.push_back(static_cast<QuestionId>(++next));
    }
    first = last;
  }
  candidates.proposed = true;
}

}  // namespace piaojue::sheets
