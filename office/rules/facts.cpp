// SPDX-License-Identifier: Apache-2.0
#include "office/rules/facts.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "sheets/roster.h"
#include "sheets/table.h"
#include "sheets/text.h"

namespace piaojue::office {

using namespace sheets;
namespace {

enum CandidateField : std::size_t {
  kName,
  kEmployer,
  kLevel,
  kChannel,
  kIdentity,
  kBorn,
  kSchooling,
  kDegree,
  kDegreeType,
  kGraduated,
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
};

std::vector<Field> candidate_fields() {
  return {
      {"姓名", true, {"姓名", "名字", "申报人", "申报人姓名", "候选人", "候选人姓名"}},
      {"单位", true, {"单位", "工作单位", "所在单位", "单位名称", "申报单位"}},
      {"级别", true, {"级别", "申报级别", "职称级别", "申报职称", "申报资格", "申报职务资格", "拟评职称"}},
      {"渠道", true, {"渠道", "申报渠道", "申报方式", "评审渠道", "申报类型"}},
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
}

template <class T, std::size_t N>
std::optional<T> find_word(std::array<std::pair<std::string_view, T>, N> const& words, std::string_view code) {
  for (auto const& [word, value] : words)
    if (word == code) return value;
  return std::nullopt;
}

/// "本科、硕士": by any of the signs that people put between words.
std::vector<std::string> split(std::string code) {
  for (std::string_view const wide : {"、", "，", "；", "/", ";", "+"})
    for (std::size_t at; (at = code.find(wide)) != std::string::npos;) code.replace(at, wide.size(), ",");
  std::vector<std::string> out;
  for (std::size_t at = 0; at <= code.size();) {
    std::size_t const end = std::min(code.find(',', at), code.size());
    if (end != at) out.push_back(code.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

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

constexpr std::string_view kDateExpected = "应为日期，如 2019-07、2019.7、2019年7月 或 2019/7/1";

/// In a number, 2019.10 has become 2019.1: nobody can say which it was.
bool october_or_january(std::string_view code) { return code.size() == 6 && code.ends_with(".1"); }

class Reader {
 public:
  explicit Reader(Table& sheet) : sheet_(sheet) {}

  Date date(Row const& row, std::size_t field) { return date(row, field, trimmed(sheet_.cell(row, field))); }
  Date date(Row const& row, std::size_t field, std::string const& written) {
    std::string const code = code_of(written);
    if (code.empty() || code == "无" || code == "-") return {};
    CellMark const mark = sheet_.mark(row, field);
    if (mark == CellMark::kFormula || mark == CellMark::kError) return {};  // named already
    if (october_or_january(code) && mark != CellMark::kText) {
      sheet_.fail(row, field, written,
                  "分不清是 1 月还是 10 月（数字会丢掉末尾的 0）；请写成 " + code.substr(0, 4) + "-01 或 " +
                      code.substr(0, 4) + "-10");
      return {};
    }
    auto const out = parse_date(written);
    if (out) return *out;
    bool const serial = mark == CellMark::kNumber && code.size() == 5;
    sheet_.fail(row, field, written, serial ? "像是日期的序列号；请把单元格格式设为日期" : std::string(kDateExpected));
    return {};
  }

  void studies(Row const& row, Facts& facts) {
    static constexpr auto kWords = std::to_array<std::pair<std::string_view, Study>>({
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
    for (std::size_t const field : {kSchooling, kDegree}) {
      std::string const written = sheet_.text(row, field, false, false);
      for (std::string const& word : split(code_of(written))) {
        if (word == "无" || word == "-") continue;
        if (word == "工程硕士" || word == "工程博士") facts.engineering_professional = true;
        if (word == "学术硕士") facts.engineering_professional = false;
        auto const study = find_word(kWords, word);
        if (!study)
          sheet_.fail(row, field, written,
                      "应为 博士、硕士、第二学士、本科（学士）、大专、中专，或技工院校的 "
                      "中级工班、高级工班、预备技师班、技师班");
        else if (std::ranges::find(facts.studies, *study) == facts.studies.end())
          facts.studies.push_back(*study);
      }
    }
    // 研究生 with a master's or doctor's degree beside it is that degree and no question.
    if (std::ranges::any_of(facts.studies, [](Study const& s) { return s.degree >= Degree::kMaster; }))
      std::erase_if(facts.studies, [](Study const& s) { return s.graduate_without_degree; });
    std::string const type = trimmed(sheet_.cell(row, kDegreeType));
    std::string const code = code_of(type);
    if (code.empty()) return;
    if (code == "工程类专业学位" || code == "工程专业学位" || code == "工程类专业" || code == "是")
      facts.engineering_professional = true;
    else if (code == "学术学位" || code == "学术" || code == "学术型" || code == "其他专业学位" || code == "否" ||
             code == "无")
      facts.engineering_professional = false;
    else
      sheet_.fail(row, kDegreeType, type, "应为 工程类专业学位、其他专业学位 或 学术学位");
  }

  void title(Row const& row, Facts& facts) {
    static constexpr auto kWords = std::to_array<std::pair<std::string_view, Title>>({
        {"无", Title::kNone},
        {"助理工程师", Title::kAssistant},
        {"工程师", Title::kEngineer},
        {"高级工程师", Title::kSenior},
        {"正高级工程师", Title::kFullSenior},
    });
    facts.title_written = sheet_.text(row, kTitle, false, false);
    if (facts.title_written.empty()) return;
    facts.title = find_word(kWords, code_of(facts.title_written)).value_or(Title::kOther);
  }

  void education(Row const& row, Facts& facts) {
    facts.education_written = sheet_.text(row, kEducation, false, false);
    std::string const code = code_of(facts.education_written);
    if (code == "达标" || code == "合格" || code == "已达标" || code == "已完成" || code == "是")
      facts.education_met = true;
    if (code == "未达标" || code == "不合格" || code == "不达标" || code == "未完成" || code == "否")
      facts.education_met = false;
    if (!code.empty() && !facts.education_met && (code[0] < '0' || code[0] > '9'))
      sheet_.fail(row, kEducation, facts.education_written, "应为 达标、未达标 或学时数");
  }

  void sanction(Row const& row, Facts& facts) {
    facts.sanction_written = sheet_.text(row, kSanction, false, false);
    facts.sanction_until = date(row, kSanctionUntil);
    std::string const code = code_of(facts.sanction_written);
    if (code.empty())
      facts.sanction = facts.sanction_until.known() ? Facts::Sanction::kSome : Facts::Sanction::kUnknown;
    else
      facts.sanction = code == "无" || code == "没有" ? Facts::Sanction::kNone : Facts::Sanction::kSome;
    if (facts.sanction == Facts::Sanction::kNone && facts.sanction_until.known())
      sheet_.fail(row, kSanction, facts.sanction_written, "写了「无」，却填了处分影响期止");
  }

  void achievements(Row const& row, Facts& facts) {
    std::array<std::vector<std::string>, kOutput + 1> cells;
    std::size_t count = 0;
    for (std::size_t f = kAwardKind; f <= kOutput; ++f) {
      cells[f] = lines(sheet_.text(row, f, false, true));
      count = std::max(count, cells[f].size());
    }
    if (count > 20) return sheet_.fail(row, kAwardKind, {}, "应不超过 20 项");
    for (std::size_t f = kAwardKind; f <= kOutput; ++f)
      if (!cells[f].empty() && cells[f].size() != count)
        return sheet_.fail(row, f, sheet_.cell(row, f), "几项成果分行填写时，每一列行数应相同（没有的写「-」）");
    for (std::size_t i = 0; i < count; ++i) {
      auto const at = [&](std::size_t f) {
        return i < cells[f].size() && cells[f][i] != "-" ? cells[f][i] : std::string{};
      };
      achievement(row, at, facts);
    }
  }

 private:
  template <class At>
  void achievement(Row const& row, At const& at, Facts& facts) {
    static constexpr auto kKinds = std::to_array<std::pair<std::string_view, Award>>({
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
    static constexpr auto kLevels = std::to_array<std::pair<std::string_view, AwardLevel>>({
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
    static constexpr auto kGrades = std::to_array<std::pair<std::string_view, int>>({
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
    Achievement a;
    if (auto const kind = find_word(kKinds, code_of(at(kAwardKind))))
      a.kind = *kind;
    else
      return sheet_.fail(row, kAwardKind, at(kAwardKind), "应为 科学技术奖、行业奖、专利奖、大赛 或 成果转化");
    a.name = at(kAwardName).empty() ? at(kAwardKind) : at(kAwardName);
    if (std::string const level = at(kAwardLevel); !level.empty()) {
      auto const known = find_word(kLevels, code_of(level));
      if (!known) sheet_.fail(row, kAwardLevel, level, "应为 国际、国家级、省级（省部级）、市级 或 县级");
      a.level = known.value_or(AwardLevel::kUnknown);
    }
    if (std::string const grade = at(kAwardGrade); !grade.empty()) {
      auto const known = find_word(kGrades, code_of(grade));
      if (!known) sheet_.fail(row, kAwardGrade, grade, "应为 一等奖、二等奖、三等奖、金奖、银奖 或 优秀奖");
      a.grade = known.value_or(0);
    }
    a.rank = static_cast<int>(count(row, kAwardRank, at(kAwardRank), 1, 1000, 0));
    a.date = date(row, kAwardDate, at(kAwardDate));
    a.output_wan = count(row, kOutput, at(kOutput), 0, 100'000'000, -1);
    facts.achievements.push_back(std::move(a));
  }

  std::int64_t count(Row const& row, std::size_t field, std::string const& written, std::int64_t from, std::int64_t to,
                     std::int64_t otherwise) {
    std::string code = code_of(written);
    if (code.empty()) return otherwise;
    for (std::string_view const word : {"第", "名", "位", "万元", "万"})
      if (auto const found = code.find(word); found != std::string::npos) code.erase(found, word.size());
    std::int64_t out = 0;
    auto const [end, error] = std::from_chars(code.data(), code.data() + code.size(), out);
    if (!code.empty() && error == std::errc{} && end == code.data() + code.size() && out >= from && out <= to)
      return out;
    sheet_.fail(row, field, written, field == kOutput ? "应为整数（万元）" : "应为 1 以上的整数");
    return otherwise;
  }

  Table& sheet_;
};

/// What stands in an error of a number that nobody else need see.
std::string masked_text(std::string const& code) {
  return code.size() <= 8 ? std::string(code.size(), '*')
                          : code.substr(0, 4) + std::string(code.size() - 8, '*') + code.substr(code.size() - 4);
}

std::optional<IdentityNumber> identity(Table& sheet, Row const& row, std::size_t field) {
  std::string const code = code_of(sheet.cell(row, field));
  if (code.empty()) return std::nullopt;
  auto out = IdentityNumber::parse(code);
  if (out) return out;
  bool const lost = sheet.mark(row, field) == CellMark::kNumber || code.find("E+") != std::string::npos;
  sheet.fail(row, field, masked_text(code),
             lost ? "证件号码被存成了数字，后几位已经丢失；请把这一列设为文本后重新录入"
             : code.size() != 18 ? "应为 18 位公民身份号码"
                                 : "公民身份号码的出生日期或校验码不对，请核对");
  return std::nullopt;
}

enum AppraisalField : std::size_t { kWho, kWhere, kNumber, kYear, kGrade };

void read_appraisals(Table& sheet, std::vector<Applicant>& people) {
  static constexpr auto kGrades = std::to_array<std::pair<std::string_view, Grade>>({
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
  std::map<std::string, std::size_t> by_number;
  std::map<std::pair<std::string, std::string>, std::size_t> by_name;
  for (std::size_t i = 0; i < people.size(); ++i) {
    if (people[i].identity) by_number.emplace(people[i].identity->for_comparison_only(), i);
    by_name.emplace(std::pair(people[i].name, people[i].employer), i);
  }
  std::map<std::pair<std::size_t, int>, std::size_t> seen;
  for (Row const& row : sheet.rows()) {
    std::string const name = sheet.text(row, kWho, true, false);
    std::string const employer = sheet.text(row, kWhere, false, false);
    std::optional<std::size_t> person;
    if (auto const number = identity(sheet, row, kNumber)) {
      if (auto const at = by_number.find(number->for_comparison_only()); at != by_number.end()) person = at->second;
      if (person && people[*person].name != name)
        sheet.fail(row, kWho, name, "证件号码属于申报表中的另一个姓名，请核对");
    }
    if (!person)
      if (auto const at = by_name.find({name, employer}); at != by_name.end()) person = at->second;
    std::string const year_written = trimmed(sheet.cell(row, kYear));
    auto const year = parse_date(year_written);
    if (!year || year->month != 0) sheet.fail(row, kYear, year_written, "应为年度，如 2023");
    std::string const grade_written = trimmed(sheet.cell(row, kGrade));
    auto const grade = find_word(kGrades, code_of(grade_written));
    if (!grade) sheet.fail(row, kGrade, grade_written, "应为 优秀、合格、基本合格、不合格 或 不定等次");
    if (!person) {
      sheet.fail(row, kWho, name, "申报人表中没有这个人（按证件号码，或姓名和单位都相同）");
      continue;
    }
    if (!year || !grade) continue;
    if (auto const [at, fresh] = seen.try_emplace({*person, year->year}, row.number); !fresh)
      sheet.fail(row, kYear, year_written, "与第 " + std::to_string(at->second) + " 行是同一人同一年度");
    people[*person].facts.appraisals[year->year] = *grade;
  }
}

}  // namespace

std::optional<IdentityNumber> IdentityNumber::parse(std::string_view text) {
  static constexpr std::array kWeights{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
  static constexpr std::string_view kCheck = "10X98765432";
  std::string code = code_of(text);
  if (code.size() != 18 || code[0] == '0') return std::nullopt;
  int sum = 0;
  for (std::size_t i = 0; i < 17; ++i) {
    if (code[i] < '0' || code[i] > '9') return std::nullopt;
    sum += (code[i] - '0') * kWeights[i];
  }
  if (code[17] != kCheck[static_cast<std::size_t>(sum % 11)]) return std::nullopt;
  auto const born = parse_day(code.substr(6, 4) + "-" + code.substr(10, 2) + "-" + code.substr(12, 2));
  if (!born || to_date(*born).year < 1900) return std::nullopt;
  return IdentityNumber(std::move(code));
}

std::string IdentityNumber::masked() const { return digits_.substr(0, 6) + "********" + digits_.substr(14); }

std::string_view degree_word(Degree degree) {
  static constexpr std::array<std::string_view, 6> kWords{"中专", "大专", "本科/学士", "第二学士", "硕士", "博士"};
  return kWords[static_cast<std::size_t>(degree)];
}

std::string_view title_word(Title title) {
  static constexpr std::array<std::string_view, 7> kWords{"未填",       "无",           "助理工程师", "工程师",
                                                          "高级工程师", "正高级工程师", "其他"};
  return kWords[static_cast<std::size_t>(title)];
}

std::string_view grade_word(Grade grade) {
  static constexpr std::array<std::string_view, 5> kWords{"优秀", "合格", "基本合格", "不合格", "不定等次"};
  return kWords[static_cast<std::size_t>(grade)];
}

Imported<Applicants> import_applicants(ByteView candidates, ByteView appraisals, Date filed) {
  Table sheet(candidates, candidate_fields(), "申报人表");
  Reader reader(sheet);
  Applicants out;
  Seen seen;
  std::map<std::string, std::size_t> numbers;
  for (Row const& row : sheet.rows()) {
    Applicant person;
    person.row = row.number;
    person.name = sheet.text(row, kName, true, false);
    person.employer = sheet.text(row, kEmployer, true, false);
    if (auto const before = seen.add(person.name, person.employer, row.number); before != 0)
      sheet.fail(row, kName, person.name, "与第 " + std::to_string(before) + " 行姓名和单位都相同；同一人应只占一行");
    person.identity = identity(sheet, row, kIdentity);
    if (person.identity) {
      auto const [at, fresh] = numbers.try_emplace(person.identity->for_comparison_only(), row.number);
      if (!fresh)
        sheet.fail(row, kIdentity, person.identity->masked(),
                   "与第 " + std::to_string(at->second) + " 行证件号码相同；同一人应只占一行");
    }
    Facts& facts = person.facts;
    std::string const level = trimmed(sheet.cell(row, kLevel));
    if (auto const word = level_word(level))
      facts.level = *word;
    else
      sheet.fail(row, kLevel, level,
                 code_of(level) == "高级" ? "应写明正高级还是副高级"
                                          : "应为 正高级、副高级、中级 或 助理级（或对应的工程师职称）");
    std::string const channel = trimmed(sheet.cell(row, kChannel));
    if (std::string const code = code_of(channel); code == "破格" || code == "破格申报")
      facts.channel = meeting::Channel::kExceptional;
    else if (code != "正常" && code != "正常申报")
      sheet.fail(row, kChannel, channel, "应为 正常 或 破格");
    facts.born = reader.date(row, kBorn);
    reader.studies(row, facts);
    facts.graduated = reader.date(row, kGraduated);
    facts.work_since = reader.date(row, kWorkSince);
    reader.title(row, facts);
    facts.title_since = reader.date(row, kTitleSince);
    facts.licence = sheet.text(row, kLicence, false, false);
    if (code_of(facts.licence) == "无") facts.licence.clear();
    facts.licence_since = reader.date(row, kLicenceSince);
    reader.education(row, facts);
    reader.sanction(row, facts);
    facts.filed = reader.date(row, kFiled);
    if (!facts.filed.known()) facts.filed = filed;
    reader.achievements(row, facts);
    if (out.people.size() == meeting::kCandidatesMax) {
      sheet.fail(row, kName, {}, "申报人应不超过 5000 人");
      break;
    }
    out.people.push_back(std::move(person));
  }
  auto errors = sheet.take_errors();
  if (!appraisals.empty() && errors.empty()) {
    Table years(appraisals,
                {{"姓名", true, {"姓名", "名字", "申报人", "申报人姓名"}},
                 {"单位", false, {"单位", "工作单位", "所在单位", "单位名称"}},
                 {"证件号码", false, {"证件号码", "证件号", "身份证号", "身份证号码", "身份证", "公民身份号码"}},
                 {"年度", true, {"年度", "考核年度", "年份"}},
                 {"等次", true, {"等次", "考核等次", "考核结果", "年度考核结果", "结果"}}},
                "年度考核表");
    read_appraisals(years, out.people);
    errors = years.take_errors();
  }
  if (!errors.empty()) return {{}, std::move(errors)};
  return {std::move(out), {}};
}

}  // namespace piaojue::office
