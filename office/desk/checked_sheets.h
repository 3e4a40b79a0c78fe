// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The sheets of an import before anything is done with them: what they hold, how they were read, and all that is
/// wrong.
#include <array>

#include "office/desk/desk.h"
#include "sheets/reading.h"
#include "sheets/roster.h"

namespace piaojue::desk {

inline constexpr std::array kSheetUploads{Upload::kMembers, Upload::kCandidates, Upload::kAppraisals};

class CheckedSheets {
 public:
  /// @param appraisals empty: there are none.
  CheckedSheets(ByteView members, ByteView candidates, ByteView appraisals, sheets::Date filed);

  bool ok() const { return members_.has_value() && candidates_.has_value() && applicants_.has_value(); }
  sheets::Members const& members() const { return *members_; }           ///< @pre ok()
  sheets::Candidates const& candidates() const { return *candidates_; }  ///< @pre ok()
  office::Applicants const& applicants() const { return *applicants_; }  ///< @pre ok()

  /// Of one of the three sheets: each said once, though the candidates' sheet is read twice.
  sheets::CellErrors errors(Upload kind) const;
  /// Those of all three, each with its file's name. @pre !ok()
  Explanation fault() const;
  sheets::Reading const& reading(Upload kind) const;
  /// Columns read and ignored, rows and sheets passed over, of each sheet.
  std::vector<Sentence> readings() const;
  /// What is to be thought of, with the committee and its candidates. @pre ok()
  std::vector<Sentence> remarks() const;
  struct Recusal {
    std::string member, candidate;
    Text const* reason;
    Sentence sentence() const;
  };
  /// As many as are shown. @pre ok()
  std::vector<Recusal> proposed_recusals() const;

 private:
  sheets::Imported<sheets::Members> members_;
  sheets::Imported<sheets::Candidates> candidates_;
  sheets::Imported<office::Applicants> applicants_;
  sheets::Reading member_reading_, candidate_reading_, appraisal_reading_;
};

}  // namespace piaojue::desk
