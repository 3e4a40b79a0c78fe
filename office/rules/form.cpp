// SPDX-License-Identifier: Apache-2.0
#include "office/rules/form.h"

#include <algorithm>
#include <charconv>

#include "office/rules/vocabulary.h"
#include "sheets/cell_value.h"
#include "sheets/text.h"
#include "strings/rules.h"

namespace piaojue::office {

namespace say = strings::rules;
using namespace sheets;

namespace {

constexpr std::size_t kAchievementsMax = 20;

std::vector<std::string> lines(std::string_view text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at <= text.size();) {
    std::size_t const end = std::min(text.find('\n', at), text.size());
    out.push_back(trimmed(text.substr(at, end - at)));
    at = end + 1;
  }
  while (!out.empty() && out.back().empty()) out.pop_back();
  return out;
}

}  // namespace

std::optional<IdentityNumber> read_identity(Table& table, Row const& row, std::size_t field) {
  std::string const code = code_of(table.cell(row, field));
  if (code.empty()) return std::nullopt;
  auto out = IdentityNumber::parse(code);
  if (out) return out;
  bool const lost = table.mark(row, field) == CellMark::kNumber || code.find("E+") != std::string::npos;
  table.fail(row, field, masked_text(code),
             lost                ? say::kImportIdentityLost
             : code.size() != 18 ? say::kImportIdentityLength
                                 : say::kImportIdentityWrong);
  return std::nullopt;
}

Facts FormReader::read(Row const& row, Date filed) {
  using namespace applicant_column;
  Facts out;
  if (auto const level = read_level(table_, row, kLevel)) out.level = *level;
  if (auto const channel = read_channel(table_, row, kChannel)) out.channel = *channel;
  out.born = read_date(table_, row, kBorn);
  read_studies(row, out);
  read_degree_type(row, out);
  out.graduated = read_date(table_, row, kGraduated);
  out.work_since = read_date(table_, row, kWorkSince);
  read_title(row, out);
  read_licence(row, out);
  read_education(row, out);
  read_sanction(row, out);
  out.filed = read_date(table_, row, kFiled);
  if (!out.filed.known()) out.filed = filed;
  read_achievements(row, out);
  return out;
}

void FormReader::read_studies(Row const& row, Facts& facts) {
  for (std::size_t const field : {std::size_t{applicant_column::kSchooling}, std::size_t{applicant_column::kDegree}}) {
    std::string const written = table_.text(row, field, false, false);
    for (std::string const& word : split_words(code_of(written))) {
      if (means_nothing(word)) continue;
      if (auto const professional = professional_of(word)) facts.engineering_professional = professional;
      auto const study = study_of(word);
      if (!study)
        table_.fail(row, field, written, say::kImportStudyExpected);
      else if (std::ranges::find(facts.studies, *study) == facts.studies.end())
        facts.studies.push_back(*study);
    }
  }
  // 研究生 with a master's or doctor's degree beside it is that degree and no question.
  if (std::ranges::any_of(facts.studies, [](Study const& s) { return s.degree >= Degree::kMaster; }))
    std::erase_if(facts.studies, [](Study const& s) { return s.graduate_without_degree; });
}

void FormReader::read_degree_type(Row const& row, Facts& facts) {
  std::string const written = trimmed(table_.cell(row, applicant_column::kDegreeType));
  std::string const code = code_of(written);
  if (code.empty()) return;
  if (auto const professional = degree_type_of(code))
    facts.engineering_professional = professional;
  else
    table_.fail(row, applicant_column::kDegreeType, written, say::kImportDegreeTypeExpected);
}

void FormReader::read_title(Row const& row, Facts& facts) {
  facts.title_written = table_.text(row, applicant_column::kTitle, false, false);
  if (!facts.title_written.empty()) facts.title = title_of(code_of(facts.title_written)).value_or(Title::kOther);
  facts.title_since = read_date(table_, row, applicant_column::kTitleSince);
}

void FormReader::read_licence(Row const& row, Facts& facts) {
  facts.licence = table_.text(row, applicant_column::kLicence, false, false);
  if (code_of(facts.licence) == "无") facts.licence.clear();
  facts.licence_since = read_date(table_, row, applicant_column::kLicenceSince);
}

