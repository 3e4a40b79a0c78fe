// SPDX-License-Identifier: Apache-2.0
#include "office/rules/vocabulary.h"

#include <algorithm>
#include <array>

namespace piaojue::office {

using namespace sheets;

std::vector<Field> applicant_fields() {
  auto out = candidate_fields();
  out.resize(applicant_column::kIdentity);
  std::vector<Field> const more{
      {"证件号码", false, {"证件号码", "证件号", "身份证号", "身份证号码", "身份证", "居民身份证号", "公民身份号码"}},
      {"出生日期", false, {"出生日期", "出生年月", "出生时间"}},
      {"学历", false, {"学历", "最高学历", "申报学历", "毕业学历"}},
      {"学位", false, {"学位", "最高学位", "申报学位"}},
      {"学位类型", false, {"学位类型", "学位类别", "硕士类型", "专业学位"}},
      {"毕业时间", false, {"毕业时间", "毕业日期", "毕业年月", "学历取得时间", "学历学位取得时间", "取得学历时间"}},
      {"参加工作时间",
       false,
       {"参加工作时间", "参加工作年月", "工作时间", "从事专业技术工作时间", "从事相关专业技术工作时间", "从业时间"}},
      {"现职称", false, {"现职称", "现有职称", "现专业技术职称", "现任职称", "现专业技术资格", "现任专业技术职务"}},
      {"现职称取得时间",
       false,
       {"现职称取得时间", "职称取得时间", "取得现职称时间", "取得时间", "现职称时间", "任职资格时间"}},
      {"职业资格", false, {"职业资格", "职业资格证书", "对应职业资格"}},
      {"职业资格取得时间", false, {"职业资格取得时间", "取得职业资格时间"}},
      {"继续教育", false, {"继续教育", "继续教育学时", "继续教育学分", "继续教育情况"}},
      {"处分", false, {"处分", "处分情况", "处分及期限", "党纪政纪处分", "受处分情况"}},
      {"处分影响期止", false, {"处分影响期止", "影响期止", "处分期止", "处分影响期至", "影响期至", "处分期限"}},
      {"申报日期", false, {"申报日期", "申报时间"}},
      {"奖项类别", false, {"奖项类别", "破格条件", "破格类别", "成果类别"}},
      {"奖项名称", false, {"奖项名称", "成果名称", "获奖名称", "奖项", "项目名称"}},
      {"奖项级别", false, {"奖项级别", "获奖级别", "颁奖级别"}},
      {"奖项等次", false, {"奖项等次", "获奖等次", "获奖等级", "奖项等级"}},
      {"排名", false, {"排名", "位次", "本人排名", "个人排名"}},
      {"获奖时间", false, {"获奖时间", "获奖日期", "成果时间", "获奖年月"}},
      {"年增产值", false, {"年增产值", "年增产值万元", "项目金额", "项目金额万元", "新增产值"}}};
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

std::vector<Field> appraisal_fields() {
  return {{"姓名", true, {"姓名", "名字", "申报人", "申报人姓名"}},
          {"单位", false, {"单位", "工作单位", "所在单位", "单位名称"}},
          {"证件号码", false, {"证件号码", "证件号", "身份证号", "身份证号码", "身份证", "公民身份号码"}},
          {"年度", true, {"年度", "考核年度", "年份"}},
          {"等次", true, {"等次", "考核等次", "考核结果", "年度考核结果", "结果"}}};
}

// ---- Words of the sheets

std::optional<Study> study_of(std::string_view code) {
  static constexpr auto kWords = std::to_array<Word<Study>>({
      {"博士研究生", {Degree::kDoctor}},
      {"博士", {Degree::kDoctor}},
      {"博士学位", {Degree::kDoctor}},
      {"工程博士", {Degree::kDoctor}},
      {"硕士", {Degree::kMaster}},
      {"硕士学位", {Degree::kMaster}},
      {"工程硕士", {Degree::kMaster}},
      {"学术硕士", {Degree::kMaster}},
      {"第二学士", {Degree::kSecondBachelor}},
      {"第二学士学位", {Degree::kSecondBachelor}},
      {"双学士", {Degree::kSecondBachelor}},
      {"本科", {Degree::kBachelor}},
      {"大学本科", {Degree::kBachelor}},
      {"大学", {Degree::kBachelor}},
      {"学士", {Degree::kBachelor}},
      {"学士学位", {Degree::kBachelor}},
      {"大专", {Degree::kCollege}},
      {"专科", {Degree::kCollege}},
      {"大学专科", {Degree::kCollege}},
      {"高职", {Degree::kCollege}},
      {"中专", {Degree::kSecondary}},
      {"中等专业学校", {Degree::kSecondary}},
      {"中等职业学校", {Degree::kSecondary}},
      {"职业高中", {Degree::kSecondary}},
      {"中级工班", {Degree::kSecondary, true}},
      {"高级工班", {Degree::kCollege, true}},
      {"预备技师班", {Degree::kBachelor, true}},
      {"技师班", {Degree::kBachelor, true}},
      {"研究生", {Degree::kBachelor, false, true}},
      {"硕士研究生", {Degree::kBachelor, false, true}},
  });
  return meaning_of(kWords, code);
}

std::optional<Title> title_of(std::string_view code) {
  static constexpr auto kWords = std::to_array<Word<Title>>({
      {"无", Title::kNone},
      {"助理工程师", Title::kAssistant},
      {"工程师", Title::kEngineer},
      {"高级工程师", Title::kSenior},
      {"正高级工程师", Title::kFullSenior},
  });
  return meaning_of(kWords, code);
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
      {"合格", Grade::kQualified},
      {"称职", Grade::kQualified},
      {"良好", Grade::kQualified},
      {"基本合格", Grade::kBasicallyQualified},
      {"基本称职", Grade::kBasicallyQualified},
      {"不合格", Grade::kUnqualified},
      {"不称职", Grade::kUnqualified},
      {"不定等次", Grade::kUndetermined},
      {"未定等次", Grade::kUndetermined},
      {"不确定等次", Grade::kUndetermined},
  });
  return meaning_of(kGrades, code);
}

std::optional<bool> professional_of(std::string_view code) {
  static constexpr auto kWords = std::to_array<Word<bool>>({
      {"工程硕士", true},
      {"工程博士", true},
      {"学术硕士", false},
  });
  return meaning_of(kWords, code);
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
      {"未达标", false},
      {"不合格", false},
      {"不达标", false},
      {"未完成", false},
      {"否", false},
  });
  return meaning_of(kWords, code);
}

bool means_no_sanction(std::string_view code) { return code == "无" || code == "没有"; }

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
  for (std::string_view const word : {"第", "名", "位", "万元", "万"})
    if (auto const found = code.find(word); found != std::string::npos) code.erase(found, word.size());
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
