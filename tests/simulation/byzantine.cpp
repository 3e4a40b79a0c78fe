// SPDX-License-Identifier: Apache-2.0
#include "byzantine.h"

#include "byzantine_adversary.h"
#include "byzantine_judge.h"
#include "simulation/once.h"

namespace piaojue::simulation::byzantine {
namespace {

constexpr std::uint64_t kRoundsMax = 130;
constexpr std::uint64_t kCalmRoundsMax = 400;  ///< must come to its end, however often people vote again
constexpr std::uint64_t kRoundMs = 700;

class Play {
 public:
  explicit Play(Setup const& setup) : calm_(setup.calm), hall_(setup), judge_(hall_), adversary_(hall_) {}

  Outcome run() {
    std::uint64_t last_rounds = 6;
    for (std::uint64_t i = 0; i < (calm_ ? kCalmRoundsMax : kRoundsMax) && last_rounds > 0; ++i) {
      round();
      bool const over = std::ranges::all_of(hall_.logs, [&](auto const& log) { return adversary_.over(*log); });
      if (over || nobody_listens()) --last_rounds;
    }
    judge_.records(calm_);
    return outcome();
  }

 private:
  void round() {
    hall_.now_ms += kRoundMs;
    for (std::size_t i = 0; i < hall_.logs.size(); ++i) adversary_.work(*hall_.logs[i]);
    if (!calm_) adversary_.trouble();
    for (int turn = 0; turn < 2; ++turn) {
      hall_.flush();
      hall_.deliver();
      hall_.serve();
    }
    for (auto const& [person, laptop] : hall_.laptops) {
      laptop->tick(hall_.now_ms);
      if (hall_.dice.chance(0.85)) laptop->act();
    }
  }

  bool nobody_listens() const {
    return std::ranges::all_of(hall_.laptops,
                               [](auto const& one) { return one.second->session().halted().has_value(); });
  }

  Outcome outcome() {
    Outcome out;
    for (auto const& wrong : judge_.wrongs) out.failure += wrong + "\n";
    out.deviations = hall_.deviations.counts();
    out.logs = hall_.logs.size();
    for (auto const& log : hall_.logs) {
      hall_.enter(*log);
      out.entries += hall_.meeting.entries.size();
      std::string last;
      for (auto const& bytes : hall_.meeting.entries) {
        std::string const type(meeting::name(meeting::decode_entry(bytes)->type()));
        out.story += type == last ? "." : " " + type;
        last = type;
      }
      out.story += "\n";
      out.closed += hall_.meeting.record.phase() == meeting::MeetingPhase::kClosed ? 1 : 0;
    }
    for (auto const& [person, laptop] : hall_.laptops) out.halted += laptop->session().halted() ? 1 : 0;
    out.verified = judge_.verified;
    out.rows = judge_.rows;
    out.contested = judge_.contested;
    out.shares = judge_.shares;
    out.counted = judge_.counted;
    out.marked = judge_.marked;
    return out;
  }

  bool const calm_;
  Hall hall_;
  Judge judge_;
  Adversary adversary_;
};

}  // namespace

Outcome play(std::uint64_t const seed) {
  Randomness const randomness(seed ^ 0xb12a471eULL);
  Outcome out;
  try {
    out = Play({seed, seed % 10 == 0}).run();
  } catch (std::exception const& error) {
    out.failure = std::string("exception: ") + error.what();
  }
  forget_answers();
  return out;
}

}  // namespace piaojue::simulation::byzantine
