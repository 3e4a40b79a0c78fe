// SPDX-License-Identifier: Apache-2.0
#include "verifier/link/attempts.h"

#include <algorithm>
#include <set>

#include "strings/link.h"

namespace piaojue::verifier::link {
namespace {

namespace words = strings::link;

constexpr std::uint64_t kFactor = 0x9e37'79b9'7f4a'7c15;  // odd; 2^64 divided by the golden ratio
constexpr std::size_t kWindowsMax = 4'000'000;
constexpr std::size_t kDistinctMin = 6;  // of the bytes of a string: fewer are form, as zeros or blanks are

std::uint64_t to_the_window(std::uint64_t factor) {
  std::uint64_t out = 1;
  for (std::size_t i = 1; i < kSharedMin; ++i) out *= factor;
  return out;
}

/// People who have one ballot alone, that nobody else has.
std::map<std::size_t, std::size_t> one_to_one(std::set<std::pair<std::size_t, std::size_t>> const& pairs) {
  std::map<std::size_t, std::size_t> of_person, of_ballot, out;
  for (auto const& [person, ballot] : pairs) ++of_person[person], ++of_ballot[ballot];
  for (auto const& [person, ballot] : pairs)
    if (of_person[person] == 1 && of_ballot[ballot] == 1) out[person] = ballot;
  return out;
}

/// Of twelve it takes a tenth of a second, and every question of a meeting asks.
Distribution const& distances_of(std::size_t n) {
  thread_local std::map<std::size_t, Distribution> known;
  auto& one = known[n];
  if (one.empty()) one = rank_distances(n);
  return one;
}

bool all_distinct(Measure const& measure) {
  std::set<std::int64_t> values;
  for (auto const& [who, value] : measure.of) values.insert(value);
  return values.size() == measure.of.size();
}

std::vector<Order> with_measures(std::vector<Order> orders, std::initializer_list<std::vector<Measure> const*> lists) {
  for (auto const* list : lists) {
    for (auto const& measure : *list) {
      if (measure.of.size() < 2 || !all_distinct(measure)) continue;
      std::vector<std::pair<std::int64_t, std::size_t>> by_value;
      for (auto const& [who, value] : measure.of) by_value.emplace_back(value, who);
      std::ranges::sort(by_value);
      Order order{measure.name, {}};
      for (auto const& [value, who] : by_value) order.of.push_back(who);
      orders.push_back(std::move(order));
    }
  }
  return orders;
}

class Trial {
 public:
  explicit Trial(Seized const& seized) : seized_(seized), all_(std::max(seized.people.size(), seized.ballots.size())) {}

  std::vector<Attempt> run() {
    unsorted();
    by_order();
    by_value(seized_.people_times, seized_.ballot_times);
    by_value(seized_.people_sizes, seized_.ballot_sizes);
    by_shared_bytes();
    by_files();
    return std::move(out_);
  }

 private:
  void score(Attempt& attempt) {
    if (!seized_.truth) return;
    Score score;
    score.chance = chance(attempt.proposed.size());
    for (auto const& [person, ballot] : attempt.proposed) {
      auto const real = seized_.truth->find(person);
      score.hits += real != seized_.truth->end() && real->second == ballot ? 1 : 0;
    }
    attempt.score = std::move(score);
  }
  Distribution const& chance(std::size_t proposed) {
    auto& known = chances_[proposed];
    if (known.empty()) known = matches(std::min(proposed, all_), all_);
    return known;
  }

  /// A box is sorted by its bytes; any other order of it came from somewhere.
  void unsorted() {
    Attempt attempt{.name = words::kAttemptUnsorted, .tried = seized_.ballots.size()};
    attempt.suspicious = !std::ranges::is_sorted(seized_.ballots);
    out_.push_back(std::move(attempt));
  }

