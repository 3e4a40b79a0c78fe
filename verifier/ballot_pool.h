// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Checks single ballots (specification §13: 12 length, version and question, 13 tokens, 14 signature, 15 points and
/// scalars, 16 proof) on other threads while the record is read on.
///
/// Not base/work_pool.h, which either waits for everything (`parallel`, and the record is not read on) or refuses what
/// is too much (`post`, and a ballot would go unchecked): here `add` waits until there is room for one more box.
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>

#include "protocol/meeting/record.h"
#include "verifier/checks.h"

namespace piaojue::verifier {

/// A ballot that is not valid. The checks of one ballot are judged separately, but what can not be taken apart (12) or
/// calculated with (15) is judged no further.
struct BadBallot {
  std::uint64_t entry = 0, offset = 0;  ///< of the BallotBox
  meeting::QuestionId question = 0;
  std::size_t position = 0;  ///< in the box, from 0
  CheckId check{};
  Refusal refusal{};
  std::uint32_t hop = 0;  ///< whose token, for check 13
};

class BallotPool {
 public:
  using Contexts = std::shared_ptr<std::map<meeting::QuestionId, meeting::BallotContext> const>;

  /// @param threads 0 or 1: `add` checks on the calling thread.
  explicit BallotPool(std::size_t threads);
  ~BallotPool();
  BallotPool(BallotPool const&) = delete;
  BallotPool& operator=(BallotPool const&) = delete;

  /// Waits while two boxes are under way, so that memory does not grow with the record.
  void add(std::uint64_t entry, std::uint64_t offset, std::shared_ptr<meeting::BallotBox const> box, Contexts contexts);
  /// Waits for all, lending a hand. In the order of the record.
  std::vector<BadBallot> finish();
  std::uint64_t checked() const { return checked_; }  ///< after `finish`

 private:
  struct Box;
  /// One ballot of the oldest box that has any left; false if there is none.
  bool step(std::unique_lock<std::mutex>& lock);
  void work();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<Box>> boxes_;  ///< with ballots that nobody has taken yet
  std::size_t under_way_ = 0;               ///< boxes with a ballot that is not finished
  bool stop_ = false;
  std::vector<BadBallot> bad_;
  std::uint64_t checked_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace piaojue::verifier
