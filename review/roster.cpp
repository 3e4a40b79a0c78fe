#include "review/roster.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <span>

#include "review/utf8.h"

namespace piaojue::review {
namespace {

using namespace meeting;

constexpr std::size_t kHeaderRowsMax = 10;

bool is_space(char32_t c) {
  return c == ' ' || (c >= 0x09 && c <= 0x0D) || c == 0xA0 || (c >= 0x2000 && c <= 0x200B) || c == 0x202F ||
         c == 0x3000 || c == 0xFEFF;
}

/// The next character of a text that `read_csv` has found to be UTF-8.
char32_t take(std::string_view text, std::size_t& at) {
  auto const c = next_character(text, at);
  if (!c) ++at;
  return c.value_or(0xFFFD);
}

std::string trimmed(std::string_view text) {
  std::size_t begin = text.size();
  std::size_t end = text.size();
  for (std::size_t at = 0; at < text.size();) {
    std::size_t const start = at;
    if (is_space(take(text, at))) continue;
    begin = std::min(begin, start);
    end = at;
  }
  return std::string(text.substr(begin, end - begin));
}

/// A code as it was meant: full-width forms as ASCII, without any space, Latin letters in upper case.
std::string code_of(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    char32_t c = take(text, i);
    if (is_space(c)) continue;
    if (c >= 0xFF01 && c <= 0xFF5E) c -= 0xFEE0;
    if (c >= 'a' && c <= 'z') c -= 'a' - 'A';
    append_character(out, c);
  }
  return out;
}

/// A heading without stars, colons and remarks: "姓 名（必填）*" is 姓名.
std::string heading_of(std::string_view text) {
  std::string out = code_of(text);
  if (auto const bracket = out.find('('); bracket != std::string::npos && bracket > 0) out.resize(bracket);
  std::erase_if(out, [](char c) { return c == '*' || c == ':'; });
  return out;
}

/// A control character or a change of writing direction makes one name look like another on the wall.
bool has_control(std::string_view text, bool lines_allowed) {
  for (std::size_t i = 0; i < text.size();) {
    char32_t const c = take(text, i);
    if (lines_allowed && (c == '\n' || c == '\t')) continue;
    if (c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) ||
        c == 0x2028 || c == 0x2029 || c == 0xFFFD)
      return true;
  }
  return false;
}

struct Field {
  std::string_view name;  ///< in messages
  bool required;
  std::vector<std::string_view> headings;
};

class Sheet {
 public:
  Sheet(ByteView file, std::vector<Field> fields) : fields_(std::move(fields)), columns_(fields_.size()) {
    auto csv = read_csv(file);
    errors_ = std::move(csv.errors);
    rows_ = std::move(csv.value.rows);
    if (errors_.empty()) find_header();
  }

  /// The rows below the header; none if the sheet could not be read.
  std::span<CsvRow const> rows() const {
    return usable_ ? std::span(rows_).subspan(first_) : std::span<CsvRow const>{};
  }
  std::string cell(CsvRow const& row, std::size_t field) const {
    std::size_t const column = columns_[field];
    return column == 0 || column > row.cells.size() ? std::string{} : row.cells[column - 1];
  }
  /// A trimmed text. An empty one is an error if `required`.
  std::string text(CsvRow const& row, std::size_t field, bool required, bool lines_allowed) {
    std::string out = trimmed(cell(row, field));
    if (out.empty() && required) fail(row, field, out, "不能为空");
    if (has_control(out, lines_allowed)) fail(row, field, out, "不能含有控制字符或无法识别的字符");
    return out;
  }
  void fail(CsvRow const& row, std::size_t field, std::string value, std::string expected) {
    fail(row.number, columns_[field], std::move(value), std::move(expected));
  }
  void fail(std::size_t row, std::size_t column, std::string value, std::string expected) {
    if (errors_.size() < kErrorsMax) errors_.push_back({row, column, std::move(value), std::move(expected)});
  }
  bool usable() const { return usable_; }
  bool ok() const { return errors_.empty(); }
  std::vector<CellError> take_errors() {
    std::ranges::stable_sort(
        errors_, [](auto const& a, auto const& b) { return std::pair(a.row, a.column) < std::pair(b.row, b.column); });
    return std::move(errors_);
  }

