// SPDX-License-Identifier: Apache-2.0
#include "sheets/vocabulary.h"

#include <algorithm>

#include "sheets/text.h"
#include "strings/sheets.h"

namespace piaojue::sheets {

using namespace meeting;

namespace {

std::vector<std::string_view> identity_headings() {
  return {"证件号码", "证件号", "身份证号", "身份证号码", "身份证", "居民身份证号", "居民身份证号码", "公民身份号码"};
}
std::vector<std::string_view> document_headings() { return {"证件类型", "证件类别", "证件种类", "证件名称"}; }

}  // namespace

std::vector<Field> member_fields() {
  return {{"姓名", true, {"姓名", "名字", "人员姓名", "专家姓名", "评委姓名"}},
          {"单位", false, {"单位", "工作单位", "所在单位", "单位名称"}},
          {"角色",
           true,
           {"角色", "身份", "会议角色", "会议身份", "会议职务", "评委会职务", "评委会身份", "评审身份", "评委会角色"},
           // At work, where the committee's stands beside it.
           {"职务"}},
          {"可评级别", false, {"可评级别", "可评审级别", "评审级别", "评审权限", "可评职称"}},
          {"证件号码", false, identity_headings()},
          {"证件类型", false, document_headings()}};
}

std::vector<Field> candidate_fields() {
  return {{"姓名", true, {"姓名", "名字", "申报人", "申报人姓名", "候选人", "候选人姓名"}},
          {"单位", true, {"单位", "工作单位", "所在单位", "单位名称", "申报单位"}},
          {"级别",
           true,
           {"级别", "申报级别", "职称级别", "申报职称", "申报资格", "申报职务资格", "拟评职称", "申报职称级别",
            "拟申报职称", "拟申报级别"}},
          {"渠道",
           true,
           {"渠道", "申报渠道", "申报方式", "评审渠道", "申报类型", "评审方式", "申报类别"},
           {},
           candidate_column::kIsExceptional},
          {"是否破格", false, {"是否破格", "是否破格申报", "是否为破格", "是否属于破格", "破格申报"}},
          {"证件号码", false, identity_headings()},
          {"证件类型", false, document_headings()},
          {"批次", false, {"批次", "评审批次", "表决批次", "组别", "分组"}},
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

namespace {

/// One of the ways in which a level is written, without brackets.
std::optional<Level> level_of_word(std::string_view code) {
  static constexpr auto kWords = std::to_array<Word<Level>>({
      {"正高级", Level::kFullSenior},
      {"正高", Level::kFullSenior},
      {"正高级工程师", Level::kFullSenior},
      {"正高级职称", Level::kFullSenior},
      {"正高职称", Level::kFullSenior},
      {"正高工", Level::kFullSenior},
      {"教授级高级工程师", Level::kFullSenior},
      {"教授级高工", Level::kFullSenior},
      {"副高级", Level::kSenior},
      {"副高", Level::kSenior},
      {"副高级工程师", Level::kSenior},
      {"副高级职称", Level::kSenior},
      {"副高职称", Level::kSenior},
      {"高级工程师", Level::kSenior},
      {"高工", Level::kSenior},
      {"中级", Level::kMiddle},
      {"中级职称", Level::kMiddle},
      {"中级工程师", Level::kMiddle},
      {"工程师", Level::kMiddle},
      {"助理级", Level::kAssistant},
      {"助理级职称", Level::kAssistant},
      {"助理", Level::kAssistant},
      {"助理工程师", Level::kAssistant},
      {"助工", Level::kAssistant},
      {"初级", Level::kAssistant},
      {"初级职称", Level::kAssistant},
  });
  return meaning_of(kWords, code);
}

bool is_either_senior_word(std::string_view code) { return code == "高级" || code == "高级职称"; }

}  // namespace

std::vector<std::string> with_brackets(std::string_view code) {
  std::vector<std::string> out(1);
  for (char const c : code)
    if (c == '(')
      out.emplace_back();
    else if (c != ')')
      out.back() += c;
  return out;
}

std::optional<Level> level_of(std::string_view written) {
  std::optional<Level> out;
  auto const words = with_brackets(code_of(written));
  for (std::string const& word : words) {
    // 高级（副高）: the brackets say which of the two.
    if (words.size() > 1 && is_either_senior_word(word)) continue;
    auto const level = level_of_word(word);
    if (!level || (out && *out != *level)) return std::nullopt;
    out = level;
  }
  bool const either = std::ranges::any_of(words, is_either_senior_word);
  return either && out && *out < Level::kSenior ? std::nullopt : out;
}

bool is_either_senior(std::string_view written) { return is_either_senior_word(code_of(written)); }

std::optional<Channel> channel_of(std::string_view written) {
  static constexpr auto kWords = std::to_array<Word<Channel>>({
      {"正常", Channel::kNormal},
      {"正常申报", Channel::kNormal},
      {"正常评审", Channel::kNormal},
      {"正常晋升", Channel::kNormal},
      {"正常渠道", Channel::kNormal},
      {"非破格", Channel::kNormal},
      {"破格", Channel::kExceptional},
      {"破格申报", Channel::kExceptional},
      {"破格评审", Channel::kExceptional},
      {"破格晋升", Channel::kExceptional},
      {"破格渠道", Channel::kExceptional},
  });
  return meaning_of(kWords, code_of(written));
}

std::optional<Channel> channel_of_exceptional(std::string_view written) {
  static constexpr auto kWords = std::to_array<Word<Channel>>({
      {"否", Channel::kNormal},
      {"不是", Channel::kNormal},
      {"非", Channel::kNormal},
      {"是", Channel::kExceptional},
  });
  auto const out = meaning_of(kWords, code_of(written));
  return out ? out : channel_of(written);
}

std::optional<Document> document_of(std::string_view written) {
  static constexpr auto kWords = std::to_array<Word<Document>>({
      {"", Document::kUnsaid},
      {"身份证", Document::kCitizens},
      {"居民身份证", Document::kCitizens},
      {"二代身份证", Document::kCitizens},
      {"第二代居民身份证", Document::kCitizens},
      {"中华人民共和国居民身份证", Document::kCitizens},
      {"公民身份证", Document::kCitizens},
      {"护照", Document::kOther},
      {"中国护照", Document::kOther},
      {"外国护照", Document::kOther},
      {"港澳居民来往内地通行证", Document::kOther},
      {"港澳通行证", Document::kOther},
      {"回乡证", Document::kOther},
      {"台湾居民来往大陆通行证", Document::kOther},
      {"台胞证", Document::kOther},
      {"港澳台居民居住证", Document::kOther},
      {"港澳居民居住证", Document::kOther},
      {"台湾居民居住证", Document::kOther},
      {"外国人永久居留身份证", Document::kOther},
      {"外国人永久居留证", Document::kOther},
      {"其他", Document::kOther},
      {"其他证件", Document::kOther},
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

bool means_nothing(std::string_view code) {
  std::string word(code);
  for (std::string_view const sign : {"—", "–", "―", "−", "─", "‐", "‑", "、", "。", "／", "＼"})
    for (std::size_t at; (at = word.find(sign)) != std::string::npos;) word.erase(at, sign.size());
  std::erase_if(word, [](char c) { return c == '-' || c == '/' || c == '\\' || c == '.' || c == '_'; });
  static constexpr auto kWords = std::to_array<std::string_view>(
      {"", "无", "没有", "暂无", "未有", "否", "空", "无此项", "不适用", "不涉及", "NA", "NONE", "NULL"});
  return std::ranges::find(kWords, word) != kWords.end();
}

}  // namespace piaojue::sheets
