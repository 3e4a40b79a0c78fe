// SPDX-License-Identifier: Apache-2.0
#include "server/export.h"

#include <set>

#include "protocol/meeting/arithmetic.h"
#include "protocol/meeting/codec.h"
#include "protocol/meeting/record.h"
#include "protocol/meeting/record_file.h"
#include "server/wire.h"

namespace piaojue::server {
namespace {

using meeting::EntryType;

/// An entry that must be witnessed before another one that rests on it.
struct Claim {
  std::uint64_t index = 0;
  std::optional<std::uint64_t> before;  ///< index of the first act that rests on it
  std::vector<PersonId> among;
  bool box = false;
};

}  // namespace

Result<ExportSummary> export_record(Contents const& contents, std::ostream& out) {
  std::map<std::uint64_t, std::string> notes;
  for (auto const& [key, value] : contents[Table::kCheckpoint]) {
    std::uint64_t size = 0;
    for (auto const byte : key) size = size << 8 | byte;
    notes.emplace(size, std::string(as_text(value)));
  }
  std::map<std::uint64_t, std::map<PersonId, log::Cosignature>> cosignatures;
  for (auto const& [key, value] : contents[Table::kCosignature]) {
    auto const row = meeting::parse_cosignature(value);
    if (!row) return Refusal::kStorage;
    cosignatures[row->tree_size].emplace(row->person, *row);
  }

  // ---- What must be witnessed, by whom and when
  meeting::Record record;
  std::vector<Claim> claims;
  for (auto const& [key, bytes] : contents[Table::kEntry]) {
    auto const index = record.size();
    auto const entry = meeting::decode_entry(bytes);
    if (key != key_of(index) || !entry || !record.apply(*entry, bytes)) return Refusal::kLogInconsistent;
    auto const type = entry->type();
    auto const acted = [&](bool on_box) {
      for (auto& claim : claims) {
        if (claim.box == on_box && claim.index >= record.attempt()->open_index && !claim.before) claim.before = index;
      }
    };
    if (type == EntryType::kBatchOpen || type == EntryType::kBallotBox) {
      claims.push_back({index, std::nullopt, record.witnesses(), type == EntryType::kBallotBox});
    }
    if (type == EntryType::kTokensIssued) acted(false);
    if (type == EntryType::kTallyShare) acted(true);
  }

  std::set<std::uint64_t> kept;
  for (auto const& claim : claims) {
    if (!claim.before) continue;  // nothing rested on it: no witnesses are asked for
    std::set<PersonId> const among(claim.among.begin(), claim.among.end());
    auto const needed = meeting::cosignatures_needed(static_cast<std::uint32_t>(among.size()));
    std::set<PersonId> have;
    // The checkpoint that adds most people, again and again.
    while (have.size() < needed) {
      std::uint64_t best = 0;
      std::set<PersonId> best_people;
      for (auto it = cosignatures.upper_bound(claim.index); it != cosignatures.end(); ++it) {
        if (claim.before && it->first > *claim.before) break;
        if (!notes.contains(it->first)) continue;
        std::set<PersonId> people;
        for (auto const& [person, cosignature] : it->second) {
          if (among.contains(person) && !have.contains(person)) people.insert(person);
        }
        if (people.size() > best_people.size()) {
          best = it->first;
          best_people = std::move(people);
        }
      }
      if (best_people.empty()) break;  // a record that the verifier will not like, as it is
      kept.insert(best);
      have.merge(best_people);
    }
  }
  if (record.size() == 0 || !notes.contains(record.size())) return Refusal::kLogInconsistent;
  kept.insert(record.size());

  ExportSummary summary;
  meeting::RecordWriter writer(out);
  for (auto const& [key, bytes] : contents[Table::kEntry]) {
    writer.write(bytes);
    ++summary.entries;
    if (!kept.contains(summary.entries)) continue;
    writer.write(notes.at(summary.entries));
    ++summary.checkpoints;
    for (auto const& [person, cosignature] : cosignatures[summary.entries]) {
      writer.write(cosignature);
      ++summary.cosignatures;
    }
  }
  summary.head = record.tree().root();
  summary.closed = record.phase() == meeting::MeetingPhase::kClosed;
  summary.witnessed_end = !cosignatures[record.size()].empty();
  return summary;
}

}  // namespace piaojue::server
