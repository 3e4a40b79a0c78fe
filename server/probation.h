// SPDX-License-Identifier: Apache-2.0
#pragma once
/// After `store extend` (ADR 33) a server knows of no longer log than the one that it was given; whether there is one
/// only the laptops know, each its own. Until every one of them has said so nothing is taken into the log and nothing
/// is signed: a second entry where a laptop has one already would be a second log. It says so by its Hello, and by any
/// request after the Welcome: Hello counts what a checkpoint stands over, and a laptop that holds entries beyond it
/// stops at a Welcome that names fewer, and asks for nothing any more. One whose Hello names more is not told
/// LOG_INCONSISTENT, after which it would stop for good, but BUSY: its log is to be given to `extend`, too.
///
/// Laptops are waited for, and not people: who enrolled anew has two logs, and the new laptop's Hello says nothing
/// about the old one's.
///
///     Table::kMeta, row "extended"   u32be person ‖ u32be enrolment each: who is waited for; gone when all were heard
///     Table::kMeta, row "without"    u32be person each, ascending: whom the operator did without, ever; stays
#include <set>

#include "server/outbox.h"
#include "server/sessions.h"

namespace piaojue::server {

/// A laptop, by whose it is and which of the person's enrolments (Enrolment::number).
using Device = std::pair<PersonId, std::uint32_t>;

class Probation {
 public:
  explicit Probation(Shelf<Table::kMeta> rows) : rows_(rows) {}

  void load(Contents const& contents);
  bool active() const { return !awaited_.empty(); }
  std::size_t awaited() const { return awaited_.size(); }
  /// How many people the operator did without, now or before, who are not waited for.
  std::size_t without() const { return without_; }
  /// The laptop has no more than this server, and goes on. @return whether it was the last one that was waited for.
  bool hear(Device const& device);

 private:
  Shelf<Table::kMeta> rows_;
  std::set<Device> awaited_;
  std::size_t without_ = 0;
};

/// Whose laptops are waited for; nobody's: no meeting that was extended, or it goes on.
std::set<Device> awaited_in(Contents const& contents);
/// Of those, the people.
std::set<PersonId> people_of(std::set<Device> const& devices);
void write_awaited(Writes& writes, std::set<Device> const& devices);

/// Whom the operator has said that he does without, in this meeting's every `extend`. The only trace of it that the
/// server keeps: no entry of the log can carry it.
std::set<PersonId> without_in(Contents const& contents);
void write_without(Writes& writes, std::set<PersonId> const& people);

}  // namespace piaojue::server
