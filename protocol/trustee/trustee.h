// SPDX-License-Identifier: Apache-2.0
#pragma once
/// A trustee as its host (server or client) drives it. Sans-io: the host tells it what happened and submits the entries
/// that it returns; the trustee decides from the record alone what is due, so that a restart resumes where the log
/// stands.
///
///   loop: for each due(record, witnesses): work = start(duty) on the record's thread → run work() on any thread
///         → finish(result) on the record's thread → submit its entry and payload
///
/// Nothing is returned for submission before `TrusteeStore` has made the state that it rests on durable.
#include <functional>
#include <memory>

#include "crypto/sign.h"
#include "protocol/meeting/codec.h"
#include "protocol/meeting/witnesses.h"
#include "protocol/trustee/duty.h"
#include "protocol/trustee/gate.h"
#include "protocol/trustee/issuer.h"
#include "protocol/trustee/keys.h"
#include "protocol/trustee/mixer.h"

namespace piaojue::trustee {

/// Durable, sealed by the host. Names are "keys/<batch>/<attempt>" and "mix/<batch>/<attempt>".
class TrusteeStore {
 public:
  virtual ~TrusteeStore() = default;
  [[nodiscard]] virtual Result<void> save(std::string const& name, Secret const& plain) = 0;
  [[nodiscard]] virtual Result<std::optional<Secret>> load(std::string const& name) = 0;
  /// Overwrites and removes; idempotent.
  [[nodiscard]] virtual Result<void> erase(std::string const& name) = 0;
};

/// An entry to submit, with its payload.
struct Submission {
  using Payload = std::variant<std::monostate, meeting::BlindSigs, MixResult>;  ///< of TokensIssued, of MixStep
  meeting::Made made;
  Payload payload;
  PersonId person = 0;  ///< of TokensIssued
};

/// What a supervisor sees of a trustee.
enum class TrusteeState : std::uint8_t {
  kOffDuty,  ///< no trustee, or the key was replaced
  kIdle,
  kMakingKeys,
  kKeysReady,
  kKeysLost,  ///< the running attempt can not go on with this trustee
  kIssuing,
  kIssuanceClosed,
  kMixing,
  kWaitingForGate,
  kShared,
  kErased,
};
/// "off-duty", "idle", …: as docs/client-door.md names it, and the pages translate it.
std::string_view name(TrusteeState state);

class Trustee {
 public:
  /// @param signer the person's identity key (the server's key for trustee 0); must outlive this.
  /// @param lookahead batches in the manifest's order for which keys are made ahead.
  Trustee(TrusteeId id, PersonId person, crypto::SigningKey const& signer, TrusteeStore& store, TokenKeySource source,
          std::uint32_t lookahead = 2);
  ~Trustee();
  Trustee(Trustee const&) = delete;
  Trustee& operator=(Trustee const&) = delete;

  /// How `run` of a job checks the ballots of a box (one after another without it). Called from the thread of `run`.
  void set_parallel(ParallelFor parallel);

  /// Work found due: `run` is heavy and may be called on any one thread; it touches only what it captured. Then hand
  /// the job back to `finish` on the record's thread.
  struct Job {
    Duty duty;  ///< unique while it runs
    std::function<void()> run;
    std::function<Result<std::vector<Submission>>(meeting::Record const&)> finish;
  };

  /// Token work that the server delivered: kept until it can be done (BatchOpen witnessed, request in the log).
  void on_token_work(PersonId person, Hash const& batch_open, meeting::BlindedMsgs msgs);
  /// Input for this hop: from the hop before, or for hop 0 the envelopes turned to items.
  void on_mix_input(Hash const& batch_open, meeting::MixItems items, Bytes salt);

  /// What is due now and neither running nor handed out before. Called after every change of record, witnesses or
  /// inputs, on the record's thread. Every job must be finished, even when its result is no longer wanted.
  std::vector<Job> due(meeting::Record const& record, meeting::Witnesses const& witnesses);

  /// Submissions may have been lost (the connection broke, or the store failed): whatever the log still lacks is due
  /// again.
  void resubmit();

  struct Status {
    TrusteeState state = TrusteeState::kOffDuty;
    std::optional<Refusal> waiting;  ///< why the gate is still closed, such as GATE_UNCONFIRMED
    std::optional<Refusal> refusal;  ///< the last one of a duty
  };
  Status status(meeting::Record const& record) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace piaojue::trustee
