// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Entries of an attempt from the tokens to the box (specification §3.1, §10.3).
#include <map>

#include "protocol/meeting/manifest.h"

namespace piaojue::meeting {

struct TokenRequest {
  Hash batch_open;
  PersonId person = 0;
  Hash digest;
};

struct TokensIssued {
  Hash batch_open;
  TrusteeId trustee = 0;
  PersonId person = 0;
  Hash digest;
};

struct EnvelopeCast {
  Hash batch_open;
  PersonId person = 0;
  std::uint32_t sequence = 0;
  Hash digest;
};

struct BatchClose {
  Hash batch_open;
  std::map<PersonId, Hash> envelopes;
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
