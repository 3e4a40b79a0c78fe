// SPDX-License-Identifier: Apache-2.0
#include "client/session/log_copy.h"

#include <sstream>

#include "protocol/meeting/codec.h"
#include "protocol/meeting/payload.h"

namespace piaojue::client {

Result<void> LogCopy::load(std::vector<JournalRecord> const& journal) {
  for (auto const& line : journal) {
    switch (line.kind) {
      case JournalRecord::Kind::kEntry:
        // What was taken in once is taken in again: the state machine has no clock and no memory of its own.
        if (auto const entry = meeting::decode_entry(line.bytes); !entry || !append(*entry, line.bytes)) {
          return Refusal::kLogInconsistent;
        }
        break;
      case JournalRecord::Kind::kCheckpoint: {
        std::string const note(as_text(line.bytes));
        if (record.phase() == meeting::MeetingPhase::kBeforeOpen) return Refusal::kLogInconsistent;
        auto const opened = log::open_checkpoint(note, record.manifest().origin(), record.manifest().checkpoint_key);
        if (!opened || opened->size > record.size() || opened->root != record.tree().root(opened->size)) {
          return Refusal::kLogInconsistent;
        }
        notes[opened->size] = note;
        break;
      }
      case JournalRecord::Kind::kCosignature: {
        auto const cosignature = meeting::parse_cosignature(line.bytes);
        if (!cosignature || !add(*cosignature)) return Refusal::kLogInconsistent;
        break;
      }
    }
  }
  return {};
}

Result<void> LogCopy::append(meeting::Entry const& entry, Bytes const& bytes) {
  if (auto const taken = record.apply(entry, bytes); !taken) return taken.error();
  entries.push_back(bytes);
  signed_as.push_back(record.last_by());
  return {};
}

Result<void> LogCopy::add(log::Cosignature const& cosignature) {
  auto added = witnesses.add(record, cosignature);
  if (added) cosignatures[cosignature.tree_size][cosignature.person] = cosignature;
  return added;
}

Bytes LogCopy::export_record() const {
  if (notes.empty()) return {};
  std::ostringstream out;
  meeting::RecordWriter writer(out);
  std::uint64_t const size = noted_size();
  for (std::uint64_t i = 0; i < size; ++i) {
    writer.write(entries[i]);
    auto const note = notes.find(i + 1);
    auto const signed_by = cosignatures.find(i + 1);
    if (note == notes.end() || (signed_by == cosignatures.end() && i + 1 != size)) continue;
    writer.write(note->second);
    if (signed_by == cosignatures.end()) continue;
    for (auto const& [person, cosignature] : signed_by->second) writer.write(cosignature);
  }
  return to_bytes(as_bytes(out.view()));
}

Result<Exported> export_journal(Wallet& wallet) {
  auto const journal = wallet.journal();
  if (!journal) return Refusal::kStorage;
  LogCopy copy;
  if (auto const loaded = copy.load(*journal); !loaded) return loaded.error();
  if (copy.notes.empty()) return Refusal::kWrongPhase;
  Exported out;
  out.record = copy.export_record();
  out.entries = copy.noted_size();
  out.head = copy.record.tree().root(out.entries);
  out.closed = copy.record.phase() == meeting::MeetingPhase::kClosed && out.entries == copy.record.size();
  return out;
}

std::string group_of_four(Hash const& hash) {
  std::string const hex = to_hex(hash.view());
  std::string out;
  for (std::size_t i = 0; i < hex.size(); i += 4) {
    if (i > 0) out.push_back(' ');
    out += hex.substr(i, 4);
  }
  return out;
}

}  // namespace piaojue::client