void FormReader::read_education(Row const& row, Facts& facts) {
  facts.education_written = table_.text(row, applicant_column::kEducation, false, false);
  std::string const code = code_of(facts.education_written);
  facts.education_met = education_of(code);
  bool const hours = !code.empty() && code[0] >= '0' && code[0] <= '9';
  if (!code.empty() && !facts.education_met && !hours)
    table_.fail(row, applicant_column::kEducation, facts.education_written, say::kImportEducationExpected);
}

void FormReader::read_sanction(Row const& row, Facts& facts) {
  using enum Facts::Sanction;
  facts.sanction_written = table_.text(row, applicant_column::kSanction, false, false);
  facts.sanction_until = read_date(table_, row, applicant_column::kSanctionUntil);
  std::string const code = code_of(facts.sanction_written);
  if (code.empty())
    facts.sanction = facts.sanction_until.known() ? kSome : kUnknown;
  else
    facts.sanction = means_no_sanction(code) ? kNone : kSome;
  if (facts.sanction == kNone && facts.sanction_until.known())
    table_.fail(row, applicant_column::kSanction, facts.sanction_written, say::kImportSanctionContradiction);
}

void FormReader::read_achievements(Row const& row, Facts& facts) {
  using namespace applicant_column;
  std::vector<Line> columns;  // each by line
  std::size_t count = 0;
  for (std::size_t f = kAwardKind; f <= kOutput; ++f) {
    columns.push_back(lines(table_.text(row, f, false, true)));
    count = std::max(count, columns.back().size());
  }
  if (count > kAchievementsMax)
    return table_.fail(row, kAwardKind, {}, {say::kImportAchievementsMax, {{"max", kAchievementsMax}}});
  for (std::size_t f = kAwardKind; f <= kOutput; ++f)
    if (auto const& column = columns[f - kAwardKind]; !column.empty() && column.size() != count)
      return table_.fail(row, f, table_.cell(row, f), say::kImportAchievementLines);
  for (std::size_t i = 0; i < count; ++i) {
    Line line;
    for (Line const& column : columns) line.push_back(i < column.size() && column[i] != "-" ? column[i] : "");
    read_achievement(row, line, facts);
  }
}

void FormReader::read_achievement(Row const& row, Line const& line, Facts& facts) {
  using namespace applicant_column;
  auto const at = [&](std::size_t field) -> std::string const& { return line[field - kAwardKind]; };
  Achievement a;
  auto const kind = award_of(code_of(at(kAwardKind)));
  if (!kind) return table_.fail(row, kAwardKind, at(kAwardKind), say::kImportAwardKindExpected);
  a.kind = *kind;
  a.name = at(kAwardName).empty() ? at(kAwardKind) : at(kAwardName);
  if (std::string const& level = at(kAwardLevel); !level.empty()) {
    auto const known = award_level_of(code_of(level));
    if (!known) table_.fail(row, kAwardLevel, level, say::kImportAwardLevelExpected);
    a.level = known.value_or(AwardLevel::kUnknown);
  }
  if (std::string const& grade = at(kAwardGrade); !grade.empty()) {
    auto const known = award_grade_of(code_of(grade));
    if (!known) table_.fail(row, kAwardGrade, grade, say::kImportAwardGradeExpected);
    a.grade = known.value_or(0);
  }
  a.rank = static_cast<int>(read_count(row, kAwardRank, at(kAwardRank), {1, 1000, 0}, say::kImportRankExpected));
  a.date = read_date(table_, row, kAwardDate, at(kAwardDate));
  a.output_wan = read_count(row, kOutput, at(kOutput), {0, 100'000'000, -1}, say::kImportOutputExpected);
  facts.achievements.push_back(std::move(a));
}

std::int64_t FormReader::read_count(Row const& row, std::size_t field, std::string const& written, Range range,
                                    Text const& expected) {
  if (code_of(written).empty()) return range.otherwise;
  std::string const code = without_counting_words(code_of(written));
  std::int64_t out = 0;
  auto const [end, error] = std::from_chars(code.data(), code.data() + code.size(), out);
  bool const whole = !code.empty() && error == std::errc{} && end == code.data() + code.size();
  if (whole && out >= range.from && out <= range.to) return out;
  table_.fail(row, field, written, expected);
  return range.otherwise;
}

}  // namespace piaojue::office
