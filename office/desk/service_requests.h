// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The page's requests about the service and about meetings that are held there (docs/office.md, "A meeting at the
/// service"). Whatever may be refused is said in the language of the page, which each request names.
#include "office/desk/meeting_requests.h"
#include "office/desk/sending.h"
#include "office/desk/uploads.h"

namespace piaojue::desk {

class ServiceRequests {
 public:
  using Reply = MeetingRequests::Reply;
  using In = MeetingRequests::In;

  /// @param meetings both this and `uploads` must live as long as this does.
  ServiceRequests(Setting const& setting, fs::path const& programs, MeetingRequests& meetings, Uploads const& uploads,
                  MeetingRequests::WithDesk with_desk);

  bool knows(std::string_view verb) const;
  /// @pre knows(verb)
  Reply answer(std::string_view verb, In in);
  /// {name, address}; null: this office belongs to no service.
  boost::json::value membership() const;

 private:
  struct Verb {
    std::string_view name;
    Reply (ServiceRequests::*answer)(In in);
  };
  static std::span<Verb const> verbs();

  Reply enrol(In in);
  Reply list(In in);
  Reply open(In in);
  Reply make(In in);
  Reply sending(In in);
  Reply state(In in);
  Reply slips(In in);
  Reply sheet(In in);
  Reply rehearse(In in);
  Reply record(In in);

  /// A meeting that is held there.
  struct There {
    std::string name;
    std::uint32_t number = 0;
  };
  Explained<There> meeting_of(In in) const;
  Explained<boost::json::object> ask(std::string const& verb, std::vector<std::string> more = {}) const;
  Explained<boost::json::object> ask(std::string const& verb, There const& of,
                                     std::vector<std::string> more = {}) const;
  Explained<boost::json::object> listed(std::uint32_t number) const;
  /// As `piaojue-server status --json` says it of a meeting that is held here, as far as a service tells.
  Explained<boost::json::object> status_of(There const& of) const;
  /// A folder for a meeting that is there. @param from another one with the same people; empty: none
  Explained<std::string> keep(boost::json::object const& listed, std::string const& from);
  /// The meeting that was on its way is made: its folder gets its name, and its roster stands in the ledger.
  Reply finish(std::uint32_t number);

  Setting setting_;
  MeetingRequests& requests_;
  Meetings const& meetings_;
  Uploads const& uploads_;
  MeetingRequests::WithDesk with_desk_;
  Service service_;
  Sending sending_;
  Lang lang_;  ///< of whoever asks
};

}  // namespace piaojue::desk
