// SPDX-License-Identifier: Apache-2.0
#include "office/rules/form.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "office/rules/amount.h"
#include "office/rules/consistency.h"
#include "office/rules/studies.h"
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

/// 第一学历毕业时间: of which of several courses it is.
bool names_one_course(std::string_view heading) {
  static constexpr auto kCourses = std::to_array<std::string_view>({"第一", "全日制", "在职"});
  return std::ranges::any_of(kCourses, [&](std::string_view course) { return heading.starts_with(course); });
}

}  // namespace

FormReader::FormReader(Table& table) : table_(table) {
  using namespace applicant_column;
  if (table_.has(kOutput)) {
    Heading const& heading = table_.heading(kOutput);
    std::string unit = heading.unit();
    // 年增产值万元: the unit is part of the name.
    for (std::string_view const own : {"亿元", "万元", "元"})
      if (unit.empty() && heading.name.ends_with(own)) unit = own;
    auto const yuan = yuan_of_unit(unit);
    if (!unit.empty() && !yuan) table_.fail_heading(kOutput, say::kImportOutputUnit);
    output_yuan_ = yuan.value_or(0);
  }
  if (table_.has(kEducation)) {
    Heading const& heading = table_.heading(kEducation);
    education_unit_ = heading.unit();
    // 继续教育学分: likewise.
    for (std::string_view const own : {"学分", "学时"})
      if (education_unit_.empty() && heading.name.ends_with(own)) education_unit_ = own;
    bool const known = education_unit_.empty() || education_unit_ == "学时" || education_unit_ == "小时" ||
                       education_unit_ == "课时" || education_unit_ == "学分" || education_unit_ == "分";
    if (!known) table_.fail_heading(kEducation, say::kImportEducationUnit);
  }
}

Facts FormReader::read(Row const& row, Date filed, std::optional<IdentityNumber> const& identity) {
  using namespace applicant_column;
  Facts out;
  if (auto const level = read_level(table_, row, kLevel)) out.level = *level;
  if (auto const channel = read_channel(table_, row, kChannel, kIsExceptional)) out.channel = *channel;
  read_birth(row, identity, out);
  read_studies(row, out);
  read_degree_type(row, out);
  read_graduations(row, out);
  out.work_since = read_date(table_, row, kWorkSince);
  read_title(row, out);
  read_licence(row, out);
  read_education(row, out);
  read_sanction(row, out);
  out.filed = read_date(table_, row, kFiled);
  if (!out.filed.known()) out.filed = filed;
  read_achievements(row, out);
  read_steps(row, out.steps);
  read_appraisals(row, out);
  check_dates(row, out);
  if (identity && !identity->is_citizens()) out.remarks.emplace_back(say::kNoteOtherDocument);
  return out;
}

void FormReader::read_birth(Row const& row, std::optional<IdentityNumber> const& identity, Facts& facts) {
  using namespace applicant_column;
  facts.born = read_date(table_, row, kBorn);
  Date const own = identity ? identity->born() : Date{};
  if (facts.born.known() && own.known() &&
      (own.latest() < facts.born.earliest() || own.earliest() > facts.born.latest()))
    table_.fail(row, kBorn, facts.born.text(), say::kImportBornNotIdentity);
  else if (own.known())
    facts.born = own;
  std::string const written = table_.text(row, kSex, false, false);
  if (means_nothing(code_of(written))) return;
  auto const sex = sex_of(code_of(written));
  if (!sex)
    table_.fail(row, kSex, written, say::kImportSexExpected);
  else if (identity && identity->sex() && *identity->sex() != *sex)
    // No article asks for it: it says that one of the two was typed wrongly, and is no reason to turn anybody away.
    facts.remarks.emplace_back(say::kNoteSexNotIdentity, Sentence::Values{{"written", written}});
}

void FormReader::read_studies(Row const& row, Facts& facts) {
  using namespace applicant_column;
  Studies said;
  for (std::size_t const field : {std::size_t{kSchooling}, std::size_t{kDegree}}) {
    bool const schooling = field == kSchooling;
    for (Column const& column : table_.columns_of(field)) {
      std::string const written = table_.cell(row, column);
      std::string const code = code_of(written);
      if (!schooling && !code.empty()) said.degree_written = true;
      for (std::string const& word : split_words(code)) {
        if (means_nothing(word)) continue;
        if (auto const known = schooling ? schooling_word(word) : degree_word_of(word))
          (schooling ? said.schooling : said.degrees).push_back(*known);
        else
          table_.fail(row, column, written, say::kImportStudyExpected);
      }
    }
  }
  facts.studies = held_studies(said);
  if (is_degree_beyond_schooling(said))
    facts.doubts.emplace_back(say::kDoubtDegree,
                              Sentence::Values{{"schooling", table_.text(row, kSchooling, false, false)},
                                               {"degree", table_.text(row, kDegree, false, false)}});
  facts.engineering_professional = office::engineering_professional(said);
}

