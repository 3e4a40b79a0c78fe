// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What Core is given: keys, bounds, and the few things of the world outside that it may ask for.
#include "crypto/box.h"
#include "crypto/sign.h"
#include "protocol/meeting/halves.h"
#include "protocol/trustee/trustee.h"
#include "server/outbox.h"

namespace piaojue::server {

/// So many in hand, and so many more a second.
struct Rate {
  double in_hand = 0;
  double per_s = 0;
};

struct Limits {
  std::size_t sessions_max = 512;
  std::size_t proposals_max = 64;
  std::size_t proposals_per_person_max = 8;
  std::size_t proposal_bytes_max = 32U << 20;  ///< of all outstanding proposals
  std::size_t push_bytes = 1U << 20;           ///< of entries in one LogPush, or one entry if that is larger
  std::uint32_t enrol_tries_per_session = 5;   ///< EnrolStarts and wrong proofs
  Rate enrol_tries_per_address{40, 0.5};
  Rate relays_per_person{256, 32};  ///< after a restart, seven trustees give each other some dozens of halves
  Rate relay_bytes_per_person{2U << 20, 256U << 10};
  Rate hellos_per_person{256, 8};  ///< one each, and one more for each `push_bytes` of the log that it asks for
  Rate countdowns{8, 1};           ///< each is told to everybody
  std::size_t readings_max = 2;    ///< pieces of attachments that are read at a time
  Rate attachment_bytes{4U << 20, 20U << 20};  ///< of everybody together
  double attachment_cost_in_attempt = 4;       ///< of a byte, while an attempt is in progress
  std::uint64_t hold_ms = 60'000;  ///< what a proposal holds back, and then for as long does not (specification §9.2)
};

/// A certificate made for the key of a request.
struct IssuedCertificate {
  std::string certificate_pem;
  std::string authority_pem;
  Hash spki;  ///< SHA-256 of the SubjectPublicKeyInfo: how the person is known when it connects
};

/// @return kMalformed, kBadSignature, kKeyParam: what the request is refused with.
using IssueCertificate = std::function<Result<IssuedCertificate>(ByteView csr, PersonId person)>;
/// Store::slip.
using SlipOf = std::function<Explained<std::optional<Bytes>>(PersonId)>;
/// Milliseconds of a clock that only goes forward.
using NowMs = trustee::NowMs;

/// The operator, who is the person of trustee 0, has said stop: no share in this attempt (specification §10.5).
/// @param due the share is due, under the Override at this index of the log: whatever was said before this is first
/// asked counts. Nothing: it is not due yet.
/// @return nothing: what was said is not known just now. The share waits, and this is asked again.
using StopAsked = std::function<std::optional<bool>(meeting::HalfOf const& attempt, std::optional<std::uint64_t> due)>;

/// Only the four keys are secrets.
struct Config {
  crypto::SigningKey server_key;
  crypto::SigningKey checkpoint_key;
  crypto::BoxKey box_key;
  Secret seal_key;  ///< crypto::kSealKeyBytes: the own key of all that the store keeps sealed (specification §14)
  trustee::TokenKeySource token_keys;
  IssueCertificate issue_certificate;
  SlipOf slip_of;
  NowMs now_ms;
  StopAsked stop_asked = {};
  /// For the ballots of a box, inside a job.
  ParallelFor parallel;
  Limits limits;
  std::uint32_t lookahead = 2;              ///< batches for which trustee 0 makes keys ahead
  std::uint32_t meeting_number = 0;         ///< of its slips; 0: this server has one meeting
  std::vector<std::string> addresses = {};  ///< where the meeting may be reached, for Welcome (specification §9)
};

}  // namespace piaojue::server
