// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Entries of an attempt from the tokens to the box (specification §3.1, §10.3).
#include <map>

#include "protocol/meeting/manifest.h"

namespace piaojue::meeting {

struct TokenRequest {
  Hash batch_open;
  PersonId person = 0;
  std::uint32_t cast = 0;  ///< EnvelopeSpoils of this person in this attempt so far
  Hash digest;
};

struct TokensIssued {
  Hash batch_open;
  TrusteeId trustee = 0;
  PersonId person = 0;
  std::uint32_t cast = 0;
  Hash digest;
};

struct EnvelopeCast {
  Hash batch_open;
  PersonId person = 0;
  std::uint32_t cast = 0;
  Hash digest;
};

struct EnvelopeSpoil {
  Hash batch_open;
  PersonId person = 0;
  std::uint32_t cast = 0;                        ///< the one that ends
  std::map<QuestionId, SigningPublicKey> spent;  ///< pk_v of the envelope's ballots; none: not signed by the person
  PersonId supervisor = 0;                       ///< signs beside the person; 0: not signed by the person
};

enum class CheckVerdict : std::uint8_t { kAgrees = 1, kDiffers = 2, kUnopened = 3 };

struct CheckResult {
  Hash batch_open;
  PersonId person = 0;
  std::uint32_t cast = 0;
  CheckVerdict verdict = CheckVerdict::kUnopened;
};

struct BatchClose {
  Hash batch_open;
  std::map<PersonId, Hash> envelopes;  ///< leaf hash of the EnvelopeCast of each current cast
  std::vector<PersonId> without;       ///< everybody else of `present`
};

struct IssuanceClosed {
  Hash batch_open;
  TrusteeId trustee = 0;
  std::map<QuestionId, std::uint32_t> issued;
};

struct MixCount {
  std::uint32_t in = 0, out = 0;
  bool operator==(MixCount const&) const = default;
};

struct MixStep {
  Hash batch_open;
  TrusteeId trustee = 0;
  std::map<QuestionId, MixCount> counts;
  Hash output_hash;
};

struct QuestionBox {
  std::vector<Bytes> ballots;                      ///< strictly ascending
  std::map<std::uint32_t, std::uint32_t> refused;  ///< Refusal → how many
};

struct BallotBox {
  Hash batch_open;
  std::map<QuestionId, QuestionBox> boxes;
};

struct Incident {
  Hash batch_open;
  PersonId person = 0;
  std::uint32_t code = 0;
  Hash digest;
};

}  // namespace piaojue::meeting
