// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Entries that open an attempt of a batch (specification §3.1, §10.2).
#include <map>

#include "crypto/elgamal.h"
#include "protocol/meeting/manifest.h"

namespace piaojue::meeting {

struct BatchKeys {
  Hash meeting;
  BatchId batch = 0;
  std::uint32_t attempt = 0;
  TrusteeId trustee = 0;
  std::map<QuestionId, Bytes> token_keys;  ///< modulus, big-endian, modulus_bits / 8 bytes
  MixPublicKey mix_key;
  Point tally_key;  ///< Y_t
  crypto::elgamal::PokProof pok;
};

struct Recusal {
  PersonId person = 0;
  QuestionId question = 0;
  auto operator<=>(Recusal const&) const = default;
};

struct BatchOpen {
  Hash meeting;
  BatchId batch = 0;
  std::uint32_t attempt = 0;
  std::vector<QuestionId> questions;
  std::vector<PersonId> present;
  std::vector<Recusal> recusals;
  std::vector<Hash> keys;  ///< of every trustee, by trustee; none on paper
  bool paper = false;
  std::vector<Hash> unwitnessed;  ///< Declarations and PaperTallies that the signers accept unwitnessed
};

}  // namespace piaojue::meeting
