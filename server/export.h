// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The record file (specification §5) out of a store: every entry, and no more checkpoints than the verifier needs.
#include <functional>
#include <ostream>

#include "store/reading.h"

namespace piaojue::server {

using crypto::Hash;
using meeting::PersonId;
using store::Contents;
using store::key_of;
using store::Table;

struct ExportSummary {
  std::uint64_t entries = 0;
  std::uint64_t checkpoints = 0;
  std::uint64_t cosignatures = 0;
  Hash head;                   ///< root of the tree of all entries
  bool closed = false;         ///< ends with MeetingClose
  bool witnessed_end = false;  ///< somebody who did not sign MeetingClose cosigned it (§13, check 3)
};

/// Checkpoints kept: for each entry that is to be witnessed in time (§4.3, check 3: BatchOpen, EnvelopeSpoil,
/// BallotBox, the first TallyShare, Declaration, PaperTally) those whose cosignatures show it, as few as possible; and
/// the last one, of MeetingClose. Each with all of its cosignatures.
/// Reads the log row by row, its entries twice, and holds none of them.
/// Explains with kLogInconsistent: what is stored does not apply, or there is no checkpoint of the full size.
/// @param go_on asked before each entry; kBusy: it said no.
[[nodiscard]] Explained<ExportSummary> export_record(
    store::Reading& log, std::ostream& out, std::function<bool()> const& go_on = [] { return true; });
/// The same of rows that are held.
[[nodiscard]] Result<ExportSummary> export_record(
    Contents const& contents, std::ostream& out, std::function<bool()> const& go_on = [] { return true; });

}  // namespace piaojue::server
