// SPDX-License-Identifier: Apache-2.0
#include "server/probation.h"

#include <algorithm>

namespace piaojue::server {

namespace {

Bytes extended_row() { return to_bytes(as_bytes("extended")); }
Bytes without_row() { return to_bytes(as_bytes("without")); }

Bytes row_of(Contents const& contents, Bytes const& key) {
  auto const& meta = contents[Table::kMeta];
  auto const row = meta.find(key);
  return row == meta.end() ? Bytes() : row->second;
}

}  // namespace

std::set<Device> awaited_in(Contents const& contents) {
  std::set<Device> out;
  auto const row = row_of(contents, extended_row());
  for (std::size_t at = 0; at + 8 <= row.size(); at += 8) out.insert({number_at(row, at), number_at(row, at + 4)});
  return out;
}

std::set<PersonId> people_of(std::set<Device> const& devices) {
  std::set<PersonId> out;
  for (auto const& [person, number] : devices) out.insert(person);
  return out;
}

void write_awaited(Writes& writes, std::set<Device> const& devices) {
  if (devices.empty()) return writes.erase(Table::kMeta, extended_row());
  Bytes value;
  for (auto const& [person, number] : devices) {
    append_u32be(value, person);
    append_u32be(value, number);
  }
  writes.put(Table::kMeta, extended_row(), std::move(value));
}

std::set<PersonId> without_in(Contents const& contents) {
  std::set<PersonId> out;
  auto const row = row_of(contents, without_row());
  for (std::size_t at = 0; at + 4 <= row.size(); at += 4) out.insert(number_at(row, at));
  return out;
}

void write_without(Writes& writes, std::set<PersonId> const& people) {
  if (people.empty()) return;
  Bytes value;
  for (auto const person : people) append_u32be(value, person);
  writes.put(Table::kMeta, without_row(), std::move(value));
}

void Probation::load(Contents const& contents) {
  awaited_ = awaited_in(contents);
  // Whoever is waited for after all is heard before this ends.
  auto const waited = people_of(awaited_);
  auto const without = without_in(contents);
  without_ = static_cast<std::size_t>(
      std::ranges::count_if(without, [&](PersonId person) { return !waited.contains(person); }));
}

bool Probation::hear(Device const& device) {
  if (awaited_.erase(device) == 0 || active()) return false;
  rows_.erase(extended_row());
  return true;
}

}  // namespace piaojue::server
