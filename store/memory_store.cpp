// SPDX-License-Identifier: Apache-2.0
#include "store/memory_store.h"

#include <algorithm>

#include "strings/server.h"

namespace piaojue::store {

namespace {

/// Whether each row that is added is not there when its turn comes: tried on those rows alone, in the group's order.
bool may_add(Contents const& contents, Writes const& writes) {
  Contents tried;
  for (auto const& write : writes.list) {
    bool const there = write.kind == Write::Kind::kAdd && contents[write.table].contains(write.key);
    if (there) tried[write.table].emplace(write.key, Bytes());
  }
  for (auto const& write : writes.list) {
    if (write.kind == Write::Kind::kAdd && tried[write.table].contains(write.key)) return false;
    apply_write(tried, write);
  }
  return true;
}

}  // namespace

Explained<Contents> MemoryStore::load() {
  std::lock_guard const lock(mutex_);
  return contents_;
}

Explained<void> MemoryStore::commit(Writes const& writes) {
  std::lock_guard const lock(mutex_);
  if (!may_add(contents_, writes)) {
    return Explanation({strings::server::kDatabaseEngine, {{"reason", "add"}}}, {}, Refusal::kStorage);
  }
  bool const fails = fail_after_ && *fail_after_ == 0;
  if (fail_after_ && *fail_after_ > 0) --*fail_after_;
  if (!fails || applied_) {
    for (auto const& write : writes.list) apply_write(contents_, write);
    ++commits_;
  }
  if (!fails) return {};
  applied_ = false;
  return Explanation({strings::server::kDatabaseEngine, {{"reason", "fail_after"}}}, {}, Refusal::kStorage);
}

Explained<std::optional<Bytes>> MemoryStore::slip(PersonId person) {
  std::lock_guard const lock(mutex_);
  auto const& rows = contents_[Table::kSlip];
  auto const row = rows.find(key_of_person(person));
  return row == rows.end() ? std::nullopt : std::optional(row->second);
}

void MemoryStore::fail_after(std::size_t successes, bool applied) {
  std::lock_guard const lock(mutex_);
  fail_after_ = successes;
  applied_ = applied;
}
void MemoryStore::heal() {
  std::lock_guard const lock(mutex_);
  fail_after_.reset();
  applied_ = false;
}
Contents MemoryStore::contents() const {
  std::lock_guard const lock(mutex_);
  return contents_;
}
std::size_t MemoryStore::commits() const {
  std::lock_guard const lock(mutex_);
  return commits_;
}

}  // namespace piaojue::store
