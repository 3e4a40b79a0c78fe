// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Who may write into a server's directory.
#include "server/directory.h"

namespace piaojue::server {

/// Files that say whose the meeting is (`adopted`, `moved-in`): two servers of one meeting would write two logs.
///
///     no `adopted`                the directory's own: `run` serves it
///     adopted: DATABASE           a service is taking it in
///     adopted: DATABASE, done     a service has it
///     adopted: DATABASE, from ID, meeting N    it comes out of a service, and is not here yet; perhaps not even whole
///     moved-in: DATABASE, from ID, meeting N   it came out of that service, whose database knows the directory by ID
///
/// Held until the process ends, so that no second server writes into the same directory. A lock of fcntl, and not of
/// flock: the system tells everybody which process holds it (F_GETLK), and the office's desk ends that one and no
/// other. Refused: another process holds it; the meeting was taken into a service (`adoption_of`).
[[nodiscard]] Explained<void> lock(Directory const& directory);
/// Before a command that writes while a server may run. Refused: the meeting was taken into a service.
[[nodiscard]] Explained<void> check_own(Directory const& directory);
/// As `lock`, also of one that was taken into a service: `adopt` can be repeated.
[[nodiscard]] Explained<void> lock_to_adopt(Directory const& directory);

/// Whose the meeting is from here on: two servers of one meeting would write two logs, so `lock` refuses.
struct Adoption {
  std::string database;       ///< its id, in hexadecimal digits
  bool done = false;          ///< it was there; if it is not there any more, the database has been set back
  std::string from = {};      ///< it comes from there: the id of this directory, in hexadecimal digits; else empty
  std::uint32_t meeting = 0;  ///< of `from`: the number that it has there
};
/// On the disk when it returns. Takes the place of the one before.
[[nodiscard]] Explained<void> mark_adopted(Directory const& directory, Adoption const& adoption);
/// Nothing: it is nobody's but the directory's.
std::optional<Adoption> adoption_of(Directory const& directory);
/// What has come out of a service is the directory's own from here on. On the disk when it returns.
[[nodiscard]] Explained<void> release(Directory const& directory);
/// Of a directory that was released.
std::optional<Adoption> release_of(Directory const& directory);

}  // namespace piaojue::server
