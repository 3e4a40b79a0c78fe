// SPDX-License-Identifier: Apache-2.0
/// Whoever listens in the hall's network sees who sends how much to whom, and when; TLS adds the same to each frame.
/// Here whole meetings run from one seed, again and again, and only the votes differ.
#include <gtest/gtest.h>

#include "simulation/calm.h"
#include "simulation/world.h"

namespace piaojue::timing {
namespace {

using crypto::elgamal::Choice;
using meeting::PersonId;
using meeting::QuestionId;
using simulation::Scenario;
using simulation::World;

/// A frame as the network sees it.
struct Seen {
  std::uint64_t ms;
  std::uint32_t laptop;
  bool to_server;
  std::size_t bytes;
  bool operator==(Seen const&) const = default;
};
std::ostream& operator<<(std::ostream& out, Seen const& frame) {
  return out << frame.ms << " ms, laptop " << frame.laptop << (frame.to_server ? " sends " : " gets ") << frame.bytes;
}

struct Meeting {
  std::vector<Seen> frames;
  std::size_t before_opening = 0;  ///< so many of them were seen before anybody could know a sum
  std::size_t casts = 0;           ///< times that somebody voted on a question
  std::string failure;
};

/// Three trustees, two batches of two questions.
void plain(Scenario& s) {
  calm(s, {.trustees = {0, 1, 10}, .batches = 2, .questions = 2});
  s.manifest.rules.abstain_allowed = true;
}

using Votes = std::function<Choice(World&, PersonId, QuestionId)>;

Meeting hold(std::uint64_t seed, Votes const& votes) {
  World world(seed, plain);
  Meeting out;
  bool opened = false;
  world.votes = [&](PersonId p, QuestionId q) {
    ++out.casts;
    return votes(world, p, q);
  };
  world.network.tamper = [&](std::uint32_t client, bool to_server, Bytes& frame) {
    out.frames.push_back({world.clock.now_ms(), client, to_server, frame.size()});
    auto* const session = world.laptop(1).session();
    if (session != nullptr && session->record().attempt()) {
      opened = opened || session->record().attempt()->phase >= meeting::BatchPhase::kOpening;
    }
    if (!opened) out.before_opening = out.frames.size();
    return true;
  };
  auto const report = world.run();
  if (!report.ok) out.failure = report.failure;
  return out;
}

/// Where two meetings first differ for the network; empty: nowhere.
std::string difference(std::span<Seen const> a, std::span<Seen const> b) {
  std::ostringstream out;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (a[i] == b[i]) continue;
    out << "frame " << i << ": " << a[i] << "; " << b[i];
    return out.str();
  }
  if (a.size() != b.size()) out << a.size() << " frames; " << b.size();
  return out.str();
}

std::span<Seen const> until_opening(Meeting const& m) { return std::span(m.frames).first(m.before_opening); }

Votes all(Choice choice) {
  return [choice](World&, PersonId, QuestionId) { return choice; };
}

/// Each votes otherwise than his neighbour, by turns: everybody's choice moves on by `shift`, and every seventh person
/// is the first one again.
Votes turns(std::uint32_t shift) {
  return [shift](World&, PersonId p, QuestionId q) {
    constexpr Choice kTurn[] = {Choice::kAgree,    Choice::kDisagree, Choice::kAbstain, Choice::kAgree,
                                Choice::kDisagree, Choice::kAgree,    Choice::kAgree};
    return kTurn[(p + q + shift) % 7];
  };
}

// Harm: a packet capture of the hall says who voted what: by a message more, a byte more, or one that comes later.
TEST(Sent, NothingThatTheNetworkSeesDependsOnAVoteUntilASumIsOpened) {
  init();
  for (std::uint64_t const seed : {5U, 6U, 7U}) {
    auto const agree = hold(seed, all(Choice::kAgree));
    ASSERT_EQ(agree.failure, "") << "seed " << seed;
    ASSERT_EQ(agree.casts, 28U);
    ASSERT_GT(agree.before_opening, 200U);
    auto const rest = {hold(seed, all(Choice::kDisagree)), hold(seed, all(Choice::kAbstain)), hold(seed, turns(0))};
    for (auto const& other : rest) {
      ASSERT_EQ(other.failure, "") << "seed " << seed;
      EXPECT_EQ(difference(until_opening(agree), until_opening(other)), "") << "seed " << seed;
    }
  }
}

// Harm: once the sums are known, what still goes to and fro tells who was which part of them.
TEST(Sent, WhoVotedWhatOfTheSameSumsShowsNowhere) {
  init();
  for (std::uint64_t const seed : {5U, 6U, 7U}) {
    auto const first = hold(seed, turns(0));
    auto const other = hold(seed, turns(3));
    ASSERT_EQ(first.failure + other.failure, "") << "seed " << seed;
    EXPECT_EQ(difference(first.frames, other.frames), "") << "seed " << seed;
  }
}

// What compares must see a difference where there is one: a byte, a frame,
TEST(Sent, AByteOrAFrameMoreIsSeen) {
  auto const meeting = hold(5, all(Choice::kAgree));
  auto other = meeting.frames;
  ++other[other.size() / 2].bytes;
  EXPECT_NE(difference(meeting.frames, other), "");
  other = meeting.frames;
  other.push_back(other.back());
  EXPECT_NE(difference(meeting.frames, other), "");
}

// and a moment: here a choice costs some moments on its way.
TEST(Sent, AChoiceThatTakesLongerIsSeen) {
  init();
  Votes const slower = [](World& world, PersonId p, QuestionId q) {
    if (p == 3 && q == 2) world.dice.word();  // whatever is drawn after it comes at another moment
    return Choice::kAgree;
  };
  EXPECT_NE(difference(until_opening(hold(5, all(Choice::kAgree))), until_opening(hold(5, slower))), "");
}

}  // namespace
}  // namespace piaojue::timing
