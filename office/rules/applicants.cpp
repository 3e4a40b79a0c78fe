// SPDX-License-Identifier: Apache-2.0
#include "office/rules/form.h"
#include "office/rules/vocabulary.h"
#include "sheets/cell_value.h"
#include "sheets/text.h"
#include "strings/rules.h"
#include "strings/sheets.h"

namespace piaojue::office {

namespace say = strings::rules;
using namespace sheets;

namespace {

CellErrors read_candidates(ByteView file, Date filed, std::vector<Applicant>& people) {
  using namespace applicant_column;
  Table table(file, applicant_fields(), &strings::sheets::kFileCandidates);
  FormReader form(table);
  Seen seen;
  std::map<std::string, std::size_t> rows_by_number;
  for (Row const& row : table.rows()) {
    Applicant person;
    person.row = row.number;
    auto const who = read_person(table, row, kName, kEmployer, true, seen);
    person.name = who.name;
    person.employer = who.employer;
    person.identity = read_identity(table, row, kIdentity);
    if (person.identity) {
      auto const [at, fresh] = rows_by_number.try_emplace(person.identity->for_comparison_only(), row.number);
      if (!fresh)
        table.fail(row, kIdentity, person.identity->masked(), {say::kImportIdentityTwice, {{"row", at->second}}});
    }
    person.facts = form.read(row, filed);
    if (people.size() == meeting::kCandidatesMax) {
      table.fail(row, kName, {}, {strings::sheets::kCandidateCandidatesMax, {{"max", meeting::kCandidatesMax}}});
      break;
    }
    people.push_back(std::move(person));
  }
  return table.take_errors();
}

/// Puts each row of the appraisals to its person.
class AppraisalReader {
 public:
  AppraisalReader(ByteView file, std::vector<Applicant>& people)
      : table_(file, appraisal_fields(), &strings::sheets::kFileAppraisals), people_(people) {
    for (std::size_t i = 0; i < people.size(); ++i) {
      if (people[i].identity) by_number_.emplace(people[i].identity->for_comparison_only(), i);
      by_name_.emplace(std::pair(people[i].name, people[i].employer), i);
    }
  }

  CellErrors read() {
    for (Row const& row : table_.rows()) take_row(row);
    return table_.take_errors();
  }

 private:
  void take_row(Row const& row) {
    using namespace appraisal_column;
    std::string const name = table_.text(row, kName, true, false);
    auto const person = find_person(row, name);
    std::string const year_written = trimmed(table_.cell(row, kYear));
    auto const year = parse_date(year_written);
    if (!year || year->month != 0) table_.fail(row, kYear, year_written, say::kImportYearExpected);
    std::string const grade_written = trimmed(table_.cell(row, kGrade));
    auto const grade = grade_of(code_of(grade_written));
    if (!grade) table_.fail(row, kGrade, grade_written, say::kImportGradeExpected);
    if (!person) return table_.fail(row, kName, name, say::kImportNobody);
    if (!year || !grade) return;
    if (auto const [at, fresh] = rows_.try_emplace({*person, year->year}, row.number); !fresh)
      table_.fail(row, kYear, year_written, {say::kImportYearTwice, {{"row", at->second}}});
    people_[*person].facts.appraisals[year->year] = *grade;
  }

  /// By identity number, else by name and employer.
  std::optional<std::size_t> find_person(Row const& row, std::string const& name) {
    using namespace appraisal_column;
    std::string const employer = table_.text(row, kEmployer, false, false);
    std::optional<std::size_t> out;
    if (auto const number = read_identity(table_, row, kIdentity)) {
      if (auto const at = by_number_.find(number->for_comparison_only()); at != by_number_.end()) out = at->second;
      if (out && people_[*out].name != name) table_.fail(row, kName, name, say::kImportOtherName);
    }
    if (!out)
      if (auto const at = by_name_.find({name, employer}); at != by_name_.end()) out = at->second;
    return out;
  }

  Table table_;
  std::vector<Applicant>& people_;
  std::map<std::string, std::size_t> by_number_;
  std::map<std::pair<std::string, std::string>, std::size_t> by_name_;
  std::map<std::pair<std::size_t, int>, std::size_t> rows_;  ///< of each person's year
};

}  // namespace

Imported<Applicants> import_applicants(ByteView candidates, ByteView appraisals, Date filed) {
  Applicants out;
  if (auto errors = read_candidates(candidates, filed, out.people); !errors.empty()) return errors;
  if (!appraisals.empty())
    if (auto errors = AppraisalReader(appraisals, out.people).read(); !errors.empty()) return errors;
  return out;
}

}  // namespace piaojue::office
