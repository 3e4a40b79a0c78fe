// SPDX-License-Identifier: Apache-2.0
#include "office/desk/listed.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "office/rules/vocabulary.h"
#include "sheets/table.h"
#include "sheets/text.h"
#include "strings/desk.h"
#include "strings/sheets.h"

namespace piaojue::desk {

namespace words = strings::desk;
using office::Applicant;
using office::Casework;
using office::Subject;
using office::entry::Amend;

namespace {

constexpr std::string_view kAppraisalEnding = "年度考核";

/// 姓名 and 单位 are put in afterwards: the rows of appraisals name people as they were handed in.
bool names_people(std::string_view field) { return field == words::kFieldName.zh || field == words::kFieldEmployer.zh; }

/// What was amended of each applicant, by number; the last word on a cell is the one that counts.
using Changes = std::map<std::uint32_t, std::map<std::string, std::string, std::less<>>>;

Changes changes_of(Casework const& cases, std::map<std::uint32_t, Amend> const& further) {
  Changes out;
  for (Subject const& who : cases.import()->people)
    for (auto const& amendment : cases.amendments(who.number))
      for (auto const& change : amendment.said.changes) out[who.number][change.field] = change.after;
  for (auto const& [number, said] : further)
    for (auto const& change : said.changes) out[number][change.field] = change.after;
  return out;
}

/// Of one import: who stands in which row.
struct Rows {
  std::vector<std::uint32_t> numbers;  ///< by applicant of the sheet
  std::map<std::size_t, std::uint32_t> by_row;
};

Rows rows_of(Casework::Import const& import, std::vector<Applicant> const& people) {
  Rows out;
  for (std::size_t i = 0; i < people.size(); ++i) {
    auto const number = import.said.part.empty() ? static_cast<std::uint32_t>(i + 1) : import.said.part.at(i);
    out.numbers.push_back(number);
    out.by_row[people[i].row] = number;
  }
  return out;
}

sheets::AmendedCells cells_of(Rows const& rows, Changes const& changes) {
  sheets::AmendedCells out;
  for (auto const& [row, number] : rows.by_row)
    if (auto const at = changes.find(number); at != changes.end())
      for (auto const& [field, value] : at->second)
        if (!names_people(field) && !appraisal_year(field)) out[row][field] = value;
  return out;
}

Explained<void> put_name(std::string& to, std::string const& value, Text const& field) {
  if (sheets::trimmed(value).empty() || sheets::has_control(value, false))
    return Explanation(Sentence(words::kAmendName, {{"field", field}}));
  to = sheets::trimmed(value);
  return {};
}

/// What does not go through the sheet's reader.
Explained<void> put_changes(std::map<std::string, std::string, std::less<>> const& changes, Applicant& person) {
  for (auto const& [field, value] : changes) {
    Explained<void> put;
    if (field == words::kFieldName.zh) put = put_name(person.name, value, words::kFieldName);
    if (field == words::kFieldEmployer.zh) put = put_name(person.employer, value, words::kFieldEmployer);
    if (!put) return put;
    auto const year = appraisal_year(field);
    if (!year) continue;
    auto const grade = office::grade_of(sheets::code_of(value));
    if (!grade && !sheets::trimmed(value).empty())
      return Explanation(Sentence(words::kAmendGrade, {{"field", field}, {"value", sheets::shortened(value)}}));
    if (grade)
      person.facts.appraisals[*year] = *grade;
    else
      person.facts.appraisals.erase(*year);
  }
  return {};
}

/// Puts one import after another into the list.
class ListReader {
 public:
  ListReader(Casework const& cases, SheetsOf const& sheets_of, Changes changes)
      : cases_(cases), sheets_of_(sheets_of), changes_(std::move(changes)) {
    out_.people.resize(cases.import()->people.size());
    out_.as_written.resize(out_.people.size());
    out_.proposed = true;
  }

  Explained<Listed> read() {
    take_last(*cases_.import());
    for (auto const& part : cases_.parts()) take_last(part);
    if (auto taken = take(*cases_.import()); !taken) return taken.error();
    for (auto const& part : cases_.parts())
      if (auto taken = take(part); !taken) return taken.error();
    if (auto alike = check_alike(); !alike) return alike.error();
    gather_ballot();
    return std::move(out_);
  }

 private:
  void take_last(Casework::Import const& import) {
    for (Subject const& who : import.people) last_[who.number] = &import;
  }
  bool is_last(std::uint32_t number, Casework::Import const& import) const {
    auto const at = last_.find(number);
    return at != last_.end() && at->second == &import;
  }