  void by_order() {
    auto const people = with_measures(seized_.people_orders, {&seized_.people_times, &seized_.people_sizes});
    auto ballots = with_measures(seized_.ballot_orders, {&seized_.ballot_times, &seized_.ballot_sizes});
    for (auto const& order : seized_.beside_the_log) {
      ballots.push_back(order);
      Attempt attempt{.name = Sentence(words::kAttemptBeside, {{"where", order.name}}), .tried = order.of.size()};
      attempt.suspicious = !order.of.empty();
      out_.push_back(std::move(attempt));
    }
    for (auto const& a : people) {
      for (auto const& b : ballots) {
        one_order(a, b, words::kAttemptOrder, Ranks::kToo);
        one_order(a, {b.name, {b.of.rbegin(), b.of.rend()}}, words::kAttemptReversed, Ranks::kSaidBefore);
      }
    }
  }
  enum class Ranks : std::uint8_t { kToo, kSaidBefore };  ///< both ways have one correlation
  void one_order(Order const& people, Order const& ballots, Text const& name, Ranks ranks) {
    Attempt attempt{.name = Sentence(name, {{"people", people.name}, {"ballots", ballots.name}})};
    auto const n = std::min(people.of.size(), ballots.of.size());
    attempt.tried = n;
    for (std::size_t i = 0; i < n; ++i) attempt.proposed[people.of[i]] = ballots.of[i];
    score(attempt);
    if (attempt.score && ranks == Ranks::kToo && people.of.size() == all_ && ballots.of.size() == all_ &&
        all_ <= kExactRanks && seized_.truth->size() == all_) {
      std::vector<std::size_t> place_of_ballot(all_), a, b;
      for (std::size_t i = 0; i < all_; ++i) place_of_ballot[ballots.of[i]] = i;
      for (std::size_t i = 0; i < all_; ++i) {
        a.push_back(i);
        b.push_back(place_of_ballot[seized_.truth->at(people.of[i])]);
      }
      attempt.score->distance = rank_distance(a, b);
      attempt.score->distances = distances_of(all_);
    }
    out_.push_back(std::move(attempt));
  }

  void by_value(std::vector<Measure> const& people, std::vector<Measure> const& ballots) {
    for (auto const& a : people) {
      for (auto const& b : ballots) {
        Attempt attempt{.name = Sentence(words::kAttemptEqual, {{"people", a.name}, {"ballots", b.name}})};
        std::set<std::pair<std::size_t, std::size_t>> pairs;
        for (auto const& [person, value] : a.of) {
          for (auto const& [ballot, other] : b.of)
            if (value == other) pairs.emplace(person, ballot);
        }
        attempt.tried = a.of.size() * b.of.size();
        attempt.proposed = one_to_one(pairs);
        attempt.determines = !attempt.proposed.empty();
        score(attempt);
        out_.push_back(std::move(attempt));
      }
    }
  }

  void by_shared_bytes() {
    std::vector<ByteView> views(seized_.ballots.begin(), seized_.ballots.end());
    BallotIndex const index(views);
    // What several people have says nothing about one of them: string by string, not person by person.
    using Window = std::pair<std::size_t, std::uint32_t>;
    std::map<std::string, std::pair<Sentence, std::map<Window, std::set<std::size_t>>>> by_place;
    for (auto const& owned : seized_.owned) {
      auto& named = by_place[owned.where.in(Lang::kEn)];
      named.first = owned.where;
      index.search(owned.bytes, [&](std::size_t, BallotIndex::Place place) {
        named.second[{place.ballot, place.offset}].insert(owned.person);
      });
    }
    for (auto const& [key, named] : by_place) {
      std::set<std::pair<std::size_t, std::size_t>> pairs;
      for (auto const& [window, people] : named.second)
        if (people.size() == 1) pairs.emplace(*people.begin(), window.first);
      joined(Sentence(words::kAttemptShared, {{"where", named.first}}), pairs,
             seized_.people.size() * seized_.ballots.size());
    }
  }

  void by_files() {
    std::map<std::string, std::pair<Sentence, std::set<std::pair<std::size_t, std::size_t>>>> by_how;
    for (auto const& one : seized_.joined) {
      auto& [name, pairs] = by_how[one.how.in(Lang::kEn)];
      name = one.how;
      pairs.emplace(one.person, one.ballot);
    }
    for (auto const& [key, named] : by_how) joined(named.first, named.second, named.second.size());
    if (by_how.empty() && seized_.compared > 0) joined(words::kAttemptFiles, {}, seized_.compared);
  }
  void joined(Sentence name, std::set<std::pair<std::size_t, std::size_t>> const& pairs, std::uint64_t tried) {
    Attempt attempt{.name = std::move(name), .tried = tried};
    attempt.proposed = one_to_one(pairs);
    attempt.determines = !attempt.proposed.empty();
    attempt.suspicious = !pairs.empty();
    score(attempt);
    out_.push_back(std::move(attempt));
  }

