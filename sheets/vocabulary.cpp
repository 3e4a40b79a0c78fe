// SPDX-License-Identifier: Apache-2.0
#include "sheets/vocabulary.h"

#include "sheets/text.h"
#include "strings/sheets.h"

namespace piaojue::sheets {

using namespace meeting;

std::vector<Field> member_fields() {
  return {{"姓名", true, {"姓名", "名字", "人员姓名", "专家姓名", "评委姓名"}},
          {"单位", false, {"单位", "工作单位", "所在单位", "单位名称"}},
          {"角色", true, {"角色", "身份", "职务", "会议角色", "会议身份", "会议职务", "评委会职务"}},
          {"可评级别", false, {"可评级别", "可评审级别", "评审级别", "评审权限", "可评职称"}}};
}

std::vector<Field> candidate_fields() {
  return {{"姓名", true, {"姓名", "名字", "申报人", "申报人姓名", "候选人", "候选人姓名"}},
          {"单位", true, {"单位", "工作单位", "所在单位", "单位名称", "申报单位"}},
          {"级别", true, {"级别", "申报级别", "职称级别", "申报职称", "申报资格", "申报职务资格", "拟评职称"}},
          {"渠道", true, {"渠道", "申报渠道", "申报方式", "评审渠道", "申报类型"}},
          {"批次", true, {"批次", "评审批次", "表决批次", "组别", "分组"}},
          {"业绩摘要", false, {"业绩摘要", "摘要", "主要业绩", "业绩", "业绩简介", "工作业绩"}},
          {"评议组意见", false, {"评议组意见", "评议意见", "专业组意见", "评议组评议意见"}},
          {"此前会议", false, {"此前会议", "此前开票", "曾开票会议", "此前已开票会议"}}};
}

Text const& level_word(Level level) {
  switch (level) {
    case Level::kAssistant:
      return strings::sheets::kLevelAssistant;
    case Level::kMiddle:
      return strings::sheets::kLevelMiddle;
    case Level::kSenior:
      return strings::sheets::kLevelSenior;
    case Level::kFullSenior:
      break;
  }
  return strings::sheets::kLevelFullSenior;
}

std::optional<Level> level_of(std::string_view written) {
  static constexpr auto kWords = std::to_array<Word<Level>>({
      {"正高级", Level::kFullSenior},
      {"正高", Level::kFullSenior},
      {"正高级工程师", Level::kFullSenior},
      {"副高级", Level::kSenior},
      {"副高", Level::kSenior},
      {"高级工程师", Level::kSenior},
      {"中级", Level::kMiddle},
      {"工程师", Level::kMiddle},
      {"助理级", Level::kAssistant},
      {"助理", Level::kAssistant},
      {"助理工程师", Level::kAssistant},
  });
  return meaning_of(kWords, code_of(written));
}

bool is_either_senior(std::string_view written) { return code_of(written) == "高级"; }

std::optional<Channel> channel_of(std::string_view written) {
  static constexpr auto kWords = std::to_array<Word<Channel>>({
      {"正常", Channel::kNormal},
      {"正常申报", Channel::kNormal},
      {"破格", Channel::kExceptional},
      {"破格申报", Channel::kExceptional},
  });
  return meaning_of(kWords, code_of(written));
}

std::optional<RoleWord> role_of(std::string_view code) {
  using enum RoleWord::Seat;
  static constexpr auto kWords = std::to_array<Word<RoleWord>>({
      {"专家", {kExpert, kNone}},
      {"评委", {kExpert, kNone}},
      {"评审专家", {kExpert, kNone}},
      {"评审委员", {kExpert, kNone}},
      {"委员", {kExpert, kNone}},
      {"主任委员", {meeting::kChair | kExpert, RoleWord::Seat::kChair}},
      {"主任", {meeting::kChair | kExpert, RoleWord::Seat::kChair}},
      {"副主任委员", {meeting::kChair | kExpert, kViceChair}},
      {"副主任", {meeting::kChair | kExpert, kViceChair}},
      {"工作人员", {kClerk, kNone}},
      {"经办人", {kClerk, kNone}},
      {"经办", {kClerk, kNone}},
      {"经办人员", {kClerk, kNone}},
      {"监督人员", {kSupervisor, kNone}},
      {"监督员", {kSupervisor, kNone}},
      {"监督", {kSupervisor, kNone}},
      {"大屏", {kScreen, kNone}},
      {"大屏幕", {kScreen, kNone}},
  });
  return meaning_of(kWords, code);
}

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

bool means_all_levels(std::string_view code) { return code.empty() || code == "全部"; }
bool means_nothing(std::string_view code) { return code.empty() || code == "无" || code == "-"; }

}  // namespace piaojue::sheets