  Explained<void> take(Casework::Import const& import) {
    auto const sheets = sheets_of_(import);
    if (!sheets) return sheets.error();
    auto const filed = import.said.filed;
    auto const plain = imported(office::import_applicants(sheets->candidates, sheets->appraisals, filed));
    if (!plain) return plain.error();
    auto const rows = rows_of(import, plain->people);
    // What was amended of a row that came in again was amended of the later one.
    Changes changes;
    for (auto const& [number, cells] : changes_)
      if (is_last(number, import)) changes[number] = cells;
    auto const cells = cells_of(rows, changes);
    auto const amended =
        cells.empty() ? plain
                      : imported(office::import_applicants(sheets->candidates, sheets->appraisals, filed, cells));
    if (!amended) return amended.error();
    auto const ballot = imported(sheets::import_candidates(sheets->candidates, cells));
    if (!ballot) return ballot.error();
    take_ballot(*ballot, rows);
    for (std::size_t i = 0; i < amended->people.size(); ++i)
      if (auto put = put_person(rows.numbers[i], plain->people[i], amended->people[i], changes); !put) return put;
    return {};
  }

  Explained<void> put_person(std::uint32_t number, Applicant const& plain, Applicant person, Changes const& changes) {
    if (number < 1 || number > out_.people.size())
      return Explanation(Sentence(words::kCaseNoApplicant, {{"number", number}}));
    auto& before = out_.people[number - 1];
    auto& as_written = out_.as_written[number - 1];
    as_written = lines_[number].as_written;
    // A part takes no year's appraisal away that it does not bring: they stand in a sheet of their own.
    auto& brought = appraisals_[number];
    for (auto const& [year, grade] : plain.facts.appraisals) brought[year] = grade;
    auto as_imported = plain.facts;
    as_imported.appraisals = person.facts.appraisals = brought;
    if (auto const at = changes.find(number); at != changes.end()) {
      auto const name = person.name;
      if (auto put = put_changes(at->second, person); !put) return put;
      if (person.name != name) as_written.name = person.name;
      as_written.employer = person.employer;
      out_.as_imported[number] = std::move(as_imported);
    }
    before = std::move(person);
    return {};
  }

  void take_ballot(sheets::Candidates const& sheet, Rows const& rows) {
    out_.proposed = out_.proposed && sheet.proposed;
    for (auto const& batch : sheet.batches)
      for (auto const q : batch.candidates) {
        auto const number = rows.by_row.at(sheet.as_written.at(q - 1).row);
        BallotLine line{number, sheet.candidates.at(q - 1), batch.title, sheet.as_written.at(q - 1)};
        // Nor an identity number, by a row without one.
        if (!line.as_written.identity) line.as_written.identity = lines_[number].as_written.identity;
        lines_[number] = std::move(line);
        order_.push_back(number);
      }
  }

  /// Of one sheet its reader has seen to this. Refused: two may be one person, or nothing tells them apart on a ballot.
  Explained<void> check_alike() {
    if (changes_.empty() && cases_.parts().empty()) return {};
    std::map<std::pair<std::string, std::string>, std::vector<std::uint32_t>> groups;
    for (std::uint32_t n = 1; n <= out_.people.size(); ++n) {
      auto const& one = out_.as_written[n - 1];
      groups[{sheets::name_key(one.name), sheets::name_key(one.employer)}].push_back(n);
    }
    for (auto const& [key, group] : groups)
      if (group.size() > 1)
        if (auto apart = tell_apart(group); !apart) return apart;
    doubt_alike();
    return {};
  }

  /// 張國華 of one sheet and 张国华 of another may be one person: people look at both.
  void doubt_alike() {
    std::map<std::pair<std::string, std::string>, std::vector<std::uint32_t>> groups;
    for (std::uint32_t n = 1; n <= out_.people.size(); ++n) {
      auto const& one = out_.as_written[n - 1];
      groups[{sheets::loose_name_key(one.name), sheets::loose_name_key(one.employer)}].push_back(n);
    }
    for (auto const& [key, group] : groups)
      for (auto const n : group)
        if (auto const other = std::ranges::find_if(group, [&](auto const m) { return may_be_one(n, m); });
            other != group.end())
          out_.people[n - 1].facts.doubts.emplace_back(words::kListAlike, Sentence::Values{{"number", *other}});
  }

  bool may_be_one(std::uint32_t a, std::uint32_t b) const {
    auto const &one = out_.as_written[a - 1], &other = out_.as_written[b - 1];
    if (a == b || (one.identity && other.identity && *one.identity != *other.identity)) return false;
    return sheets::name_key(one.name) != sheets::name_key(other.name) ||
           sheets::name_key(one.employer) != sheets::name_key(other.employer);
  }

  Explained<void> tell_apart(std::vector<std::uint32_t> const& group) {
    std::set<std::string> names, numbers;
    std::set<int> years;
    for (auto const n : group) {
      auto const& one = out_.as_written[n - 1];
      names.insert(out_.people[n - 1].name);
      if (one.identity && one.identity->born().known()) years.insert(one.identity->born().year);
      if (one.identity) numbers.insert(one.identity->for_comparison_only());
    }
    Sentence::Values const who{{"first", group[0]}, {"second", group[1]}, {"name", out_.as_written[group[0] - 1].name}};
    if (numbers.size() != group.size()) return Explanation(Sentence(words::kListTwice, who));
    if (names.size() == group.size()) return {};
    if (years.size() != group.size()) return Explanation(Sentence(words::kListNamesakes, who));
    for (auto const n : group) {
      auto const& one = out_.as_written[n - 1];
      out_.people[n - 1].name = one.name + "（" + std::to_string(one.identity->born().year) + "年生）";
    }
    return {};
  }

