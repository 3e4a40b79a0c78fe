// SPDX-License-Identifier: Apache-2.0
#pragma once
/// How a meeting that was restored from a backup takes over what a laptop's log has beyond it (ADR 33). Writes nothing:
/// `store extend` commits what this returns.
#include <set>

#include "server/directory.h"

namespace piaojue::server {

struct Extension {
  Writes writes;
  std::uint64_t before = 0, after = 0;  ///< entries
  std::set<PersonId> awaited;           ///< whose laptops are asked before anything goes on (probation.h)
  bool voids = false;                   ///< what is being voted on can only be voided
};

/// @param logs record files of laptops, in any order; the longest is taken. @param without whose laptops are not waited
/// for. Refused, with what is wrong: one is no log of this meeting, does not begin with what was restored, does not end
/// in a checkpoint of this server, or goes another way than the longest; a key of the log whose enrolment was not
/// restored; a rehearsal with one trustee in the middle of a ballot; nothing to be taken over.
[[nodiscard]] Explained<Extension> extend(Contents const& contents, Keys const& keys, std::vector<fs::path> const& logs,
                                          std::set<PersonId> const& without);

}  // namespace piaojue::server
