// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The meetings that this office has made, each a folder `OFFICE/meetings/<date>-<n>[-rehearsal]/`:
///
///     meeting.toml, members.csv, candidates.csv, recusals.csv   what it was made from
///     server/             the server's directory, of `piaojue-server init`
///     server.log          what the server says
///     wanted              the clerk has started it and not stopped it
///     record.piaojue      fetched when it had ended
///
/// One that is held at the service (service.h) has instead of a server's directory
///
///     service.json        {"number"}: its number there
///     slips/              fetched once, a file a person
///
/// The server is a process of its own, in a session of its own: it goes on when the page ends, and a desk that begins
/// anew finds it again by the lock that it holds. All of this may be called on any thread.
#include <boost/json.hpp>
#include <map>
#include <mutex>

#include "office/desk/child.h"
#include "office/desk/desk.h"

namespace piaojue::desk {

/// A server that ended though nobody had stopped it is started again so often, in so long a time.
inline constexpr std::size_t kRestartsMax = 3;
inline constexpr std::chrono::minutes kRestartsWithin{10};

/// Where a meeting is held.
enum class Held : std::uint8_t { kHere, kAtService, kAnywhere };

class Meetings {
 public:
  /// @param programs the folder of piaojue-server. @param lang of what the programs say.
  Meetings(fs::path office, fs::path programs, Lang lang);

  fs::path const& root() const { return root_; }
  fs::path folder(std::string const& name) const { return root_ / name; }
  fs::path server(std::string const& name) const { return root_ / name / "server"; }
  fs::path record(std::string const& name) const { return root_ / name / "record.piaojue"; }
  /// Newest first. Refused: nothing; what can not be read is not listed.
  std::vector<std::string> names(Held held = Held::kHere) const;
  /// Refused: there is none of that name. Names come from a page: nothing else is looked for on the disk.
  Explained<std::string> find(std::string_view name, Held held = Held::kHere) const;
  /// At the service; nothing: it is held here.
  std::optional<std::uint32_t> number(std::string const& name) const;
  /// The next free name of that day.
  std::string next_name(Day date, bool rehearsal) const;

  /// Whether one can be made and held here at all: the programs for Windows have no server.
  bool can_be_held() const;
  /// A command of piaojue-server on that meeting. Refused: it failed; in its own words.
  Explained<std::string> ask(std::string const& verb, std::string const& name,
                             std::vector<std::string> more = {}) const;
  /// As `ask`, on a directory that is no meeting yet. Paths below `under` are not shown.
  Explained<std::string> ask(std::vector<std::string> arguments, fs::path const& under) const;

  /// The process that serves it, if one does.
  std::optional<Process> running(std::string const& name) const;
  /// Returns when it listens. Refused: it runs, another meeting of this office runs, or it ended at once: in its words.
  Explained<void> start(std::string const& name);
  /// Ends exactly the process that holds the lock, and waits for it. Refused: it takes too long.
  Explained<void> stop(std::string const& name);
  /// Starts again what ended by itself, within the bounds above; to be called every few seconds.
  void watch();

  /// How it stands, with the server's own status in it. What the server has written since is not read again at once if
  /// that took long.
  Explained<boost::json::object> state(std::string const& name);

 private:
  /// A server that ended by itself.
  struct Fall {
    std::chrono::steady_clock::time_point when;
    std::string at;     ///< "14:02"
    std::string lines;  ///< the last that it said
  };
  struct Known {
    std::vector<Fall> falls;
    bool down = false;  ///< it fell too often and is left alone
    std::string stamp;  ///< of the database, when `status` was read
    boost::json::object status;
    std::chrono::steady_clock::time_point fresh_until;
  };

  fs::path log(std::string const& name) const { return root_ / name / "server.log"; }
  fs::path wanted(std::string const& name) const { return root_ / name / "wanted"; }
  Explained<void> begin(std::string const& name) const;
  std::string last_lines(std::string const& name) const;
  std::string stamp(std::string const& name) const;

  fs::path root_, programs_;
  Lang lang_;
  std::mutex mutex_;
  std::map<std::string, Known> known_;
};

}  // namespace piaojue::desk
