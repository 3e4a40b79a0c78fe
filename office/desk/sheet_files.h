// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Sheets that the office hands out: templates to be filled in, and sheets given back with a column 问题.
#include "local/page_host.h"
#include "office/desk/uploads.h"

namespace piaojue::desk {

/// members.xlsx, candidates.xlsx, appraisals.xlsx. Refused: the folder or a file can not be written.
Explained<void> write_templates(fs::path const& folder, std::ostream& say, Lang lang);

struct CheckSheets {
  fs::path members, candidates;
  std::optional<fs::path> appraisals;
  std::optional<fs::path> problems;  ///< a folder for the sheets with a column 问题; none: not written
};
/// Says how the sheets are read, and what is wrong with them or what is to be thought of; no office is needed, and none
/// is touched. @return whether they can be imported. Refused: a file can not be read or written.
Explained<bool> check_sheets(CheckSheets const& request, std::ostream& say, Lang lang);

/// For the page: "members.xlsx" is the template, "members-problems.xlsx" what was sent up, with its problems.
std::optional<local::Asset> sheet_asset(std::string_view path, Uploads const& uploads);

}  // namespace piaojue::desk