void FormReader::read_graduations(Row const& row, Facts& facts) {
  std::vector<Date> dates;
  bool of_one_course = false;
  for (Column const& column : table_.columns_of(applicant_column::kGraduated)) {
    Date const date = read_date(table_, row, column);
    if (!date.known()) continue;
    dates.push_back(date);
    of_one_course = names_one_course(column.heading.group + column.heading.name);
  }
  if (dates.empty()) return;
  std::ranges::sort(dates, {}, [](Date const& date) { return date.earliest(); });
  // The date of one of two courses need not be that of the one applied with.
  bool const unclear = dates.size() == 1 && of_one_course && courses(row) > 1;
  if (!unclear) facts.graduated = dates.back();
  if (unclear || dates.size() > 1) facts.graduated_first = dates.front();
}

/// How many different courses of study the row names, each in a column of its own.
std::size_t FormReader::courses(Row const& row) const {
  std::set<std::string> out;
  for (Column const& column : table_.columns_of(applicant_column::kSchooling))
    if (std::string code = code_of(table_.cell(row, column)); !means_nothing(code)) out.insert(std::move(code));
  return out.size();
}

void FormReader::read_degree_type(Row const& row, Facts& facts) {
  std::string const written = trimmed(table_.cell(row, applicant_column::kDegreeType));
  std::string const code = code_of(written);
  if (code != "无" && code != "否" && means_nothing(code)) return;
  auto const professional = degree_type_of(code);
  // 工学硕士 beside 工程类专业学位: one of the two is not true, and years hang on it.
  if (professional && facts.engineering_professional && professional != facts.engineering_professional)
    table_.fail(row, applicant_column::kDegreeType, written, say::kImportDegreeTypeContradiction);
  else if (professional)
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
  if (means_nothing(code_of(facts.licence))) facts.licence.clear();
  facts.licence_since = read_date(table_, row, applicant_column::kLicenceSince);
}

void FormReader::read_education(Row const& row, Facts& facts) {
  facts.education_written = table_.text(row, applicant_column::kEducation, false, false);
  std::string const code = code_of(facts.education_written);
  if (code != "否" && means_nothing(code)) return facts.education_written.clear();
  facts.education_met = education_of(code);
  bool const hours = code[0] >= '0' && code[0] <= '9';
  bool const bare = hours && code.find_first_not_of("0123456789.") == std::string::npos;
  if (bare && !education_unit_.empty()) facts.education_written += education_unit_;
  if (!facts.education_met && !hours)
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
    for (Line const& column : columns)
      line.push_back(i < column.size() && !means_nothing(code_of(column[i])) ? column[i] : "");
    read_achievement(row, line, facts);
  }
}

void FormReader::read_achievement(Row const& row, Line const& line, Facts& facts) {
  using namespace applicant_column;
  auto const at = [&](std::size_t field) -> std::string const& { return line[field - kAwardKind]; };
  Achievement a;
  if (at(kAwardKind).empty()) return read_kindless(row, line, facts);
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
  a.output_wan = read_output(row, at(kOutput));
  facts.achievements.push_back(std::move(a));
}

/// Whoever applies in the normal channel may name a project; out of turn it must be said by which line.
void FormReader::read_kindless(Row const& row, Line const& line, Facts const& facts) {
  using namespace applicant_column;
  for (std::size_t f = kAwardName; f <= kOutput; ++f) {
    std::string const& written = line[f - kAwardKind];
    if (written.empty() || facts.channel == meeting::Channel::kNormal) continue;
    return table_.fail(row, table_.has(kAwardKind) ? std::size_t{kAwardKind} : f, written,
                       say::kImportAwardKindMissing);
  }
}

