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
///
/// Every trustee of the manifest takes part in every attempt; hop h is trustee h. Who holds a slot is on duty while the
/// log says so under his current key. A host makes one Trustee for each slot that its person holds or has held: who
/// held one at a BatchOpen still owes Erased.
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
#include "protocol/trustee/trustee_store.h"

namespace piaojue::trustee {

/// An entry to submit, with its payload.
struct Submission {
  using Payload = std::variant<std::monostate, meeting::BlindSigs, MixResult>;  ///< of TokensIssued, of MixStep
  meeting::Made made;
  Payload payload;
  PersonId person = 0;     ///< of TokensIssued
  std::uint32_t cast = 0;  ///< of TokensIssued
};

/// What a supervisor sees of a trustee.
enum class TrusteeState : std::uint8_t {
  kOffDuty,  ///< holds no slot, or the key was replaced
  kIdle,
  kMakingKeys,
  kKeysReady,
  kKeysLost,        ///< the running attempt can not go on
  kMixLost,         ///< its MixStep is in the log and no saved mix behind it: no share, the attempt can not go on
  kWaitingForHalf,  ///< of its sealed state: nobody holds a half of it who has answered yet
  kIssuing,
  kIssuanceClosed,
  kMixing,
  kWaitingForGate,
  kStopped,  ///< its person said stop: no share in this attempt
  kShared,
  kErased,
};
/// "off-duty", "idle", …: as docs/client-door.md names it, and the pages translate it.
std::string_view name(TrusteeState state);

/// Milliseconds of a clock that never goes back, of the host's choosing.
using NowMs = std::function<std::uint64_t()>;

/// What a host that checks every box for other reasons too has found of its ballots.
struct BoxLook {
  bool running = false;                 ///< wait: it will be called after it
  std::optional<Result<void>> verdict;  ///< nothing: it is not looked at; otherwise as `check_ballots` would say
};
/// @param box entry hash of the BallotBox of the attempt in progress. @param live the questions looked at, ascending.
using LookAtBox = std::function<BoxLook(Hash const& box, std::vector<QuestionId> const& live)>;

struct Means {
  TokenKeySource token_keys;
  NowMs now_ms;
  std::uint32_t lookahead = 2;  ///< batches in the manifest's order for which keys are made ahead
  LookAtBox look_at_box = {};   ///< may be empty: then the trustee checks each ballot by itself
};

class Trustee {
 public:
  /// @param signer the person's identity key (the server's key for trustee 0); must outlive this, like `store`.
  Trustee(TrusteeId id, PersonId person, crypto::SigningKey const& signer, TrusteeStore& store, Means means);
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

  /// Token work that the server delivered: kept until it can be done (BatchOpen witnessed, request in the log), and
  /// dropped when its cast has ended.
  void on_token_work(PersonId person, std::uint32_t cast, Hash const& batch_open, meeting::BlindedMsgs msgs);
  /// Input for this hop: from the hop before, or for hop 0 the envelopes turned to items.
  void on_mix_input(Hash const& batch_open, meeting::MixItems items, Bytes salt);

  /// What is due now and neither running nor handed out before. Called after every change of record, witnesses, inputs
  /// or halves, and when `Status::protest` has run out, on the record's thread. Every job must be finished, even when
  /// its result is no longer wanted.
  std::vector<Job> due(meeting::Record const& record, meeting::Witnesses const& witnesses);

  /// Submissions may have been lost (the connection broke, or the store failed): whatever the log still lacks is due
  /// again.
  void resubmit();

  /// The person says stop, while an Override is shown or at any time before the share: no share in the attempt in
  /// progress, for good. Holds in this process whatever is returned.
  /// @return kWrongPhase: no ballots to be opened, or the share was given already. kStorage: would not outlive a
  /// restart.
  [[nodiscard]] Result<void> stop(meeting::Record const& record);

  /// After an Override the share waits, so that the person can look at the names and say stop (specification §10.5).
  struct Protest {
    std::map<PersonId, bool> people;  ///< true: has signed MISSING; false: has said nothing
    std::uint64_t left_ms = 0;        ///< 0: over
  };
  /// A share left this program, an attempt ended, or a question was taken out of it, and the log has no such share:
  /// somebody may have read the sum and then had it voided. To be shown in red, and never goes away.
  struct VoidedShare {
    BatchId batch = 0;
    std::uint32_t attempt = 0;
    std::vector<QuestionId> questions;
    bool operator==(VoidedShare const&) const = default;
  };
  struct Status {
    TrusteeState state = TrusteeState::kOffDuty;
    std::optional<Refusal> waiting;     ///< why the gate is still closed, such as GATE_UNCONFIRMED
    std::optional<Refusal> refusal;     ///< the last one of a duty
    std::optional<TrusteeId> at_fault;  ///< whose output was refused, when that is MIX_DUPLICATE
    std::optional<Protest> protest;     ///< while an attempt with an Override waits for this share
    std::vector<VoidedShare> voided_shares;
  };
  Status status(meeting::Record const& record) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace piaojue::trustee
