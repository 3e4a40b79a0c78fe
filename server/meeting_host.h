// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Core in a real program: the sessions of one meeting over net's channels, one strand that owns Core, commits on a
/// pool, another one for heavy work. Outputs leave when the group that they belong to is durable, and not before.
///
/// Whoever listens hands channels to it: one for a single room (host.h), many meetings side by side in a service
/// (service.h). It keeps itself alive as long as a channel, a commit or a job of it lives.
#include <atomic>
#include <deque>
#include <memory>
#include <unordered_map>

#include "base/sentence.h"
#include "base/work_pool.h"
#include "net/channel.h"
#include "server/core.h"
#include "server/limit_log.h"
#include "server/unsent.h"
#include "server/wire.h"

namespace piaojue::server {

/// Bytes of a candidate's file; nothing: they cannot be read. Called on any thread.
using ReadPiece = std::function<std::optional<Bytes>(Reading const&)>;

struct MeetingHostOptions {
  ReadPiece read_piece = {};
  /// While it is false nothing may be said to anybody: the meeting may be another node's. Nothing: always.
  std::function<bool()> may_speak = {};
  /// A group became durable, and how long the store took for it. Called on any thread.
  std::function<void(std::chrono::microseconds)> on_commit = {};
  /// Of one session, before it is held back: requests whose answers are not durable yet.
  std::size_t session_frames_max = 64;
  std::size_t session_bytes_max = 40U << 20;  ///< one frame of the largest size, and some
  /// Of what one session has not read yet, or is to be sent once it is durable, before no request is taken in whose
  /// answer may be long: a few pieces of a file, so that no piece is read for somebody who does not take it. What it
  /// sends itself is taken in, or a slow line would be cut off in the middle of a vote.
  std::size_t session_unsent_max = 1U << 20;
  std::size_t session_unsent_frames_max = 256;  ///< of these nothing more is taken in
  /// Of what all sessions together have not read yet. Beyond it whoever has most of his own waiting is closed.
  std::size_t unsent_max = 256U << 20;
};

/// The pools outlive what is posted to them.
struct MeetingPools {
  WorkPool& work;             ///< heavy work
  WorkPool& commits;          ///< one at a time of each meeting
  WorkPool& reads;            ///< of files and slips
  WorkPool::Owner owner = 0;  ///< as whom the meeting takes its turns on them
};

class MeetingHost : public std::enable_shared_from_this<MeetingHost> {
 public:
  /// Called on Core's strand.
  using OnNotice = std::function<void(Notice const&)>;
  /// The store failed, work was lost, or nothing may be said any more: nothing of it was acknowledged, and nothing will
  /// be. Once, from any thread; the sessions are closed.
  using OnFatal = std::function<void(Sentence const& reason)>;
  /// As Config wants it: a slip is read from the store ahead of the request that needs it, off the strand.
  class SlipsAhead;

  /// @param slips the one that `core` was configured with; nothing: its Config reads slips itself.
  static std::shared_ptr<MeetingHost> make(net::Loop& loop, MeetingHostOptions options, std::unique_ptr<Core> core,
                                           std::shared_ptr<Store> store, MeetingPools pools, OnNotice on_notice,
                                           OnFatal on_fatal, std::shared_ptr<SlipsAhead> slips = {});
  /// Work that a restart finds due.
  void begin();

  /// A connection for this meeting, not yet started. From any thread.
  void accept(std::shared_ptr<net::Channel> const& channel);
  /// A connection that went beyond a bound. From any thread.
  void refused_by_limit(std::string const& address, net::CloseReason reason);
  std::size_t sessions() const { return sessions_; }    ///< any thread
  std::size_t strangers() const { return strangers_; }  ///< of them, without a certificate
  /// Bytes that they have not read yet, and of requests that wait for that; any thread.
  std::size_t unsent() const { return unsent_.bytes() + held_bytes_; }

  /// Takes nothing in any more. What is being committed is waited for and still answered; then every session is closed
  /// and `done` is called, on the strand, once: no commit of this meeting runs then or later. Jobs may still run, for
  /// nothing. From any thread.
  void end(std::function<void()> done);