 private:
  std::optional<std::size_t> field_of(std::string_view heading) const {
    for (std::size_t f = 0; f < fields_.size(); ++f)
      if (std::ranges::find(fields_[f].headings, heading) != fields_[f].headings.end()) return f;
    return std::nullopt;
  }

  void find_header() {
    std::string wanted;
    for (Field const& field : fields_)
      if (field.required) (wanted += wanted.empty() ? "" : "、") += field.name;
    for (std::size_t r = 0; r < rows_.size() && r < kHeaderRowsMax; ++r) {
      CsvRow const& row = rows_[r];
      if (std::ranges::none_of(row.cells, [&](auto const& c) { return field_of(heading_of(c)) == 0U; })) continue;
      for (std::size_t c = 0; c < row.cells.size(); ++c) {
        auto const field = field_of(heading_of(row.cells[c]));
        if (!field) continue;
        if (columns_[*field] != 0)
          fail(row.number, c + 1, row.cells[c],
               "这一列与前面的列含义相同（" + std::string(fields_[*field].name) + "），应只有一列");
        else
          columns_[*field] = c + 1;
      }
      for (std::size_t f = 0; f < fields_.size(); ++f)
        if (fields_[f].required && columns_[f] == 0)
          fail(row.number, 0, {}, "表头缺少「" + std::string(fields_[f].name) + "」列（需要：" + wanted + "）");
      first_ = r + 1;
      if (!ok()) return;
      if (first_ == rows_.size()) return fail(0, 0, {}, "表头下面没有内容");
      usable_ = true;
      return;
    }
    fail(0, 0, {}, "前十行中找不到表头；表头应包含：" + wanted);
  }

  std::vector<Field> fields_;
  std::vector<std::size_t> columns_;  ///< by field, from 1; 0: not there
  std::vector<CsvRow> rows_;
  std::size_t first_ = 0;
  bool usable_ = false;
  std::vector<CellError> errors_;
};

/// Finds who stands in the sheet twice.
class Seen {
 public:
  /// @return the row of the earlier one, or 0.
  std::size_t add(std::string const& name, std::string const& employer, std::size_t row) {
    auto const [at, fresh] = rows_.try_emplace({name, employer}, row);
    return fresh ? 0 : at->second;
  }

 private:
  std::map<std::pair<std::string, std::string>, std::size_t> rows_;
};

enum MemberField : std::size_t { kMemberName, kMemberEmployer, kMemberRole };
enum CandidateField : std::size_t { kName, kEmployer, kLevel, kChannel, kBatch, kSummary, kOpinion };

constexpr std::string_view kRolesExpected =
    "应为 专家、主任委员、副主任委员、工作人员、监督人员 或 大屏（兼任用顿号连接）";

struct Word {
  std::string_view word;
  std::uint32_t roles;
};
constexpr std::array kRoleWords = std::to_array<Word>({
    {"专家", kExpert},
    {"评委", kExpert},
    {"评审专家", kExpert},
    {"评审委员", kExpert},
    {"委员", kExpert},
    {"主任委员", kChair | kExpert},
    {"主任", kChair | kExpert},
    {"副主任委员", kChair | kExpert},
    {"副主任", kChair | kExpert},
    {"工作人员", kClerk},
    {"经办人", kClerk},
    {"经办", kClerk},
    {"经办人员", kClerk},
    {"监督人员", kSupervisor},
    {"监督员", kSupervisor},
    {"监督", kSupervisor},
    {"大屏", kScreen},
    {"大屏幕", kScreen},
});

