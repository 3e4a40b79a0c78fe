// SPDX-License-Identifier: Apache-2.0
#include "client/enrol_online.h"

#include <atomic>
#include <future>
#include <thread>

#include "net/channel.h"
#include "net/loop.h"

namespace piaojue::client {
namespace {

using Milliseconds = std::chrono::milliseconds;
using Deadline = std::chrono::steady_clock::time_point;

constexpr Milliseconds kBackoffMin{200};
constexpr Milliseconds kBackoffMax{2'000};

/// The first of answer and failure counts.
struct Try {
  std::promise<Result<Enrolled>> answer;
  std::atomic<bool> answered{false};
  std::string why;
  void give(Result<Enrolled> result) {
    if (!answered.exchange(true)) answer.set_value(std::move(result));
  }
};

/// A loop of its own: nothing of a try that failed can answer for the next.
Result<Enrolled> try_once(std::string const& host, std::uint16_t port, net::TlsContext const& tls, Bytes const& frame,
                          Deadline deadline, std::string& why) {
  auto const attempt = std::make_shared<Try>();
  auto future = attempt->answer.get_future();
  std::shared_ptr<net::Channel> open;
  Result<Enrolled> result = Refusal::kBusy;
  net::Loop loop;
  net::connect(loop.io(), host, port, tls, net::ChannelLimits{},
               [attempt, &open, &frame](std::shared_ptr<net::Channel> const& channel, net::Closed const& closed) {
                 if (!channel) {
                   attempt->why = std::string(net::name(closed.reason)) + " " + closed.detail;
                   return attempt->give(Refusal::kBusy);
                 }
                 open = channel;
                 channel->start([attempt](Bytes payload) { attempt->give(read_enrolled(payload)); },
                                [attempt](net::Closed const& reason) {
                                  if (!attempt->answered) attempt->why = std::string(net::name(reason.reason));
                                  attempt->give(Refusal::kBusy);
                                });
                 channel->send(frame);
               });
  loop.start(1);
  if (future.wait_until(deadline) == std::future_status::ready) {
    result = future.get();
  } else {
    why = "no answer in time";
  }
  if (open) open->close();
  loop.stop();
  open.reset();
  bool const busy = !result && result.error() == Refusal::kBusy;
  if (busy && !attempt->why.empty()) why = attempt->why;
  return result;
}

}  // namespace

Result<Enrolled> enrol_online(std::string const& host, std::uint16_t port, net::TlsContext const& tls,
                              Bytes const& frame, Milliseconds patience, std::string& why) {
  auto const deadline = std::chrono::steady_clock::now() + patience;
  for (auto backoff = kBackoffMin;; backoff = std::min(backoff * 2, kBackoffMax)) {
    auto result = try_once(host, port, tls, frame, deadline, why);
    bool const busy = !result && result.error() == Refusal::kBusy;
    if (!busy || std::chrono::steady_clock::now() + backoff >= deadline) return result;
    std::this_thread::sleep_for(backoff);
  }
}

}  // namespace piaojue::client