 private:
  using Clock = std::chrono::steady_clock;
  /// What a session has sent and was not answered yet. Added to by its channel, taken from by Core's strand.
  struct Load {
    std::atomic<std::size_t> frames{0};
    std::atomic<std::size_t> bytes{0};
    std::atomic<bool> paused{false};
  };
  struct Peer {
    std::shared_ptr<net::Channel> channel;
    std::shared_ptr<Load> load;
    PersonId enrols = 0;        ///< whom a stranger began to enrol
    std::deque<Bytes> waiting;  ///< a stranger's requests, the first of them for its slip
    unsigned slip_reads = 0;    ///< that are left
    std::deque<Bytes> held;     ///< requests that are not taken in before what was answered has been read
    std::size_t held_bytes = 0;
    std::size_t leaving = 0;  ///< bytes that the group which is being committed has for it
    bool shed = false;        ///< is being closed, for what it does not read
  };
  /// What a session gets credit for once a group is out.
  struct Taken {
    SessionId session = 0;
    std::size_t bytes = 0;
  };

  MeetingHost(net::Loop& loop, MeetingHostOptions options, std::unique_ptr<Core> core, std::shared_ptr<Store> store,
              MeetingPools pools, OnNotice on_notice, OnFatal on_fatal, std::shared_ptr<SlipsAhead> slips);
  bool over() const { return failed_ || ending_; }
  /// On the strand. What it throws is the end of this meeting here.
  void post(std::function<void(MeetingHost&)> task);
  // On the strand:
  void opened(SessionId id, Peer const& peer);
  void frame(SessionId id, Bytes bytes);
  bool has_room(SessionId id, Peer const& peer, ByteView request) const;
  void hold(Peer& peer, Bytes bytes);
  Bytes take_held(Peer& peer);
  void wait_for_room(SessionId id, Peer& peer);
  void go_on(SessionId id);
  void go_on_later(SessionId id);
  void handle(SessionId id, Bytes const& bytes);
  void resume_if_light(Peer& peer);
  void shed();
  void with_slip(SessionId id, Bytes const& bytes);
  void next_with_slip(SessionId id);
  void answer_next(SessionId id, PersonId person, Explained<std::optional<Bytes>> const& row);
  void take_in(SessionId id, Bytes const& bytes);
  void credit(Taken const& taken);
  void closed(SessionId id);
  void wake_later();
  void start_jobs();
  void read_pieces();
  void pump();
  void begin_commit(CommitGroup group);
  /// @param before when it was first begun, if somebody was in its way then.
  void commit(std::shared_ptr<CommitGroup> const& group, std::optional<Clock::time_point> before);
  void committed(std::vector<Output> const& outputs);
  void send(std::vector<Output> const& outputs);
  void finish_ending();
  // On any thread: nothing more is taken in or sent.
  void fail(Sentence const& reason);
  void not_committed(Explanation const& why);

  MeetingHostOptions const options_;
  std::unique_ptr<Core> core_;
  std::shared_ptr<Store> const store_;
  MeetingPools const pools_;
  OnNotice const on_notice_;
  OnFatal const on_fatal_;
  std::shared_ptr<SlipsAhead> const slips_;
  net::Strand strand_;
  std::unordered_map<SessionId, Peer> peers_;
  std::atomic<SessionId> last_session_{0};
  std::atomic<std::size_t> sessions_{0}, strangers_{0};
  std::vector<Taken> taken_;         ///< since the last group
  std::vector<Taken> taken_before_;  ///< of the group that is being committed
  bool committing_ = false;
  LimitLog limit_log_;
  Unsent unsent_;
  std::atomic<std::size_t> held_bytes_{0};
  net::Timer timer_;  ///< for what waits for time to pass
  std::atomic<bool> failed_{false};
  std::atomic<bool> ending_{false};
  std::vector<std::function<void()>> when_ended_;
};

/// Rows of slips that were read for the requests that are being answered. Filled and asked on the meeting's strand.
class MeetingHost::SlipsAhead {
 public:
  using Read = Explained<std::optional<Bytes>>;
  /// For Config::slip_of.
  Read of(PersonId person) const;

 private:
  friend class MeetingHost;
  /// The one that is being answered.
  std::optional<std::pair<PersonId, Read>> row_;
};

}  // namespace piaojue::server
