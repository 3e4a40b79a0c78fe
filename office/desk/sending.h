// SPDX-License-Identifier: Apache-2.0
#pragma once
/// A meeting's draft on its way to the service: one at a time, in `OFFICE/meetings/.sending/`, by a process that goes
/// on when the page ends. What it says lies in a file, so that a desk that begins anew learns what came of it:
///
///     meeting.toml, members.csv, candidates.csv, recusals.csv, materials/   what is sent
///     form.json     what the page asked for
///     said          what `piaojue-server office create` says, an object a line
///
/// It stays until the meeting is made: sent again as it is, it goes on where it was, and makes one meeting.
#include "office/desk/service.h"

namespace piaojue::desk {

class Sending {
 public:
  Sending(fs::path const& meetings, Service const& service) : folder_(meetings / ".sending"), service_(service) {}

  fs::path const& folder() const { return folder_; }
  /// Removes what was laid out before. @pre nothing is on its way
  void clear() const;
  /// Sends what lies there. Refused: the program can not be started.
  Explained<void> begin(boost::json::object const& form, Lang lang);

  enum class Kind : std::uint8_t { kNone, kOnItsWay, kMade, kRefused };
  struct State {
    Kind kind = Kind::kNone;
    std::uint64_t sent = 0, all = 0;  ///< bytes; kOnItsWay: 0 of 0 before the service has answered
    std::uint32_t number = 0;         ///< kMade: of the meeting
    Explanation why = {};             ///< kRefused
  };
  State state(Lang lang) const;
  /// What the page asked for; empty: nothing was laid out.
  boost::json::object form() const;

 private:
  fs::path folder_;
  Service const& service_;
  std::optional<Process> process_;
};

/// What the lines that the program has said come to, as long as it runs and when it has ended.
Sending::State read_sending(std::string_view said, bool runs, fs::path const& under, Lang lang);

}  // namespace piaojue::desk
