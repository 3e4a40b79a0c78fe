// SPDX-License-Identifier: Apache-2.0
/// The attempts on made-up loot: each planted leak is found under its name, and nothing where there is none.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "verifier/link/attempts.h"

namespace piaojue::verifier::link {
namespace {

Text const kCast{"test.cast", "cast", "cast"}, kBox{"test.box", "box", "box"}, kDisk{"test.disk", "disk", "disk"};

bool has(std::vector<std::string> const& names, std::string const& name) {
  return std::ranges::find(names, name) != names.end();
}

/// A question of n people whose ballots are random bytes, sorted, and the truth random with them.
struct Made : Seized {
  explicit Made(std::size_t n, std::uint64_t seed = 1) : dice(seed) {
    for (std::size_t i = 0; i < n; ++i) {
      people.push_back("person " + std::to_string(i));
      Bytes ballot(400);
      for (auto& byte : ballot) byte = static_cast<std::uint8_t>(dice());
      ballots.push_back(std::move(ballot));
    }
    std::ranges::sort(ballots);
    std::vector<std::size_t> whose(n);
    std::iota(whose.begin(), whose.end(), std::size_t{0});
    ballot_orders.push_back({kBox, whose});
    std::ranges::shuffle(whose, dice);
    truth.emplace();
    for (std::size_t i = 0; i < n; ++i) truth->emplace(i, whose[i]);
    std::ranges::shuffle(whose, dice);
    people_orders.push_back({kCast, whose});
  }
  std::vector<std::size_t> ballots_as_cast() const {
    std::vector<std::size_t> out;
    for (auto const person : people_orders[0].of) out.push_back(truth->at(person));
    return out;
  }
  std::vector<std::string> found_in() const {
    Totals totals;
    add(totals, try_all(*this));
    return found(totals);
  }
  std::mt19937_64 dice;
};

// Harm: a program that cries wolf is not believed when there is one.
TEST(LinkAttempts, WhereNothingJoinsNothingIsFound) {
  Totals totals;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Made made(11, seed);
    for (std::size_t p = 0; p < 11; ++p) made.owned.push_back({kDisk, p, Bytes(500, static_cast<std::uint8_t>(p))});
    made.people_times.push_back({kCast, {{0, 5}, {1, 7}}});
    made.ballot_times.push_back({kDisk, {{0, 8}, {1, 9}}});
    add(totals, try_all(made));
  }
  EXPECT_EQ(found(totals), std::vector<std::string>{});
  EXPECT_GE(totals.size(), 6U);
}

// Harm: whoever looks for a leak and is blind to it says that there is none.
TEST(LinkAttempts, ALeakOfOrderIsFoundByItsName) {
  Made made(12);
  made.ballot_orders.push_back({kDisk, made.ballots_as_cast()});
  EXPECT_EQ(made.found_in(), std::vector<std::string>{"cast ~ disk"});
  std::ranges::reverse(made.ballot_orders.back().of);
  EXPECT_EQ(made.found_in(), (std::vector<std::string>{"cast ~ disk", "cast ~ disk, reversed"}))
      << "the ranks say it either way";
}

// Harm: what is only nearly kept, as by a batch that is mixed with its neighbours, still tells most of it.
TEST(LinkAttempts, AnOrderThatIsNearlyKeptIsFoundOverSeveralMeetings) {
  Totals totals;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Made made(10, seed);
    auto nearly = made.ballots_as_cast();
    for (std::size_t i = 0; i + 1 < nearly.size(); i += 2) std::swap(nearly[i], nearly[i + 1]);
    made.ballot_orders.push_back({kDisk, nearly});
    add(totals, try_all(made));
  }
  EXPECT_EQ(totals.at("cast ~ disk").score.hits, 0U);
  auto const names = found(totals);
  EXPECT_TRUE(has(names, "cast ~ disk")) << "by the ranks, without one hit";
}

TEST(LinkAttempts, TimesThatAreEqualAreFound) {
  Made made(6);
  Measure cast{kCast, {}}, written{kDisk, {}};
  for (std::size_t p = 0; p < 6; ++p) {
    cast.of[p] = static_cast<std::int64_t>(1'000'000 + 977 * p);
    written.of[made.truth->at(p)] = cast.of[p];
  }
  made.people_times = {cast};
  made.ballot_times = {written};
  EXPECT_TRUE(has(made.found_in(), "cast = disk"));
}

TEST(LinkAttempts, ASerialNumberThatIsSharedIsFoundAndWhatEverybodyHasIsNot) {
  Made made(5);
  std::string const public_text = "what stands in every page that a laptop keeps";
  for (auto& ballot : made.ballots) std::ranges::copy(as_bytes(public_text), ballot.begin() + 40);
  for (std::size_t p = 0; p < 5; ++p) {
    Bytes file(1000, static_cast<std::uint8_t>(p));
    std::ranges::copy(as_bytes(public_text), file.begin() + 100);
    // One ballot is known to everybody, as a public one would be.
    std::ranges::copy(ByteView(made.ballots[0]).subspan(200, 32), file.begin() + 300);
    made.owned.push_back({kDisk, p, file});
  }
  std::ranges::sort(made.ballots);
  EXPECT_EQ(made.found_in(), std::vector<std::string>{});
  auto const mine = ByteView(made.ballots[made.truth->at(3)]).subspan(300, kSharedMin);
  std::ranges::copy(mine, made.owned[3].bytes.begin() + 700);
  Totals totals;
  add(totals, try_all(made));
  ASSERT_EQ(found(totals).size(), 1U);
  EXPECT_NE(found(totals)[0].find("disk"), std::string::npos);
  auto const& total = totals.at(found(totals)[0]);
  EXPECT_EQ(total.determined, 1U);
  EXPECT_EQ(total.score.hits, 1U);
  EXPECT_NEAR(total.score.hits_p(), 0.2, 1e-12) << "one hit is no proof by number; that it is alone is";
}

TEST(LinkAttempts, ABoxThatIsNotSortedIsFound) {
  Made made(5);
  std::swap(made.ballots[1], made.ballots[3]);
  EXPECT_EQ(made.found_in().size(), 1U);
}

TEST(LinkAttempts, AStringIsFoundAtWhateverPlaceItLies) {
  Made made(3);
  std::vector<ByteView> const views(made.ballots.begin(), made.ballots.end());
  BallotIndex const index(views);
  for (std::size_t const at : {std::size_t{0}, std::size_t{1}, std::size_t{384}}) {
    for (std::size_t const before : {std::size_t{0}, std::size_t{77}}) {
      Bytes file(before, 0);
      append(file, views[2].subspan(at, kSharedMin));
      std::size_t seen = 0;
      index.search(file, [&](std::size_t where, BallotIndex::Place place) {
        ++seen;
        EXPECT_EQ(where, before);
        EXPECT_EQ(place.ballot, 2U);
        EXPECT_EQ(place.offset, at);
      });
      EXPECT_EQ(seen, 1U);
    }
  }
}

}  // namespace
}  // namespace piaojue::verifier::link
