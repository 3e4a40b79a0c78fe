// SPDX-License-Identifier: Apache-2.0
#include "server/export.h"

#include <set>

#include "protocol/meeting/codec.h"
#include "protocol/meeting/payload.h"
#include "protocol/meeting/record_file.h"
#include "server/claims.h"

namespace piaojue::server {
namespace {

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

/// By tree size. @return kStorage, kBusy.
Result<Cosignatures> read_cosignatures(Contents const& contents, std::function<bool()> const& go_on) {
  Cosignatures cosignatures;
  for (auto const& [key, value] : contents[Table::kCosignature]) {
    if (!go_on()) return Refusal::kBusy;
    auto const row = meeting::parse_cosignature(value);
    if (!row) return Refusal::kStorage;
    cosignatures[row->tree_size].emplace(row->person, *row);
  }
  return cosignatures;
}

/// Takes in all entries. @return kLogInconsistent, kBusy.
Result<Claims> read_claims(Contents const& contents, meeting::Record& record, std::function<bool()> const& go_on) {
  Claims claims;
  for (auto const& [key, bytes] : contents[Table::kEntry]) {
    if (!go_on()) return Refusal::kBusy;
    auto const entry = meeting::decode_entry(bytes);
    if (key != key_of(record.size()) || !entry) return Refusal::kLogInconsistent;
    if (record.phase() != meeting::MeetingPhase::kBeforeOpen) claims.follow(record, *entry);
    if (!record.apply(*entry, bytes)) return Refusal::kLogInconsistent;
  }
  return claims;
}

/// Adds to `kept` the sizes of the checkpoints that make a claim witnessed: the one that adds most people, again and
/// again. Where they do not suffice, all that add any: how near it came stands in the verifier's report.
/// @return kBusy.
Result<void> keep_witnesses(Claim const& claim, meeting::Record const& record, Notes const& notes,
                            Cosignatures const& cosignatures, std::set<std::uint64_t>& kept,
                            std::function<bool()> const& go_on) {
  Shown shown;
  std::vector<std::uint64_t> candidates;
  for (auto it = cosignatures.upper_bound(claim.index); it != cosignatures.end() && it->first <= claim.before; ++it) {
    if (!go_on()) return Refusal::kBusy;
    if (!notes.contains(it->first)) continue;
    if (kept.contains(it->first)) {
      for (auto const& [person, one] : it->second) shown.add(record, one);
    } else {
      candidates.push_back(it->first);
    }
  }
  auto standing = shown.of(claim);
  while (!standing.witnessed()) {
    auto best = standing;
    std::uint64_t best_size = 0;
    for (auto const size : candidates) {
      if (!go_on()) return Refusal::kBusy;
      Shown with;
      for (auto const& [person, one] : cosignatures.at(size)) with.add(record, one);
      auto better = shown.of(claim, with);
      if (better.have + better.have_experts <= best.have + best.have_experts) continue;
      best = std::move(better);
      best_size = size;
    }
    if (best_size == 0) return {};
    kept.insert(best_size);
    for (auto const& [person, one] : cosignatures.at(best_size)) shown.add(record, one);
    standing = std::move(best);
  }
  return {};
}

/// Somebody who did not sign MeetingClose has cosigned it, under a first key and not for a screen.
bool is_end_witnessed(Contents const& contents, meeting::Record const& record,
                      std::map<PersonId, log::Cosignature> const& cosignatures) {
  auto const last = meeting::decode_entry(contents[Table::kEntry].rbegin()->second);
  return std::ranges::any_of(cosignatures, [&](auto const& one) {
    bool const signed_it = last && std::ranges::find(last->signatures, one.first, &meeting::EntrySignature::signer) !=
                                       last->signatures.end();
    return !signed_it && record.has_first_key(one.first) && !record.has_role(one.first, meeting::kScreen);
  });
}

}  // namespace

Result<ExportSummary> export_record(Contents const& contents, std::ostream& out, std::function<bool()> const& go_on) {
  auto const notes = read_notes(contents);
  auto cosignatures = read_cosignatures(contents, go_on);
  if (!cosignatures) return cosignatures.error();
  meeting::Record record;
  auto const claims = read_claims(contents, record, go_on);
  if (!claims) return claims.error();
  if (record.size() == 0 || !notes.contains(record.size())) return Refusal::kLogInconsistent;
  std::set<std::uint64_t> kept{record.size()};
  for (auto const& claim : claims->list()) {
    if (auto const done = keep_witnesses(claim, record, notes, *cosignatures, kept, go_on); !done) return done.error();
  }

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
  summary.witnessed_end = is_end_witnessed(contents, record, (*cosignatures)[record.size()]);
  return summary;
}

}  // namespace piaojue::server
