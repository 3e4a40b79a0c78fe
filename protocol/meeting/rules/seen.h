// SPDX-License-Identifier: Apache-2.0
#pragma once
/// By what hash keys and ballots are known again: over what kind it is, and its bytes. And which keys may be
/// introduced.
#include "crypto/elgamal.h"
#include "crypto/types.h"

namespace piaojue::meeting::rules {

crypto::Hash seen_modulus(ByteView modulus);
/// X25519 keys are known by their bytes without the top bit, which means nothing; mix and box keys as one kind.
crypto::Hash seen_box_key(crypto::BoxPublicKey const& key);
crypto::Hash seen_mix_key(crypto::MixPublicKey const& key);
crypto::Hash seen_tally_key(crypto::Point const& key);
crypto::Hash seen_ballot_key(crypto::SigningPublicKey const& pk_v);
crypto::Hash seen_vote(crypto::elgamal::Ciphertext const& vote);

/// None of them of small order, and IK and WK canonical.
bool valid_people_keys(crypto::SigningPublicKey const& ik, crypto::SigningPublicKey const& wk,
                       crypto::BoxPublicKey const& bk);

}  // namespace piaojue::meeting::rules
