// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What the page shows, as JSON (docs/office.md, "The page").
#include <boost/json.hpp>

#include "office/desk/deeds.h"

namespace piaojue::desk {

boost::json::array people_view(office::Ledger const& ledger);
/// Imports, roster and publicity, as far as they have come. Refused as `Desk::casework` refuses.
Explained<boost::json::object> progress_view(Desk const& desk, fs::path const& roster_folder);
/// One line for each applicant. @pre casework.review()
boost::json::array verdicts_view(Casework const& casework, Lang lang);
/// Everything about one. Refused: there is no such number.
Explained<boost::json::object> verdict_view(Casework const& casework, std::uint32_t number, Day today, Lang lang);
boost::json::array recusals_view(std::vector<SuggestedRecusal> const& all, Lang lang);
/// What was done about, or by, one person; also of `trail --json`.
boost::json::array trail_view(office::Ledger const& ledger, std::optional<std::uint32_t> number, std::string_view name);

/// Sheets before they are imported: all that is wrong, cell by cell; or what would be imported, and what to think of.
boost::json::object part_view(PartPreview const& found, Lang lang);
boost::json::object preview(ByteView members, ByteView candidates, ByteView appraisals, sheets::Date filed, Lang lang);

boost::json::array json_list(std::vector<std::string> const& texts);
boost::json::array json_list(std::vector<Sentence> const& sentences, Lang lang);

}  // namespace piaojue::desk
