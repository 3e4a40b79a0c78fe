// SPDX-License-Identifier: Apache-2.0
#include "client/enrol_online.h"

#include <atomic>
#include <future>
#include <thread>

#include "client/closed.h"
#include "client/setup.h"
#include "net/loop.h"
#include "strings/client.h"

namespace piaojue::client {

namespace text = strings::client;

namespace {

using Milliseconds = std::chrono::milliseconds;
using Deadline = std::chrono::steady_clock::time_point;

constexpr Milliseconds kBackoffMin{200};
constexpr Milliseconds kBackoffMax{2'000};

/// The first of answer and failure counts.
struct Try {
  std::promise<Explained<Enrolled>> answer;
  std::atomic<bool> answered{false};
  void give(Explained<Enrolled> result) {
    if (!answered.exchange(true)) answer.set_value(std::move(result));
  }
  void closed(net::Closed const& closed) { give(Explanation(sentence_of(closed.reason), {}, Refusal::kBusy)); }
};

Explained<Enrolled> answer_in(Bytes const& payload) {
  auto enrolled = read_enrolled(payload);
  if (enrolled) return std::move(*enrolled);
  if (enrolled.error() == Refusal::kConflict) return Explanation(text::kCodeUsed, {}, Refusal::kConflict);
  return explain(enrolled.error());
}

/// A loop of its own: nothing of a try that failed can answer for the next. @return kBusy: only why.
Explained<Enrolled> try_once(std::string const& host, std::uint16_t port, net::TlsContext const& tls,
                             Bytes const& frame, Deadline deadline) {
  auto const attempt = std::make_shared<Try>();
  auto future = attempt->answer.get_future();
  std::shared_ptr<net::Channel> open;
  net::Loop loop;
  net::connect(loop.io(), host, port, tls, net::ChannelLimits{},
               [attempt, &open, &frame](std::shared_ptr<net::Channel> const& channel, net::Closed const& closed) {
                 if (!channel) return attempt->closed(closed);
                 open = channel;
                 channel->start([attempt](Bytes const& payload) { attempt->give(answer_in(payload)); },
                                [attempt](net::Closed const& later) { attempt->closed(later); });
                 channel->send(frame);
               });
  loop.start(1);
  Explained<Enrolled> result = Explanation(text::kNoAnswerInTime, {}, Refusal::kBusy);
  if (future.wait_until(deadline) == std::future_status::ready) result = future.get();
  if (open) open->close();
  loop.stop();
  open.reset();
  return result;
}

}  // namespace

Explained<Enrolled> enrol_online(std::string const& host, std::uint16_t port, net::TlsContext const& tls,
                                 Bytes const& frame, Milliseconds patience) {
  auto const deadline = std::chrono::steady_clock::now() + patience;
  for (auto backoff = kBackoffMin;; backoff = std::min(backoff * 2, kBackoffMax)) {
    auto result = try_once(host, port, tls, frame, deadline);
    if (result || result.error().code != Refusal::kBusy) return result;
    if (std::chrono::steady_clock::now() + backoff >= deadline) {
      auto const at = host + ":" + std::to_string(port);
      return Explanation({text::kNoAnswer, {{"server", at}, {"why", result.error().what}}}, {}, Refusal::kBusy);
    }
    std::this_thread::sleep_for(backoff);
  }
}

}  // namespace piaojue::client
