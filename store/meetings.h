// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The meetings of a service as rows: which there are, their sealed keys, and how one comes in or gets a new slip.
/// Neither keys nor slips are readable here: what is sealed is sealed and opened by the server (key_bundle.h).
#include <map>

#include "store/leases.h"

namespace piaojue::store {

struct ListedMeeting {
  MeetingNumber meeting = 0;
  std::uint32_t office = 0;         ///< whose it is; 0: the operator's
  std::optional<std::string> node;  ///< who holds its lease, alive or not
};
/// Ascending by number, without those that are leaving or gone (moving.h). @param office nothing: all of them.
[[nodiscard]] Explained<std::vector<ListedMeeting>> list_meetings(PostgresPool& pool,
                                                                  std::optional<std::uint32_t> office = {});

/// Sealed keys of a meeting (Table::kMeta, row "keys"). @return nothing: there is no such meeting.
[[nodiscard]] Explained<std::optional<Bytes>> sealed_keys(PostgresPool& pool, MeetingNumber meeting);
/// Only if they are still `before`: re-sealing while somebody else re-seals loses nothing. @return false: they are not.
[[nodiscard]] Explained<bool> replace_sealed_keys(PostgresPool& pool, MeetingNumber meeting, ByteView before,
                                                  ByteView after);

/// The number is a meeting's from now on, and no office's draft takes it; can be repeated. Whatever is written under a
/// number takes it, too. Refused, kConflict: an office's draft holds it.
[[nodiscard]] Explained<void> take_number(PostgresPool& pool, MeetingNumber meeting);

/// In one transaction, or not at all. @param contents with the row "keys" in kMeta.
/// Refused, kConflict: the number is taken, or an office's draft holds it.
[[nodiscard]] Explained<void> create_meeting(PostgresPool& pool, MeetingNumber meeting, std::uint32_t office,
                                             Contents const& contents);
/// The next number that is free; nothing is reserved by it.
[[nodiscard]] Explained<MeetingNumber> free_number(PostgresPool& pool);

/// The row of a person's newest slip (Table::kSlip), whoever serves the meeting: nobody keeps it in memory.
[[nodiscard]] Explained<void> write_slip_row(PostgresPool& pool, MeetingNumber meeting, PersonId person,
                                             ByteView sealed);

/// The operator's word against an Override (specification §10.5): trustee 0 gives no share in that attempt. Read while
/// the meeting runs, whoever serves it. `add_stop` can be repeated.
struct Stop {
  std::uint32_t batch = 0;
  std::uint32_t attempt = 0;
  auto operator<=>(Stop const&) const = default;
};
/// Its key in Table::kMeta.
Bytes stop_row(Stop stop);
/// Those among a meeting's rows.
std::vector<Stop> stops_in(Contents const& contents);
[[nodiscard]] Explained<void> add_stop(PostgresPool& pool, MeetingNumber meeting, Stop stop);
/// Of those meetings, in one request.
[[nodiscard]] Explained<std::map<MeetingNumber, std::vector<Stop>>> stops(PostgresPool& pool,
                                                                          std::vector<MeetingNumber> const& meetings);

/// Files of the candidates; a rehearsal that an office made has those of the meeting that it rehearses. `add_file` can
/// be repeated. Refused, kConflict: as `take_number`. @return of `read_file_piece` nothing: not there, or shorter.
[[nodiscard]] Explained<void> add_file(PostgresPool& pool, MeetingNumber meeting, Hash const& hash, ByteView bytes);
[[nodiscard]] Explained<std::optional<Bytes>> read_file_piece(PostgresPool& pool, MeetingNumber meeting,
                                                              Hash const& hash, std::uint64_t offset,
                                                              std::size_t length);

}  // namespace piaojue::store
