// SPDX-License-Identifier: Apache-2.0
#pragma once
/// After `store extend` (ADR 33) a server knows of no longer log than the one that it was given; whether there is one
/// only the laptops know, each its own. Until every one of them has said so by its Hello nothing is taken into the log
/// and nothing is signed: a second entry where a laptop has one already would be a second log. One that has more is not
/// told LOG_INCONSISTENT, after which it would stop for good, but BUSY: its log is to be given to `extend`, too.
///
///     Table::kMeta, row "extended"   u32be each: the people whose laptops are waited for; gone when all were heard
#include <set>

#include "server/outbox.h"
#include "server/sessions.h"

namespace piaojue::server {

class Probation {
 public:
  explicit Probation(Shelf<Table::kMeta> rows) : rows_(rows) {}

  void load(Contents const& contents);
  bool active() const { return !awaited_.empty(); }
  std::size_t awaited() const { return awaited_.size(); }
  /// The person's laptop has no more than this server. @return whether it was the last one that was waited for.
  bool hear(PersonId person);

 private:
  Shelf<Table::kMeta> rows_;
  std::set<PersonId> awaited_;
};

/// Who is waited for; nobody: no meeting that was extended, or it goes on.
std::set<PersonId> awaited_in(Contents const& contents);
void write_awaited(Writes& writes, std::set<PersonId> const& people);

}  // namespace piaojue::server
