// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Who signs what. The table itself (specification §10.0) is all of signing.cpp's second half: a row an entry.
#include "protocol/meeting/bodies.h"

namespace piaojue::meeting::rules {

/// Every signer has a place; with `complete`, every place is filled too.
bool fits(WayToSign const& way, std::vector<PersonId> const& signers, bool complete);

std::vector<PersonId> signers_of(Entry const& entry);

/// Each signer's signature under the key that is current here.
/// @return kNotOnRoll: one has no key. kBadSignature.
[[nodiscard]] Result<void> check_signatures(State const& state, Entry const& entry);

}  // namespace piaojue::meeting::rules
