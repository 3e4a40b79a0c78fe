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

using Notes = std::map<std::uint64_t, std::string>;
using Cosignatures = std::map<std::uint64_t, std::map<PersonId, log::Cosignature>>;

/// Signed checkpoints, by tree size.
Notes read_notes(Contents const& contents) {
  Notes notes;
  for (auto const& [key, value] : contents[Table::kCheckpoint]) {
    notes.emplace(read_u64be(key), std::string(as_text(value)));
  }
  return notes;
}

/// By tree size. @return kStorage.
Result<Cosignatures> read_cosignatures(Contents const& contents) {
  Cosignatures cosignatures;
  for (auto const& [key, value] : contents[Table::kCosignature]) {
    auto const row = meeting::parse_cosignature(value);
    if (!row) return Refusal::kStorage;
    cosignatures[row->tree_size].emplace(row->person, *row);
  }
  return cosignatures;
}

/// What must be witnessed, by whom and when, of all entries, which `record` takes in. @return kLogInconsistent.
Result<std::vector<Claim>> read_claims(Contents const& contents, meeting::Record& record) {
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
  return claims;
}

/// Adds to `kept` the sizes of the checkpoints that make a claim witnessed: the one that adds most people, again and
/// again. Where they do not suffice, the record is one that the verifier will not like, as it is.
void keep_witnesses(Claim const& claim, Notes const& notes, Cosignatures const& cosignatures,
                    std::set<std::uint64_t>& kept) {
  if (!claim.before) return;  // nothing rested on it: no witnesses are asked for
  std::set<PersonId> const among(claim.among.begin(), claim.among.end());
  auto const needed = meeting::cosignatures_needed(static_cast<std::uint32_t>(among.size()));
  std::set<PersonId> have;
  while (have.size() < needed) {
    std::uint64_t best = 0;
    std::set<PersonId> best_people;
    for (auto it = cosignatures.upper_bound(claim.index); it != cosignatures.end(); ++it) {
      if (it->first > *claim.before) break;
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
    if (best_people.empty()) return;
    kept.insert(best);
    have.merge(best_people);
  }
}

}  // namespace

Result<ExportSummary> export_record(Contents const& contents, std::ostream& out) {
  auto const notes = read_notes(contents);
  auto cosignatures = read_cosignatures(contents);
  if (!cosignatures) return cosignatures.error();
  meeting::Record record;
  auto const claims = read_claims(contents, record);
  if (!claims) return claims.error();
  if (record.size() == 0 || !notes.contains(record.size())) return Refusal::kLogInconsistent;
  std::set<std::uint64_t> kept{record.size()};
  for (auto const& claim : *claims) keep_witnesses(claim, notes, *cosignatures, kept);

  ExportSummary summary;
  meeting::RecordWriter writer(out);
  for (auto const& [key, bytes] : contents[Table::kEntry]) {
    writer.write(bytes);
    ++summary.entries;
    if (!kept.contains(summary.entries)) continue;
    writer.write(notes.at(summary.entries));
    ++summary.checkpoints;
    for (auto const& [person, cosignature] : (*cosignatures)[summary.entries]) {
      writer.write(cosignature);
      ++summary.cosignatures;
    }
  }
  summary.head = record.tree().root();
  summary.closed = record.phase() == meeting::MeetingPhase::kClosed;
  summary.witnessed_end = !(*cosignatures)[record.size()].empty();
  return summary;
}

}  // namespace piaojue::server
