// SPDX-License-Identifier: Apache-2.0
#include "client/session/milestones.h"

#include "protocol/meeting/codec.h"

namespace piaojue::client {

using meeting::BatchPhase;
using meeting::EntryType;
using meeting::MeetingPhase;

void Milestones::say(meeting::Entry const& entry, std::uint64_t index) {
  auto out = facts::event("entry");
  out["index"] = index;
  out["type"] = meeting::name(entry.type());
  facts::add_entry(out, log_.record, entry, events_.lang());
  events_.emit(out);
  say_milestone(entry);
  say_all_confirmed();
}

facts::object Milestones::named(std::string_view name, meeting::Entry const* entry) const {
  auto out = facts::event(name);
  auto const& attempt = *log_.record.attempt();
  out["batch"] = attempt.open.batch;
  out["attempt"] = attempt.open.attempt;
  if (entry != nullptr) facts::add_entry(out, log_.record, *entry, events_.lang());
  return out;
}

void Milestones::say_milestone(meeting::Entry const& entry) {
  auto const& record = log_.record;
  switch (entry.type()) {
    case EntryType::kMeetingOpen:
      say_meeting();
      break;
    case EntryType::kBatchOpen:
      events_.emit(named("opened", &entry));
      if (!record.attempt()->open.paper && record.attempt()->holders.size() == 1) events_.warn("one-trustee");
      break;
    case EntryType::kBatchClose: {
      auto out = named("closed");
      out["envelopes"] = record.attempt()->counted.size();
      events_.emit(out);
      break;
    }
    case EntryType::kBallotBox:
      events_.emit(named("box", &entry));
      break;
    case EntryType::kDeclaration:
      events_.emit(named("declared", &entry));
      break;
    case EntryType::kTallyShare:
    case EntryType::kPaperTally:
      if (record.attempt()->phase == BatchPhase::kCounted) say_counted();
      break;
    case EntryType::kVoid:
      if (record.attempt()->phase == BatchPhase::kVoided) events_.emit(named("voided"));
      break;
    case EntryType::kMeetingClose: {
      auto out = facts::event("head");
      out["hash"] = group_of_four(record.tree().root());
      out["hex"] = to_hex(record.tree().root().view());
      out["size"] = record.size();
      events_.emit(out);
      break;
    }
    default:
      break;
  }
}

void Milestones::say_meeting() {
  auto const& manifest = log_.record.manifest();
  auto out = facts::event("meeting");
  out["title"] = manifest.title;
  out["date"] = manifest.date;
  out["rehearsal"] = manifest.rehearsal;
  out["batches"] = facts::batches(manifest);
  events_.emit(out);
  if (manifest.trustees.size() == 1) events_.warn("one-trustee");
}

void Milestones::say_counted() {
  auto const& record = log_.record;
  auto out = named("counted");
  facts::array rows;
  for (auto const& [q, row] : record.attempt()->rows) rows.push_back(facts::row(record, q, row, events_.lang()));
  out["rows"] = std::move(rows);
  events_.emit(out);
  for (auto const& warning : facts::row_warnings(record)) {
    auto said = facts::event("warning");
    facts::add(said, warning);
    events_.emit(said);
  }
}

void Milestones::say_all_confirmed() {
  auto const quiet = facts::unconfirmed(log_.record);
  if (!quiet || !quiet->empty() || all_confirmed_ == log_.record.attempt()->box_hash) return;
  all_confirmed_ = log_.record.attempt()->box_hash;
  events_.emit(named("all_confirmed"));
}

void Milestones::say_again() {
  auto const& record = log_.record;
  if (record.phase() == MeetingPhase::kBeforeOpen) return;
  auto const again = [&](std::uint64_t index) {
    if (auto const entry = meeting::decode_entry(log_.entries[index])) say_milestone(*entry);
  };
  again(0);
  if (record.in_progress()) {
    auto const& attempt = *record.attempt();
    again(attempt.open_index);
    if (attempt.box) again(attempt.box_index);
    say_all_confirmed();
    if (attempt.phase == BatchPhase::kCounted) say_counted();
  }
  if (record.phase() == MeetingPhase::kClosed) again(record.size() - 1);
}

}  // namespace piaojue::client