std::int64_t FormReader::read_output(Row const& row, std::string const& written) {
  std::string const code = code_of(written);
  if (code.empty()) return -1;
  Amount const amount = amount_of(code, output_yuan_);
  if (amount.fault == nullptr) return amount.yuan / 10'000;
  table_.fail(row, applicant_column::kOutput, written, *amount.fault);
  return -1;
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

// ---- 三（三）2 and 3

void FormReader::read_steps(Row const& row, Steps& steps) {
  using namespace applicant_column;
  auto const opinion = [&](std::size_t field, Opinion::Says (*of)(std::string_view)) {
    std::string const written = table_.text(row, field, false, false);
    return Opinion{of(code_of(written)), written};
  };
  steps.employer = opinion(kEmployerOpinion, opinion_of);
  steps.posting = opinion(kPostingOpinion, objection_free);
  steps.department = opinion(kDepartmentOpinion, opinion_of);
  steps.department_date = read_date(table_, row, kDepartmentDate);
  read_posting(row, steps);
}

void FormReader::read_posting(Row const& row, Steps& steps) {
  using namespace applicant_column;
  steps.posted_from = read_date(table_, row, kPostedFrom);
  steps.posted_until = read_date(table_, row, kPostedUntil);
  std::string const written = table_.text(row, kPosted, false, false);
  if (means_nothing(code_of(written))) return;
  for (std::string_view const sign : {"至", "到", "~", "～", "——", "—", "-"}) {
    auto const at = written.find(sign);
    if (at == std::string::npos || written.find(sign, at + sign.size()) != std::string::npos) continue;
    auto const from = parse_date(written.substr(0, at));
    auto const until = parse_date(written.substr(at + sign.size()));
    if (!from || !until || !from->whole() || !until->whole()) continue;
    if ((steps.posted_from.known() && steps.posted_from != *from) ||
        (steps.posted_until.known() && steps.posted_until != *until))
      return table_.fail(row, kPosted, written, say::kImportPostedOther);
    steps.posted_from = *from;
    steps.posted_until = *until;
    return;
  }
  table_.fail(row, kPosted, written, say::kImportPostedExpected);
}

// ---- Appraisals that stand in columns, and the dates of the row

void read_yearly_grades(Table& table, Row const& row, std::size_t field, std::map<int, Grade>& appraisals) {
  for (Column const& column : table.columns_of(field)) {
    auto const year = appraisal_year_of(column.heading.name);
    // Below a heading that groups them, a year alone is one of what that says: 近五年继续教育 over 2023年.
    bool const grouped = !column.heading.group.empty() && column.heading.name.find("考核") == std::string::npos;
    if (!year || (grouped && column.heading.group.find("考核") == std::string::npos)) continue;
    std::string const written = table.cell(row, column);
    if (means_nothing(code_of(written))) continue;
    auto const grade = grade_of(code_of(written));
    if (!grade) {
      table.fail(row, column, written, say::kImportGradeExpected);
      continue;
    }
    auto const [at, fresh] = appraisals.try_emplace(*year, *grade);
    if (!fresh && at->second != *grade) table.fail(row, column, written, {say::kImportYearOther, {{"year", *year}}});
  }
}

void FormReader::read_appraisals(Row const& row, Facts& facts) {
  read_yearly_grades(table_, row, applicant_column::kAppraisal, facts.appraisals);
}

void FormReader::check_dates(Row const& row, Facts const& facts) {
  using namespace applicant_column;
  for (Contradiction const& one : contradictions(facts)) {
    if (!one.impossible) continue;
    switch (one.fact) {
      case DatedFact::kBorn:
        table_.fail(row, kBorn, facts.born.text(), one.words);
        break;
      case DatedFact::kGraduated:
        table_.fail(row, table_.columns_of(kGraduated).front(), facts.graduated.text(), one.words);
        break;
      case DatedFact::kWorkSince:
        table_.fail(row, kWorkSince, facts.work_since.text(), one.words);
        break;
      case DatedFact::kTitleSince:
        table_.fail(row, kTitleSince, facts.title_since.text(), one.words);
        break;
      case DatedFact::kLicenceSince:
        table_.fail(row, kLicenceSince, facts.licence_since.text(), one.words);
        break;
      case DatedFact::kAward:
        table_.fail(row, kAwardDate, {}, one.words);
        break;
      case DatedFact::kAppraisal:
        table_.fail(row, table_.columns_of(kAppraisal).front(), {}, one.words);
        break;
    }
  }
}

}  // namespace piaojue::office
