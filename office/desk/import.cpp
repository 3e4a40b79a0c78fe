// SPDX-License-Identifier: Apache-2.0
// The sheets come in: all of them without a fault, or nothing.
#include "office/desk/checked_sheets.h"
#include "office/desk/deeds.h"
#include "office/desk/new_files.h"
#include "sheets/roster.h"
#include "strings/desk.h"

namespace piaojue::desk {

namespace words = strings::desk;
using office::read_file;

namespace {

/// How the sheets were read and what is to be thought of, before anything follows from them.
void tell(Desk const& desk, CheckedSheets const& checked) {
  for (Sentence const& sentence : checked.readings()) desk.say(sentence);
  for (Sentence const& sentence : checked.remarks()) desk.say(sentence);
  for (auto const& recusal : checked.proposed_recusals()) desk.say(recusal.sentence());
}

}  // namespace

Explained<void> import(Desk& desk, Import const& request) {
  auto const before = desk.casework(Follow::kLedger);
  if (!before) return before.error();
  if (auto const allowed = before->check_import(); !allowed) return allowed.error();
  auto const filed = request.filed ? sheets::to_date(*request.filed) : sheets::Date{};

  auto const members = read_file(request.members, sheets::kSheetBytesMax);
  if (!members) return members.error();
  auto const candidates = read_file(request.candidates, sheets::kSheetBytesMax);
  if (!candidates) return candidates.error();
  auto const appraisals =
      request.appraisals ? read_file(*request.appraisals, sheets::kSheetBytesMax) : Explained<Bytes>(Bytes{});
  if (!appraisals) return appraisals.error();

  auto const committee = imported(sheets::import_members(*members));
  if (!committee) return committee.error();
  // The candidates' sheet is read twice: for the ballot, and for the articles.
  if (auto const ballot = imported(sheets::import_candidates(*candidates)); !ballot) return ballot.error();
  auto const applicants = imported(office::import_applicants(*candidates, *appraisals, filed));
  if (!applicants) return applicants.error();

  NewFiles kept(desk.setting().office / kImportsFolder);
  std::vector<FileMark> marks;
  for (auto const& [kind, bytes] : std::initializer_list<std::pair<Upload, Bytes const*>>{
           {Upload::kMembers, &*members}, {Upload::kCandidates, &*candidates}, {Upload::kAppraisals, &*appraisals}}) {
    if (bytes->empty()) continue;
    marks.push_back({std::string(upload_code(kind)), crypto::sha256({*bytes})});
    kept.add(to_hex(marks.back().hash.view()), *bytes);
  }
  std::vector<Subject> subjects;
  for (auto const& person : applicants->people)
    subjects.push_back({static_cast<std::uint32_t>(subjects.size() + 1), person.name});
  auto const count = subjects.size();
  auto const checked =
      desk.draft(*before, entry::Import{filed, request.extension}, std::move(subjects), std::move(marks));
  if (!checked) return checked.error();
  if (auto const put = kept.write(); !put) return put.error();
  if (auto const written = desk.write(*checked); !written) return written.error();
  if (request.tell) tell(desk, CheckedSheets(*members, *candidates, *appraisals, filed));
  desk.say(
      {words::kImported, {{"people", std::uint64_t{committee->people.size()}}, {"applicants", std::uint64_t{count}}}});
  return {};
}

}  // namespace piaojue::desk
