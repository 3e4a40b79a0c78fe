// SPDX-License-Identifier: Apache-2.0
#pragma once
/// One trustee's private keys for one batch attempt (specification §6, §8, §10.2) and their life: made in the
/// background while the hall talks; token keys destroyed before IssuanceClosed is signed; the rest before Erased is
/// signed.
#include <functional>
#include <map>
#include <optional>

#include "crypto/blind_rsa.h"
#include "crypto/elgamal.h"
#include "crypto/onion.h"
#include "protocol/meeting/entry.h"

namespace piaojue::trustee {

using crypto::Hash;
using meeting::BatchId;
using meeting::PersonId;
using meeting::QuestionId;
using meeting::TrusteeId;

/// Where RSA keys come from: `blind_rsa::PrivateKey::generate` in every program, a fixed pool in the simulation.
using TokenKeySource = std::function<Result<crypto::blind_rsa::PrivateKey>(std::uint32_t modulus_bits)>;

struct AttemptKeys {
  BatchId batch = 0;
  std::uint32_t attempt = 0;
  std::map<QuestionId, crypto::blind_rsa::PrivateKey> token_keys;  ///< empty once destroyed
  std::optional<crypto::onion::MixKey> mix_key;                    ///< nothing once erased
  std::optional<crypto::elgamal::TallyKey> tally_key;              ///< nothing once erased

  /// Slow (about 0.2 s a question at 2048 bits): run it on a worker thread.
  [[nodiscard]] static Result<AttemptKeys> generate(BatchId batch, std::uint32_t attempt,
                                                    std::vector<QuestionId> const& questions,
                                                    std::uint32_t modulus_bits, TokenKeySource const& source);
  /// The body to sign, with the proof of knowledge.
  meeting::BatchKeys body(Hash const& meeting, TrusteeId trustee) const;
  /// Plain serialised form for sealed storage, and back. @return kMalformed.
  Secret serialise() const;
  [[nodiscard]] static Result<AttemptKeys> parse(Secret const& bytes);
};

}  // namespace piaojue::trustee
