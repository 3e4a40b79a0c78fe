// SPDX-License-Identifier: Apache-2.0
#include "sheets/roster.h"

#include <algorithm>
#include <array>
#include <map>

#include "sheets/table.h"
#include "sheets/text.h"

namespace piaojue::sheets {
namespace {

using namespace meeting;

enum MemberField : std::size_t { kMemberName, kMemberEmployer, kMemberRole, kMemberLevels };
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

std::optional<std::string_view> level_word(std::string_view written) {
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
  auto const* const known = std::ranges::find(kLevels, std::string_view(code_of(written)),
                                              &std::pair<std::string_view, std::string_view>::first);
  if (known == kLevels.end()) return std::nullopt;
  return known->second;
}

Imported<Members> import_members(ByteView file) {
  Table sheet(file, {{"姓名", true, {"姓名", "名字", "人员姓名", "专家姓名", "评委姓名"}},
                     {"单位", false, {"单位", "工作单位", "所在单位", "单位名称"}},
                     {"角色", true, {"角色", "身份", "职务", "会议角色", "会议身份", "会议职务", "评委会职务"}},
                     {"可评级别", false, {"可评级别", "可评审级别", "评审级别", "评审权限", "可评职称"}}});
  Members out;
  Seen seen;
  std::map<std::uint32_t, std::size_t> counts;
  PersonId vice = 0;
  for (Row const& row : sheet.rows()) {
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
    auto& levels = out.levels.emplace_back();
    std::string const may = code_of(sheet.cell(row, kMemberLevels));
    for (std::string const& word : split_roles(may)) {
      if (may.empty() || may == "全部") break;
      if (auto const level = level_word(word))
        levels.emplace_back(*level);
      else
        sheet.fail(row, kMemberLevels, trimmed(sheet.cell(row, kMemberLevels)),
                   "应为 正高级、副高级、中级、助理级（几个用顿号连接），空着表示全部");
    }
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
  Table sheet(file,
              {{"姓名", true, {"姓名", "名字", "申报人", "申报人姓名", "候选人", "候选人姓名"}},
               {"单位", true, {"单位", "工作单位", "所在单位", "单位名称", "申报单位"}},
               {"级别", true, {"级别", "申报级别", "职称级别", "申报职称", "申报资格", "申报职务资格", "拟评职称"}},
               {"渠道", true, {"渠道", "申报渠道", "申报方式", "评审渠道", "申报类型"}},
               {"批次", true, {"批次", "评审批次", "表决批次", "组别", "分组"}},
               {"业绩摘要", false, {"业绩摘要", "摘要", "主要业绩", "业绩", "业绩简介", "工作业绩"}},
               {"评议组意见", false, {"评议组意见", "评议意见", "专业组意见", "评议组评议意见"}}});
  Seen seen;
  struct Group {
    std::string title;
    std::vector<Candidate> candidates;
  };
  std::vector<Group> groups;
  std::map<std::string, std::size_t> group_of;
  std::size_t total = 0;
  for (Row const& row : sheet.rows()) {
    Candidate candidate;
    candidate.name = sheet.text(row, kName, true, false);
    candidate.employer = sheet.text(row, kEmployer, true, false);
    if (auto const before = seen.add(candidate.name, candidate.employer, row.number); before != 0)
      sheet.fail(row, kName, candidate.name,
                 "与第 " + std::to_string(before) + " 行姓名和单位都相同；同一人应只占一行");

    std::string const level = trimmed(sheet.cell(row, kLevel));
    if (auto const word = level_word(level))
      candidate.level = *word;
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

}  // namespace piaojue::sheets
