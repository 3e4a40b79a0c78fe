// SPDX-License-Identifier: Apache-2.0
#include "server/export.h"

#include <set>

#include "protocol/meeting/codec.h"
#include "protocol/meeting/payload.h"
#include "protocol/meeting/record_file.h"
#include "server/claims.h"
#include "strings/refusals.h"

namespace piaojue::server {
namespace {

using Notes = std::map<std::uint64_t, std::string>;
/// Who has cosigned a checkpoint, by tree size. The cosignatures themselves are many, and few are kept.
using Cosigners = std::map<std::uint64_t, std::vector<PersonId>>;
using Cosignatures = std::map<std::uint64_t, std::map<PersonId, log::Cosignature>>;
using GoOn = std::function<bool()>;

/// Reads and writes one record.
class Export {
 public:
  Export(store::Reading& log, std::ostream& out, GoOn const& go_on) : log_(log), out_(out), go_on_(go_on) {}

  Result<ExportSummary> run() {
    // The entries first: what is logged while the rest is read is left out.
    if (auto const done = read_claims(); !done) return done.error();
    if (auto const done = read_notes(); !done) return done.error();
    if (auto const done = read_cosigners(); !done) return done.error();
    if (record_.size() == 0 || !notes_.contains(record_.size())) return Refusal::kLogInconsistent;
    kept_.insert(record_.size());
    for (auto const& claim : claims_.list()) {
      if (auto const done = keep_witnesses(claim); !done) return done.error();
    }
    if (auto const done = read_cosignatures(); !done) return done.error();
    return write();
  }

  /// What the engine said, where it was that.
  std::optional<Explanation> const& why() const { return why_; }

 private:
  using Each = std::function<Result<void>(ByteView key, ByteView value)>;

  /// Every row of a table. @return what `each` refused; kStorage.
  Result<void> rows(Table table, Each const& each) {
    Result<void> taken;
    auto const read = log_.rows(table, [&](ByteView key, ByteView value) {
      taken = each(key, value);
      return taken.has_value();
    });
    if (read) return taken;
    why_ = read.error();
    return Refusal::kStorage;
  }

  Result<void> read_notes() {
    return rows(Table::kCheckpoint, [&](ByteView key, ByteView value) -> Result<void> {
      notes_.emplace(read_u64be(key), std::string(as_text(value)));
      return {};
    });
  }

  Result<void> each_cosignature(std::function<void(log::Cosignature const&)> const& take) {
    return rows(Table::kCosignature, [&](ByteView, ByteView value) -> Result<void> {
      if (!go_on_()) return Refusal::kBusy;
      auto const row = meeting::parse_cosignature(value);
      if (!row) return Refusal::kStorage;
      take(*row);
      return {};
    });
  }
  Result<void> read_cosigners() {
    return each_cosignature([&](log::Cosignature const& one) { cosigners_[one.tree_size].push_back(one.person); });
  }
  Result<void> read_cosignatures() {
    return each_cosignature([&](log::Cosignature const& one) {
      if (kept_.contains(one.tree_size)) cosignatures_[one.tree_size].emplace(one.person, one);
    });
  }

  /// Takes in all entries.
  Result<void> read_claims() {
    return rows(Table::kEntry, [&](ByteView key, ByteView bytes) -> Result<void> {
      if (!go_on_()) return Refusal::kBusy;
      auto const entry = meeting::decode_entry(bytes);
      if (to_bytes(key) != key_of(record_.size()) || !entry) return Refusal::kLogInconsistent;
      if (record_.phase() != meeting::MeetingPhase::kBeforeOpen) claims_.follow(record_, *entry);
      if (!record_.apply(*entry, bytes)) return Refusal::kLogInconsistent;
      last_signers_.clear();
      for (auto const& signature : entry->signatures) last_signers_.insert(signature.signer);
      return {};
    });
  }

  /// Adds to `kept_` the sizes of the checkpoints that make a claim witnessed: the one that adds most people, again and
  /// again. Where they do not suffice, all that add any: how near it came stands in the verifier's report.
  Result<void> keep_witnesses(Claim const& claim) {
    Shown shown;
    std::vector<std::uint64_t> candidates;
    for (auto it = cosigners_.upper_bound(claim.index); it != cosigners_.end() && it->first <= claim.before; ++it) {
      if (!go_on_()) return Refusal::kBusy;
      if (!notes_.contains(it->first)) continue;
      if (kept_.contains(it->first)) {
        add_all(shown, it->first);
      } else {
        candidates.push_back(it->first);
      }
    }
    auto standing = shown.of(claim);
    while (!standing.witnessed()) {
      auto best = standing;
      std::uint64_t best_size = 0;
      for (auto const size : candidates) {
        if (!go_on_()) return Refusal::kBusy;
        Shown with;
        add_all(with, size);
        auto better = shown.of(claim, with);
        if (better.have + better.have_experts <= best.have + best.have_experts) continue;
        best = std::move(better);
        best_size = size;
      }
      if (best_size == 0) return {};
      kept_.insert(best_size);
      add_all(shown, best_size);
      standing = std::move(best);
    }
    return {};
  }
  void add_all(Shown& shown, std::uint64_t size) const {
    for (auto const person : cosigners_.at(size)) shown.add(record_, person, size);
  }

  Result<ExportSummary> write() {
    ExportSummary summary;
    meeting::RecordWriter writer(out_);
    auto const written = rows(Table::kEntry, [&](ByteView, ByteView bytes) -> Result<void> {
      if (summary.entries == record_.size()) return {};
      writer.write(to_bytes(bytes));
      ++summary.entries;
      if (!kept_.contains(summary.entries)) return {};
      writer.write(notes_.at(summary.entries));
      ++summary.checkpoints;
      for (auto const& [person, cosignature] : cosignatures_[summary.entries]) {
        writer.write(cosignature);
        ++summary.cosignatures;
      }
      return {};
    });
    if (!written) return written.error();
    summary.head = record_.tree().root();
    summary.closed = record_.phase() == meeting::MeetingPhase::kClosed;
    // By somebody who did not sign MeetingClose, under a first key and not for a screen.
    summary.witnessed_end = std::ranges::any_of(cosignatures_[record_.size()], [&](auto const& one) {
      auto const person = one.first;
      return !last_signers_.contains(person) && record_.has_first_key(person) &&
             !record_.has_role(person, meeting::kScreen);
    });
    return summary;
  }

  store::Reading& log_;
  std::ostream& out_;
  GoOn const& go_on_;
  std::optional<Explanation> why_;
  Notes notes_;  ///< signed checkpoints, by tree size
  Cosigners cosigners_;
  meeting::Record record_;
  Claims claims_;
  std::set<PersonId> last_signers_;  ///< of the last entry
  std::set<std::uint64_t> kept_;     ///< sizes of checkpoints
  Cosignatures cosignatures_;        ///< of those
};

}  // namespace

Explained<ExportSummary> export_record(store::Reading& log, std::ostream& out, GoOn const& go_on) {
  Export one(log, out, go_on);
  auto const summary = one.run();
  if (summary) return *summary;
  if (one.why()) return *one.why();
  return Explanation(strings::sentence_of(summary.error()), {}, summary.error());
}

Result<ExportSummary> export_record(Contents const& contents, std::ostream& out, GoOn const& go_on) {
  store::ReadingOfContents log({std::shared_ptr<Contents const>(), &contents});
  return Export(log, out, go_on).run();
}

}  // namespace piaojue::server
