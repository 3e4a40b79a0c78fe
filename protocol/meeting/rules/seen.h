// SPDX-License-Identifier: Apache-2.0
#pragma once
/// By what hash keys and ballots are known again: over what kind it is, and its bytes.
#include "crypto/elgamal.h"
#include "crypto/types.h"

namespace piaojue::meeting::rules {

crypto::Hash seen_modulus(ByteView modulus);
crypto::Hash seen_mix_key(crypto::MixPublicKey const& key);
crypto::Hash seen_tally_key(crypto::Point const& key);
crypto::Hash seen_ballot_key(crypto::SigningPublicKey const& pk_v);
crypto::Hash seen_vote(crypto::elgamal::Ciphertext const& vote);

}  // namespace piaojue::meeting::rules
