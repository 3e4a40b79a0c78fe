// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The service that this office belongs to (docs/office-service.md): `OFFICE/service/` is the folder that
/// `piaojue-server office enrol` makes, and whatever is asked of the service is asked by that program.
#include <boost/json.hpp>

#include "office/desk/child.h"
#include "office/desk/desk.h"

namespace piaojue::desk {

class Service {
 public:
  /// @param programs the folder of piaojue-server.
  Service(fs::path office, fs::path programs);

  struct Membership {
    std::string name;     ///< of this office, as the service's operator entered it
    std::string address;  ///< of the service
  };
  /// Nothing: this office belongs to no service, or the folder can not be read.
  std::optional<Membership> membership() const;
  fs::path const& folder() const { return folder_; }

  /// Of `piaojue-server office`.
  Command command(std::string const& verb, std::vector<std::string> more, Lang lang) const;
  /// Runs it to its end. @return the object that it said last. Refused: in its words, with what to do next.
  Explained<boost::json::object> ask(std::string const& verb, std::vector<std::string> more, Lang lang) const;
  /// With the operator's slip. An earlier membership stays until the service has taken the new one; what is on its way
  /// to the same service goes on.
  Explained<Membership> enrol(fs::path const& slip, Lang lang) const;
  /// A program of this office makes a meeting there just now.
  bool busy() const;

 private:
  Explained<boost::json::object> ask_in(fs::path const& folder, std::string const& verb, std::vector<std::string> more,
                                        Lang lang) const;

  fs::path office_, folder_, programs_;
};

/// The last object among lines that a program has said; nothing: there is none.
std::optional<boost::json::object> last_object(std::string_view said);
/// Of an object {"refused", "what"}: what happened, and what to do next. @param under paths below are not shown
Explanation service_refusal(boost::json::object const& said, fs::path const& under, Lang lang);

}  // namespace piaojue::desk
