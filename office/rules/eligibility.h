// SPDX-License-Identifier: Apache-2.0
#pragma once
/// 附件 第三条 to 第十八条 as a table in data (`tables/standard-2023-13.toml`): who may apply, by which route, by which
/// article, with the arithmetic in words. Every route is tried. What a machine can not know is REVIEW and says why.
#include <string_view>

#include "base/explained.h"
#include "office/rules/facts.h"
#include "office/rules/licences.h"
#include "office/rules/workdays.h"

namespace piaojue::office {

inline constexpr std::size_t kStandardBytesMax = 256U << 10;

enum class Verdict : std::uint8_t { kEligible, kNotEligible, kReview };
Text const& verdict_word(Verdict verdict);       ///< 符合条件 不符合条件 须人工认定
std::string_view verdict_code(Verdict verdict);  ///< ELIGIBLE NOT_ELIGIBLE REVIEW

/// A row of 第五条: a way to apply in the normal channel.
struct Route {
  std::string id, article;
  std::string name, name_en;  ///< what people read; the id is for data alone
  Level target = Level::kAssistant;
  std::vector<Degree> degrees;
  Title title = Title::kNone;  ///< to be held; years then count from it
  int years = 0;
  int appraisals = 0;
};

/// A line of 第十一条 or 第十二条. It is met by any of its conditions.
struct ExceptionalItem {
  struct Condition {
    Award kind = Award::kScience;
    AwardLevel level = AwardLevel::kUnknown;  ///< this or above; kUnknown: any
    int grade = 0;                            ///< this or better; 0: any
    std::int64_t output_wan = 0;              ///< this or more
  };
  Level target = Level::kSenior;
  std::string article, text;
  std::vector<Condition> conditions;
  std::string judgement;  ///< what people must see in any case; may be empty
};

struct Standard {
  std::string id, title;
  Day valid_from{}, valid_to{};  ///< both included
  std::vector<Route> routes;
  std::vector<ExceptionalItem> items;
  struct Exceptional {
    Level target;
    Title title;  ///< to be held: 高一级
  };
  std::vector<Exceptional> exceptional;  ///< levels that can be applied for out of turn; others: 第十条
  int rank_max = 3;
  int early_years = 1;                 ///< 工程类专业学位
  std::optional<int> education_hours;  ///< required hours, if the operator has set them
  struct Note {
    Level target;
    Degree degree;
    std::string text;
  };
  std::vector<Note> notes;                  ///< for those without a route
  std::vector<std::string> for_people;      ///< on every form: what no machine judges
  std::vector<LicenceTable> licences = {};  ///< 第四条, in files of their own; not in this table
};

/// Refused with the line: not TOML, an unknown key or word, a target without routes, years or appraisals out of range.
Explained<Standard> parse_standard(std::string_view toml);

enum class Finding : std::uint8_t { kMet, kNotMet, kUnclear };

/// One route that was tried, or one achievement held against one line.
struct Tried {
  std::string route;                  ///< "E3b", or the name of the achievement
  Sentence name;                      ///< of the route or the achievement, for people
  std::vector<std::string> articles;  ///< "第五条（二）"
  Finding finding = Finding::kNotMet;
  std::vector<Sentence> arithmetic;  ///< "2024 − 2018 = 6 年 ≥ 6 年"
};

struct Assessment {
  Verdict verdict = Verdict::kReview;
  std::string route;                  ///< the one that decided; may be empty
  std::vector<std::string> articles;  ///< those that decided, the first one first
  Sentence reason;
  std::vector<Sentence> arithmetic;  ///< of the deciding route and the gates
  std::vector<Sentence> missing;     ///< facts that would decide, each a column of the sheet
  std::vector<Sentence> notes;
  bool interview = false;    ///< 第十三条
  std::vector<Tried> tried;  ///< all of them
  std::string standard;      ///< by which table
};

/// @param extension what the operator cites as the basis for using the table outside its dates; empty: none.
/// @param calendar for the employer's posting: a year that is not in it is REVIEW.
Assessment assess(Facts const& facts, Standard const& standard, std::string_view extension = {},
                  WorkCalendar const& calendar = {});

/// What people decided, beside what the machine found. It never replaces it.
struct Decision {
  Verdict verdict = Verdict::kReview;
  std::string reason, basis, decided_by;
  Day decided{};
};

struct Assessed {
  Assessment machine;
  std::optional<Decision> human;
  /// The human's, if there is one.
  Verdict standing() const { return human ? human->verdict : machine.verdict; }
};

/// Refused: REVIEW (a decision decides), no name of who decided, no reason, and no basis where it departs from the
/// machine or settles a REVIEW.
Explained<Assessed> decide(Assessed assessed, Decision decision);

}  // namespace piaojue::office
