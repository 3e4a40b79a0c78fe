// SPDX-License-Identifier: Apache-2.0
#include "server/office_line.h"

#include <condition_variable>
#include <mutex>

#include "strings/offices.h"

namespace piaojue::server {

namespace wire = office_wire;
namespace text = strings::offices;

namespace {

constexpr Milliseconds kWhy{1'000};

/// What may go better the next time is kBusy; a TLS that is refused will be refused again.
Explanation broken(net::CloseReason reason) {
  switch (reason) {
    case net::CloseReason::kTls:
      return {text::kLineForeign, {}, Refusal::kBadSignature};
    case net::CloseReason::kConnectFailed:
      return {text::kLineNobody, {}, Refusal::kBusy};
    case net::CloseReason::kConnectTimeout:
    case net::CloseReason::kHandshakeTimeout:
    case net::CloseReason::kIdleTimeout:
      return {text::kLineLate, {}, Refusal::kBusy};
    default:
      return {text::kLineBroke, {}, Refusal::kBusy};
  }
}

/// What the channel's strand tells the thread that waits.
struct Mailbox {
  std::mutex mutex;
  std::condition_variable wake;
  std::shared_ptr<net::Channel> channel;
  std::optional<net::CloseReason> closed;  ///< why
  std::optional<Bytes> frame;

  template <class F>
  void change(F const& what) {
    {
      std::lock_guard const lock(mutex);
      what();
    }
    wake.notify_all();
  }
};

}  // namespace

struct OfficeLine::Impl {
  std::shared_ptr<Mailbox> box = std::make_shared<Mailbox>();
  std::shared_ptr<net::Channel> channel;
  std::uint64_t last_id = 0;
  net::Loop loop;
};

OfficeLine::OfficeLine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

OfficeLine::~OfficeLine() {
  if (impl_->channel) impl_->channel->close();
  impl_->loop.stop();
  impl_->channel.reset();
  impl_->box->channel.reset();
}

net::Channel const& OfficeLine::channel() const { return *impl_->channel; }

Explained<std::unique_ptr<OfficeLine>> OfficeLine::open(meeting::SlipAddress const& address, net::TlsContext const& tls,
                                                        Milliseconds patience) {
  auto line = std::make_unique<OfficeLine>(std::make_unique<Impl>());
  auto& impl = *line->impl_;
  auto const box = impl.box;
  net::ChannelLimits limits;
  limits.connect_deadline = patience;
  limits.idle_deadline = std::chrono::minutes(30);  // the service may be busy with one request for long
  auto const opened = [box](std::shared_ptr<net::Channel> const& channel, net::Closed const& why) {
    if (!channel) return box->change([&] { box->closed = why.reason; });
    channel->start([box](Bytes frame) { box->change([&] { box->frame = std::move(frame); }); },
                   [box](net::Closed const& later) { box->change([&] { box->closed = later.reason; }); });
    box->change([&] { box->channel = channel; });
  };
  net::connect(impl.loop.io(), address.host, address.port, tls, limits, opened);
  impl.loop.start(1);
  std::unique_lock lock(box->mutex);
  box->wake.wait_for(lock, patience, [&] { return box->channel || box->closed; });
  impl.channel = std::exchange(box->channel, {});
  if (!impl.channel) {
    auto const why = box->closed.value_or(net::CloseReason::kConnectTimeout);
    lock.unlock();
    return broken(why);
  }
  lock.unlock();
  return line;
}

Explained<wire::Answer> OfficeLine::ask(wire::What const& what, Milliseconds patience) {
  auto& box = *impl_->box;
  auto const id = ++impl_->last_id;
  box.change([&] { box.frame.reset(); });
  bool const taken = impl_->channel->send(wire::encode_request(id, what));
  std::unique_lock lock(box.mutex);
  if (!taken) {
    // It is closed; why is said on its strand, maybe in a moment.
    box.wake.wait_for(lock, kWhy, [&] { return box.closed.has_value(); });
    return broken(box.closed.value_or(net::CloseReason::kNetwork));
  }
  if (!box.wake.wait_for(lock, patience, [&] { return box.frame || box.closed; })) {
    return broken(net::CloseReason::kIdleTimeout);
  }
  if (!box.frame) return broken(*box.closed);
  auto reply = wire::parse_reply(*box.frame);
  if (!reply || reply->id != id) return Explanation(text::kAnswerUnreadable, {}, Refusal::kUnknownType);
  return std::move(reply->answer);
}

}  // namespace piaojue::server
