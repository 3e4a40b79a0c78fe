// SPDX-License-Identifier: Apache-2.0
#include "office/rules/form.h"
#include "office/rules/vocabulary.h"
#include "sheets/cell_value.h"
#include "sheets/people.h"
#include "sheets/text.h"
#include "strings/rules.h"
#include "strings/sheets.h"

namespace piaojue::office {

namespace say = strings::rules;
using namespace sheets;

namespace {

/// The applicants of a sheet, one a row, and who is who among them.
class ApplicantReader {
 public:
  ApplicantReader(ByteView file, Date filed, AmendedCells const& amended)
      : table_(file, applicant_fields(), &strings::sheets::kFileCandidates, amended), form_(table_), filed_(filed) {}

  void read() {
    for (Row const& row : table_.rows()) {
      if (applicants_.size() == meeting::kCandidatesMax) {
        table_.fail(row, applicant_column::kName, {},
                    {strings::sheets::kCandidateCandidatesMax, {{"max", meeting::kCandidatesMax}}});
        break;
      }
      auto const& who = people_.read(table_, row);
      applicants_.push_back({who.name, who.employer, row.number, who.identity, form_.read(row, filed_, who.identity)});
    }
    for (std::size_t n = 0; n < applicants_.size(); ++n) {
      applicants_[n].name = people_.name_apart(n);
      if (auto const row = people_.alike(n))
        applicants_[n].facts.doubts.emplace_back(say::kDoubtAlike, Sentence::Values{{"row", std::uint64_t{*row}}});
    }
  }

  CellErrors take_errors() { return table_.take_errors(); }
  People const& people() const { return people_; }
  std::vector<Applicant>& applicants() { return applicants_; }
  Reading reading() const { return table_.reading(); }

 private:
  Table table_;
  FormReader form_;
  Date filed_;
  People people_{{applicant_column::kName, applicant_column::kEmployer, applicant_column::kIdentity,
                  applicant_column::kIdentityType, true}};
  std::vector<Applicant> applicants_;
};

/// Puts each row of the appraisals to its person.
class AppraisalReader {
 public:
  AppraisalReader(ByteView file, People const& people, std::vector<Applicant>& applicants)
      : table_(file, appraisal_fields(), &strings::sheets::kFileAppraisals), people_(people), applicants_(applicants) {}

  CellErrors read() {
    for (Row const& row : table_.rows()) take_row(row);
    return table_.take_errors();
  }
  Reading reading() const { return table_.reading(); }

 private:
  void take_row(Row const& row) {
    using namespace appraisal_column;
    std::string const name = table_.text(row, kName, true, false);
    std::size_t const faults = faults_;
    auto const person = find_person(row, name);
    if (!person && faults == faults_) table_.fail(row, kName, name, say::kImportNobody);
    if (table_.has(kYear) || table_.has(kGrade)) take_year(row, person);
    if (!person) return;
    Facts& facts = applicants_[*person].facts;
    read_yearly_grades(table_, row, kYears, facts.appraisals);
    check_years(row, facts);
  }

  /// A row a year.
  void take_year(Row const& row, std::optional<std::size_t> person) {
    using namespace appraisal_column;
    std::string const year_written = trimmed(table_.cell(row, kYear));
    auto const year = parse_year(year_written);
    if (!year) table_.fail(row, kYear, year_written, say::kImportYearExpected);
    std::string const grade_written = trimmed(table_.cell(row, kGrade));
    auto const grade = grade_of(code_of(grade_written));
    if (!grade) table_.fail(row, kGrade, grade_written, say::kImportGradeExpected);
    if (!person || !year || !grade) return;
    Facts& facts = applicants_[*person].facts;
    if (auto const [at, fresh] = rows_.try_emplace({*person, *year}, row.number); !fresh)
      return table_.fail(row, kYear, year_written, {say::kImportYearTwice, {{"row", at->second}}});
    auto const [at, fresh] = facts.appraisals.try_emplace(*year, *grade);
    if (!fresh && at->second != *grade)
      table_.fail(row, kGrade, grade_written, {say::kImportYearOther, {{"year", *year}}});
    if (facts.filed.known() && *year > facts.filed.year)
      table_.fail(row, kYear, year_written,
                  {say::kDatesAppraisalAfter, {{"year", *year}, {"filed", facts.filed.text()}}});
  }

  /// Of a row with a column a year.
  void check_years(Row const& row, Facts const& facts) {
    for (Column const& column : table_.columns_of(appraisal_column::kYears)) {
      auto const year = appraisal_year_of(column.heading.name);
      if (!year || !facts.filed.known() || *year <= facts.filed.year || !facts.appraisals.contains(*year)) continue;
      table_.fail(row, column, table_.cell(row, column),
                  {say::kDatesAppraisalAfter, {{"year", *year}, {"filed", facts.filed.text()}}});
    }
  }

  void fail(Row const& row, std::size_t field, std::string value, Sentence expected) {
    ++faults_;
    table_.fail(row, field, std::move(value), std::move(expected));
  }

  /// By identity number, else by name and employer.
  std::optional<std::size_t> find_person(Row const& row, std::string const& name) {
    using namespace appraisal_column;
    std::string const employer = table_.text(row, kEmployer, false, false);
    auto const number = read_identity(table_, row, kIdentity, kIdentityType);
    if (number)
      if (auto const at = people_.with_number(*number)) {
        if (name_key(people_.all()[*at].name) != name_key(name)) fail(row, kName, name, say::kImportOtherName);
        return at;
      }
    auto const named = people_.with_name(name, employer);
    if (named.size() > 1) {
      fail(row, kName, name, say::kImportNamesakes);
      return std::nullopt;
    }
    if (named.empty()) return std::nullopt;
    if (number && people_.all()[named.front()].identity) {
      fail(row, kIdentity, number->masked(), say::kImportOtherNumber);
      return std::nullopt;
    }
    return named.front();
  }

  Table table_;
  People const& people_;
  std::vector<Applicant>& applicants_;
  std::map<std::pair<std::size_t, int>, std::size_t> rows_;  ///< of each person's year
  std::size_t faults_ = 0;                                   ///< said of who a row is about
};

}  // namespace

Imported<Applicants> import_applicants(ByteView candidates, ByteView appraisals, Date filed,
                                       AmendedCells const& amended) {
  ApplicantReader reader(candidates, filed, amended);
  reader.read();
  if (auto errors = reader.take_errors(); !errors.empty()) return errors;
  Applicants out;
  out.candidates = reader.reading();
  if (!appraisals.empty()) {
    AppraisalReader more(appraisals, reader.people(), reader.applicants());
    if (auto errors = more.read(); !errors.empty()) return errors;
    out.appraisals = more.reading();
  }
  out.people = std::move(reader.applicants());
  return out;
}

}  // namespace piaojue::office
