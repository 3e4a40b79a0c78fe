// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What an applicant's form says of the person, as far as the articles ask for it. Nothing that was left empty is taken
/// to be anything: whatever is missing stays missing, and eligibility says so.
///
/// Two sheets. **Candidates** (申报人): the columns of the roster (批次 may be missing) and, all optional, those of
/// `applicant_fields`. A person with several awards writes them below each other in their cells, one a line, the same
/// number of lines in each. Appraisals may stand there as well, a column a year (2023年度考核).
/// **Appraisals** (年度考核): 姓名 and 单位, or 证件号码; 年度 and 等次, one row a year; or a column a year.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "protocol/meeting/entry.h"
#include "sheets/amended.h"
#include "sheets/date.h"
#include "sheets/identity.h"
#include "sheets/sheet.h"
#include "sheets/table.h"
#include "sheets/vocabulary.h"

namespace piaojue::office {

using sheets::Date;
using sheets::Day;
using sheets::IdentityNumber;
using sheets::Imported;
using sheets::Level;

enum class Degree : std::uint8_t { kBelow, kSecondary, kCollege, kBachelor, kSecondBachelor, kMaster, kDoctor };
Text const& degree_word(Degree degree);  ///< 高中以下 中专 大专 本科/学士 第二学士 硕士 博士

struct Study {
  Degree degree = Degree::kSecondary;
  bool technician_school = false;  ///< 技工院校, which 第六条 puts beside the others
  /// 研究生学历 whose degree is not written. Where `degree` is 本科, it is counted as that; where it is 硕士 or 博士,
  /// that is the one which it would be. Both are for people to see.
  bool graduate_without_degree = false;
  bool operator==(Study const&) const = default;
};

enum class Title : std::uint8_t { kUnknown, kNone, kAssistant, kEngineer, kSenior, kFullSenior, kOther };
Text const& title_word(Title title);

enum class Grade : std::uint8_t { kExcellent, kQualified, kBasicallyQualified, kUnqualified, kUndetermined };
Text const& grade_word(Grade grade);

enum class Award : std::uint8_t { kScience, kIndustry, kPatent, kContest, kOutput };
/// By who gives it; a contest can be international.
enum class AwardLevel : std::uint8_t { kUnknown, kCounty, kCity, kProvince, kNation, kInternational };

struct Achievement {
  Award kind = Award::kScience;
  std::string name;
  AwardLevel level = AwardLevel::kUnknown;
  int grade = 0;  ///< 1 first (special: also 1), 2, 3; patents: 1 gold, 2 silver, 3 excellence; 0 unknown
  int rank = 0;   ///< of the applicant among those who did it; 0 unknown
  Date date;
  std::int64_t output_wan = -1;  ///< kOutput: whole 万元 a year; −1 unknown
};

/// What somebody wrote of an application: 同意, 无异议.
struct Opinion {
  enum class Says : std::uint8_t { kNothing, kYes, kNo, kOther } says = Says::kNothing;
  std::string written;
};

/// 三（三）2 and 3, before an application reaches the office. Whatever is not given is for people.
struct Steps {
  Opinion employer;  ///< 单位审核
  Date posted_from, posted_until;
  Opinion posting;  ///< kYes: nobody objected
  Opinion department;
  Date department_date;
};

struct Facts {
  Level level = Level::kAssistant;  ///< applied for
  meeting::Channel channel = meeting::Channel::kNormal;
  Date filed;
  Date born;
  std::vector<Study> studies;                    ///< each one held
  Date graduated;                                ///< when the study applied with was finished; of several the last
  Date graduated_first = {};                     ///< of several courses; else not known
  std::optional<bool> engineering_professional;  ///< 工程类专业学位; nothing: not said
  Date work_since;                               ///< in the profession
  Title title = Title::kUnknown;
  std::string title_written;
  Date title_since;
  std::string licence;  ///< 职业资格, as written
  Date licence_since;
  std::optional<bool> education_met;  ///< 继续教育; nothing: not said, or only a number of hours
  std::string education_written;
  enum class Sanction : std::uint8_t { kUnknown, kNone, kSome } sanction = Sanction::kUnknown;
  std::string sanction_written;
  Date sanction_until;
  std::vector<Achievement> achievements;
  std::map<int, Grade> appraisals;  ///< by year
  Steps steps = {};
  std::vector<Sentence> doubts = {};   ///< what does not go together, for people to decide: REVIEW
  std::vector<Sentence> remarks = {};  ///< for the eye alone
};

struct Applicant {
  std::string name;  ///< as on a ballot paper: of namesakes, with what tells them apart
  std::string employer;
  std::size_t row = 0;  ///< of the candidates' sheet
  std::optional<IdentityNumber> identity;
  Facts facts;
};

struct Applicants {
  std::vector<Applicant> people;                     ///< in the order of the sheet
  sheets::Reading candidates = {}, appraisals = {};  ///< how the sheets were read; of no second one: nothing
};

/// @param filed for whom the sheet has no 申报日期; may be unknown.
/// @param appraisals empty bytes: nobody has one. Both may be one file: a workbook with two sheets.
/// @param amended of the candidates' sheet: stands in the place of what it says.
Imported<Applicants> import_applicants(ByteView candidates, ByteView appraisals, Date filed,
                                       sheets::AmendedCells const& amended = {});

}  // namespace piaojue::office
