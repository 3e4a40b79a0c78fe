// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Who signs what. The table itself, the column "Signed by" of specification §10, is all of signing.cpp's second half:
/// a row an entry.
#include "protocol/meeting/state.h"

namespace piaojue::meeting::rules {

/// So many people with a role.
struct RoleWanted {
  Role role;
  std::size_t min = 1;
  std::size_t max = 1;
  PersonId except = 0;  ///< who does not count
};

/// One way in which an entry can be signed: all of `each`, and of every role so many. The roles that occur here exclude
/// each other in one person (manifest rule), so nobody can fill two places.
struct WayToSign {
  std::vector<PersonId> each;
  std::vector<RoleWanted> roles;
};
using WaysToSign = std::vector<WayToSign>;

/// In one of the ways every signer has a place; with `complete`, every place is filled too.
bool fits(WaysToSign const& ways, Manifest const& manifest, std::vector<PersonId> const& signers, bool complete);

std::vector<PersonId> signers_of(Entry const& entry);

/// @param complete false: signatures may be missing, but none may be there that is not asked for or not valid.
/// @return kNotAuthorised: not the signers that are asked for. kNotOnRoll: one has no key. kBadSignature.
[[nodiscard]] Result<void> check_signatures(State const& state, Entry const& entry, WaysToSign const& ways,
                                            bool complete);

/// People of the manifest with a role.
std::size_t count_role(Manifest const& manifest, Role role);

}  // namespace piaojue::meeting::rules