  /// Batches in the order in which they were first named; who came in again stands where he came last.
  void gather_ballot() {
    std::map<std::uint32_t, std::size_t> last;
    for (std::size_t i = 0; i < order_.size(); ++i) last[order_[i]] = i;
    std::vector<std::string> titles;
    std::map<std::string, std::vector<std::uint32_t>> by_batch;
    for (std::size_t i = 0; i < order_.size(); ++i) {
      if (last[order_[i]] != i) continue;
      auto const& title = lines_[order_[i]].batch;
      if (!by_batch.contains(title)) titles.push_back(title);
      by_batch[title].push_back(order_[i]);
    }
    for (auto const& title : titles)
      for (auto const number : by_batch[title]) {
        auto& line = lines_[number];
        // Names as they were amended.
        line.candidate.name = out_.people[number - 1].name;
        line.candidate.employer = out_.people[number - 1].employer;
        out_.ballot.push_back(std::move(line));
      }
  }

  Casework const& cases_;
  SheetsOf const& sheets_of_;
  Changes changes_;
  Listed out_;
  std::map<std::uint32_t, Casework::Import const*> last_;  ///< the import that an applicant's row stands in
  std::map<std::uint32_t, decltype(office::Facts::appraisals)> appraisals_;  ///< as imported, of all imports
  std::map<std::uint32_t, BallotLine> lines_;
  std::vector<std::uint32_t> order_;  ///< of all imports, one behind the other
};

/// Of a field with several columns all that they say.
std::string value_of(sheets::Table const& table, sheets::Row const& row, std::size_t field) {
  std::string out;
  for (auto const& column : table.columns_of(field))
    if (auto const one = table.cell(row, column); !one.empty()) out += (out.empty() ? "" : "、") + one;
  return out;
}

}  // namespace

std::optional<int> appraisal_year(std::string_view field) {
  if (!field.ends_with(kAppraisalEnding)) return std::nullopt;
  auto const digits = field.substr(0, field.size() - kAppraisalEnding.size());
  int year = 0;
  auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), year);
  bool const whole = digits.size() == 4 && error == std::errc() && end == digits.data() + digits.size();
  return whole && year >= 1950 && year <= 2100 ? std::optional(year) : std::nullopt;
}

std::string appraisal_field(int year) { return std::to_string(year) + std::string(kAppraisalEnding); }

Explained<Listed> read_list(Casework const& cases, SheetsOf const& sheets_of,
                            std::map<std::uint32_t, Amend> const& further) {
  if (!cases.import()) return Explanation(words::kCaseNoImport);
  return ListReader(cases, sheets_of, changes_of(cases, further)).read();
}

Explained<std::vector<ListedCell>> listed_cells(Casework const& cases, SheetsOf const& sheets_of,
                                                std::uint32_t number) {
  auto const who = cases.subject(number);
  if (!who) return who.error();
  auto const list = read_list(cases, sheets_of);
  if (!list) return list.error();
  auto const& person = list->people.at(number - 1);
  // The import that the row stands in: the last one that holds this applicant.
  Casework::Import const* import = &*cases.import();
  for (auto const& part : cases.parts())
    if (std::ranges::find(part.said.part, number) != part.said.part.end()) import = &part;
  auto const sheets = sheets_of(*import);
  if (!sheets) return sheets.error();
  auto const changes = changes_of(cases, {});
  auto fields = sheets::candidate_fields();
  for (auto const& field : office::applicant_fields())
    if (std::ranges::find(fields, field.name, &sheets::Field::name) == fields.end()) fields.push_back(field);
  sheets::AmendedCells cells;
  if (auto const at = changes.find(number); at != changes.end())
    for (auto const& [field, value] : at->second) cells[person.row][field] = value;
  sheets::Table const table(sheets->candidates, fields, &strings::sheets::kFileCandidates, cells);
  auto const row = std::ranges::find(table.rows(), person.row, &sheets::Row::number);
  if (row == table.rows().end()) return Explanation(Sentence(words::kCaseNoApplicant, {{"number", number}}));
  std::vector<ListedCell> out;
  for (std::size_t f = 0; f < fields.size(); ++f)
    if (fields[f].name != words::kFieldIdentity.zh && fields[f].name != kAppraisalEnding)
      out.push_back({std::string(fields[f].name), value_of(table, *row, f)});
  for (auto const& [year, grade] : person.facts.appraisals)
    out.push_back({appraisal_field(year), std::string(grade_word(grade).zh)});
  return out;
}

}  // namespace piaojue::desk
