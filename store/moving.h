// SPDX-License-Identifier: Apache-2.0
#pragma once
/// A meeting that leaves a service for a directory, and comes back (`store copy`, `adopt`). One row of Table::kMeta,
/// "moved", says how far it is; without that row the service's nodes serve it.
///
///     no row                        kHere
///     row, directory                kLeaving: no node takes it, nothing more is written, all of its rows are here
///     row, directory ‖ meeting id   kGone: its number, this row and nothing else is here
///
/// Who names the row goes first through the lock of the meeting's row, as every commit and every taking does.
#include "store/leases.h"

namespace piaojue::store {

inline constexpr std::size_t kDirectoryIdBytes = 16;

enum class Stay : std::uint8_t { kNone, kHere, kLeaving, kGone };
struct Whereabouts {
  Stay stay = Stay::kNone;  ///< kNone: the database has no meeting of this number
  Bytes directory;          ///< of kLeaving, kGone: the id of the directory that is to have it, or has it
  Bytes meeting_id;         ///< of kGone
};
[[nodiscard]] Explained<Whereabouts> whereabouts(PostgresPool& pool, MeetingNumber meeting);

/// Marks it as leaving, whoever serves it, and takes its lease unless that is a living node's: in one transaction, so
/// that whoever held it writes nothing from then on. Can be repeated, also for another directory. @return who serves
/// it; he sees the mark within a second and lets it go. Nothing: nobody does, nor will, and the rows stay as they are.
[[nodiscard]] Explained<std::optional<Elsewhere>> mark_leaving(PostgresPool& pool, MeetingNumber meeting,
                                                               ByteView directory);
/// It stays after all. Refused, kConflict: it is not on its way.
[[nodiscard]] Explained<void> undo_leaving(PostgresPool& pool, MeetingNumber meeting);
/// Its rows and files go, and slips that an office has not fetched, in one transaction; from then on the directory of
/// that id has it. Can be repeated. Refused, kConflict: it was not marked for this directory and let go before, or
/// another directory has it.
[[nodiscard]] Explained<void> finish_leaving(PostgresPool& pool, MeetingNumber meeting, ByteView directory,
                                             ByteView meeting_id);
/// The meeting of a number that is gone comes back, in one transaction; whose it was, it is again. @param contents as
/// of `create_meeting`. Refused, kConflict: it is not gone, or in another directory than `directory`.
[[nodiscard]] Explained<void> come_back(PostgresPool& pool, MeetingNumber meeting, ByteView directory,
                                        Contents const& contents);

/// Those that are on their way, ascending: somebody has to go on with them, or to take it back.
[[nodiscard]] Explained<std::vector<MeetingNumber>> leaving(PostgresPool& pool);

/// Whose rows and keys are in this database, also on their way out, ascending.
[[nodiscard]] Explained<std::vector<MeetingNumber>> numbers_here(PostgresPool& pool);

/// Its key in Table::kMeta.
Bytes moved_row();

}  // namespace piaojue::store
