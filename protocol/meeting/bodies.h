// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The two bodies that sign (specification §1), office and committee, and in which ways an entry can be signed
/// (§10.0). All of it is counted in the log before the entry.
#include "protocol/meeting/state.h"

namespace piaojue::meeting {

/// The person whom an entry concerns, or nobody.
inline constexpr PersonId kNobody = 0;

/// Exactly one of `chairs` and every one of `present_supervisors`; of `supervisors` others may sign too.
struct Office {
  std::vector<PersonId> chairs;               ///< signed in or not
  std::vector<PersonId> supervisors;          ///< signed in or not
  std::vector<PersonId> present_supervisors;  ///< of these, signed in
  /// A chair, and a supervisor who is signed in.
  bool exists() const { return !chairs.empty() && !present_supervisors.empty(); }
};
/// Whom the entry concerns is neither asked nor accepted.
Office office(State const& s, PersonId concerned);

/// At least `needed` of `members`.
struct Committee {
  std::vector<PersonId> members;  ///< of E, under a current first key; signed in, or signed out by others only
  std::size_t needed = 0;         ///< ⌊2(D − c)/3⌋ + 1
  bool came = false;              ///< q experts have signed in under first keys; else there is no committee
  bool exists() const { return came && members.size() >= needed; }
};
Committee committee(State const& s, PersonId concerned);

/// q = max(⌈N/2⌉, smallest P with y·P ≥ x·N).
std::size_t quorum(Manifest const& manifest);
/// FIRST_KEYS: were the first key of `without` gone, would at most D − ⌊2D/3⌋ − 1 experts of E lack one, and, while
/// fewer than q are in E, ⌊2D/3⌋ + 1 of all experts still hold one?
bool enough_first_keys(State const& s, PersonId without);

/// At least `min` and at most `max` of `members`, and among them every one of `must`.
struct Group {
  std::vector<PersonId> members;
  std::size_t min = 1;
  std::size_t max = 1;
  std::vector<PersonId> must = {};
};

/// One way in which an entry can be signed: all of `each`, and so many of each group. Nobody stands in two of them.
struct WayToSign {
  By by = By::kOne;
  std::vector<PersonId> each;
  std::vector<Group> groups;
};
using WaysToSign = std::vector<WayToSign>;

}  // namespace piaojue::meeting
