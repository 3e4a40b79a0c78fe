// SPDX-License-Identifier: Apache-2.0
#include "client/enrol_online.h"

#include <atomic>
#include <future>
#include <thread>

#include "client/closed.h"
#include "client/link.h"
#include "client/setup.h"
#include "net/channel.h"
#include "net/loop.h"
#include "strings/client.h"

namespace piaojue::client {

namespace text = strings::client;

namespace {

using Milliseconds = std::chrono::milliseconds;
using Deadline = std::chrono::steady_clock::time_point;

constexpr Milliseconds kBackoffMin{200};
constexpr Milliseconds kBackoffMax{2'000};

Explanation explained(Refusal code) {
  // The server does not tell an unknown person from an unknown code, and neither does this.
  if (code == Refusal::kProof || code == Refusal::kNotOnRoll) {
    return Explanation(text::kWrongCode, {}, Refusal::kProof);
  }
  if (code == Refusal::kConflict) return Explanation(text::kCodeUsed, {}, Refusal::kAlreadyIssued);
  return explain(code);
}

/// An answer of the server, or where else to ask.
using Answer = std::variant<Enrolled, meeting::SlipAddress>;

/// One connection: EnrolStart, the server's proof, EnrolKeys. The first of answer and failure counts.
class Try {
 public:
  explicit Try(EnrolOnline const& what) : what_(what) {}

  std::future<Explained<Answer>> future() { return answer_.get_future(); }
  void begin(std::shared_ptr<net::Channel> const& channel) {
    channel_ = channel.get();
    channel->send(enrol_start_frame(what_.slip.code));
  }
  void take(ByteView frame) {
    if (proved_) return take_enrolled(frame);
    if (auto moved = read_moved(frame)) return give(Answer(std::move(*moved)));
    proved_ = true;
    EnrolChannel const bound{channel_->exporter(), channel_->server_spki()};
    auto const meeting_id = read_enrol_proof(frame, what_.slip.code, bound);
    if (!meeting_id) return give(explained(meeting_id.error()));
    auto keys = what_.proved(*meeting_id, bound);
    if (!keys) return give(keys.error());
    channel_->send(std::move(*keys));
  }
  void closed(net::Closed const& why) { give(Explanation(sentence_of(why.reason), {}, Refusal::kBusy)); }

 private:
  void take_enrolled(ByteView frame) {
    auto enrolled = read_enrolled(frame);
    if (!enrolled) return give(explained(enrolled.error()));
    give(Answer(std::move(*enrolled)));
  }
  void give(Explained<Answer> result) {
    if (!answered_.exchange(true)) answer_.set_value(std::move(result));
  }

  EnrolOnline const& what_;
  net::Channel* channel_ = nullptr;
  bool proved_ = false;
  std::promise<Explained<Answer>> answer_;
  std::atomic<bool> answered_{false};
};

/// A loop of its own: nothing of a try that failed can answer for the next. @return kBusy: only why.
Explained<Answer> try_once(EnrolOnline const& what, meeting::SlipAddress const& to, net::TlsContext const& tls,
                           Deadline deadline) {
  auto const attempt = std::make_shared<Try>(what);
  auto future = attempt->future();
  std::shared_ptr<net::Channel> open;
  net::Loop loop;
  net::ChannelLimits limits;
  if (to != what.slip.address) limits.connect_deadline = kElsewhereDeadline;
  net::connect(loop.io(), to.host, to.port, tls, limits,
               [attempt, &open](std::shared_ptr<net::Channel> const& channel, net::Closed const& closed) {
                 if (!channel) return attempt->closed(closed);
                 open = channel;
                 channel->start([attempt](Bytes const& frame) { attempt->take(frame); },
                                [attempt](net::Closed const& later) { attempt->closed(later); });
                 attempt->begin(channel);
               });
  loop.start(1);
  Explained<Answer> result = Explanation(text::kNoAnswerInTime, {}, Refusal::kBusy);
  if (future.wait_until(deadline) == std::future_status::ready) result = future.get();
  // First the thread that may be writing `open`.
  loop.stop();
  if (open) open->close();
  open.reset();
  return result;
}

/// Follows whoever says Moved, so many times in a row. @return kBusy: only why.
Explained<Enrolled> follow(EnrolOnline const& what, net::TlsContext const& tls, Deadline deadline) {
  auto to = what.slip.address;
  for (int hops = 0; hops <= kHopsMax; ++hops) {
    auto answer = try_once(what, to, tls, deadline);
    if (!answer) return answer.error();
    if (auto* const enrolled = std::get_if<Enrolled>(&*answer)) return std::move(*enrolled);
    to = std::move(std::get<meeting::SlipAddress>(*answer));
  }
  return Explanation(text::kNoAnswerInTime, {}, Refusal::kBusy);
}

}  // namespace

Explained<Enrolled> enrol_online(EnrolOnline const& what) {
  auto const any = net::TlsContext::enrolling();
  if (!any) return explain(any.error());
  auto const tls = any->asking_for(meeting::meeting_name(what.slip.code.meeting));
  auto const deadline = std::chrono::steady_clock::now() + what.patience;
  for (auto backoff = kBackoffMin;; backoff = std::min(backoff * 2, kBackoffMax)) {
    auto result = follow(what, tls, deadline);
    if (result || result.error().code != Refusal::kBusy) return result;
    if (std::chrono::steady_clock::now() + backoff >= deadline) {
      auto const at = meeting::format_slip_address(what.slip.address);
      return Explanation({text::kNoAnswer, {{"server", at}, {"why", result.error().what}}}, {}, Refusal::kBusy);
    }
    std::this_thread::sleep_for(backoff);
  }
}

}  // namespace piaojue::client
