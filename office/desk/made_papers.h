// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The papers that an office has made, for its page: listed by one thread, read by another.
#include <boost/json.hpp>
#include <mutex>

#include "local/page_host.h"
#include "office/desk/desk.h"

namespace piaojue::desk {

class MadePapers {
 public:
  explicit MadePapers(fs::path folder) : folder_(std::move(folder)) {}

  /// What lies in the folder now: name, and the paths under which `asset` gives page and sheet.
  boost::json::array list();
  /// "3.html", "3.xlsx": of the third in the last list, from 0. Nothing else is given out.
  std::optional<local::Asset> asset(std::string_view path) const;

 private:
  fs::path folder_;
  mutable std::mutex mutex_;
  std::vector<fs::path> papers_;  ///< without their endings
};

}  // namespace piaojue::desk
