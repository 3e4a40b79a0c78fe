// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The record file (specification §5) out of a store: every entry, and no more checkpoints than the verifier needs.
#include <ostream>

#include "store/store.h"

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
  bool witnessed_end = false;  ///< somebody cosigned the last checkpoint
};

/// Checkpoints kept: for each BatchOpen and BallotBox those whose cosignatures make it witnessed in time (§13, check
/// 3), as few as possible; and the last one. Each with all of its cosignatures.
/// @return kLogInconsistent: what is stored does not apply, or there is no checkpoint of the full size.
[[nodiscard]] Result<ExportSummary> export_record(Contents const& contents, std::ostream& out);

}  // namespace piaojue::server
