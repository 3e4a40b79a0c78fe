// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The list of applicants as it stands: the last whole import, the parts of the list that came after it in their
/// places, and cells as they were amended. Everything that reads an imported sheet of candidates reads it here, so that
/// an amendment can not be forgotten in one place.
#include <functional>

#include "office/casework/casework.h"
#include "office/rules/facts.h"
#include "sheets/roster.h"

namespace piaojue::desk {

/// What a sheet says, or all that is wrong with it, cell by cell.
template <class T>
Explained<T> imported(sheets::Imported<T> sheet) {
  if (!sheet) return sheets::explained(sheet.error());
  return std::move(*sheet);
}

/// A row of the ballot, before anybody is left out.
struct BallotLine {
  std::uint32_t number = 0;  ///< of the applicant
  meeting::Candidate candidate;
  std::string batch;                       ///< its title
  sheets::People::Person as_written = {};  ///< for telling people apart, and nothing else
};

struct Listed {
  std::vector<office::Applicant> people;               ///< applicant n is [n − 1]
  std::map<std::uint32_t, office::Facts> as_imported;  ///< of those whose facts were amended: before that
  std::vector<sheets::People::Person> as_written;      ///< likewise by number: names without what tells namesakes apart
  std::vector<BallotLine> ballot;                      ///< batch by batch; in each as the sheets have them
  bool proposed = false;                               ///< no sheet names a batch: they are proposed anew for a ballot
};

/// A cell of an applicant's row, under its column's usual heading.
struct ListedCell {
  std::string field, value;
  bool operator==(ListedCell const&) const = default;
};

/// Of one import: its sheets, as they were handed in. Appraisals may be empty.
struct ImportedSheets {
  Bytes candidates, appraisals;
};
using SheetsOf = std::function<Explained<ImportedSheets>(office::Casework::Import const&)>;

/// @param further amendments that are not written yet, by applicant.
/// Refused: a file is missing or altered; what was amended can not be read, with its cell; two people come out alike.
Explained<Listed> read_list(office::Casework const& cases, SheetsOf const& sheets_of,
                            std::map<std::uint32_t, office::entry::Amend> const& further = {});

/// All that can be amended of one applicant, in the order of the columns; cells that the sheet does not have are empty.
/// 证件号码 is not among them: it would have to stand in the ledger. Appraisals follow, "2021年度考核".
Explained<std::vector<ListedCell>> listed_cells(office::Casework const& cases, SheetsOf const& sheets_of,
                                                std::uint32_t number);

/// "2021年度考核": the year. Nothing: it is no appraisal.
std::optional<int> appraisal_year(std::string_view field);
std::string appraisal_field(int year);

}  // namespace piaojue::desk
