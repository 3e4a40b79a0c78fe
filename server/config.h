// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What Core is given: keys, bounds, and the few things of the world outside that it may ask for.
#include "crypto/sign.h"
#include "protocol/trustee/trustee.h"
#include "server/outbox.h"

namespace piaojue::server {

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

/// @return kMalformed, kBadSignature, kKeyParam: what the request is refused with.
using IssueCertificate = std::function<Result<IssuedCertificate>(ByteView csr, PersonId person)>;
/// Store::codes.
using CodesOf = std::function<Explained<std::vector<Hash>>(PersonId)>;
/// Milliseconds of a clock that only goes forward: for the rate of wrong codes, nothing else.
using NowMs = std::function<std::uint64_t()>;

/// Only `server_key`, `checkpoint_key` and `seal_key` are secrets.
struct Config {
  crypto::SigningKey server_key;
  crypto::SigningKey checkpoint_key;
  Secret seal_key;  ///< crypto::kSealKeyBytes: seals trustee 0's state and the clients' keys in the store
  trustee::TokenKeySource token_keys;
  IssueCertificate issue_certificate;
  CodesOf codes;
  NowMs now_ms;
  /// For the ballots of a box, inside a job.
  ParallelFor parallel;
  Limits limits;
  std::uint32_t lookahead = 2;  ///< batches for which trustee 0 makes keys ahead
};

}  // namespace piaojue::server
