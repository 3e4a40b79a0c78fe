// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What `status --json` and `slips --json` print: how the meeting stands, for programs that watch over it, as the
/// review office's desk does (docs/office.md). Read from the directory, also while the server runs.
#include "protocol/meeting/record.h"
#include "server/directory.h"

namespace piaojue::server {

/// The record of the entries. Refused: one does not apply, which is named.
[[nodiscard]] Explained<meeting::Record> read_record(Contents const& contents);

/// One JSON object:
///     title, date          of the draft
///     rehearsal, closed    bool
///     phase                "before-open", "open", "closed"
///     address              "192.0.2.10:7443", as slips say it
///     people               [{person, name, employer, roles: ["expert", "chair", …], enrolled: bool,
///                            device_code: "0123-4567-89AB-CDEF" or null}]
///     batches              [{batch, title, candidates, attempts, declared}]; numbers but the title
///     attempt              the one in progress, {batch, attempt, phase, paper}, or null
///     entries, head        of the log; the head in groups of four
/// Refused as `read_record`, and if there is no meeting in it.
[[nodiscard]] Explained<std::string> status_json(Directory const& directory, Contents const& contents);

/// One JSON object, {slips: [{person, name, code, line, file, address}]}, of each slip that still enrols somebody: the
/// newest of its person, of this meeting's number, not used, and its file still there, since the code stands nowhere
/// else. Ascending by person. It holds secrets.
[[nodiscard]] Explained<std::string> slips_json(Directory const& directory, Contents const& contents);

}  // namespace piaojue::server
