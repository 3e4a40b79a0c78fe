// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Everything that one person's program does in a meeting, without sockets, disk, threads or clock. Single-threaded:
/// the host calls everything on one strand.
///
///     connected / disconnected / on_frame / command / tick / finish_job      change the session
///     then, after each:
///       for (line  : take_events()) print(line)               or take_said, with a page beside the console
///       for (frame : take_frames()) channel.send(frame)       only while connected
///       for (job   : take_jobs())   on any thread: job.run(); on the strand: finish_job(job.id)
///       if (fatal()) say so and end: the wallet failed, nothing may be sent any more
///
/// `take_frames` hands out nothing before the wallet holds durably what it rests on. Restart after a crash at any
/// instant: a new Session over the same wallet; it re-reads its log, asks again for what was not answered, and goes on
/// where the log stands. Commands and events: docs/client-door.md.
///
/// It follows the log by its own state machine, recomputes every root, cosigns (specification §4.3), fetches tokens
/// when BatchOpen is witnessed, casts, checks the whole box, confirms, hosts a trustee while this person holds a slot,
/// and holds halves for others. A contradiction in the log stops all of it for good: evidence is kept, an event says
/// so, nothing is signed any more.
#include <memory>
#include <string_view>
#include <vector>

#include "base/sentence.h"
#include "client/session/limits.h"
#include "client/session/material_cache.h"
#include "client/session/outputs.h"
#include "client/wallet/identity.h"
#include "protocol/meeting/record.h"
#include "protocol/meeting/slip.h"
#include "protocol/trustee/trustee.h"

namespace piaojue::client {

struct SessionConfig {
  Profile profile;
  Keys keys;
  trustee::TokenKeySource token_keys;  ///< for a trustee
  ParallelFor parallel;                ///< for the ballots of a box, inside a job
  /// Writes a record for the command `export FILE`. @return kStorage.
  std::function<Result<void>(std::string const& path, ByteView record)> write_file;
  Lang lang = Lang::kZh;        ///< of sentences for people
  std::uint32_t lookahead = 2;  ///< batches for which a trustee makes keys ahead
  SessionLimits limits;
  MaterialCache* materials = nullptr;  ///< nothing: no files are shown here; otherwise it outlives the session
};

class Session {
 public:
  /// @param wallet must outlive the session.
  /// @return kStorage: the wallet can not be read. kLogInconsistent: its own journal does not apply.
  [[nodiscard]] static Result<std::unique_ptr<Session>> open(SessionConfig config, Wallet& wallet);
  ~Session();
  Session(Session const&) = delete;
  Session& operator=(Session const&) = delete;

  // ---- In
  void connected();
  void disconnected();
  void on_frame(ByteView frame);
  /// One line of the door. Gives exactly one "reply" event, now or when the server has answered.
  void command(std::string_view line, Asker asker = kConsole);
  /// A page is gone: it is told nothing any more.
  void leave(Asker asker);
  /// @param now_ms of a clock that only goes forward. @param posix_s for cosignatures. Call at least once a second.
  void tick(std::uint64_t now_ms, std::uint64_t posix_s);
  void finish_job(JobId id);

  // ---- Out
  std::vector<Bytes> take_frames();
  std::vector<Said> take_said();
  std::vector<std::string> take_events();  ///< the same, as the console gets it; what was for others is dropped
  std::vector<Job> take_jobs();
  /// Something is to be said that only waits for the clock: `tick` is wanted in so many milliseconds.
  std::optional<std::uint64_t> tick_wanted() const;
  /// The wallet failed: in words.
  std::optional<std::string> const& fatal() const;
  /// The log contradicts itself (LOG_SPLIT, LOG_INCONSISTENT): the session has stopped acting.
  std::optional<Refusal> const& halted() const;
  bool wants_quit() const;  ///< `quit` was said
  /// Another node serves the meeting: the host goes there, under the same pin and certificate. Nothing rests on who
  /// says so. Said before any Welcome of a connection, and its last word.
  std::optional<meeting::SlipAddress> take_moved();
  /// A Welcome has come, so this is the right place; it names where else the meeting may be reached.
  std::optional<std::vector<meeting::SlipAddress>> take_addresses();
  bool wants_reconnect() const;  ///< the server sent what no server sends; cleared by `disconnected`

  // ---- To look at
  meeting::Record const& record() const;
  meeting::Witnesses const& witnesses() const;
  PersonId person() const;
  /// The record file (specification §5) up to the newest checkpoint, from this person's own log.
  Bytes export_record() const;

 private:
  class Parts;
  explicit Session(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

/// What `piaojue export` does without a session: replays a wallet's journal and writes the record file.
struct Exported {
  Bytes record;
  std::uint64_t entries = 0;
  Hash head;            ///< root over all that was written
  bool closed = false;  ///< MeetingClose is in it: `head` is what stands on paper
};
/// @return kLogInconsistent: the journal does not apply. kWrongPhase: no checkpoint yet.
[[nodiscard]] Result<Exported> export_journal(Wallet& wallet);

/// "3f2a 90c1 …": sixteen groups of four, as people compare it.
std::string group_of_four(Hash const& hash);

}  // namespace piaojue::client
