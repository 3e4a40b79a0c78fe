// SPDX-License-Identifier: Apache-2.0
#include "server/meeting_host.h"

#include "server/clock.h"
#include "strings/server.h"
#include "strings/service.h"

namespace piaojue::server {
namespace {

/// Core allows five tries of two requests each.
constexpr unsigned kSlipReadsMax = 12;
/// Of one certificate at a time: the one that Core keeps, and some that are on their way out.
constexpr int kSessionsOfOneMax = 6;

net::CloseReason reason_of(Close close) {
  switch (close) {
    case Close::kReplaced:
      return net::CloseReason::kReplaced;
    case Close::kRefused:
      return net::CloseReason::kRefused;
    case Close::kMalformed:
      return net::CloseReason::kFrameMalformed;
    case Close::kTooLarge:
      return net::CloseReason::kFrameTooLarge;
    case Close::kTooMany:
      return net::CloseReason::kTooMany;
  }
  return net::CloseReason::kInternal;
}

/// The connection went beyond a bound of specification §9.4 or of the settings.
bool is_limit(net::CloseReason reason) {
  switch (reason) {
    case net::CloseReason::kHandshakeTimeout:
    case net::CloseReason::kStrangerTimeout:
    case net::CloseReason::kFrameTimeout:
    case net::CloseReason::kFrameTooLarge:
    case net::CloseReason::kSendOverflow:
    case net::CloseReason::kRateLimit:
    case net::CloseReason::kTooMany:
      return true;
    default:
      return false;
  }
}

}  // namespace

MeetingHost::SlipsAhead::Read MeetingHost::SlipsAhead::of(PersonId person) const {
  // A request that names another meeting asks for nobody, and nobody has no slip.
  if (!row_ || row_->first != person) return std::optional<Bytes>();
  return row_->second;
}

MeetingHost::MeetingHost(net::Loop& loop, MeetingHostOptions options, std::unique_ptr<Core> core,
                         std::shared_ptr<Store> store, MeetingPools pools, OnNotice on_notice, OnFatal on_fatal,
                         std::shared_ptr<SlipsAhead> slips)
    : options_(std::move(options)),
      core_(std::move(core)),
      store_(std::move(store)),
      pools_(pools),
      on_notice_(std::move(on_notice)),
      on_fatal_(std::move(on_fatal)),
      slips_(std::move(slips)),
      strand_(loop.io()),
      timer_(strand_) {}

std::shared_ptr<MeetingHost> MeetingHost::make(net::Loop& loop, MeetingHostOptions options, std::unique_ptr<Core> core,
                                               std::shared_ptr<Store> store, MeetingPools pools, OnNotice on_notice,
                                               OnFatal on_fatal, std::shared_ptr<SlipsAhead> slips) {
  return std::shared_ptr<MeetingHost>(new MeetingHost(loop, std::move(options), std::move(core), std::move(store),
                                                      pools, std::move(on_notice), std::move(on_fatal),
                                                      std::move(slips)));
}

void MeetingHost::begin() {
  post([](MeetingHost& self) { self.pump(); });
}

void MeetingHost::post(std::function<void(MeetingHost&)> task) {
  strand_.post([self = shared_from_this(), task = std::move(task)] {
    // What Core throws over one request is the end of this meeting here, and of nothing else.
    try {
      task(*self);
    } catch (std::exception const& thrown) {
      self->fail(Sentence(strings::server::kRunWorkFailed, {{"reason", std::string(thrown.what())}}));
    }
  });
}

// ==================================================================================================== Sessions

void MeetingHost::accept(std::shared_ptr<net::Channel> const& channel) {
  auto const self = shared_from_this();
  auto const id = ++last_session_;
  bool const stranger = !channel->peer_spki_sha256();
  ++sessions_;
  if (stranger) ++strangers_;
  Peer const peer{channel, std::make_shared<Load>(), 0, {}, kSlipReadsMax, {}, 0, 0, false};
  if (!stranger) channel->set_frame_bytes_max(kFrameBytesAtFirst);
  post([id, peer](MeetingHost& host) { host.opened(id, peer); });
  std::weak_ptr<net::Channel> const weak = channel;
  channel->start(
      [self, id, weak, load = peer.load](Bytes bytes) {
        auto const frames = ++load->frames;
        auto const total = load->bytes += bytes.size();
        // In this order, and before the frame is handed on: the credit for it, which undoes this, can only come after.
        if (frames >= self->options_.session_frames_max || total >= self->options_.session_bytes_max) {
          if (auto const paused = weak.lock()) paused->pause();
          load->paused = true;
        }
        self->post([id, bytes = std::move(bytes)](MeetingHost& host) mutable { host.frame(id, std::move(bytes)); });
      },
      [self, id, stranger, address = channel->address()](net::Closed const& why) {
        --self->sessions_;
        if (stranger) --self->strangers_;
        self->refused_by_limit(address, why.reason);
        self->post([id](MeetingHost& host) { host.closed(id); });
      });
}

void MeetingHost::opened(SessionId id, Peer const& peer) {
  if (over()) return peer.channel->close(net::CloseReason::kShutdown);
  auto const& channel = *peer.channel;
  if (auto const certificate = channel.peer_spki_sha256()) {
    auto const same = std::ranges::count_if(
        peers_, [&](auto const& one) { return one.second.channel->peer_spki_sha256() == certificate; });
    if (same >= kSessionsOfOneMax) return peer.channel->close(net::CloseReason::kTooMany);
  }
  peers_[id] = peer;
  core_->open(id, {channel.peer_spki_sha256(), channel.address(), channel.exporter(), channel.server_spki()});
  pump();
}

void MeetingHost::frame(SessionId id, Bytes bytes) {
  auto const it = peers_.find(id);
  if (it == peers_.end() || over()) return;
  auto& peer = it->second;
  // What it sends itself overtakes what may be answered long, and nothing else.
  bool const next = peer.held.empty() || (!wire::wants_much(bytes) && std::ranges::all_of(peer.held, wire::wants_much));
  if (next && has_room(id, peer, bytes)) return handle(id, bytes);
  // What is held counts for the session's bounds: there, and not before, its channel is not read any more.
  hold(peer, std::move(bytes));
  if (peer.held.size() == 1) wait_for_room(id, peer);
  shed();
}

bool MeetingHost::has_room(SessionId id, Peer const& peer, ByteView request) const {
  auto const waiting = peer.channel->waiting();
  if (waiting.frames > options_.session_unsent_frames_max) return false;
  return waiting.bytes + peer.leaving + core_->bytes_for(id) <= options_.session_unsent_max ||
         !wire::wants_much(request);
}

void MeetingHost::hold(Peer& peer, Bytes bytes) {
  peer.held_bytes += bytes.size();
  held_bytes_ += bytes.size();
  peer.held.push_back(std::move(bytes));
}

Bytes MeetingHost::take_held(Peer& peer) {
  auto bytes = std::move(peer.held.front());
  peer.held.pop_front();
  peer.held_bytes -= bytes.size();
  held_bytes_ -= bytes.size();
  return bytes;
}

/// What waits for a commit is seen again by `send`.
void MeetingHost::wait_for_room(SessionId id, Peer& peer) {
  auto const waiting = peer.channel->waiting();
  if (waiting.frames <= options_.session_unsent_frames_max && waiting.bytes <= options_.session_unsent_max &&
      peer.leaving + core_->bytes_for(id) > 0) {
    return;
  }
  auto const go_on = [weak = weak_from_this(), id] {
    if (auto const self = weak.lock()) self->go_on_later(id);
  };
  peer.channel->when_drained(options_.session_unsent_frames_max, options_.session_unsent_max, go_on);
}

void MeetingHost::go_on_later(SessionId id) {
  post([id](MeetingHost& host) { host.go_on(id); });
}

void MeetingHost::go_on(SessionId id) {
  for (;;) {
    auto const it = peers_.find(id);
    if (it == peers_.end() || over()) return;
    auto& peer = it->second;
    if (peer.held.empty()) return resume_if_light(peer);
    if (!has_room(id, peer, peer.held.front())) return wait_for_room(id, peer);
    handle(id, take_held(peer));
  }
}

void MeetingHost::handle(SessionId id, Bytes const& bytes) {
  if (slips_ && !peers_.at(id).channel->peer_spki_sha256()) return with_slip(id, bytes);
  take_in(id, bytes);
}

/// A stranger's request, once the slip that it rests on has been read. Of one session one after the other, and of each
/// a few more than Core allows tries: the database is not asked by whoever likes to ask it.
void MeetingHost::with_slip(SessionId id, Bytes const& bytes) {
  auto& peer = peers_.at(id);
  peer.waiting.push_back(bytes);
  if (peer.waiting.size() == 1) next_with_slip(id);
}

void MeetingHost::next_with_slip(SessionId id) {
  auto const it = peers_.find(id);
  if (it == peers_.end() || it->second.waiting.empty() || over()) return;
  auto& peer = it->second;
  auto const request = wire::parse_request(peer.waiting.front());
  bool const enrolling = request && request->enrolment;
  if (enrolling && peer.slip_reads-- == 0) return peer.channel->close(net::CloseReason::kTooMany);
  if (!enrolling) return answer_next(id, 0, std::optional<Bytes>());
  if (auto const* start = std::get_if<wire::EnrolStart>(&request->what)) peer.enrols = start->person;
  // The same read for everybody, whether there is a slip or not, so that time tells nothing.
  auto const read = [self = shared_from_this(), id, person = peer.enrols] {
    SlipsAhead::Read row = Explanation(strings::server::kRunWorkLost);
    try {
      row = self->store_->slip(person);
    } catch (std::exception const& thrown) {
      row = Explanation(Sentence(strings::server::kRunWorkFailed, {{"reason", std::string(thrown.what())}}));
    }
    self->post([id, person, row = std::move(row)](MeetingHost& host) { host.answer_next(id, person, row); });
  };
  if (!pools_.reads.post(Urgency::kUrgent, read, pools_.owner)) peer.channel->close(net::CloseReason::kTooMany);
}

void MeetingHost::answer_next(SessionId id, PersonId person, SlipsAhead::Read const& row) {
  auto const it = peers_.find(id);
  if (it == peers_.end() || over()) return;
  auto const bytes = std::move(it->second.waiting.front());
  it->second.waiting.pop_front();
  slips_->row_.emplace(person, row);
  take_in(id, bytes);
  slips_->row_.reset();
  next_with_slip(id);
}

void MeetingHost::take_in(SessionId id, Bytes const& bytes) {
  taken_.push_back({id, bytes.size()});
  core_->on_frame(id, bytes);
  pump();
}

void MeetingHost::credit(Taken const& taken) {
  auto const it = peers_.find(taken.session);
  if (it == peers_.end()) return;
  auto& load = *it->second.load;
  --load.frames;
  load.bytes -= taken.bytes;
  resume_if_light(it->second);
}

void MeetingHost::resume_if_light(Peer& peer) {
  auto& load = *peer.load;
  if (load.frames < options_.session_frames_max / 2 && load.bytes < options_.session_bytes_max / 2 &&
      load.paused.exchange(false)) {
    peer.channel->resume();
  }
}

void MeetingHost::closed(SessionId id) {
  auto const peer = peers_.extract(id);
  if (peer.empty()) return;
  held_bytes_ -= peer.mapped().held_bytes;
  if (over()) return;
  core_->closed(id);
  pump();
}

void MeetingHost::refused_by_limit(std::string const& address, net::CloseReason reason) {
  if (!is_limit(reason)) return;
  post([address](MeetingHost& host) {
    if (host.limit_log_.is_due(address, now_ms())) host.on_notice_({Event::kLimit, {}, 0, address});
  });
}

// ==================================================================================================== Core

void MeetingHost::wake_later() {
  auto wanted = core_->readings_wanted_in_ms();
  auto const protest = core_->trustee_status().protest;
  if (protest && protest->left_ms > 0) wanted = std::min(wanted.value_or(protest->left_ms), protest->left_ms);
  if (auto const look = core_->look_wanted_in_ms()) wanted = std::min(wanted.value_or(*look), *look);
  if (!wanted) return timer_.cancel();
  // Not what keeps this alive: it goes with the last channel and job.
  timer_.after(net::Milliseconds(*wanted), [weak = weak_from_this()] {
    auto const self = weak.lock();
    if (!self) return;
    self->post([](MeetingHost& host) {
      if (host.over()) return;
      host.core_->look_again();
      host.pump();
    });
  });
}

void MeetingHost::read_pieces() {
  for (auto const& reading : core_->take_readings()) {
    auto const give = [self = shared_from_this(), id = reading.id](std::optional<Bytes> bytes) {
      self->post([id, bytes = std::move(bytes)](MeetingHost& host) {
        if (host.over()) return;
        host.core_->finish_reading(id, bytes);
        host.pump();
      });
    };
    auto const read = [self = shared_from_this(), reading, give] {
      std::optional<Bytes> piece;
      try {
        piece = self->options_.read_piece(reading);
      } catch (std::exception const&) {
        // As one that is not there: its place among the readings is free again.
      }
      give(std::move(piece));
    };
    if (!options_.read_piece || !pools_.reads.post(Urgency::kUrgent, read, pools_.owner)) give(std::nullopt);
  }
}

void MeetingHost::start_jobs() {
  for (auto& job : core_->take_jobs()) {
    auto const urgency = job.can_wait() ? Urgency::kBackground : Urgency::kUrgent;
    auto work = [self = shared_from_this(), id = job.id, run = std::move(job.run)] {
      try {
        run();
      } catch (std::exception const& thrown) {
        return self->fail(Sentence(strings::server::kRunWorkFailed, {{"reason", std::string(thrown.what())}}));
      }
      self->post([id](MeetingHost& host) {
        if (host.over()) return;
        host.core_->finish_job(id);
        host.pump();
      });
    };
    // Core hands out each duty once: one that is lost would stall the meeting.
    if (!pools_.work.post(urgency, std::move(work), pools_.owner)) return fail(strings::server::kRunWorkLost);
  }
}

void MeetingHost::pump() {
  if (over()) return;
  start_jobs();
  read_pieces();
  for (auto const& notice : core_->take_notices()) on_notice_(notice);
  while (!committing_ && !over() && core_->has_group()) {
    auto group = core_->take_group();
    taken_before_ = std::exchange(taken_, {});
    if (group.writes.empty()) {
      // Nothing before it is on its way to the disk either.
      send(group.outputs);
    } else {
      begin_commit(std::move(group));
    }
  }
  if (!over()) wake_later();
}

void MeetingHost::begin_commit(CommitGroup group) {
  committing_ = true;
  for (auto const& output : group.outputs) {
    auto const* frame = std::get_if<Frame>(&output.what);
    auto const it = peers_.find(output.session);
    if (frame != nullptr && it != peers_.end()) it->second.leaving += (*frame)->size();
  }
  commit(std::make_shared<CommitGroup>(std::move(group)), {});
}

void MeetingHost::commit(std::shared_ptr<CommitGroup> const& group, std::optional<Clock::time_point> before) {
  auto const job = [self = shared_from_this(), group, before] {
    auto const begun = before.value_or(Clock::now());
    Explained<void> done;
    try {
      done = self->store_->commit(group->writes);
    } catch (std::exception const& thrown) {
      done = Explanation(Sentence(strings::server::kRunWorkFailed, {{"reason", std::string(thrown.what())}}));
    }
    // Behind the other meetings' commits, which do not wait for what this one waits for.
    if (!done && done.error().code == Refusal::kBusy) return self->commit(group, begun);
    if (!done) return self->not_committed(done.error());
    if (self->options_.on_commit) {
      auto const took = Clock::now() - begun;
      self->options_.on_commit(std::chrono::duration_cast<std::chrono::microseconds>(took));
    }
    self->post([group](MeetingHost& host) { host.committed(group->outputs); });
  };
  if (!pools_.commits.post(Urgency::kUrgent, job, pools_.owner))
    not_committed(Explanation(strings::server::kRunWorkLost));
}

void MeetingHost::not_committed(Explanation const& why) {
  fail(Sentence(strings::server::kRunCommitFailed, {{"reason", why.what}}));
  post([](MeetingHost& host) {
    host.committing_ = false;
    host.finish_ending();
  });
}

void MeetingHost::committed(std::vector<Output> const& outputs) {
  committing_ = false;
  for (auto& [id, peer] : peers_) peer.leaving = 0;
  send(outputs);
  finish_ending();
  pump();
}

void MeetingHost::send(std::vector<Output> const& outputs) {
  // What is durable is so for whoever serves the meeting now; to say it is for him alone.
  if (options_.may_speak && !options_.may_speak()) return fail(strings::service::kServeNotAlive);
  for (auto const& output : outputs) {
    auto const it = peers_.find(output.session);
    if (it == peers_.end()) continue;
    auto& channel = *it->second.channel;
    if (auto const* bytes = std::get_if<Frame>(&output.what)) {
      channel.send(unsent_.counted(*bytes));
    } else if (auto const* limit = std::get_if<FrameLimit>(&output.what)) {
      channel.set_frame_bytes_max(limit->bytes_max);
    } else {
      channel.finish(reason_of(std::get<Close>(output.what)));
    }
  }
  for (auto const& taken : std::exchange(taken_before_, {})) credit(taken);
  for (auto& [id, peer] : peers_) {
    if (!peer.held.empty()) go_on_later(id);
  }
  shed();
}

/// Counts as gone what goes with those who are being closed: the frame that is on its way to them goes last.
void MeetingHost::shed() {
  while (unsent() > options_.unsent_max) {
    auto held = unsent();
    Peer* most = nullptr;
    net::Channel::Waiting has;
    for (auto& [id, peer] : peers_) {
      auto waiting = peer.channel->waiting();
      waiting.alone += peer.held_bytes;
      waiting.bytes += peer.held_bytes;
      if (peer.shed) {
        held -= std::min(held, waiting.alone);
        continue;
      }
      // A log that half a hall is being sent is held once, and nobody's own.
      if (std::pair(waiting.alone, waiting.bytes) <= std::pair(has.alone, has.bytes)) continue;
      most = &peer;
      has = waiting;
    }
    if (held <= options_.unsent_max || most == nullptr) return;
    most->shed = true;
    most->channel->close(net::CloseReason::kSendOverflow, "unread together");
    // Of what others hold as well nothing may have gone with him: they are looked at again when more is sent.
    if (has.alone == 0) return;
  }
}

// ==================================================================================================== The end

void MeetingHost::fail(Sentence const& reason) {
  if (failed_.exchange(true)) return;
  on_fatal_(reason);
  post([](MeetingHost& host) {
    for (auto& [id, peer] : host.peers_) peer.channel->close(net::CloseReason::kShutdown);
    host.timer_.cancel();
  });
}

void MeetingHost::end(std::function<void()> done) {
  ending_ = true;
  post([done = std::move(done)](MeetingHost& host) {
    host.when_ended_.push_back(done);
    host.finish_ending();
  });
}

void MeetingHost::finish_ending() {
  if (!ending_ || committing_) return;
  timer_.cancel();
  for (auto& [id, peer] : peers_) peer.channel->finish(net::CloseReason::kShutdown);
  for (auto const& done : std::exchange(when_ended_, {})) done();
}

}  // namespace piaojue::server
