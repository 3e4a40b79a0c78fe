// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What applicants' sheets and the standard's table say, as data: headings, and the words of each value in every way of
/// writing that is known. A word is compared as `sheets::code_of` gives it. What people are told is in strings/
/// instead.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "office/rules/facts.h"
#include "sheets/vocabulary.h"

namespace piaojue::office {

// ---- Columns; each enum counts the fields of the list below it

namespace applicant_column {
using sheets::candidate_column::kChannel;
using sheets::candidate_column::kEmployer;
using sheets::candidate_column::kIdentity;
using sheets::candidate_column::kIdentityType;
using sheets::candidate_column::kIsExceptional;
using sheets::candidate_column::kLevel;
using sheets::candidate_column::kName;
enum : std::size_t {
  kSex = kIdentityType + 1,
  kBorn,
  kSchooling,  ///< any number of columns: 学历, 最高学历 …
  kDegree,     ///< likewise
  kDegreeType,
  kGraduated,  ///< likewise
  kWorkSince,
  kTitle,
  kTitleSince,
  kLicence,
  kLicenceSince,
  kEducation,
  kSanction,
  kSanctionUntil,
  kFiled,
  kAwardKind,
  kAwardName,
  kAwardLevel,
  kAwardGrade,
  kAwardRank,
  kAwardDate,
  kOutput,
  kEmployerOpinion,
  kPostedFrom,
  kPostedUntil,
  kPosted,  ///< both in one cell
  kPostingOpinion,
  kDepartmentOpinion,
  kDepartmentDate,
  kAppraisal,  ///< any number of columns: 2023年度考核
};
}  // namespace applicant_column
/// The first are those of the roster.
std::vector<sheets::Field> applicant_fields();

namespace appraisal_column {
enum : std::size_t { kName, kEmployer, kIdentity, kIdentityType, kYear, kGrade, kYears };
}
std::vector<sheets::Field> appraisal_fields();
/// The year of a column of appraisals, by its heading's name: 2023年度考核, 近五年考核结果2023, 2023.
std::optional<int> appraisal_year_of(std::string_view heading);

// ---- Words of the sheets

std::optional<sheets::Sex> sex_of(std::string_view code);
std::optional<Title> title_of(std::string_view code);
std::optional<Award> award_of(std::string_view code);
std::optional<AwardLevel> award_level_of(std::string_view code);
std::optional<int> award_grade_of(std::string_view code);  ///< as in `Achievement::grade`
std::optional<Grade> grade_of(std::string_view code);
/// Whether 学位类型 says that the degree is a professional one in engineering, or that it is not.
std::optional<bool> degree_type_of(std::string_view code);
std::optional<bool> education_of(std::string_view code);  ///< whether continuing education is met
bool means_no_sanction(std::string_view code);
Opinion::Says opinion_of(std::string_view code);      ///< 同意 不同意 …; of other words kOther
Opinion::Says objection_free(std::string_view code);  ///< 无异议 有异议 …; likewise

/// "本科、硕士" to its words: by any of the signs that people put between them. Empty ones are left out.
std::vector<std::string> split_words(std::string code);
/// "第2名" and "2/5" (the second of five) to their numbers.
std::string without_counting_words(std::string code);

// ---- Words of the standard's table: exactly one way of writing each

std::optional<sheets::Level> table_level_of(std::string_view word);
std::optional<Degree> table_degree_of(std::string_view word);
std::optional<Title> table_title_of(std::string_view word);
std::optional<Award> table_award_of(std::string_view word);
std::optional<AwardLevel> table_award_level_of(std::string_view word);

// ---- Articles that the rules themselves cite; those of routes and awards stand in the table

namespace article {
inline constexpr std::string_view kTruth = "三（三）1";
inline constexpr std::string_view kEmployer = "三（三）2";
inline constexpr std::string_view kDepartment = "三（三）3";
inline constexpr std::string_view kEducation = "第三条（四）";
inline constexpr std::string_view kSanction = "第三条（五）";
inline constexpr std::string_view kLicence = "第四条";
inline constexpr std::string_view kRoutes = "第五条";
inline constexpr std::string_view kStudies = "第六条";
inline constexpr std::string_view kExceptional = "第八条";
inline constexpr std::string_view kNotExceptional = "第十条";
inline constexpr std::string_view kInterview = "第十三条";
inline constexpr std::string_view kRank = "第十四条（四）";
inline constexpr std::string_view kAchieved = "第十六条";
inline constexpr std::string_view kYears = "第十七条";
inline constexpr std::string_view kValidity = "第十八条";
}  // namespace article

/// The route of whoever fails in the exceptional channel before any award is looked at.
inline constexpr std::string_view kExceptionalRoute = "破格";

}  // namespace piaojue::office
