// SPDX-License-Identifier: Apache-2.0
#include "client/link.h"

#include <algorithm>
#include <cstdio>

#include "client/closed.h"
#include "strings/client.h"

namespace piaojue::client {
namespace {

using Milliseconds = std::chrono::milliseconds;

/// A connection that lived this long was a good one: the next attempt comes at once again.
constexpr Milliseconds kGoodConnection{3'000};

}  // namespace

Link::Link(net::Loop& loop, net::Strand strand, Options options, Calls calls)
    : loop_(loop),
      strand_(std::move(strand)),
      options_(std::move(options)),
      calls_(std::move(calls)),
      backoff_(options_.backoff_min),
      reconnector_(strand_),
      dice_(std::random_device{}()),
      known_{{options_.host, options_.port}},
      target_(known_.front()) {
  connect();
}

void Link::connect() {
  if (ending_) return;
  net::ChannelLimits limits;
  // A node that another one names, or that was there before, may be the one that has just fallen silent.
  if (target_ != known_.front()) limits.connect_deadline = kElsewhereDeadline;
  net::connect(loop_.io(), target_.host, target_.port, options_.tls, limits,
               [this](std::shared_ptr<net::Channel> const& channel, net::Closed const& why) {
                 strand_.post([this, channel, why] { opened(channel, why); });
               });
}

void Link::opened(std::shared_ptr<net::Channel> const& channel, net::Closed const& why) {
  if (!channel) {
    complain(why);
    try_next();
    return retry();
  }
  if (ending_) return;
  channel_ = channel;
  welcomed_ = false;
  auto const number = ++connections_;
  opened_at_ = std::chrono::steady_clock::now();
  channel->start(
      [this, number](Bytes payload) {
        strand_.post([this, number, frame = std::make_shared<Bytes const>(std::move(payload))] {
          if (number == connections_ && channel_ && !ending_ && !moving_) calls_.frame(*frame);
        });
      },
      [this, number](net::Closed const& closed_why) {
        strand_.post([this, number, closed_why] { closed(number, closed_why); });
      });
  calls_.up();
}

void Link::closed(std::uint64_t number, net::Closed const& why) {
  if (number != connections_) return;
  channel_.reset();
  if (ending_) {
    if (auto const done = std::exchange(ended_, {})) done();
    return;
  }
  bool const moving = std::exchange(moving_, false);
  if (!moving) complain(why);
  calls_.down();
  if (moving) return connect();
  if (!welcomed_) try_next();
  if (std::chrono::steady_clock::now() >= opened_at_ + kGoodConnection) backoff_ = options_.backoff_min;
  retry();
}

void Link::retry() {
  if (ending_) return;
  // Half of it by chance, so that a hundred laptops do not all knock in the same millisecond.
  auto const half = backoff_.count() / 2;
  Milliseconds const delay{half + std::uniform_int_distribution<Milliseconds::rep>(0, half)(dice_)};
  backoff_ = std::min(backoff_ * 2, options_.backoff_max);
  reconnector_.after(delay, [this] { connect(); });
}

void Link::try_next() {
  turn_ = turn_ ? (*turn_ + 1) % known_.size() : 0;
  target_ = known_[*turn_];
}

void Link::begin_again() {
  hops_ = 0;
  turn_ = 0;
  target_ = known_.front();
}

void Link::go_to(std::string host, std::uint16_t port) {
  if (!channel_ || ending_ || moving_) return;
  backoff_ = std::min(backoff_, kMovedBackoffMax);
  if (++hops_ > kHopsMax) {
    begin_again();
    // Closed as one that was welcomed, it is retried where it now points to.
    welcomed_ = true;
  } else {
    turn_.reset();
    target_ = {std::move(host), port};
    moving_ = true;
  }
  channel_->close(net::CloseReason::kLocal, "moved");
}

void Link::welcomed(std::vector<meeting::SlipAddress> addresses) {
  hops_ = 0;
  welcomed_ = true;
  known_.resize(1);
  for (auto& one : addresses) {
    if (std::ranges::find(known_, one) == known_.end()) known_.push_back(std::move(one));
  }
  auto const at = std::ranges::find(known_, target_);
  turn_ = at == known_.end() ? std::nullopt : std::optional(static_cast<std::size_t>(at - known_.begin()));
}

/// Once for each reason in a row, to stderr.
void Link::complain(net::Closed const& why) {
  if (why.reason == complained_) return;
  complained_ = why.reason;
  Sentence const said(strings::client::kConnection, {{"why", sentence_of(why.reason)}});
  std::fprintf(stderr, "piaojue: %s\n", said.in(options_.lang).c_str());
}

void Link::send(Bytes frame) {
  if (channel_) channel_->send(std::move(frame));
}

void Link::break_off(std::string const& why) {
  if (channel_) channel_->close(net::CloseReason::kRefused, why);
}

bool Link::finish(std::function<void()> done) {
  ending_ = true;
  reconnector_.cancel();
  if (!channel_) return false;
  ended_ = std::move(done);
  channel_->finish(net::CloseReason::kShutdown);
  return true;
}

}  // namespace piaojue::client
