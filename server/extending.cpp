// SPDX-License-Identifier: Apache-2.0
#include "server/extending.h"

#include <fstream>

#include "protocol/meeting/codec.h"
#include "protocol/meeting/payload.h"
#include "protocol/meeting/record_file.h"
#include "protocol/trustee/trustee_store.h"
#include "server/draft.h"
#include "server/enrolments.h"
#include "server/probation.h"
#include "server/status.h"
#include "strings/refusals.h"
#include "strings/service.h"

namespace piaojue::server {

namespace text = strings::service;

namespace {

/// A laptop's record file.
struct Log {
  fs::path path;
  std::vector<Bytes> entries;
  std::map<std::uint64_t, std::string> notes;
  std::vector<log::Cosignature> cosignatures;
};

Explanation at_log(Text const& what, Log const& log) { return unusable(Sentence(what, {{"path", log.path.string()}})); }

Explained<Log> read_log(fs::path const& path) {
  Log out{path, {}, {}, {}};
  std::ifstream file(path, std::ios::binary);
  if (!file) return at_log(text::kExtendUnreadable, out);
  meeting::RecordReader reader(file);
  for (;;) {
    auto item = reader.next();
    if (!item) return at_log(text::kExtendNoRecord, out);
    if (!*item) return out;
    if (auto* entry = std::get_if<Bytes>(&**item)) out.entries.push_back(std::move(*entry));
    if (auto* note = std::get_if<std::string>(&**item)) out.notes[out.entries.size()] = std::move(*note);
    if (auto const* one = std::get_if<log::Cosignature>(&**item)) out.cosignatures.push_back(*one);
  }
}

/// What was restored.
std::vector<Bytes> entries_of(Contents const& contents) {
  std::vector<Bytes> out;
  for (auto const& [key, bytes] : contents[Table::kEntry]) out.push_back(bytes);
  return out;
}

/// The shorter is the beginning of the longer one.
bool agree(std::vector<Bytes> const& a, std::vector<Bytes> const& b) {
  auto const size = std::min(a.size(), b.size());
  return std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(size), b.begin());
}

/// All of it by the rules of the meeting, and every checkpoint of it by the meeting's own key.
Explained<meeting::Record> replay(Log const& log, Keys const& keys) {
  meeting::Record record;
  for (auto const& bytes : log.entries) {
    auto const entry = meeting::decode_entry(bytes);
    auto const taken = entry ? record.apply(*entry, bytes) : Result<void>(entry.error());
    if (taken) continue;
    return unusable(Sentence(text::kExtendEntryRefused, {{"path", log.path.string()},
                                                         {"index", std::uint64_t{record.size()}},
                                                         {"sentence", strings::sentence_of(taken.error())}}));
  }
  if (log.notes.empty() || log.notes.rbegin()->first != log.entries.size()) {
    return at_log(text::kExtendNoCheckpoint, log);
  }
  for (auto const& [size, note] : log.notes) {
    auto const opened = log::open_checkpoint(note, record.manifest().origin(), keys.checkpoint.public_key());
    if (!opened || opened->size != size || opened->root != record.tree().root(size)) {
      return at_log(text::kExtendNoCheckpoint, log);
    }
  }
  return record;
}

/// Who can be let in. Refused: somebody can not, whose certificate was lost with the rows that came after the backup.
Explained<std::set<PersonId>> check_enrolled(Contents const& contents, meeting::Record const& record) {
  std::set<PersonId> enrolled;
  for (auto const& [key, value] : contents[Table::kEnrolment]) {
    auto const row = decode_enrolment(number_at(key, 0), number_at(key, 4), value);
    if (!row) return Explanation(text::kLoadNoMeeting);
    auto const person = row->person;
    bool const current = record.identity_key(person) == row->keys.identity_key &&
                         record.witness_key(person) == row->keys.witness_key &&
                         record.box_key(person) == row->keys.box_key;
    if (current) enrolled.insert(person);
  }
  for (PersonId p = 1; p <= record.manifest().people.size(); ++p) {
    if (record.identity_key(p) && !enrolled.contains(p)) {
      return unusable(Sentence(text::kExtendNotEnrolled, {{"person", p}}));
    }
  }
  return enrolled;
}

void erase_all(Writes& writes, Contents const& contents, Table table) {
  for (auto const& [key, value] : contents[table]) writes.erase(table, key);
}

/// What was restored beside the log is of another moment than the log. Slips: one that was used or replaced since would
/// count again. Payloads and keys of attempts that have begun: another half seals them by now, and what was drawn once
/// is used once. Keys of attempts that have not begun were used for nothing, and the pledges bind for good.
void erase_stale(Writes& writes, Contents const& contents, meeting::Record const& record) {
  for (auto const table : {Table::kSlip, Table::kProposal, Table::kTokenPayload, Table::kIssuedPayload,
                           Table::kEnvelope, Table::kMixOutput}) {
    erase_all(writes, contents, table);
  }
  for (auto const& [key, value] : contents[Table::kTrustee]) {
    bool const pledges = number_at(key, 0) == static_cast<std::uint32_t>(trustee::StoreKind::kPledges);
    if (!pledges && number_at(key, 8) <= record.attempts(number_at(key, 4))) writes.erase(Table::kTrustee, key);
  }
  writes.truncate_journal = true;
}

/// Checkpoints of every size: laptops have cosigned some that this one does not know of. Each is of a beginning of the
/// tree that is signed already, and of the same bytes if it was signed before.
void write_log(Writes& writes, Contents const& contents, Log const& log, meeting::Record const& record,
               Keys const& keys) {
  auto const before = contents[Table::kEntry].size();
  for (std::uint64_t i = before; i < log.entries.size(); ++i) {
    writes.put(Table::kEntry, key_of(i), log.entries[i]);
    log::Checkpoint const checkpoint{record.manifest().origin(), i + 1, record.tree().root(i + 1)};
    auto const note = log::sign_checkpoint(checkpoint, keys.checkpoint);
    writes.put(Table::kCheckpoint, key_of(i + 1), to_bytes(as_bytes(note)));
  }
  for (auto const& one : log.cosignatures) {
    auto const key = key_of(one.tree_size, one.person);
    bool const noted = one.tree_size > before || contents[Table::kCheckpoint].contains(key_of(one.tree_size));
    if (noted && !contents[Table::kCosignature].contains(key)) {
      writes.put(Table::kCosignature, key, meeting::encode_cosignature(one));
    }
  }
}

/// The longest, if all of them are one log and begin with what was restored.
Explained<Log> choose(Contents const& contents, std::vector<fs::path> const& paths) {
  std::vector<Log> logs;
  for (auto const& path : paths) {
    auto log = read_log(path);
    if (!log) return log.error();
    logs.push_back(std::move(*log));
  }
  auto const restored = entries_of(contents);
  auto const longest = std::ranges::max_element(logs, {}, [](Log const& log) { return log.entries.size(); });
  for (auto const& log : logs) {
    if (!agree(log.entries, restored)) return at_log(text::kExtendOtherLog, log);
    if (!agree(log.entries, longest->entries)) return at_log(text::kExtendTwoLogs, log);
  }
  // One that was extended already may be given another list of people.
  bool const waits = !awaited_in(contents).empty();
  if (longest->entries.size() < restored.size() || (!waits && longest->entries.size() == restored.size()))
    return at_log(text::kExtendNothing, *longest);
  return std::move(*longest);
}

}  // namespace

Explained<Extension> extend(Contents const& contents, Keys const& keys, std::vector<fs::path> const& logs,
                            std::set<PersonId> const& without) {
  if (contents[Table::kEntry].empty()) return unusable(text::kExtendNotOpen);
  auto const log = choose(contents, logs);
  if (!log) return log.error();
  auto const record = replay(*log, keys);
  if (!record) return record.error();
  auto const enrolled = check_enrolled(contents, *record);
  if (!enrolled) return enrolled.error();
  bool const ballot = record->in_progress() && !record->attempt()->open.paper;
  if (ballot && record->manifest().trustees.size() == 1) return unusable(text::kExtendOneTrustee);

  Extension out;
  out.before = contents[Table::kEntry].size();
  out.after = log->entries.size();
  out.voids = ballot && record->attempt()->shares.empty();
  write_log(out.writes, contents, *log, *record, keys);
  erase_stale(out.writes, contents, *record);
  // Nothing follows the end.
  if (record->phase() == meeting::MeetingPhase::kOpen)
    std::ranges::set_difference(*enrolled, without, std::inserter(out.awaited, out.awaited.end()));
  write_awaited(out.writes, out.awaited);
  return out;
}

}  // namespace piaojue::server