  Seized const& seized_;
  std::size_t const all_;
  std::map<std::size_t, Distribution> chances_;
  std::vector<Attempt> out_;
};

}  // namespace

std::vector<Attempt> try_all(Seized const& seized) { return Trial(seized).run(); }

void add(Totals& totals, std::vector<Attempt> const& attempts) {
  for (auto const& attempt : attempts) {
    auto& total = totals[attempt.name.in(Lang::kEn)];
    if (total.meetings++ == 0) total.name = attempt.name;
    total.tried += attempt.tried;
    total.proposed += attempt.proposed.size();
    total.determined += attempt.determines ? attempt.proposed.size() : 0;
    total.suspicious += attempt.suspicious ? 1 : 0;
    if (!attempt.score) continue;
    auto& sum = total.score;
    bool const first = !total.scored;
    total.scored = true;
    sum.hits += attempt.score->hits;
    sum.chance = first ? attempt.score->chance : sum_of(sum.chance, attempt.score->chance);
    if (attempt.score->distances.empty()) continue;
    sum.distance += attempt.score->distance;
    sum.distances = sum.distances.empty() ? attempt.score->distances : sum_of(sum.distances, attempt.score->distances);
  }
}

std::vector<std::string> found(Totals const& totals) {
  std::size_t statistics = 0;
  for (auto const& [name, total] : totals) statistics += total.scored ? 2 : 0;
  std::vector<std::string> out;
  for (auto const& [name, total] : totals) {
    bool const better = total.scored && total.score.p() * static_cast<double>(statistics) < kError;
    if (better || total.determined > 0 || total.suspicious > 0) out.push_back(name);
  }
  return out;
}

BallotIndex::BallotIndex(std::vector<ByteView> ballots) : ballots_(std::move(ballots)), filter_(kFilterWords) {
  std::size_t all = 0;
  for (auto const& ballot : ballots_) all += ballot.size();
  step_ = std::max<std::size_t>(1, (all + kWindowsMax - 1) / kWindowsMax);
  for (std::uint32_t i = 0; i < ballots_.size(); ++i) {
    auto const& ballot = ballots_[i];
    if (ballot.size() < kSharedMin) continue;
    std::uint64_t rolling = first(ballot);
    for (std::uint32_t at = 0;; ++at) {
      auto const window = ballot.subspan(at, kSharedMin);
      if (at % step_ == 0 && std::set<std::uint8_t>(window.begin(), window.end()).size() >= kDistinctMin)
        windows_.push_back({rolling, {i, at}});
      if (at + kSharedMin == ballot.size()) break;
      rolling = next(rolling, ballot[at], ballot[at + kSharedMin]);
    }
  }
  std::ranges::sort(windows_, {}, [](auto const& w) { return std::tuple(w.first, w.second.ballot, w.second.offset); });
  // What two ballots have is no mark of either.
  std::vector<std::pair<std::uint64_t, Place>> own;
  for (std::size_t i = 0; i < windows_.size();) {
    std::size_t end = i + 1;
    bool several = false;
    for (; end < windows_.size() && windows_[end].first == windows_[i].first; ++end)
      several = several || windows_[end].second.ballot != windows_[i].second.ballot;
    if (!several) own.push_back(windows_[i]);
    i = end;
  }
  windows_ = std::move(own);
  for (auto const& [rolling, place] : windows_) filter_[slot(rolling) >> 6] |= std::uint64_t{1} << (slot(rolling) & 63);
}

std::uint64_t BallotIndex::first(ByteView bytes) {
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < kSharedMin; ++i) out = out * kFactor + bytes[i] + 1;
  return out;
}

std::uint64_t BallotIndex::next(std::uint64_t rolling, std::uint8_t out, std::uint8_t in) {
  static std::uint64_t const kLeaves = to_the_window(kFactor);
  return (rolling - (out + std::uint64_t{1}) * kLeaves) * kFactor + in + 1;
}

std::optional<BallotIndex::Place> BallotIndex::look_up(std::uint64_t rolling, ByteView window) const {
  auto const at = std::ranges::lower_bound(windows_, rolling, {}, &std::pair<std::uint64_t, Place>::first);
  if (at == windows_.end() || at->first != rolling) return std::nullopt;
  auto const here = ballots_[at->second.ballot].subspan(at->second.offset, kSharedMin);
  return std::ranges::equal(here, window) ? std::optional(at->second) : std::nullopt;
}

}  // namespace piaojue::verifier::link
