// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Every join of people and ballots that we know, tried on what was seized of one question of one attempt. It says of
/// each attempt what it found by itself; and, where somebody knows whose ballot is whose (a simulation, or a rehearsal
/// whose voters tell), how often it was right and how often a guess would have been.
#include <map>
#include <optional>

#include "base/bytes.h"
#include "base/sentence.h"
#include "verifier/link/statistics.h"

namespace piaojue::verifier::link {

/// People or ballots by their places in `Seized`, each at most once, in an order that somebody may know.
struct Order {
  Sentence name;
  std::vector<std::size_t> of;
};

/// A number by person or ballot: a time in microseconds, a size in bytes. Who is not in it has none.
struct Measure {
  Sentence name;
  std::map<std::size_t, std::int64_t> of;
};

/// Something that has both the one person and the one ballot in it.
struct Joined {
  Sentence how;  ///< and where
  std::size_t person = 0, ballot = 0;
};

/// Bytes that are one person's.
struct Owned {
  Sentence where;
  std::size_t person = 0;
  Bytes bytes;
};

/// One question of one attempt.
struct Seized {
  Sentence title;
  std::vector<std::string> people;  ///< whose envelopes count, as they are to be named
  std::vector<Bytes> ballots;       ///< as they stand in the box
  std::vector<Order> people_orders, ballot_orders;
  std::vector<Measure> people_times, ballot_times, people_sizes, ballot_sizes;
  std::vector<Owned> owned;    ///< searched for what only one ballot has
  std::vector<Joined> joined;  ///< what was found in files
  /// Ballots that lie somewhere beside the log, by what is said of it: their order there may be that of casting.
  std::vector<Order> beside_the_log;
  /// What was looked at for `joined`, in pairs.
  std::uint64_t compared = 0;
  /// Places in `people` → in `ballots`; known to whoever tests this program.
  std::optional<std::map<std::size_t, std::size_t>> truth;
};

/// Bytes of equal strings shorter than this are chance or form.
inline constexpr std::size_t kSharedMin = 16;
/// What an attempt may come to by chance and be called found all the same, over all attempts of a run together.
inline constexpr double kError = 1e-6;

struct Score {
  std::size_t hits = 0;         ///< proposals that are true
  Distribution chance;          ///< of hits
  std::size_t distance = 0;     ///< of ranks; only where `distances` is not empty
  Distribution distances = {};  ///< of orders of all people and at most kExactRanks
  double expected() const { return mean(chance); }
  double hits_p() const { return at_least(chance, hits); }
  double order_p() const { return distances.empty() ? 1 : two_sided(distances, distance); }
  double p() const { return std::min(hits_p(), order_p()); }
};

struct Attempt {
  Sentence name;
  std::uint64_t tried = 0;                           ///< pairs of a person and a ballot
  std::map<std::size_t, std::size_t> proposed = {};  ///< person → ballot; one to one
  bool determines = false;                           ///< the join is no guess: whom it names it names alone
  bool suspicious = false;                           ///< nothing is joined, but something is there that should not be
  std::optional<Score> score = {};                   ///< with the truth
};

std::vector<Attempt> try_all(Seized const& seized);

/// Over many questions and meetings: attempts of the same name together.
struct Total {
  Sentence name;
  std::uint64_t meetings = 0, tried = 0, proposed = 0, determined = 0, suspicious = 0;
  Score score;
  bool scored = false;
};
using Totals = std::map<std::string, Total>;  ///< by the name in English
void add(Totals& totals, std::vector<Attempt> const& attempts);

/// Names of what was found: what determines somebody, what should not be there, and what is better than chance at
/// kError over all attempts and both of its statistics together (Bonferroni).
std::vector<std::string> found(Totals const& totals);

/// Strings of kSharedMin bytes that one ballot has and no other, searched for in any bytes.
class BallotIndex {
 public:
  /// Views must outlive it.
  explicit BallotIndex(std::vector<ByteView> ballots);
  struct Place {
    std::uint32_t ballot = 0, offset = 0;
  };
  /// `report(at, place)` of each place of `bytes` that begins such a string.
  template <class Report>
  void search(ByteView bytes, Report const& report) const {
    if (bytes.size() < kSharedMin) return;
    std::uint64_t rolling = first(bytes);
    for (std::size_t at = 0;; ++at) {
      if ((filter_[slot(rolling) >> 6] >> (slot(rolling) & 63) & 1U) != 0) {
        if (auto const place = look_up(rolling, bytes.subspan(at, kSharedMin))) report(at, *place);
      }
      if (at + kSharedMin == bytes.size()) return;
      rolling = next(rolling, bytes[at], bytes[at + kSharedMin]);
    }
  }
  /// Only every step-th string of a ballot is kept, so that a large record has room: what is shared must be longer.
  std::size_t step() const { return step_; }

 private:
  static constexpr std::size_t kFilterWords = (std::size_t{1} << 26) / 64;
  static std::size_t slot(std::uint64_t rolling) { return static_cast<std::size_t>(rolling >> 38); }
  static std::uint64_t first(ByteView bytes);
  static std::uint64_t next(std::uint64_t rolling, std::uint8_t out, std::uint8_t in);
  std::optional<Place> look_up(std::uint64_t rolling, ByteView window) const;
  std::vector<ByteView> ballots_;
  std::vector<std::pair<std::uint64_t, Place>> windows_;  ///< ascending
  std::vector<std::uint64_t> filter_;
  std::size_t step_ = 1;
};

}  // namespace piaojue::verifier::link