std::vector<std::string> split_roles(std::string code) {
  static constexpr std::array<std::string_view, 2> kWide{"、", "，"};
  for (std::string_view const wide : kWide)
    for (std::size_t at; (at = code.find(wide)) != std::string::npos;) code.replace(at, wide.size(), "/");
  std::vector<std::string> out(1);
  for (char const c : code)
    if (c == '/' || c == ',' || c == ';' || c == '+' || c == '|')
      out.emplace_back();
    else
      out.back() += c;
  return out;
}

}  // namespace

Imported<Members> import_members(ByteView file) {
  Sheet sheet(file, {{"姓名", true, {"姓名", "名字", "人员姓名", "专家姓名", "评委姓名"}},
                     {"单位", false, {"单位", "工作单位", "所在单位", "单位名称"}},
                     {"角色", true, {"角色", "身份", "职务", "会议角色", "会议身份", "会议职务", "评委会职务"}}});
  Members out;
  Seen seen;
  std::map<std::uint32_t, std::size_t> counts;
  PersonId vice = 0;
  for (CsvRow const& row : sheet.rows()) {
    Person person;
    person.name = sheet.text(row, kMemberName, true, false);
    person.employer = sheet.text(row, kMemberEmployer, false, false);
    if (auto const before = seen.add(person.name, person.employer, row.number); before != 0)
      sheet.fail(row, kMemberName, person.name,
                 "与第 " + std::to_string(before) + " 行姓名和单位都相同；同一人应只占一行");
    auto const number = static_cast<PersonId>(out.people.size() + 1);
    std::string const written = trimmed(sheet.cell(row, kMemberRole));
    for (std::string const& word : split_roles(code_of(written))) {
      auto const* const known = std::ranges::find(kRoleWords, std::string_view(word), &Word::word);
      if (known == kRoleWords.end()) {
        sheet.fail(row, kMemberRole, written, std::string(kRolesExpected));
        break;
      }
      person.roles |= known->roles;
      if (word == "主任委员" || word == "主任") {
        if (out.chair != 0) sheet.fail(row, kMemberRole, written, "主任委员应只有一人");
        out.chair = number;
      }
      if ((word == "副主任委员" || word == "副主任") && vice == 0) vice = number;
    }
    if ((person.roles & kScreen) != 0 && person.roles != kScreen)
      sheet.fail(row, kMemberRole, written, "大屏不能兼任其他角色");
    if ((person.roles & kExpert) != 0 && (person.roles & (kClerk | kSupervisor)) != 0)
      sheet.fail(row, kMemberRole, written, "评审专家不能兼任工作人员或监督人员");
    else if ((person.roles & kClerk) != 0 && (person.roles & kSupervisor) != 0)
      sheet.fail(row, kMemberRole, written, "工作人员和监督人员应由不同的人担任");
    for (std::uint32_t const role : {kExpert, kChair, kClerk, kSupervisor})
      if ((person.roles & role) != 0) ++counts[role];
    out.people.push_back(std::move(person));
    if (out.people.size() == kPeopleMax + 1) sheet.fail(row, kMemberName, {}, "人员应不超过 400 人");
    if (counts[kExpert] == kExpertsMax + 1 && (out.people.back().roles & kExpert) != 0)
      sheet.fail(row, kMemberRole, {}, "专家应不超过 255 人");
  }
  if (sheet.usable() && sheet.ok()) {
    static constexpr std::array<std::pair<std::uint32_t, std::string_view>, 4> kNeeded{
        {{kExpert, "专家"}, {kChair, "主任委员或副主任委员"}, {kClerk, "工作人员"}, {kSupervisor, "监督人员"}}};
    for (auto const& [role, word] : kNeeded)
      if (counts[role] == 0) sheet.fail(0, 0, {}, "应至少有一名" + std::string(word));
  }
  if (out.chair == 0) out.chair = vice;
  if (!sheet.ok()) return {{}, sheet.take_errors()};
  return {std::move(out), {}};
}

