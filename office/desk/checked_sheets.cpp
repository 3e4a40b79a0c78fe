// SPDX-License-Identifier: Apache-2.0
#include "office/desk/checked_sheets.h"

#include <algorithm>
#include <set>

#include "office/rules/vocabulary.h"
#include "sheets/committee.h"
#include "sheets/table.h"
#include "strings/desk.h"
#include "strings/sheets.h"

namespace piaojue::desk {

namespace words = strings::desk;

namespace {

constexpr std::size_t kShownRecusalsMax = 200;
constexpr std::size_t kShownRemarksMax = 50;

sheets::Reading read_by(ByteView file, std::vector<sheets::Field> fields) {
  return file.empty() ? sheets::Reading{} : sheets::Table(file, std::move(fields)).reading();
}

Text const& file_word(Upload kind) {
  if (kind == Upload::kMembers) return words::kPageMembersFile;
  return kind == Upload::kAppraisals ? strings::sheets::kFileAppraisals : words::kPageCandidatesFile;
}

/// What is noted of single rows and turns nobody away.
std::vector<Sentence> row_remarks(std::vector<office::Applicant> const& people) {
  std::vector<Sentence> out;
  std::uint64_t more = 0;
  for (office::Applicant const& one : people)
    for (auto const* said : {&one.facts.remarks, &one.facts.doubts})
      for (Sentence const& what : *said)
        if (out.size() < kShownRemarksMax)
          out.emplace_back(words::kRowRemark,
                           Sentence::Values{{"row", std::uint64_t{one.row}}, {"name", one.name}, {"what", what}});
        else
          ++more;
  if (more != 0) out.emplace_back(words::kRowRemarksMore, Sentence::Values{{"count", more}});
  return out;
}

}  // namespace

CheckedSheets::CheckedSheets(ByteView members, ByteView candidates, ByteView appraisals, sheets::Date filed)
    : members_(sheets::import_members(members)),
      candidates_(sheets::import_candidates(candidates)),
      applicants_(office::import_applicants(candidates, appraisals, filed)),
      member_reading_(members_ ? members_->reading : read_by(members, sheets::member_fields())),
      candidate_reading_(
          sheets::of_both(applicants_ ? applicants_->candidates : read_by(candidates, office::applicant_fields()),
                          candidates_ ? candidates_->reading : read_by(candidates, sheets::candidate_fields()))),
      appraisal_reading_(applicants_ ? applicants_->appraisals : read_by(appraisals, office::appraisal_fields())) {}

sheets::CellErrors CheckedSheets::errors(Upload kind) const {
  sheets::CellErrors out;
  std::set<std::string> said;
  auto const add = [&](auto const& from, Upload unnamed) {
    if (from) return;
    for (sheets::CellError error : from.error()) {
      bool const appraisals = error.file == &strings::sheets::kFileAppraisals;
      if ((appraisals ? Upload::kAppraisals : unnamed) != kind) continue;
      error.file = nullptr;
      if (said.insert(error.text()).second) out.push_back(std::move(error));
    }
  };
  add(members_, Upload::kMembers);
  add(candidates_, Upload::kCandidates);
  add(applicants_, Upload::kCandidates);
  std::ranges::stable_sort(
      out, [](auto const& a, auto const& b) { return std::pair(a.row, a.column) < std::pair(b.row, b.column); });
  for (sheets::CellError& error : out) error.file = &file_word(kind);
  return out;
}

Explanation CheckedSheets::fault() const {
  sheets::CellErrors all;
  for (Upload const kind : kSheetUploads) std::ranges::move(errors(kind), std::back_inserter(all));
  return sheets::explained(all);
}

sheets::Reading const& CheckedSheets::reading(Upload kind) const {
  if (kind == Upload::kMembers) return member_reading_;
  return kind == Upload::kAppraisals ? appraisal_reading_ : candidate_reading_;
}

std::vector<Sentence> CheckedSheets::readings() const {
  std::vector<Sentence> out;
  for (Upload const kind : kSheetUploads)
    std::ranges::move(reading(kind).sentences(file_word(kind)), std::back_inserter(out));
  return out;
}

std::vector<Sentence> CheckedSheets::remarks() const {
  auto const experts = static_cast<std::size_t>(std::ranges::count_if(
      members_->people, [](auto const& person) { return (person.roles & meeting::kExpert) != 0; }));
  auto out = sheets::committee_faults(*members_, *candidates_, experts, "", sheets::CommitteeScope::kOneSpeciality);
  std::ranges::move(sheets::committee_hints(*members_), std::back_inserter(out));
  std::ranges::move(row_remarks(applicants_->people), std::back_inserter(out));
  return out;
}

Sentence CheckedSheets::Recusal::sentence() const {
  return {words::kProposedRecusal, {{"member", member}, {"candidate", candidate}, {"reason", *reason}}};
}

std::vector<CheckedSheets::Recusal> CheckedSheets::proposed_recusals() const {
  std::vector<Recusal> out;
  for (auto const& one : sheets::propose_recusals(*members_, *candidates_)) {
    if (out.size() == kShownRecusalsMax) break;
    out.push_back({members_->people.at(one.person - 1).name, candidates_->candidates.at(one.candidate - 1).name,
                   &sheets::recusal_reason(one.cause)});
  }
  return out;
}

}  // namespace piaojue::desk
