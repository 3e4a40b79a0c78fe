// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What an applicant's form says of the person, as far as the articles ask for it. Nothing that was left empty is taken
/// to be anything: whatever is missing stays missing, and eligibility says so.
///
/// Two sheets. **Candidates** (申报人): the columns of the roster (批次 may be missing) and, all optional, 证件号码,
/// 出生日期, 学历, 学位, 学位类型, 毕业时间, 参加工作时间, 现职称, 现职称取得时间, 职业资格, 职业资格取得时间,
/// 继续教育, 处分, 处分影响期止, 申报日期; for 破格: 奖项类别, 奖项名称, 奖项级别, 奖项等次, 排名, 获奖时间, 年增产值,
/// 成果时间. A person with several awards writes them below each other in these cells, one a line, the same number of
/// lines in each.
/// **Appraisals** (年度考核): 姓名 and 单位, or 证件号码; 年度, 等次; one row a year.
#include <cstdint>
#include <map>

#include "protocol/meeting/entry.h"
#include "sheets/date.h"
#include "sheets/identity.h"
#include "sheets/sheet.h"
#include "sheets/vocabulary.h"

namespace piaojue::office {

using sheets::Date;
using sheets::Day;
using sheets::IdentityNumber;
using sheets::Imported;
using sheets::Level;

enum class Degree : std::uint8_t { kSecondary, kCollege, kBachelor, kSecondBachelor, kMaster, kDoctor };
Text const& degree_word(Degree degree);  ///< 中专 大专 本科/学士 第二学士 硕士 博士

struct Study {
  Degree degree = Degree::kSecondary;
  bool technician_school = false;        ///< 技工院校, which 第六条 puts beside the others
  bool graduate_without_degree = false;  ///< 研究生学历 and no degree is written: counted as 本科, for people to see
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
  std::int64_t output_wan = -1;  ///< kOutput: 万元 a year; −1 unknown
};

struct Facts {
  Level level = Level::kAssistant;  ///< applied for
  meeting::Channel channel = meeting::Channel::kNormal;
  Date filed;
  Date born;
  std::vector<Study> studies;                    ///< each one held
  Date graduated;                                ///< when the study applied with was finished
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
};

struct Applicant {
  std::string name, employer;
  std::size_t row = 0;  ///< of the candidates' sheet
  std::optional<IdentityNumber> identity;
  Facts facts;
};

struct Applicants {
  std::vector<Applicant> people;  ///< in the order of the sheet
};

/// @param filed for whom the sheet has no 申报日期; may be unknown.
/// @param appraisals empty bytes: nobody has one. Both may be one file: a workbook with two sheets.
Imported<Applicants> import_applicants(ByteView candidates, ByteView appraisals, Date filed);

}  // namespace piaojue::office