Imported<Candidates> import_candidates(ByteView file) {
  Sheet sheet(file,
              {{"姓名", true, {"姓名", "名字", "申报人", "申报人姓名", "候选人", "候选人姓名"}},
               {"单位", true, {"单位", "工作单位", "所在单位", "单位名称", "申报单位"}},
               {"级别", true, {"级别", "申报级别", "职称级别", "申报职称", "申报资格", "申报职务资格", "拟评职称"}},
               {"渠道", true, {"渠道", "申报渠道", "申报方式", "评审渠道", "申报类型"}},
               {"批次", true, {"批次", "评审批次", "表决批次", "组别", "分组"}},
               {"业绩摘要", false, {"业绩摘要", "摘要", "主要业绩", "业绩", "业绩简介", "工作业绩"}},
               {"评议组意见", false, {"评议组意见", "评议意见", "专业组意见", "评议组评议意见"}}});
  static constexpr std::array kLevels = std::to_array<std::pair<std::string_view, std::string_view>>({
      {"正高级", "正高级"},
      {"正高", "正高级"},
      {"正高级工程师", "正高级"},
      {"副高级", "副高级"},
      {"副高", "副高级"},
      {"高级工程师", "副高级"},
      {"中级", "中级"},
      {"工程师", "中级"},
      {"助理级", "助理级"},
      {"助理", "助理级"},
      {"助理工程师", "助理级"},
  });
  Seen seen;
  struct Group {
    std::string title;
    std::vector<Candidate> candidates;
  };
  std::vector<Group> groups;
  std::map<std::string, std::size_t> group_of;
  std::size_t total = 0;
  for (CsvRow const& row : sheet.rows()) {
    Candidate candidate;
    candidate.name = sheet.text(row, kName, true, false);
    candidate.employer = sheet.text(row, kEmployer, true, false);
    if (auto const before = seen.add(candidate.name, candidate.employer, row.number); before != 0)
      sheet.fail(row, kName, candidate.name,
                 "与第 " + std::to_string(before) + " 行姓名和单位都相同；同一人应只占一行");

    std::string const level = trimmed(sheet.cell(row, kLevel));
    auto const* const known = std::ranges::find(kLevels, std::string_view(code_of(level)),
                                                &std::pair<std::string_view, std::string_view>::first);
    if (known != kLevels.end())
      candidate.level = known->second;
    else if (code_of(level) == "高级")  // 高级 is the name of both
      sheet.fail(row, kLevel, level, "应写明正高级还是副高级");
    else
      sheet.fail(row, kLevel, level, "应为 正高级、副高级、中级 或 助理级（或对应的工程师职称）");

    std::string const channel = trimmed(sheet.cell(row, kChannel));
    if (std::string const code = code_of(channel); code == "正常" || code == "正常申报")
      candidate.channel = Channel::kNormal;
    else if (code == "破格" || code == "破格申报")
      candidate.channel = Channel::kExceptional;
    else
      sheet.fail(row, kChannel, channel, "应为 正常 或 破格");

    std::string const batch = sheet.text(row, kBatch, true, false);
    candidate.summary = sheet.text(row, kSummary, false, true);
    candidate.group_opinion = sheet.text(row, kOpinion, false, true);

    auto const [at, fresh] = group_of.try_emplace(code_of(batch), groups.size());
    if (fresh) groups.push_back({batch, {}});
    Group& group = groups[at->second];
    group.candidates.push_back(std::move(candidate));
    if (group.candidates.size() == kQuestionsPerBatchMax + 1)
      sheet.fail(row, kBatch, batch, "每批应不超过 100 人；请分成几批");
    if (++total == kCandidatesMax + 1) sheet.fail(row, kName, {}, "申报人应不超过 5000 人");
  }
  if (!sheet.ok()) return {{}, sheet.take_errors()};
  Candidates out;
  for (Group& group : groups) {
    Batch& batch = out.batches.emplace_back(Batch{std::move(group.title), {}});
    for (Candidate& candidate : group.candidates) {
      out.candidates.push_back(std::move(candidate));
      batch.candidates.push_back(static_cast<QuestionId>(out.candidates.size()));
    }
  }
  return {std::move(out), {}};
}

}  // namespace piaojue::review
