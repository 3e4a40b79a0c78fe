// SPDX-License-Identifier: Apache-2.0
#include "store/store.h"

#include <algorithm>

namespace piaojue::store {

char const* name(Table table) {
  static constexpr std::array<char const*, kTables> kNames = {
      "meta",     "slip",          "enrolment",      "entry",    "checkpoint", "cosignature",
      "proposal", "token_payload", "issued_payload", "envelope", "mix_output", "trustee"};
  return kNames[static_cast<std::size_t>(table)];
}

void Writes::put(Table table, Bytes key, Bytes value) {
  list.push_back({Write::Kind::kPut, table, std::move(key), std::move(value)});
}
void Writes::add(Table table, Bytes key, Bytes value) {
  list.push_back({Write::Kind::kAdd, table, std::move(key), std::move(value)});
}
void Writes::erase(Table table, Bytes key) { list.push_back({Write::Kind::kErase, table, std::move(key), {}}); }
void Writes::erase_prefix(Table table, Bytes key) {
  list.push_back({Write::Kind::kErasePrefix, table, std::move(key), {}});
}

std::optional<Bytes> after_prefix(Bytes prefix) {
  while (!prefix.empty() && prefix.back() == 0xff) prefix.pop_back();
  if (prefix.empty()) return std::nullopt;
  ++prefix.back();
  return prefix;
}

void apply_write(Contents& contents, Write const& write) {
  auto& rows = contents[write.table];
  switch (write.kind) {
    case Write::Kind::kPut:
    case Write::Kind::kAdd:
      rows[write.key] = write.value;
      break;
    case Write::Kind::kErase:
      rows.erase(write.key);
      break;
    case Write::Kind::kErasePrefix: {
      auto it = rows.lower_bound(write.key);
      while (it != rows.end() && it->first.size() >= write.key.size() &&
             std::equal(write.key.begin(), write.key.end(), it->first.begin())) {
        it = rows.erase(it);
      }
      break;
    }
  }
}

Bytes key_of(std::uint64_t number) {
  Bytes key;
  append_u64be(key, number);
  return key;
}
Bytes key_of(std::uint64_t number, PersonId person) {
  auto key = key_of(number);
  append_u32be(key, person);
  return key;
}
Bytes key_of(PersonId person, std::uint32_t number) {
  Bytes key;
  append_u32be(key, person);
  append_u32be(key, number);
  return key;
}
Bytes key_of_person(PersonId person) {
  Bytes key;
  append_u32be(key, person);
  return key;
}
Bytes key_of(Hash const& hash) { return to_bytes(hash.view()); }
Bytes key_of(Hash const& hash, std::uint32_t number) {
  auto key = key_of(hash);
  append_u32be(key, number);
  return key;
}
Bytes key_of(Hash const& hash, std::uint32_t number, std::uint32_t second) {
  auto key = key_of(hash, number);
  append_u32be(key, second);
  return key;
}
Bytes key_of(Hash const& hash, std::uint32_t number, std::uint32_t second, std::uint32_t third) {
  auto key = key_of(hash, number, second);
  append_u32be(key, third);
  return key;
}

}  // namespace piaojue::store
