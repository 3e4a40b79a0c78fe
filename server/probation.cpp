// SPDX-License-Identifier: Apache-2.0
#include "server/probation.h"

namespace piaojue::server {

namespace {

Bytes extended_row() { return to_bytes(as_bytes("extended")); }

}  // namespace

std::set<PersonId> awaited_in(Contents const& contents) {
  std::set<PersonId> out;
  auto const& meta = contents[Table::kMeta];
  auto const row = meta.find(extended_row());
  if (row == meta.end()) return out;
  for (std::size_t at = 0; at + 4 <= row->second.size(); at += 4) out.insert(number_at(row->second, at));
  return out;
}

void write_awaited(Writes& writes, std::set<PersonId> const& people) {
  if (people.empty()) return writes.erase(Table::kMeta, extended_row());
  Bytes value;
  for (auto const person : people) append_u32be(value, person);
  writes.put(Table::kMeta, extended_row(), std::move(value));
}

void Probation::load(Contents const& contents) { awaited_ = awaited_in(contents); }

bool Probation::hear(PersonId person) {
  if (awaited_.erase(person) == 0 || active()) return false;
  rows_.erase(extended_row());
  return true;
}

}  // namespace piaojue::server
