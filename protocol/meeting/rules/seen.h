// SPDX-License-Identifier: Apache-2.0
#pragma once
/// By what hash keys and ballots are known again, and which keys may be introduced. Keys of every kind are compared
/// with each other, as bytes (specification §3.2): no two verifiers can then differ about what is a kind.
#include "crypto/elgamal.h"
#include "crypto/types.h"

namespace piaojue::meeting::rules {

crypto::Hash seen_key(ByteView key);
/// X25519 keys are known by their bytes without the top bit, which means nothing.
crypto::Hash seen_key(crypto::BoxPublicKey const& key);
crypto::Hash seen_key(crypto::MixPublicKey const& key);
crypto::Hash seen_ballot_key(crypto::SigningPublicKey const& pk_v);
crypto::Hash seen_vote(crypto::elgamal::Ciphertext const& vote);

/// None of them of small order.
bool valid_people_keys(crypto::SigningPublicKey const& ik, crypto::SigningPublicKey const& wk,
                       crypto::BoxPublicKey const& bk);

}  // namespace piaojue::meeting::rules
