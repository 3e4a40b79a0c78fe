// SPDX-License-Identifier: Apache-2.0
#include "server/office_door.h"

#include <condition_variable>

#include "base/work_pool.h"

namespace piaojue::server {

using net::Channel;
using net::CloseReason;

namespace {

constexpr std::chrono::seconds kGoodbye{1};

/// Closes the connection unless its request was answered, also where a library threw.
class Duty {
 public:
  explicit Duty(std::shared_ptr<Channel> channel) : channel_(std::move(channel)) {}
  ~Duty() {
    if (channel_) channel_->close(CloseReason::kInternal);
  }
  Duty(Duty const&) = delete;
  Duty& operator=(Duty const&) = delete;
  void done() { channel_.reset(); }

 private:
  std::shared_ptr<Channel> channel_;
};

}  // namespace

/// Lives as long as a connection does; the threads end with `stop`.
struct OfficeDoor::Inner : std::enable_shared_from_this<OfficeDoor::Inner> {
  struct Session {
    std::shared_ptr<Channel> channel;
    OfficeSession of;  ///< touched by the one request that is being answered
  };
  Inner(std::unique_ptr<OfficeDesk> own_desk, Options own_options)
      : desk(std::move(own_desk)),
        options(own_options),
        pool({.threads = options.threads, .waiting_max = options.sessions_max}, [](std::string const&) {}) {}

  std::unique_ptr<OfficeDesk> const desk;
  Options const options;
  WorkPool pool;
  std::mutex mutex;
  std::condition_variable emptied;
  bool stopping = false;
  std::map<Channel const*, std::shared_ptr<Session>> sessions;

  bool enter(std::shared_ptr<Session> const& session);
  void take(std::shared_ptr<Session> const& session, Bytes frame);
  void answer(Session& session, ByteView frame) const;
  void left(Channel const* channel) {
    std::lock_guard const lock(mutex);
    sessions.erase(channel);
    if (sessions.empty()) emptied.notify_all();
  }
};

bool OfficeDoor::Inner::enter(std::shared_ptr<Session> const& session) {
  std::lock_guard const lock(mutex);
  if (stopping || sessions.size() >= options.sessions_max) return false;
  auto const& certificate = session->of.peer.certificate;
  auto const same =
      std::ranges::count_if(sessions, [&](auto const& one) { return one.second->of.peer.certificate == certificate; });
  auto const most = certificate ? options.sessions_per_office_max : options.strangers_max;
  if (static_cast<std::size_t>(same) >= most) return false;
  sessions.emplace(session->channel.get(), session);
  return true;
}

void OfficeDoor::Inner::take(std::shared_ptr<Session> const& session, Bytes frame) {
  session->channel->pause();
  auto const bytes = std::make_shared<Bytes const>(std::move(frame));
  auto const job = [self = shared_from_this(), session, bytes] {
    Duty duty(session->channel);
    self->answer(*session, *bytes);
    duty.done();
  };
  if (!pool.post(Urgency::kUrgent, job)) session->channel->close(CloseReason::kTooMany);
}

void OfficeDoor::Inner::answer(Session& session, ByteView frame) const {
  auto answer = desk->answer(session.of, frame);
  if (!answer.frame.empty()) session.channel->send(std::move(answer.frame));
  if (answer.close) return session.channel->finish(CloseReason::kRefused);
  session.channel->resume();
}

OfficeDoor::OfficeDoor(std::unique_ptr<OfficeDesk> desk, Options options)
    : inner_(std::make_shared<Inner>(std::move(desk), options)) {}

OfficeDoor::~OfficeDoor() { stop(); }

void OfficeDoor::accept(std::shared_ptr<Channel> const& channel) {
  auto const session = std::make_shared<Inner::Session>();
  session->channel = channel;
  session->of.peer = {channel->peer_spki_sha256(), channel->address(), channel->exporter(), channel->server_spki()};
  if (!inner_->enter(session)) return channel->close(CloseReason::kTooMany);
  if (session->of.peer.certificate) channel->set_frame_bytes_max(office_wire::kFrameBytesMax);
  channel->start([inner = inner_, session](Bytes frame) { inner->take(session, std::move(frame)); },
                 [inner = inner_, session](net::Closed const&) { inner->left(session->channel.get()); });
}

void OfficeDoor::stop() {
  std::vector<std::shared_ptr<Channel>> channels;
  {
    std::lock_guard const lock(inner_->mutex);
    inner_->stopping = true;
    for (auto const& [key, session] : inner_->sessions) channels.push_back(session->channel);
  }
  for (auto const& channel : channels) channel->close(CloseReason::kShutdown);
  channels.clear();
  inner_->pool.stop();
  // Each of them ends on its own strand; none may be held here once their loop goes.
  std::unique_lock lock(inner_->mutex);
  inner_->emptied.wait_for(lock, kGoodbye, [this] { return inner_->sessions.empty(); });
  inner_->sessions.clear();
}

std::size_t OfficeDoor::sessions() const {
  std::lock_guard const lock(inner_->mutex);
  return inner_->sessions.size();
}

}  // namespace piaojue::server
