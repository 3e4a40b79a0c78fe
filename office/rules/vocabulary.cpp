// SPDX-License-Identifier: Apache-2.0
#include "office/rules/vocabulary.h"

#include <algorithm>
#include <array>

namespace piaojue::office {

using namespace sheets;

namespace {

// ---- Columns of which there may be several, by the name of the heading

bool names_schooling(std::string_view name) {
  static constexpr auto kNames =
      std::to_array<std::string_view>({"学历", "最高学历", "第一学历", "申报学历", "毕业学历", "全日制学历",
                                       "全日制教育学历", "在职学历", "在职教育学历", "现学历", "文化程度"});
  return std::ranges::find(kNames, name) != kNames.end();
}
bool names_degree(std::string_view name) {
  static constexpr auto kNames = std::to_array<std::string_view>(
      {"学位", "最高学位", "第一学位", "申报学位", "全日制学位", "全日制教育学位", "在职学位", "在职教育学位"});
  return std::ranges::find(kNames, name) != kNames.end();
}
bool names_graduation(std::string_view name) {
  static constexpr auto kNames = std::to_array<std::string_view>(
      {"毕业时间", "毕业日期", "毕业年月", "学历取得时间", "学历学位取得时间", "取得学历时间", "最高学历毕业时间",
       "第一学历毕业时间", "最高学历取得时间", "第一学历取得时间", "全日制学历毕业时间", "在职学历毕业时间"});
  return std::ranges::find(kNames, name) != kNames.end();
}
bool names_appraisal(std::string_view name) { return appraisal_year_of(name).has_value(); }
/// Among other facts of an applicant a year alone may be a year of anything.
bool names_appraisal_surely(std::string_view name) {
  return name.find("考核") != std::string_view::npos && names_appraisal(name);
}

std::vector<Field> person_fields() {
  return {
      {"性别", false, {"性别"}},
      {"出生日期", false, {"出生日期", "出生年月", "出生时间", "出生年月日"}},
      {"学历", false, {}, {}, {}, names_schooling},
      {"学位", false, {}, {}, {}, names_degree},
      {"学位类型", false, {"学位类型", "学位类别", "硕士类型", "专业学位", "是否工程类专业学位"}},
      {"毕业时间", false, {}, {}, {}, names_graduation},
      {"参加工作时间",
       false,
       {"从事专业技术工作时间", "从事相关专业技术工作时间", "从事本专业技术工作时间", "从事专业工作时间", "从业时间"},
       // The law counts work in the profession: where that stands beside it, this does not count.
       {"参加工作时间", "参加工作年月", "参加工作日期", "工作时间"}},
      {"现职称",
       false,
       {"现职称", "现有职称", "现专业技术职称", "现任职称", "现专业技术资格", "现有专业技术资格", "现任专业技术职务",
        "现专业技术职务", "现专业技术职务任职资格", "现职称名称", "已有职称"}},
      {"现职称取得时间",
       false,
       {"现职称取得时间", "现职称取得日期", "现职称取得年月", "职称取得时间", "取得现职称时间", "现职称时间",
        "任职资格时间", "现专业技术资格取得时间", "任职资格取得时间"},
       {"取得时间"},
       {},
       nullptr,
       "现职称"},
      {"职业资格", false, {"职业资格", "职业资格证书", "对应职业资格", "职业资格名称"}},
      {"职业资格取得时间", false, {"职业资格取得时间", "取得职业资格时间", "职业资格证书取得时间"}},
      {"继续教育",
       false,
       {"继续教育", "继续教育学时", "继续教育学分", "继续教育情况", "继续教育是否达标", "继续教育完成情况"}},
      {"处分",
       false,
       {"处分", "处分情况", "处分及期限", "党纪政纪处分", "党纪政务处分", "受处分情况", "有无处分", "是否受处分"}},
      {"处分影响期止",
       false,
       {"处分影响期止", "影响期止", "处分期止", "处分影响期至", "影响期至", "处分期限", "影响期截止"}},
      {"申报日期", false, {"申报日期", "申报时间"}}};
}

std::vector<Field> award_fields() {
  return {{"奖项类别", false, {"奖项类别", "破格条件", "破格类别", "成果类别"}},
          {"奖项名称", false, {"奖项名称", "成果名称", "获奖名称", "奖项"}, {"项目名称"}},
          {"奖项级别", false, {"奖项级别", "获奖级别", "颁奖级别"}},
          {"奖项等次", false, {"奖项等次", "获奖等次", "获奖等级", "奖项等级"}},
          {"排名", false, {"排名", "位次", "本人排名", "个人排名", "本人位次"}},
          {"获奖时间", false, {"获奖时间", "获奖日期", "成果时间", "获奖年月", "成果取得时间"}},
          // Not 新增产值 nor 项目金额: those are other amounts.
          {"年增产值", false, {"年增产值", "年新增产值", "年增产值万元", "年增产值元", "年增产值亿元"}}};
}

std::vector<Field> step_fields() {
  return {{"单位审核", false, {"单位审核", "单位审核意见", "单位审核结果", "单位意见", "用人单位审核", "用人单位意见"}},
          {"单位公示开始", false, {"单位公示开始", "单位公示开始时间", "单位公示开始日期", "单位公示起始日期"}},
          {"单位公示结束", false, {"单位公示结束", "单位公示结束时间", "单位公示结束日期", "单位公示截止日期"}},
          {"单位公示时间", false, {"单位公示时间", "单位公示期", "单位公示起止时间", "单位公示起止日期"}},
          {"单位公示结果", false, {"单位公示结果", "单位公示情况", "单位公示有无异议"}},
          {"主管部门审核",
           false,
           {"主管部门审核", "主管部门审核意见", "主管部门审核结果", "主管部门意见", "主管单位审核意见"}},
          {"主管部门审核日期", false, {"主管部门审核日期", "主管部门审核时间"}}};
}

}  // namespace

std::vector<Field> applicant_fields() {
  auto out = candidate_fields();
  out.resize(applicant_column::kSex);
  for (auto const& more : {person_fields(), award_fields(), step_fields()})
    out.insert(out.end(), more.begin(), more.end());
  out.push_back({"年度考核", false, {}, {}, {}, names_appraisal_surely});
  return out;
}

std::vector<Field> appraisal_fields() {
  using namespace appraisal_column;
  return {{"姓名", true, {"姓名", "名字", "申报人", "申报人姓名"}},
          {"单位", false, {"单位", "工作单位", "所在单位", "单位名称"}},
          candidate_fields()[candidate_column::kIdentity],
          candidate_fields()[candidate_column::kIdentityType],
          {"年度", true, {"年度", "考核年度", "年份"}, {}, kYears},
          {"等次", true, {"等次", "考核等次", "考核结果", "年度考核结果", "结果", "年度考核等次"}, {}, kYears},
          {"年度考核", false, {}, {}, {}, names_appraisal}};
}

std::optional<int> appraisal_year_of(std::string_view heading) {
  std::string year;
  std::string words;
  for (char const c : heading) (c >= '0' && c <= '9' ? year : words) += c;
  for (std::string_view const word : {"年度", "年", "考核", "结果", "等次", "等级", "档次", "情况", "结论", "历",
                                      "近",   "一", "二",   "三",   "四",   "五",   "六",   "七",   "八",   "两"})
    for (std::size_t at; (at = words.find(word)) != std::string::npos;) words.erase(at, word.size());
  if (!words.empty() || year.size() != 4) return std::nullopt;
  return parse_year(year);
}

// ---- Words of the sheets

std::optional<Sex> sex_of(std::string_view code) {
  static constexpr auto kWords = std::to_array<Word<Sex>>({
      {"男", Sex::kMale},
      {"男性", Sex::kMale},
      {"女", Sex::kFemale},
      {"女性", Sex::kFemale},
  });
  return meaning_of(kWords, code);
}

namespace {

std::optional<Title> title_of_word(std::string_view code) {
  static constexpr auto kWords = std::to_array<Word<Title>>({
      {"无职称", Title::kNone},
      {"助理工程师", Title::kAssistant},
      {"助工", Title::kAssistant},
      {"工程师", Title::kEngineer},
      {"中级工程师", Title::kEngineer},
      {"高级工程师", Title::kSenior},
      {"高工", Title::kSenior},
      {"副高级工程师", Title::kSenior},
      {"正高级工程师", Title::kFullSenior},
      {"教授级高级工程师", Title::kFullSenior},
  });
  return meaning_of(kWords, code);
}

/// What level in brackets goes with a title.
std::optional<Title> title_of_level(std::string_view code) {
  auto const level = level_of(code);
  if (!level) return std::nullopt;
  static constexpr std::array kTitles{Title::kAssistant, Title::kEngineer, Title::kSenior, Title::kFullSenior};
  return kTitles[static_cast<std::size_t>(*level)];
}

}  // namespace

std::optional<Title> title_of(std::string_view code) {
  if (!code.empty() && means_nothing(code)) return Title::kNone;
  auto const words = with_brackets(code);
  auto const out = title_of_word(words.front());
  for (std::size_t i = 1; i < words.size(); ++i)
    if (!out || title_of_level(words[i]) != out) return std::nullopt;
  return out;
}

std::optional<Award> award_of(std::string_view code) {
  static constexpr auto kKinds = std::to_array<Word<Award>>({
      {"科学技术奖", Award::kScience},
      {"科技奖", Award::kScience},
      {"科技进步奖", Award::kScience},
      {"自然科学奖", Award::kScience},
      {"技术发明奖", Award::kScience},
      {"行业奖", Award::kIndustry},
      {"行业奖项", Award::kIndustry},
      {"专利奖", Award::kPatent},
      {"中国专利奖", Award::kPatent},
      {"大赛", Award::kContest},
      {"竞赛", Award::kContest},
      {"成果转化", Award::kOutput},
      {"年增产值", Award::kOutput},
  });
  return meaning_of(kKinds, code);
}

std::optional<AwardLevel> award_level_of(std::string_view code) {
  static constexpr auto kLevels = std::to_array<Word<AwardLevel>>({
      {"国际", AwardLevel::kInternational},
      {"国际级", AwardLevel::kInternational},
      {"国家级", AwardLevel::kNation},
      {"国家", AwardLevel::kNation},
      {"国家部委", AwardLevel::kNation},
      {"部级", AwardLevel::kProvince},
      {"省部级", AwardLevel::kProvince},
      {"省级", AwardLevel::kProvince},
      {"省", AwardLevel::kProvince},
      {"市级", AwardLevel::kCity},
      {"青岛市", AwardLevel::kCity},
      {"山东省", AwardLevel::kProvince},
      {"市", AwardLevel::kCity},
      {"县级", AwardLevel::kCounty},
      {"区级", AwardLevel::kCounty},
      {"县", AwardLevel::kCounty},
      {"全国性行业协会", AwardLevel::kNation},
  });
  return meaning_of(kLevels, code);
}

std::optional<int> award_grade_of(std::string_view code) {
  static constexpr auto kGrades = std::to_array<Word<int>>({
      {"特等奖", 1},
      {"特等", 1},
      {"一等奖", 1},
      {"一等", 1},
      {"二等奖", 2},
      {"二等", 2},
      {"三等奖", 3},
      {"三等", 3},
      {"金奖", 1},
      {"银奖", 2},
      {"优秀奖", 9},
      {"铜奖", 3},
  });
  return meaning_of(kGrades, code);
}

std::optional<Grade> grade_of(std::string_view code) {
  static constexpr auto kGrades = std::to_array<Word<Grade>>({
      {"优秀", Grade::kExcellent},
      {"优", Grade::kExcellent},
      {"优秀等次", Grade::kExcellent},
      {"合格", Grade::kQualified},
      {"合格等次", Grade::kQualified},
      {"称职", Grade::kQualified},
      {"良好", Grade::kQualified},
      {"基本合格", Grade::kBasicallyQualified},
      {"基本称职", Grade::kBasicallyQualified},
      {"不合格", Grade::kUnqualified},
      {"不称职", Grade::kUnqualified},
      {"不定等次", Grade::kUndetermined},
      {"未定等次", Grade::kUndetermined},
      {"不确定等次", Grade::kUndetermined},
      {"未参加考核", Grade::kUndetermined},
      {"未考核", Grade::kUndetermined},
  });
  return meaning_of(kGrades, code);
}

std::optional<bool> degree_type_of(std::string_view code) {
  static constexpr auto kWords = std::to_array<Word<bool>>({
      {"工程类专业学位", true},
      {"工程专业学位", true},
      {"工程类专业", true},
      {"是", true},
      {"学术学位", false},
      {"学术", false},
      {"学术型", false},
      {"其他专业学位", false},
      {"否", false},
      {"无", false},
      {"工程类", true},
      {"学术型学位", false},
  });
  return meaning_of(kWords, code);
}

std::optional<bool> education_of(std::string_view code) {
  static constexpr auto kWords = std::to_array<Word<bool>>({
      {"达标", true},
      {"合格", true},
      {"已达标", true},
      {"已完成", true},
      {"是", true},
      {"完成", true},
      {"未达标", false},
      {"不合格", false},
      {"不达标", false},
      {"未完成", false},
      {"否", false},
  });
  return meaning_of(kWords, code);
}

bool means_no_sanction(std::string_view code) {
  static constexpr auto kWords = std::to_array<std::string_view>(
      {"无处分", "无任何处分", "无处分情况", "无党纪政纪处分", "无党纪政务处分", "无违纪", "无违纪违法", "无违法违纪",
       "无违纪处分", "未受处分", "未受过处分", "未受到处分", "未受过任何处分", "没有处分", "没有受过处分", "没受过处分",
       "未处分"});
  while (code.ends_with("。")) code.remove_suffix(std::string_view("。").size());
  return means_nothing(code) || std::ranges::find(kWords, code) != kWords.end();
}

Opinion::Says opinion_of(std::string_view code) {
  using enum Opinion::Says;
  static constexpr auto kWords = std::to_array<Word<Opinion::Says>>({
      {"同意", kYes},      {"同意申报", kYes}, {"同意上报", kYes},  {"同意推荐", kYes}, {"同意推荐申报", kYes},
      {"通过", kYes},      {"审核通过", kYes}, {"已通过", kYes},    {"合格", kYes},     {"审核合格", kYes},
      {"符合", kYes},      {"符合条件", kYes}, {"是", kYes},        {"不同意", kNo},    {"不同意申报", kNo},
      {"不通过", kNo},     {"未通过", kNo},    {"审核不通过", kNo}, {"不合格", kNo},    {"不符合", kNo},
      {"不符合条件", kNo}, {"退回", kNo},      {"否", kNo},
  });
  while (code.ends_with("。")) code.remove_suffix(std::string_view("。").size());
  if (auto const known = meaning_of(kWords, code)) return *known;
  return means_nothing(code) ? kNothing : kOther;
}

Opinion::Says objection_free(std::string_view code) {
  using enum Opinion::Says;
  static constexpr auto kWords = std::to_array<Word<Opinion::Says>>({
      {"无异议", kYes},
      {"公示无异议", kYes},
      {"经公示无异议", kYes},
      {"没有异议", kYes},
      {"公示期间无异议", kYes},
      {"公示期内无异议", kYes},
      {"无", kYes},
  });
  while (code.ends_with("。")) code.remove_suffix(std::string_view("。").size());
  if (auto const known = meaning_of(kWords, code)) return *known;
  // 有异议 is for people: an objection need not be right.
  return means_nothing(code) ? kNothing : kOther;
}

std::vector<std::string> split_words(std::string code) {
  for (std::string_view const sign : {"、", "，", "；", "/", ";", "+"})
    for (std::size_t at; (at = code.find(sign)) != std::string::npos;) code.replace(at, sign.size(), ",");
  std::vector<std::string> out;
  for (std::size_t at = 0; at <= code.size();) {
    std::size_t const end = std::min(code.find(',', at), code.size());
    if (end != at) out.push_back(code.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

std::string without_counting_words(std::string code) {
  for (std::string_view const word : {"第", "名", "位"})
    if (auto const found = code.find(word); found != std::string::npos) code.erase(found, word.size());
  auto const slash = code.find('/');
  bool const of = slash != std::string::npos && slash > 0 && slash + 1 < code.size() &&
                  std::ranges::all_of(code, [](char c) { return (c >= '0' && c <= '9') || c == '/'; });
  if (of) code.resize(slash);
  return code;
}

// ---- Words of the standard's table

std::optional<Level> table_level_of(std::string_view word) {
  for (Level const level : kLevels)
    if (level_word(level).zh == word) return level;
  return std::nullopt;
}

std::optional<Degree> table_degree_of(std::string_view word) {
  static constexpr auto kWords = std::to_array<Word<Degree>>({
      {"中专", Degree::kSecondary},
      {"大专", Degree::kCollege},
      {"本科", Degree::kBachelor},
      {"第二学士", Degree::kSecondBachelor},
      {"硕士", Degree::kMaster},
      {"博士", Degree::kDoctor},
  });
  return meaning_of(kWords, word);
}

std::optional<Title> table_title_of(std::string_view word) {
  auto const out = title_of(word);
  return out == Title::kNone ? std::nullopt : out;
}

std::optional<Award> table_award_of(std::string_view word) {
  static constexpr auto kWords = std::to_array<Word<Award>>({
      {"科学技术奖", Award::kScience},
      {"行业奖", Award::kIndustry},
      {"专利奖", Award::kPatent},
      {"大赛", Award::kContest},
      {"成果转化", Award::kOutput},
  });
  return meaning_of(kWords, word);
}

std::optional<AwardLevel> table_award_level_of(std::string_view word) {
  static constexpr auto kWords = std::to_array<Word<AwardLevel>>({
      {"县级", AwardLevel::kCounty},
      {"市级", AwardLevel::kCity},
      {"省级", AwardLevel::kProvince},
      {"国家级", AwardLevel::kNation},
      {"国际", AwardLevel::kInternational},
  });
  return meaning_of(kWords, word);
}

}  // namespace piaojue::office
