// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Faults that are made on purpose, each a kind that a careless change would bring: what looks for leaks must find
/// them.
#include "crypto/elgamal.h"

namespace piaojue::timing {

/// Works longer for one choice than for the others.
std::uint64_t branch_on(crypto::elgamal::Choice choice);
/// Reads a row of a table by the choice: which line of the cache was used tells it.
std::uint64_t look_up(crypto::elgamal::Choice choice);
/// Ends at the first byte that differs.
bool same_at_once(ByteView a, ByteView b);
/// Encrypts, and for one choice does a multiplication more.
Result<crypto::elgamal::EncryptedVote> encrypt_leaking(crypto::elgamal::VoteBinding const& binding,
                                                       crypto::elgamal::Choice choice);

}  // namespace piaojue::timing
