// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The commands of a service (docs/operating.md). What is said on stdout is `key value`, for people and scripts alike.
#include "protocol/meeting/halves.h"
#include "server/extending.h"
#include "server/service_settings.h"
#include "store/leases.h"

namespace piaojue::server {

/// `piaojue-server serve SERVICE.toml`: one node. Says "listening ADDRESS:PORT" on stdout when it is ready; returns
/// after SIGINT, SIGTERM or SIGHUP, once its meetings are given back.
/// @return false: something failed while it ran, and was told.
[[nodiscard]] Explained<bool> serve(fs::path const& file, Lang lang);

/// `piaojue-server adopt SERVICE.toml DIR`: takes the meeting of a directory, which `init --number` made, into the
/// database. Can be repeated. The directory stays as it is, and `run` refuses it from then on. Refused, and nothing was
/// written: it has no number, a server runs on it, the number is another meeting's. One that `store copy` has moved out
/// comes back from the directory that has it, and from no other.
[[nodiscard]] Explained<void> adopt(fs::path const& file, fs::path const& directory);

struct CopyOptions {
  store::MeetingNumber number = 0;
  fs::path directory;
  std::string listen;  ///< where the directory's server will listen; empty: the first of the service's addresses
  std::string host;    ///< for new slips, if not the address
  bool undo = false;   ///< what is on its way into that directory stays
};
/// `piaojue-server store copy SERVICE.toml --number N DIR`: moves a meeting, with its files and keys, from the database
/// into a directory that does not exist or is empty, where `run` goes on with it; `adopt` is the way back. Nodes let it
/// go first, and what remains of it in the database is its number. Can be repeated, and is to be if it was ended before
/// it said that it was done: until then neither serves the meeting, and afterwards the directory alone.
[[nodiscard]] Explained<void> copy_store(fs::path const& file, CopyOptions const& options);

struct ExtendOptions {
  store::MeetingNumber number = 0;  ///< 0: of a directory
  ExtendFrom from;
};
/// `piaojue-server store extend SERVICE.toml --number N --log FILE…`, or with a directory and without a number: after a
/// restore that is older than the laptops' logs, before anybody serves the meeting (extending.h, ADR 33). @param lang
/// in which what was left out is said, on stderr.
[[nodiscard]] Explained<void> extend_store(fs::path const& place, ExtendOptions const& options, Lang lang);

/// `piaojue-server store migrate SERVICE.toml`
[[nodiscard]] Explained<void> migrate_store(fs::path const& file);
/// `piaojue-server store reseal SERVICE.toml`: puts every meeting's keys under `service_key`, whichever of the two keys
/// they are under, row by row and while nodes run that have both. Can be repeated; a row that opens under neither is
/// named. @return false: there is one.
[[nodiscard]] Explained<bool> reseal_store(fs::path const& file, Lang lang);
/// `piaojue-server store check SERVICE.toml [--number N]`: reads a meeting, or all, as a node would, and says of each
/// whether it is whole. @return false: one is not, or is on its way out and served by nobody, and was named.
[[nodiscard]] Explained<bool> check_store(fs::path const& file, std::optional<store::MeetingNumber> meeting, Lang lang);

/// A further slip for a person, as `new_slip` of a directory, into a file that does not exist yet. @return it.
[[nodiscard]] Explained<fs::path> new_slip(fs::path const& file, store::MeetingNumber meeting, meeting::PersonId person,
                                           fs::path const& out);
/// Trustee 0 gives no share in that attempt.
[[nodiscard]] Explained<void> stop_attempt(fs::path const& file, store::MeetingNumber meeting,
                                           meeting::HalfOf const& attempt);
/// Everything that is durable of a meeting, whoever serves it.
[[nodiscard]] Explained<store::Contents> read_meeting(fs::path const& file, store::MeetingNumber meeting);
[[nodiscard]] Explained<store::Contents> read_meeting(std::shared_ptr<store::PostgresPool> pool,
                                                      store::MeetingNumber meeting);

}  // namespace piaojue::server
