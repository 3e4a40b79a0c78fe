// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The server without sockets, disk, threads or clock: sessions and frames go in, groups of durable writes with the
/// frames that may leave after them come out. Single-threaded; the host calls everything on one strand.
///
///     on_frame / open / closed / finish_job …      change Core's memory, which may run ahead of the disk
///     while (core.has_group()) {
///       group = core.take_group();
///       store.commit(group.writes)   fails: say so, send nothing, end the program
///       send(group.outputs)          in order
///     }
///     for (job : core.take_jobs()) { on any thread: job.run(); on the strand: core.finish_job(job.id); }
///     for (reading : core.take_readings()) { on any thread: read it; on the strand: core.finish_reading(…); }
///
/// What arrives while a commit runs goes into the next group: that is the whole of group commit. Nothing leaves before
/// the group that it came with is durable, so a client never knows what a restarted server does not.
/// Restart: `recover` takes the stored entries through the same path as live ones.
///
/// Core hands each request to the part whose it is, and each entry that the log has taken in to those that it changes:
/// draft · enrolments · enrolling · sessions · log_feed · cosignatures · proposals · own_halves · delivery · mix_chain
/// · countdown · trustee_seat, and those that stand on them: payloads · log_writer · incidents · holds · key_changes ·
/// relays · submissions · own_work · attachments. Each has state of its own that no other can touch; all of them put
/// what is to be written and sent into one outbox.
#include <memory>

#include "server/attachments.h"
#include "server/config.h"
#include "server/enrolling.h"
#include "server/job.h"
#include "server/notice.h"
#include "server/outbox.h"

namespace piaojue::server {

class Core {
 public:
  /// @param contents of the store, with at least the draft (`write_draft`).
  /// @return kStorage: no draft, or rows that do not belong together. kLogInconsistent: a stored entry does not apply.
  [[nodiscard]] static Result<std::unique_ptr<Core>> recover(Config config, Contents const& contents);
  ~Core();

  /// Who shows no certificate may enrol only. A second session of a person replaces the first.
  void open(SessionId session, Peer peer);
  void on_frame(SessionId session, ByteView frame);
  /// The connection is gone. Also after a Close output, once the host has closed it; unknown ids are ignored.
  void closed(SessionId session);

  bool has_group() const;
  /// What the next group has for that session, in bytes.
  std::size_t bytes_for(SessionId session) const;
  CommitGroup take_group();

  /// What is due and not running yet. Call after each change, and after `look_again`.
  std::vector<Job> take_jobs();
  /// Time has passed: what waited for it may be due (`trustee_status().protest`).
  void look_again();
  void finish_job(JobId id);
  /// What is due waits for something that is not known yet: call `look_again` in so many milliseconds.
  std::optional<std::uint64_t> look_wanted_in_ms() const;

  /// What is to be read for somebody now. Call after each change, and when `readings_wanted_in_ms` is over.
  std::vector<Reading> take_readings();
  /// @param bytes nothing: it could not be read.
  void finish_reading(ReadingId id, std::optional<Bytes> bytes);
  std::optional<std::uint64_t> readings_wanted_in_ms() const;

  std::vector<Notice> take_notices();

  meeting::Record const& record() const;
  meeting::Witnesses const& witnesses() const;
  /// State of trustee 0, for the status command and the log.
  trustee::Trustee::Status trustee_status() const;
  /// Who may give a half back without which this server can not go on after a restart; nobody: it can.
  std::vector<PersonId> awaited_holders() const;
  /// Of a verified certificate: the person, if this certificate is (or is about to become) that person's.
  std::optional<PersonId> person_of(Hash const& spki) const;

 private:
  class Parts;
  explicit Core(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace piaojue::server
