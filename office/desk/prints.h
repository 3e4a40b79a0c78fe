// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What is printed of a meeting before it opens: slips, and the sign-in sheet. Slips hold secrets, so both live in this
/// process's memory alone, are handed to this machine's browser, and lie in no folder.
#include <boost/json.hpp>
#include <mutex>

#include "local/page_host.h"

namespace piaojue::desk {

enum class SlipForm : std::uint8_t { kSheetEach, kEightASheet };

/// A page of HTML. @param status of `piaojue-server status --json`. @param slips of `slips --json`: these are printed.
std::string slips_html(boost::json::object const& status, boost::json::array const& slips, SlipForm form);
/// The sign-in sheet: a line a person with his device code and room for his signature; of big screens none.
std::string sign_in_html(boost::json::object const& status);

class Prints {
 public:
  /// In the place of the one before, which is wiped. @return the path under which `asset` gives it, once known: longer
  /// than "prints/" by a number that no other page of this process had.
  std::string put(std::string html);
  /// @param path without "prints/". On any thread.
  std::optional<local::Asset> asset(std::string_view path) const;

 private:
  mutable std::mutex mutex_;
  std::uint64_t number_ = 0;
  std::string html_;
};

}  // namespace piaojue::desk
