// SPDX-License-Identifier: Apache-2.0
#pragma once
/// How a meeting that was restored from a backup takes over what a laptop's log has beyond it (ADR 33). Writes nothing:
/// `store extend` commits what this returns.
#include "server/directory.h"
#include "server/probation.h"

namespace piaojue::server {

/// Of one record file. Read whole into memory, so it is bounded before that.
inline constexpr std::uint64_t kLogFileBytesMax = 1U << 30;

struct ExtendFrom {
  std::vector<fs::path> logs;  ///< record files of laptops, in any order (`export` at their door)
  std::set<PersonId> without;  ///< whose laptops are not waited for
  bool unwitnessed = false;    ///< also where the cosignatures of all files leave check 3 unsatisfied
};

struct Extension {
  Writes writes;
  fs::path log;                         ///< the longest one
  std::uint64_t before = 0, after = 0;  ///< entries
  std::set<Device> awaited;             ///< whose laptops are asked before anything goes on (probation.h)
  std::set<PersonId> without;           ///< whom the operator has done without so far
  bool voids = false;                   ///< what is being voted on can only be voided
  std::vector<Sentence> said;           ///< for the operator: what was left out, and why
};

/// The longest of the logs is taken, and the cosignatures of all. A file counts only if it is a log of this meeting by
/// every rule and ends in a checkpoint of this server; others are named and left out. Refused, with what is wrong: none
/// is left; two that count contradict each other, or one what was restored; a key of the log whose enrolment was not
/// restored; a rehearsal with one trustee in the middle of a ballot; cosignatures that do not show what was to be
/// witnessed (check 3); somebody is to be done without who is nobody, or while a sum may have been opened that none of
/// the files shows; nothing to be taken over.
[[nodiscard]] Explained<Extension> extend(Contents const& contents, Keys const& keys, ExtendFrom const& from);

}  // namespace piaojue::server
