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
///
/// What arrives while a commit runs goes into the next group: that is the whole of group commit. Nothing leaves before
/// the group that it came with is durable, so a client never knows what a restarted server does not.
/// Restart: `recover` takes the stored entries through the same path as live ones.
#include <functional>
#include <memory>
#include <string>
#include <variant>

#include "protocol/meeting/record.h"
#include "protocol/trustee/trustee.h"
#include "store/store.h"

namespace piaojue::server {

using crypto::Hash;
using meeting::PersonId;
using meeting::QuestionId;
using meeting::TrusteeId;
using store::Contents;
using store::key_of;
using store::Rows;
using store::Store;
using store::Table;
using store::Write;
using store::Writes;

using SessionId = std::uint64_t;
using JobId = std::uint64_t;

/// Why a session is to be closed; what was output for it before is sent first.
enum class Close : std::uint8_t {
  kReplaced,   ///< the same person connected again, or has a new key
  kRefused,    ///< may not be here: unknown certificate, too many wrong codes, no certificate but another request
  kMalformed,  ///< sent what is no ClientFrame
  kTooMany,    ///< Limits::sessions_max
};

using Frame = std::shared_ptr<Bytes const>;  ///< an encoded ServerFrame, shared between sessions
struct Output {
  SessionId session = 0;
  std::variant<Frame, Close> what;
};

struct CommitGroup {
  Writes writes;
  std::vector<Output> outputs;
};

/// Heavy work that touches only what it captured.
struct Job {
  JobId id = 0;
  std::string name;  ///< "keys/1/1", "box/1/1": for logs only
  std::function<void()> run;
  bool background = false;  ///< keys for later batches: minutes of work that must not stand before an expert's token
};

/// For the operator's log. Holds counts and phases; never a person, a request or a value.
struct Notice {
  std::string event;   ///< "meeting_open", "batch_phase", "enrolled", "throttled", "trustee_refusal", …
  std::string detail;  ///< such as "voting"
  std::uint64_t number = 0;
};

struct Limits {
  std::size_t sessions_max = 512;
  std::size_t strangers_max = 128;  ///< of these, without a certificate: whoever is enrolled always finds a place
  std::size_t proposals_max = 64;
  std::size_t proposals_per_person_max = 8;
  std::size_t proposal_bytes_max = 32U << 20;  ///< of all outstanding proposals
  std::size_t push_bytes = 1U << 20;           ///< of entries in one LogPush, or one entry if that is larger
  std::uint32_t wrong_codes_per_session = 5;
  std::uint32_t wrong_codes_burst = 40;  ///< of all sessions; one is forgiven every `wrong_code_ms`
  std::uint64_t wrong_code_ms = 2'000;
};

/// A certificate made for the key of a request.
struct IssuedCertificate {
  std::string certificate_pem;
  std::string authority_pem;
  Hash spki;  ///< SHA-256 of the SubjectPublicKeyInfo: how the person is known when it connects
};

/// What Core is given. Only `server_key`, `checkpoint_key` and `seal_key` are secrets.
struct Config {
  crypto::SigningKey server_key;
  crypto::SigningKey checkpoint_key;
  Secret seal_key;  ///< crypto::kSealKeyBytes: seals trustee 0's state and the clients' keys in the store
  trustee::TokenKeySource token_keys;
  /// @return kMalformed, kBadSignature, kKeyParam: what the request is refused with.
  std::function<Result<IssuedCertificate>(ByteView csr_pem, PersonId person)> issue_certificate;
  /// Store::codes.
  std::function<Result<std::vector<Hash>>(PersonId)> codes;
  /// Milliseconds of a clock that only goes forward: for the rate of wrong codes, nothing else.
  std::function<std::uint64_t()> now_ms;
  /// For the ballots of a box, inside a job.
  meeting::ParallelFor parallel;
  Limits limits;
  std::uint32_t lookahead = 2;  ///< batches for which trustee 0 makes keys ahead
};

class Core {
 public:
  /// @param contents of the store, with at least the draft (`write_draft`).
  /// @return kStorage: no draft, or rows that do not belong together. kLogInconsistent: a stored entry does not apply.
  [[nodiscard]] static Result<std::unique_ptr<Core>> recover(Config config, Contents const& contents);
  ~Core();

  /// @param spki of the peer's verified certificate; nothing if it showed none (it may enrol only). A second session of
  /// a person replaces the first.
  void open(SessionId session, std::optional<Hash> const& spki);
  void on_frame(SessionId session, ByteView frame);
  /// The connection is gone. Also after a Close output, once the host has closed it; unknown ids are ignored.
  void closed(SessionId session);

  bool has_group() const;
  CommitGroup take_group();

  /// What is due and not running yet. Call after each change.
  std::vector<Job> take_jobs();
  void finish_job(JobId id);

  std::vector<Notice> take_notices();

  meeting::Record const& record() const;
  meeting::Witnesses const& witnesses() const;
  /// State of trustee 0, for the status command and the log.
  trustee::Trustee::Status trustee_status() const;
  /// Of a verified certificate: the person, if this certificate is (or is about to become) that person's.
  std::optional<PersonId> person_of(Hash const& spki) const;

 private:
  struct Impl;
  explicit Core(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// The writes that make an empty store one for `recover`: the drafted meeting. Keys of people in it are ignored.
/// @return what Record refuses the manifest with.
[[nodiscard]] Result<Writes> write_draft(meeting::Manifest draft);
/// The drafted manifest of a store, and the log's once the meeting is open. @return kStorage.
[[nodiscard]] Result<meeting::Manifest> read_draft(Contents const& contents);

/// 16 characters of Crockford's base 32, 80 random bits. What is stored is only `code_hash`.
std::string new_enrolment_code();
Hash code_hash(std::string_view code);
/// One code for a person, as a write.
void write_code(Writes& writes, PersonId person, std::string_view code);

}  // namespace piaojue::server
