// SPDX-License-Identifier: Apache-2.0
#include "client/session/guards.h"

namespace piaojue::client {

void Guards::took_in(meeting::Entry const& entry) {
  if (auto const* change = std::get_if<meeting::KeyChange>(&entry.body)) other_keys_.insert(change->person);
}

std::vector<PersonId> const& Guards::holders() const {
  return record_.in_progress() ? record_.attempt()->holders : record_.slots();
}

std::vector<PersonId> Guards::changed() const {
  std::vector<PersonId> out;
  auto const& named = record_.manifest().trustees;
  auto const& now = holders();
  for (std::size_t t = 0; t < now.size(); ++t) {
    if (now[t] != named[t] || other_keys_.contains(now[t])) out.push_back(now[t]);
  }
  return out;
}

facts::object Guards::describe(Online const& online, std::optional<std::uint64_t> now_ms) const {
  constexpr std::uint64_t kMsPerSecond = 1000;
  bool const paper = record_.in_progress() && record_.attempt()->open.paper;
  facts::array people;
  for (std::size_t t = 0; t < holders().size(); ++t) {
    PersonId const person = holders()[t];
    bool const first = person == meeting::kServer || record_.has_first_key(person);
    facts::object one;
    one["trustee"] = t;
    one["person"] = person;
    one["name"] = facts::name_of(record_, person);
    one["online"] = facts::online_or_null(online.of(person));
    auto const since = online.since_ms(person);
    if (now_ms && since) one["since_s"] = (*now_ms - *since) / kMsPerSecond;
    one["key"] = first ? "first" : "changed";
    people.push_back(std::move(one));
  }
  facts::object out;
  out["kind"] = paper ? "paper" : record_.manifest().trustees.size() == 1 ? "one" : "any-one-of";
  out["people"] = std::move(people);
  return out;
}

}  // namespace piaojue::client
