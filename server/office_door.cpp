// SPDX-License-Identifier: Apache-2.0
#include "server/office_door.h"

#include <atomic>
#include <condition_variable>
#include <deque>

#include "base/work_pool.h"

namespace piaojue::server {

using net::Channel;
using net::CloseReason;

namespace {

constexpr std::chrono::seconds kGoodbye{1};

}  // namespace

/// Lives as long as a connection does; the threads end with `stop`.
struct OfficeDoor::Inner : std::enable_shared_from_this<OfficeDoor::Inner> {
  struct Session {
    std::shared_ptr<Channel> channel;
    OfficeSession of;  ///< touched by the one request that is being answered
    std::string who;   ///< has its turn: an office, by its certificate, or an address of strangers
    std::atomic<bool> gone{false};
  };
  /// Of one office, or address: one request is being answered, the others wait in the order in which they came.
  using Turns = std::deque<std::function<void()>>;
  class Duty;

  Inner(std::unique_ptr<OfficeDesk> own_desk, Options own_options)
      : desk(std::move(own_desk)),
        options(own_options),
        pool({.threads = options.threads,
              .background_threads = options.heavy_threads,
              .waiting_max = options.sessions_max},
             [](std::string const&) {}) {}

  std::unique_ptr<OfficeDesk> const desk;
  Options const options;
  WorkPool pool;
  std::mutex mutex;
  std::condition_variable emptied;
  bool stopping = false;
  std::map<Channel const*, std::shared_ptr<Session>> sessions;
  std::map<std::string, Turns> turns;  ///< of who is being answered

  bool enter(std::shared_ptr<Session> const& session);
  void take(std::shared_ptr<Session> const& session, Bytes frame);
  bool post(std::shared_ptr<Session> const& session, Urgency urgency, std::function<OfficeAnswer()> const& answer);
  void say(std::shared_ptr<Session> const& session, OfficeAnswer answer);
  /// The next of them has its turn.
  void pass_on(std::string const& who);
  void left(Session& session) {
    session.gone = true;
    std::lock_guard const lock(mutex);
    sessions.erase(session.channel.get());
    if (sessions.empty()) emptied.notify_all();
  }
};

/// One request, until it is answered: closes the connection if it was not, also where a library threw, and passes the
/// turn on.
class OfficeDoor::Inner::Duty {
 public:
  Duty(std::shared_ptr<Inner> inner, std::shared_ptr<Session> session)
      : inner_(std::move(inner)), session_(std::move(session)) {}
  ~Duty() {
    if (!session_) return;
    if (!answered_) session_->channel->close(CloseReason::kInternal);
    inner_->pass_on(session_->who);
  }
  Duty(Duty const&) = delete;
  Duty& operator=(Duty const&) = delete;
  void answered() { answered_ = true; }
  /// It goes on on another thread.
  void handed_over() { session_.reset(); }

 private:
  std::shared_ptr<Inner> inner_;
  std::shared_ptr<Session> session_;
  bool answered_ = false;
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
  auto const begin = [self = shared_from_this(), session, bytes, asked = Going::Clock::now()] {
    if (!self->post(session, Urgency::kUrgent,
                    [self, session, bytes, asked] { return self->desk->answer(session->of, *bytes, asked); })) {
      session->channel->close(CloseReason::kTooMany);
      self->pass_on(session->who);
    }
  };
  {
    std::lock_guard const lock(mutex);
    auto const [it, is_first] = turns.try_emplace(session->who);
    if (!is_first) {
      // Who leaves and comes again has left requests behind, too.
      auto const most = session->of.peer.certificate ? options.sessions_per_office_max : options.strangers_max;
      if (it->second.size() >= most) return session->channel->close(CloseReason::kTooMany);
      return it->second.push_back(begin);
    }
  }
  begin();
}

bool OfficeDoor::Inner::post(std::shared_ptr<Session> const& session, Urgency urgency,
                             std::function<OfficeAnswer()> const& answer) {
  return pool.post(urgency, [self = shared_from_this(), session, answer] {
    Duty duty(self, session);
    // Nobody is there to be told, and whatever was asked can be asked again.
    if (session->gone) return;
    auto said = answer();
    if (said.heavy) {
      if (self->post(session, Urgency::kBackground, said.heavy)) duty.handed_over();
      return;
    }
    duty.answered();
    self->say(session, std::move(said));
  });
}

void OfficeDoor::Inner::say(std::shared_ptr<Session> const& session, OfficeAnswer answer) {
  if (!answer.frame.empty()) session->channel->send(std::move(answer.frame));
  if (answer.close) return session->channel->finish(CloseReason::kRefused);
  session->channel->resume();
}

void OfficeDoor::Inner::pass_on(std::string const& who) {
  std::function<void()> next;
  {
    std::lock_guard const lock(mutex);
    auto const it = turns.find(who);
    if (it == turns.end()) return;
    if (it->second.empty()) {
      turns.erase(it);
      return;
    }
    next = std::move(it->second.front());
    it->second.pop_front();
  }
  next();
}

OfficeDoor::OfficeDoor(std::unique_ptr<OfficeDesk> desk, Options options)
    : inner_(std::make_shared<Inner>(std::move(desk), options)) {}

OfficeDoor::~OfficeDoor() { stop(); }

void OfficeDoor::accept(std::shared_ptr<Channel> const& channel) {
  auto const session = std::make_shared<Inner::Session>();
  session->channel = channel;
  session->of.peer = {channel->peer_spki_sha256(), channel->address(), channel->exporter(), channel->server_spki()};
  auto const& certificate = session->of.peer.certificate;
  session->who = certificate ? to_hex(certificate->view()) : session->of.peer.address;
  if (!inner_->enter(session)) return channel->close(CloseReason::kTooMany);
  if (session->of.peer.certificate) channel->set_frame_bytes_max(office_wire::kFrameBytesMax);
  channel->start([inner = inner_, session](Bytes frame) { inner->take(session, std::move(frame)); },
                 [inner = inner_, session](net::Closed const&) { inner->left(*session); });
}

void OfficeDoor::stop() {
  inner_->desk->stop();
  std::vector<std::shared_ptr<Channel>> channels;
  {
    std::lock_guard const lock(inner_->mutex);
    inner_->stopping = true;
    // What waits will not have its turn.
    for (auto& [who, waiting] : inner_->turns) waiting.clear();
    for (auto const& [key, session] : inner_->sessions) channels.push_back(session->channel);
  }
  for (auto const& channel : channels) channel->close(CloseReason::kShutdown);
  channels.clear();
  inner_->pool.stop();
  // Each of them ends on its own strand; none may be held here once their loop goes.
  std::unique_lock lock(inner_->mutex);
  inner_->emptied.wait_for(lock, kGoodbye, [this] { return inner_->sessions.empty(); });
  inner_->sessions.clear();
  inner_->turns.clear();
}

std::size_t OfficeDoor::sessions() const {
  std::lock_guard const lock(inner_->mutex);
  return inner_->sessions.size();
}

}  // namespace piaojue::server
