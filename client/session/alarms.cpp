// SPDX-License-Identifier: Apache-2.0
#include "client/session/alarms.h"

namespace piaojue::client {

namespace {

facts::object alarm(std::string_view kind) {
  facts::object out;
  out["kind"] = kind;
  return out;
}

facts::object alarm(std::string_view kind, std::uint64_t index) {
  auto out = alarm(kind);
  out["index"] = index;
  return out;
}

}  // namespace

void Alarms::took_in(meeting::Entry const& entry, std::uint64_t index) {
  if (auto const* manifest = std::get_if<meeting::Manifest>(&entry.body)) slots_ = manifest->trustees;
  if (std::holds_alternative<meeting::BatchOpen>(entry.body)) override_.reset();
  auto const* keys = std::get_if<meeting::KeyChange>(&entry.body);
  if (keys != nullptr && keys->person == me_) own_keys_ = index;
  if (auto const* change = std::get_if<meeting::TrusteeChange>(&entry.body)) {
    if (slots_.at(change->trustee) == me_) slot_taken_ = index;
    slots_[change->trustee] = change->person;
  }
  auto const* spoil = std::get_if<meeting::EnvelopeSpoil>(&entry.body);
  if (spoil != nullptr && spoil->person == me_) spoiled_ = spoil->supervisor == 0 ? std::optional(index) : std::nullopt;
  auto const* cast = std::get_if<meeting::EnvelopeCast>(&entry.body);
  if (cast != nullptr && cast->person == me_) spoiled_.reset();
  auto const* passed_over = std::get_if<meeting::Override>(&entry.body);
  if (passed_over == nullptr || !passed_over->people.contains(me_)) return;
  override_ = passed_over->people.at(me_) ? std::nullopt : std::optional(index);
}

facts::array Alarms::find() const {
  facts::array out;
  auto const& record = log_.record();
  if (!log_.opened()) return out;
  if (record.identity_key(me_) && !log_.current()) out.push_back(alarm("foreign-key", own_keys_));
  if (slot_taken_ && !record.slot_of(me_)) out.push_back(alarm("slot-taken", *slot_taken_));
  if (auto const people = guards_.changed(); !people.empty()) {
    auto one = alarm("guards-changed");
    one["people"] = facts::numbers(people);
    out.push_back(std::move(one));
  }
  if (spoiled_) out.push_back(alarm("spoiled-by-office", *spoiled_));
  if (seat_.share_not_logged()) out.push_back(alarm("share-not-logged"));
  if (record.attempt()) add_of_attempt(out);
  return out;
}

void Alarms::add_of_attempt(facts::array& out) const {
  auto const& record = log_.record();
  auto const& attempt = *record.attempt();
  for (auto const& [person, voter] : attempt.voters) {
    for (auto const& spoil : voter.spoils) {
      if (spoil.verdict != meeting::CheckVerdict::kDiffers) continue;
      auto one = alarm("check-differs");
      one["person"] = person;
      out.push_back(std::move(one));
    }
  }
  // Also when it has been opened: the figures that are read out then are those that it spoils.
  if (override_ && !attempt.confirms.contains(me_) && !voter_.missing().empty()) {
    out.push_back(alarm("override-ignores-missing", *override_));
  }
  if (!record.in_progress()) return;
  if (auto const question = voter_.invalid_ballot()) {
    auto one = alarm("invalid-ballot");
    one["question"] = *question;
    out.push_back(std::move(one));
  }
}

bool Alarms::act() {
  auto found = find();
  if (found == list_) return false;
  for (auto const& one : found) {
    if (std::ranges::find(list_, one) != list_.end()) continue;
    auto out = facts::event("alarm");
    facts::add(out, one.as_object());
    events_.emit(out);
  }
  list_ = std::move(found);
  return true;
}

}  // namespace piaojue::client
