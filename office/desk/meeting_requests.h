// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The page's requests about meetings: making one, its server, slips, the sign-in sheet, the clerk's own terminal, its
/// record (docs/office.md, "A meeting from the desk").
#include <boost/json.hpp>

#include "office/desk/deeds.h"
#include "office/desk/new_meeting.h"
#include "office/desk/prints.h"

namespace piaojue::desk {

/// What the page's form of a new meeting holds. Refused: no date.
Explained<NewMeeting> new_meeting_at(boost::json::object const& in);
/// A record that was fetched, as the page shows it. Refused: it does not verify against that head.
Explained<boost::json::object> verified_view(fs::path const& record, meeting::Hash const& head);

class MeetingRequests {
 public:
  using Reply = Explained<boost::json::object>;
  using In = boost::json::object const&;
  /// Opens the desk for one look or deed. @return what it said.
  using WithDesk = std::function<Reply(std::function<Explained<void>(Desk&)> const&)>;

  MeetingRequests(Setting const& setting, fs::path programs, WithDesk with_desk);

  bool knows(std::string_view verb) const;
  /// @param name of whoever has signed on. @pre knows(verb)
  Reply answer(std::string_view verb, In in, std::string const& name);

  std::size_t count() const { return meetings_.names(Held::kAnywhere).size(); }
  Meetings const& meetings() const { return meetings_; }
  Prints& prints() { return prints_; }
  /// On any thread.
  std::optional<local::Asset> print(std::string_view path) const { return prints_.asset(path); }
  void watch() { meetings_.watch(); }
  /// The record that was fetched of a meeting. Refused: there is no such meeting.
  Explained<fs::path> record(std::string_view meeting) const;

 private:
  struct Verb {
    std::string_view name;
    Reply (MeetingRequests::*answer)(In in);
  };
  static std::span<Verb const> verbs();

  Reply plan(In in);
  Reply make(In in);
  Reply list(In in);
  Reply state(In in);
  Reply start(In in);
  Reply stop(In in);
  Reply slips(In in);
  Reply new_slip(In in);
  Reply sheet(In in);
  Reply terminal(In in);
  Reply fetch(In in);

  Explained<std::string> meeting_of(In in) const;
  Explained<boost::json::object> ask_json(std::string const& verb, std::string const& meeting) const;
  /// The slip of the clerk who has signed on, or else of the first clerk; none: he has enrolled.
  Explained<std::string> clerk_slip(boost::json::object const& status, std::string const& meeting) const;

  /// The clerk's terminal of one meeting, and the address at which it waits last.
  struct Terminal {
    std::optional<Companion> program;
    std::shared_ptr<struct Heard> heard;
  };

  Setting setting_;
  fs::path programs_;
  WithDesk with_desk_;
  Meetings meetings_;
  Prints prints_;
  std::string name_;  ///< of whoever asks
  std::map<std::string, Terminal> terminals_;
};

}  // namespace piaojue::desk
