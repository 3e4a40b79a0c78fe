// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Core in a real program: sessions over net's channels, one strand that owns Core, one thread that commits, a pool for
/// heavy work. Outputs leave when the group that they belong to is durable, and not before.
#include <atomic>
#include <thread>
#include <unordered_map>

#include "base/sentence.h"
#include "base/work_pool.h"
#include "net/channel.h"
#include "server/core.h"
#include "server/settings.h"

namespace piaojue::server {

/// Bytes of a candidate's file; nothing: they cannot be read. Called on any thread.
using ReadPiece = std::function<std::optional<Bytes>(Reading const&)>;

struct HostOptions {
  Settings settings;
  ReadPiece read_piece = {};
  unsigned loop_threads = 2;  ///< TLS and Core
  /// Of one session, before it is held back: requests whose answers are not durable yet.
  std::size_t session_frames_max = 64;
  std::size_t session_bytes_max = 40U << 20;  ///< one frame of the largest size, and some
};

class Host {
 public:
  /// Called on Core's strand.
  using OnNotice = std::function<void(Notice const&)>;
  /// The store failed, or work was lost: nothing of it was acknowledged, and nothing will be. Once, from any thread.
  using OnFatal = std::function<void(Sentence const& reason)>;

  /// Listens and serves. `store`, `pool` outlive the host. @return as net::Listener::listen.
  [[nodiscard]] static Result<std::unique_ptr<Host>> start(HostOptions options, std::unique_ptr<Core> core,
                                                           Store& store, WorkPool& pool, net::TlsContext tls,
                                                           OnNotice on_notice, OnFatal on_fatal);
  ~Host();  ///< stops
  Host(Host const&) = delete;
  Host& operator=(Host const&) = delete;

  std::uint16_t port() const;
  /// No new connections; closes the others; waits for the commit and the jobs that run (a token key source that refuses
  /// from now on makes that short). What was not committed was not answered.
  void stop();

 private:
  /// What a session has sent and was not answered yet. Added to by its channel, taken from by Core's strand.
  struct Load {
    std::atomic<std::size_t> frames{0};
    std::atomic<std::size_t> bytes{0};
    std::atomic<bool> paused{false};
  };
  struct Peer {
    std::shared_ptr<net::Channel> channel;
    std::shared_ptr<Load> load;
  };
  /// What a session gets credit for once a group is out.
  struct Taken {
    SessionId session = 0;
    std::size_t bytes = 0;
  };

  Host(HostOptions options, std::unique_ptr<Core> core, Store& store, WorkPool& pool, OnNotice on_notice,
       OnFatal on_fatal);
  void accept(std::shared_ptr<net::Channel> const& channel);
  // On the strand:
  void opened(SessionId id, Peer const& peer);
  void frame(SessionId id, Bytes const& bytes);
  void credit(Taken const& taken);
  void closed(SessionId id);
  void refused_by_limit(std::string const& address, net::CloseReason reason);
  void wake_later();
  void read_pieces();
  void pump();
  void begin_commit(CommitGroup group);
  void committed(std::vector<Output> const& outputs);
  void send(std::vector<Output> const& outputs);
  // On the writer's thread:
  void write();
  // On any thread: nothing more is taken in or sent.
  void fail(Sentence const& reason);

  HostOptions options_;
  std::unique_ptr<Core> core_;
  Store& store_;
  WorkPool& pool_;
  OnNotice on_notice_;
  OnFatal on_fatal_;
  net::Loop loop_;
  net::Strand strand_;
  std::shared_ptr<net::Listener> listener_;
  std::unordered_map<SessionId, Peer> peers_;
  std::atomic<SessionId> last_session_{0};
  std::vector<Taken> taken_;         ///< since the last group
  std::vector<Taken> taken_before_;  ///< of the group that is being committed
  bool committing_ = false;
  LimitLog limit_log_;
  net::Timer timer_;  ///< for what waits for time to pass
  std::atomic<bool> failed_{false};
  std::atomic<bool> stopping_{false};

  std::mutex writer_mutex_;
  std::condition_variable writer_wake_;
  std::optional<CommitGroup> to_write_;
  bool writer_stops_ = false;
  std::thread writer_;
};

}  // namespace piaojue::server
