// SPDX-License-Identifier: Apache-2.0
#include "protocol/meeting/bodies.h"

#include "protocol/meeting/arithmetic.h"

namespace piaojue::meeting {

namespace {

/// D = max(q, |E|).
std::size_t size_of_body(State const& s) { return std::max(quorum(s.manifest), s.committee_pool.size()); }

}  // namespace

std::size_t quorum(Manifest const& manifest) {
  std::size_t const half = manifest.committee_size / 2 + manifest.committee_size % 2;
  return std::max<std::size_t>(half, quorum_min(manifest.rules, manifest.committee_size));
}

Office office(State const& s, PersonId concerned) {
  Office out;
  for (PersonId const chair : s.people_with(kChair)) {
    if (chair != concerned) out.chairs.push_back(chair);
  }
  for (PersonId const supervisor : s.people_with(kSupervisor)) {
    if (supervisor == concerned) continue;
    out.supervisors.push_back(supervisor);
    if (s.presence(supervisor).signed_in) out.present_supervisors.push_back(supervisor);
  }
  return out;
}

Committee committee(State const& s, PersonId concerned) {
  Committee out;
  std::size_t const less = s.committee_pool.contains(concerned) ? 1 : 0;
  out.needed = two_thirds(size_of_body(s) - less);
  out.came = s.came.size() >= quorum(s.manifest);
  for (PersonId const person : s.committee_pool) {
    Presence const presence = s.presence(person);
    if (person == concerned || !s.has_first_key(person)) continue;
    if (presence.signed_in || presence.out_by_others) out.members.push_back(person);
  }
  return out;
}

bool enough_first_keys(State const& s, PersonId without) {
  auto const keeps = [&](PersonId person) { return person != without && s.has_first_key(person); };
  std::size_t const body = size_of_body(s);
  std::size_t const needed = two_thirds(body);
  // Who lacks one stays in E for good, and so counts against every committee to come: also while E still grows.
  std::size_t const kept = static_cast<std::size_t>(std::ranges::count_if(s.committee_pool, keeps));
  if (s.committee_pool.size() - kept > body - needed) return false;
  if (s.committee_pool.size() >= quorum(s.manifest)) return true;
  std::vector<PersonId> const all = s.people_with(kExpert);
  return static_cast<std::size_t>(std::ranges::count_if(all, keeps)) >= needed;
}

}  // namespace piaojue::meeting
