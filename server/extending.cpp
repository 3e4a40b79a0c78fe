// SPDX-License-Identifier: Apache-2.0
#include "server/extending.h"

#include <fstream>

#include "protocol/meeting/codec.h"
#include "protocol/meeting/payload.h"
#include "protocol/meeting/record_file.h"
#include "protocol/trustee/trustee_store.h"
#include "server/claims.h"
#include "server/draft.h"
#include "server/enrolments.h"
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

Explanation at_path(Text const& what, fs::path const& path) {
  return unusable(Sentence(what, {{"path", path.string()}}));
}

Explained<Log> read_log(fs::path const& path) {
  Log out{path, {}, {}, {}};
  std::error_code failed;
  if (!fs::is_regular_file(path, failed)) return at_path(text::kExtendUnreadable, path);
  if (auto const size = fs::file_size(path, failed); failed || size > kLogFileBytesMax) {
    return at_path(failed ? text::kExtendUnreadable : text::kExtendTooLarge, path);
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) return at_path(text::kExtendUnreadable, path);
  meeting::RecordReader reader(file);
  for (;;) {
    // A file that grows meanwhile is bounded, too.
    auto item = reader.next();
    if (!item || reader.offset() > kLogFileBytesMax) return at_path(text::kExtendNoRecord, path);
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

/// A log that counts.
struct Passed {
  Log log;
  meeting::Record record;
  Claims claims;
};

/// All of it by the rules of the meeting, and every checkpoint of it by the meeting's own key.
Explained<Passed> replay(Log log, Keys const& keys) {
  meeting::Record record;
  Claims claims;
  for (auto const& bytes : log.entries) {
    auto const entry = meeting::decode_entry(bytes);
    if (entry && record.phase() != meeting::MeetingPhase::kBeforeOpen) claims.follow(record, *entry);
    auto const taken = entry ? record.apply(*entry, bytes) : Result<void>(entry.error());
    if (taken) continue;
    return unusable(Sentence(text::kExtendEntryRefused, {{"path", log.path.string()},
                                                         {"index", std::uint64_t{record.size()}},
                                                         {"sentence", strings::sentence_of(taken.error())}}));
  }
  if (log.notes.empty() || log.notes.rbegin()->first != log.entries.size()) {
    return at_path(text::kExtendNoCheckpoint, log.path);
  }
  for (auto const& [size, note] : log.notes) {
    auto const opened = log::open_checkpoint(note, record.manifest().origin(), keys.checkpoint.public_key());
    if (!opened || opened->size != size || opened->root != record.tree().root(size)) {
      return at_path(text::kExtendNoCheckpoint, log.path);
    }
  }
  return Passed{std::move(log), std::move(record), std::move(claims)};
}

/// Whose laptops can be let in: those under the keys of the log, and the newest of each person, which may wait for its
/// KeyChange and watches meanwhile. Refused: somebody can not, whose certificate was lost with the rows that came after
/// the backup.
Explained<std::set<Device>> check_enrolled(Contents const& contents, meeting::Record const& record) {
  std::set<Device> out;
  std::set<PersonId> current;
  std::map<PersonId, std::uint32_t> newest;
  for (auto const& [key, value] : contents[Table::kEnrolment]) {
    auto const row = decode_enrolment(number_at(key, 0), number_at(key, 4), value);
    if (!row) return Explanation(text::kLoadNoMeeting);
    auto const person = row->person;
    newest[person] = std::max(newest[person], row->number);
    bool const is_current = record.identity_key(person) == row->keys.identity_key &&
                            record.witness_key(person) == row->keys.witness_key &&
                            record.box_key(person) == row->keys.box_key;
    if (!is_current) continue;
    current.insert(person);
    out.insert({person, row->number});
  }
  for (PersonId p = 1; p <= record.manifest().people.size(); ++p) {
    if (record.identity_key(p) && !current.contains(p)) {
      return unusable(Sentence(text::kExtendNotEnrolled, {{"person", p}}));
    }
  }
  out.insert(newest.begin(), newest.end());
  return out;
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

/// By tree size and person, as they are kept.
using Cosigned = std::map<std::pair<std::uint64_t, PersonId>, log::Cosignature>;

/// Adds those of a log that are valid over the longest one, and says of how many that can not be said. What one laptop
/// has not heard another may have: each shows what that person's program had received.
void add_cosignatures(Cosigned& to, Log const& log, meeting::Record const& record, std::vector<Sentence>& said) {
  meeting::Witnesses witnesses;
  std::uint64_t refused = 0;
  std::optional<Refusal> why;
  for (auto const& one : log.cosignatures) {
    if (to.contains({one.tree_size, one.person})) continue;
    if (auto const added = witnesses.add(record, one); !added) {
      ++refused;
      if (!why) why = added.error();
      continue;
    }
    to.emplace(std::pair(one.tree_size, one.person), one);
  }
  if (!why) return;
  said.emplace_back(
      text::kExtendCosignatures,
      Sentence::Values{{"path", log.path.string()}, {"count", refused}, {"sentence", strings::sentence_of(*why)}});
}

/// What check 3 will ask of the record when the meeting has ended, as far as it is decided already: nothing that is
/// cosigned from here on can mend it.
std::vector<Claim> unwitnessed_in(Passed const& log, Cosigned const& cosigned) {
  std::vector<Claim> out;
  for (auto const& claim : log.claims.list()) {
    if (!claim.demanded) continue;
    Shown shown;
    for (auto it = cosigned.lower_bound({claim.index + 1, 0}); it != cosigned.end(); ++it) {
      if (it->first.first > claim.before) break;
      shown.add(log.record, it->second.person, it->second.tree_size);
    }
    if (!shown.of(claim).witnessed()) out.push_back(claim);
  }
  return out;
}

/// Checkpoints of every size: laptops have cosigned some that this one does not know of. Each is of a beginning of the
/// tree that is signed already, and of the same bytes if it was signed before.
void write_log(Writes& writes, Contents const& contents, Passed const& log, Cosigned const& cosigned,
               Keys const& keys) {
  auto const before = contents[Table::kEntry].size();
  auto const& entries = log.log.entries;
  for (std::uint64_t i = before; i < entries.size(); ++i) {
    writes.add(Table::kEntry, key_of(i), entries[i]);
    log::Checkpoint const checkpoint{log.record.manifest().origin(), i + 1, log.record.tree().root(i + 1)};
    auto const note = log::sign_checkpoint(checkpoint, keys.checkpoint);
    writes.put(Table::kCheckpoint, key_of(i + 1), to_bytes(as_bytes(note)));
  }
  for (auto const& [at, one] : cosigned) {
    auto const key = key_of(at.first, at.second);
    if (!contents[Table::kCosignature].contains(key)) {
      writes.put(Table::kCosignature, key, meeting::encode_cosignature(one));
    }
  }
}

/// The longest log that counts, and the others.
struct Chosen {
  Passed longest;
  std::vector<Log> others;  ///< their cosignatures; entries are those of the longest one
};

/// Each file by itself first: what fails by itself proves nothing against another one, nor against what was restored.
Explained<Chosen> choose(Contents const& contents, Keys const& keys, std::vector<fs::path> const& paths,
                         std::vector<Sentence>& said) {
  auto const restored = entries_of(contents);
  std::optional<Chosen> out;
  for (auto const& path : paths) {
    auto log = read_log(path);
    auto passed = log ? replay(std::move(*log), keys) : Explained<Passed>(log.error());
    if (!passed) {
      said.push_back(passed.error().what);
      continue;
    }
    if (!agree(passed->log.entries, restored)) return at_path(text::kExtendRestoredOther, path);
    if (!out) {
      out = Chosen{std::move(*passed), {}};
      continue;
    }
    auto& longest = out->longest;
    if (!agree(passed->log.entries, longest.log.entries)) {
      return unusable(Sentence(text::kExtendTwoLogs, {{"path", path.string()}, {"other", longest.log.path.string()}}));
    }
    if (passed->log.entries.size() > longest.log.entries.size()) std::swap(*passed, longest);
    passed->log.entries.clear();
    out->others.push_back(std::move(passed->log));
  }
  if (!out) return unusable(Sentence(text::kExtendNoneUsable, {{"reason", said.front()}}));
  // One that was extended already may be given another list of people, and more cosignatures.
  bool const waits = !awaited_in(contents).empty();
  auto const size = out->longest.log.entries.size();
  if (size < restored.size() || (!waits && size == restored.size())) {
    return at_path(text::kExtendNothing, out->longest.log.path);
  }
  return std::move(*out);
}

/// Those that were restored, and of every log.
Explained<Cosigned> gather(Contents const& contents, Chosen const& chosen, std::vector<Sentence>& said) {
  Cosigned out;
  for (auto const& [key, value] : contents[Table::kCosignature]) {
    auto const row = meeting::parse_cosignature(value);
    if (!row) return Explanation(text::kLoadNoMeeting);
    out.emplace(std::pair(row->tree_size, row->person), *row);
  }
  auto const& record = chosen.longest.record;
  add_cosignatures(out, chosen.longest.log, record, said);
  for (auto const& log : chosen.others) add_cosignatures(out, log, record, said);
  // Where no checkpoint is kept none is: what was restored has signed none of that size.
  auto const before = contents[Table::kEntry].size();
  std::erase_if(out, [&](auto const& item) {
    auto const size = item.first.first;
    return size <= before && !contents[Table::kCheckpoint].contains(key_of(size));
  });
  return out;
}

/// Whether it may be gone on without these people.
Explained<void> check_without(std::set<Device> const& devices, meeting::Record const& record,
                              std::set<PersonId> const& without) {
  auto const people = people_of(devices);
  for (auto const person : without) {
    if (!people.contains(person)) return unusable(Sentence(text::kExtendNobody, {{"person", person}}));
  }
  // Somebody who is left out may hold the share that opened the sum: voided and voted on again, a committee that knows
  // the sum would vote on it twice, and nobody else could tell.
  bool const may_be_open = record.in_progress() && record.attempt()->phase == meeting::BatchPhase::kConfirming &&
                           record.attempt()->shares.empty();
  if (may_be_open && !without.empty()) return unusable(text::kExtendWithoutConfirming);
  return {};
}

}  // namespace

Explained<Extension> extend(Contents const& contents, Keys const& keys, ExtendFrom const& from) {
  if (contents[Table::kEntry].empty()) return unusable(text::kExtendNotOpen);
  Extension out;
  auto const chosen = choose(contents, keys, from.logs, out.said);
  if (!chosen) return chosen.error();
  auto const& [log, record, claims] = chosen->longest;
  auto const devices = check_enrolled(contents, record);
  if (!devices) return devices.error();
  bool const ballot = record.in_progress() && !record.attempt()->open.paper;
  if (ballot && record.manifest().trustees.size() == 1) return unusable(text::kExtendOneTrustee);
  if (auto const may = check_without(*devices, record, from.without); !may) return may.error();
  auto const cosigned = gather(contents, *chosen, out.said);
  if (!cosigned) return cosigned.error();
  if (auto const missing = unwitnessed_in(chosen->longest, *cosigned); !missing.empty()) {
    Sentence::Values const values{{"index", missing.front().index}, {"count", std::uint64_t{missing.size()}}};
    if (!from.unwitnessed) return unusable(Sentence(text::kExtendUnwitnessed, values));
    out.said.emplace_back(text::kExtendUnwitnessedTaken, values);
  }

  out.log = log.path;
  out.before = contents[Table::kEntry].size();
  out.after = log.entries.size();
  out.voids = ballot && record.attempt()->shares.empty();
  write_log(out.writes, contents, chosen->longest, *cosigned, keys);
  erase_stale(out.writes, contents, record);
  // Nothing follows the end.
  if (record.phase() == meeting::MeetingPhase::kOpen) {
    std::ranges::copy_if(*devices, std::inserter(out.awaited, out.awaited.end()),
                         [&](Device const& device) { return !from.without.contains(device.first); });
  }
  write_awaited(out.writes, out.awaited);
  out.without = without_in(contents);
  out.without.insert(from.without.begin(), from.without.end());
  write_without(out.writes, out.without);
  return out;
}

}  // namespace piaojue::server
