// SPDX-License-Identifier: Apache-2.0
#include "verifier/ballot_pool.h"

#include <algorithm>
#include <tuple>

#include "crypto/sign.h"

namespace piaojue::verifier {
namespace {

using namespace meeting;

/// Boxes that may be under way: one is nearly always enough to keep all threads busy, the second covers its last
/// ballots.
constexpr std::size_t kBoxesMax = 2;

bool scalars_canonical(ByteView proof) {
  for (; proof.size() >= crypto::Scalar::kSize; proof = proof.subspan(crypto::Scalar::kSize))
    if (!crypto::elgamal::is_canonical_scalar(*crypto::Scalar::from(proof.first(crypto::Scalar::kSize)))) return false;
  return proof.empty();
}

/// @param bad empty.
void check_one(BallotContext const& context, ByteView bytes, BadBallot const& where, std::vector<BadBallot>& bad) {
  auto const report = [&](CheckId check, Refusal refusal, std::uint32_t hop = 0) {
    BadBallot found = where;
    found.check = check;
    found.refusal = refusal;
    found.hop = hop;
    bad.push_back(found);
  };
  auto const ballot = parse_ballot(context.shape, bytes);
  if (!ballot) return report(CheckId::kBallotForm, Refusal::kBallotEncoding);
  if (ballot->question != context.question) return report(CheckId::kBallotForm, Refusal::kBallotContext);
  if (!crypto::is_valid(ballot->pk_v) || !scalars_canonical(ballot->proof))
    return report(CheckId::kEncodings, Refusal::kBallotEncoding);
  if (ballot->tokens.size() != context.token_keys.size() || ballot->tokens.empty())
    report(CheckId::kTokens, Refusal::kBallotToken);
  else if (auto const hop = first_bad_token(context, *ballot))
    report(CheckId::kTokens, Refusal::kBallotToken, *hop);
  if (!ballot_signature_valid(context, *ballot)) report(CheckId::kBallotSignatures, Refusal::kBallotSignature);
  if (!ballot_vote_valid(context, *ballot)) report(CheckId::kVotes, Refusal::kBallotProof);
  // The proof decodes A and B itself; whether they are points is asked only where something does not hold, and is then
  // what is wrong.
  if (bad.empty() || ballot_points_valid(*ballot)) return;
  bad.clear();
  report(CheckId::kEncodings, Refusal::kBallotEncoding);
}

}  // namespace

struct BallotPool::Box {
  struct Ballot {
    BallotContext const* context;
    Bytes const* bytes;
    std::size_t position;
  };
  std::uint64_t entry, offset;
  std::shared_ptr<BallotBox const> box;  // keeps `ballots` alive, as does:
  Contexts contexts;
  std::vector<Ballot> ballots;
  std::size_t taken = 0, finished = 0;
};

BallotPool::BallotPool(std::size_t threads) {
  if (threads < 2) return;
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

BallotPool::~BallotPool() {
  {
    std::lock_guard const lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool BallotPool::step(std::unique_lock<std::mutex>& lock) {
  if (boxes_.empty()) return false;
  std::shared_ptr<Box> const box = boxes_.front();
  Box::Ballot const& ballot = box->ballots[box->taken++];
  if (box->taken == box->ballots.size()) boxes_.pop_front();
  lock.unlock();
  std::vector<BadBallot> bad;
  check_one(*ballot.context, *ballot.bytes,
            {box->entry, box->offset, ballot.context->question, ballot.position, {}, {}, 0}, bad);
  lock.lock();
  bad_.insert(bad_.end(), bad.begin(), bad.end());
  ++checked_;
  if (++box->finished == box->ballots.size()) {
    --under_way_;
    changed_.notify_all();
  }
  return true;
}

void BallotPool::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return stop_ || !boxes_.empty(); });
    if (stop_) return;
    step(lock);
  }
}

void BallotPool::add(std::uint64_t entry, std::uint64_t offset, std::shared_ptr<BallotBox const> box,
                     Contexts contexts) {
  auto work = std::make_shared<Box>(Box{entry, offset, std::move(box), std::move(contexts), {}});
  for (auto const& [q, question] : work->box->boxes) {
    auto const context = work->contexts->find(q);
    if (context == work->contexts->end()) continue;  // the state machine has refused such a box
    for (std::size_t i = 0; i < question.ballots.size(); ++i)
      work->ballots.push_back({&context->second, &question.ballots[i], i});
  }
  if (work->ballots.empty()) return;
  std::unique_lock lock(mutex_);
  boxes_.push_back(std::move(work));
  ++under_way_;
  changed_.notify_all();
  if (threads_.empty())
    while (step(lock)) {
    }
  else
    changed_.wait(lock, [&] { return under_way_ < kBoxesMax; });
}

std::vector<BadBallot> BallotPool::finish() {
  std::unique_lock lock(mutex_);
  while (step(lock)) {
  }
  changed_.wait(lock, [&] { return under_way_ == 0; });
  std::ranges::sort(bad_, {}, [](BadBallot const& b) { return std::tuple(b.entry, b.question, b.position, b.check); });
  return std::move(bad_);
}

}  // namespace piaojue::verifier
