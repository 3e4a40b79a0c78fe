// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The page's requests, each parsed into a deed or a view (docs/office.md, "The page"). One at a time, on one thread:
/// the ledger has one writer.
#include <boost/json.hpp>

#include "local/page_host.h"
#include "office/desk/deeds.h"
#include "office/desk/made_papers.h"
#include "office/desk/materials.h"
#include "office/desk/meeting_requests.h"
#include "office/desk/service_requests.h"
#include "office/desk/uploads.h"

namespace piaojue::desk {

class PageRequests {
 public:
  /// @param programs the folder of those that a meeting needs.
  PageRequests(Setting setting, fs::path const& programs);

  /// @return the reply's members. Without a key only `state`, `unlock` and `enlist` (the first person) are done.
  Explained<boost::json::object> answer(std::string_view verb, boost::json::object const& in);

  /// A paper that this office has made, by its place in the list of `state`. On any thread.
  std::optional<local::Asset> paper(std::string_view path) const { return papers_.asset(path); }
  /// A page to be printed. On any thread; so is `watch`, of the meetings' servers.
  std::optional<local::Asset> print(std::string_view path) const { return meetings_.print(path); }
  void watch() { meetings_.watch(); }
  Uploads const& uploads() const { return uploads_; }

 private:
  using Reply = Explained<boost::json::object>;
  using In = boost::json::object const&;
  struct Verb {
    std::string_view name;
    Reply (PageRequests::*answer)(In in);
    bool open = false;  ///< also without a key
  };
  static std::span<Verb const> verbs();

  // Whoever is at the page.
  Reply state(In in);
  Reply unlock(In in);
  Reply enlist_by(In in);
  // Files and views.
  Reply upload(In in);
  Reply preview_sheets(In in);
  Reply preview_of_part(Import const& request);
  Explained<Import> part_request(In in, std::optional<Day> filed) const;
  Import import_request(std::optional<Day> filed, std::string extension) const;
  Reply verdicts(In in);
  Reply verdict(In in);
  Reply cells(In in);
  Reply recusals(In in);
  Reply deadline(In in);
  Reply trail_of(In in);
  Reply check_paper(In in);
  // Materials of one applicant.
  Reply materials_of(In in);
  Reply add_material(In in);
  Reply remove_material(In in);
  // Deeds.
  Reply import_sheets(In in);
  Reply verdict_paper(In in);
  Reply decide_some(In in);
  Reply amend_one(In in);
  Reply withdraw_some(In in);
  Reply notify(In in);
  Reply answer_notice(In in);
  Reply make_roster(In in);
  Reply make_ballots(In in);
  Reply make_papers(In in);
  Reply publish_at(In in);
  Reply object_to(In in);
  Reply resolve_one(In in);
  Reply file_all(In in);
  Reply announce_all(In in);
  Reply hand_off_all(In in);

  bool exists() const;
  Hand hand() const;
  /// Opens the desk for one deed. @return what it said.
  Reply done(std::function<Explained<void>(Desk&)> const& deed);
  /// Of the meeting that it names, or else of the record that was sent up. Refused: there is no such meeting.
  Explained<Evidence> evidence(In in) const;
  /// Of the list. Refused: nothing is imported, or there is no such number.
  Explained<Subject> applicant(In in);
  Explained<Bytes> uploaded(Upload kind) const;

  Setting setting_;
  std::string date_reason_;  ///< that the program was started with
  std::uint32_t person_ = 1;
  std::shared_ptr<crypto::SigningKey const> key_;  ///< of whoever has signed on
  Uploads uploads_;
  MadePapers papers_;
  Materials materials_;
  MeetingRequests meetings_;
  ServiceRequests service_;
  std::string name_;  ///< of whoever has signed on
};

}  // namespace piaojue::desk
