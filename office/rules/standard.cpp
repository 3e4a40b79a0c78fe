// SPDX-License-Identifier: Apache-2.0
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <set>

#include "office/rules/eligibility.h"

namespace piaojue::office {

using namespace sheets;
namespace {

using A = Answered<Standard>;

template <class T>
using Words = std::vector<std::pair<std::string_view, T>>;

Words<Degree> const& degrees() {
  static Words<Degree> const words{{"中专", Degree::kSecondary}, {"大专", Degree::kCollege},
                                   {"本科", Degree::kBachelor},  {"第二学士", Degree::kSecondBachelor},
                                   {"硕士", Degree::kMaster},    {"博士", Degree::kDoctor}};
  return words;
}
Words<Title> const& titles() {
  static Words<Title> const words{{"助理工程师", Title::kAssistant},
                                  {"工程师", Title::kEngineer},
                                  {"高级工程师", Title::kSenior},
                                  {"正高级工程师", Title::kFullSenior}};
  return words;
}
Words<Award> const& awards() {
  static Words<Award> const words{{"科学技术奖", Award::kScience},
                                  {"行业奖", Award::kIndustry},
                                  {"专利奖", Award::kPatent},
                                  {"大赛", Award::kContest},
                                  {"成果转化", Award::kOutput}};
  return words;
}
Words<AwardLevel> const& award_levels() {
  static Words<AwardLevel> const words{{"县级", AwardLevel::kCounty},
                                       {"市级", AwardLevel::kCity},
                                       {"省级", AwardLevel::kProvince},
                                       {"国家级", AwardLevel::kNation},
                                       {"国际", AwardLevel::kInternational}};
  return words;
}

constexpr std::array<std::string_view, 4> kTargets{"助理级", "中级", "副高级", "正高级"};

/// Reads one table after another and keeps the first fault.
class Reader {
 public:
  std::string fault;

  bool fail(toml::node const& node, std::string const& what) {
    if (fault.empty()) fault = "评价标准 第 " + std::to_string(node.source().begin.line) + " 行：" + what;
    return false;
  }
  void only(toml::table const& table, std::initializer_list<std::string_view> keys) {
    for (auto const& [key, value] : table)
      if (std::ranges::find(keys, key.str()) == keys.end()) fail(value, "不认识「" + std::string(key.str()) + "」");
  }
  std::string text(toml::table const& table, std::string_view key, bool required) {
    auto const* node = table.get(key);
    if (node == nullptr) {
      if (required) fail(table, "缺少 " + std::string(key));
      return {};
    }
    auto const out = node->value<std::string>();
    if (!out || out->empty()) fail(*node, std::string(key) + " 应为文字");
    return out.value_or("");
  }
  int number(toml::table const& table, std::string_view key, int from, int to, int otherwise) {
    auto const* node = table.get(key);
    if (node == nullptr) {
      if (otherwise < from) fail(table, "缺少 " + std::string(key));
      return otherwise;
    }
    auto const out = node->value_exact<std::int64_t>();
    if (!out || *out < from || *out > to) {
      fail(*node, std::string(key) + " 应为 " + std::to_string(from) + " 到 " + std::to_string(to));
      return from;
    }
    return static_cast<int>(*out);
  }
  template <class T>
  T word(toml::table const& table, std::string_view key, Words<T> const& words, std::optional<T> otherwise) {
    std::string const written = text(table, key, !otherwise);
    if (written.empty()) return otherwise.value_or(T{});
    return known(*table.get(key), written, words);
  }
  template <class T>
  T known(toml::node const& node, std::string const& written, Words<T> const& words) {
    for (auto const& [word, value] : words)
      if (word == written) return value;
    fail(node, "不认识「" + written + "」");
    return T{};
  }
  std::string target(toml::table const& table) {
    std::string out = text(table, "target", true);
    if (std::ranges::find(kTargets, out) == kTargets.end()) fail(table, "target 应为 助理级、中级、副高级 或 正高级");
    return out;
  }
  Day day(toml::table const& table, std::string_view key) {
    auto const out = parse_day(text(table, key, true));
    if (!out) fail(table, std::string(key) + " 应为 2023-06-12 这样的日期");
    return out.value_or(Day{});
  }
  /// Calls `each` with every table of the array `key`.
  template <class Each>
  void tables(toml::table const& root, std::string_view key, Each const& each) {
    auto const* node = root.get(key);
    if (node == nullptr) return;
    auto const* list = node->as_array();
    if (list == nullptr) {
      fail(*node, std::string(key) + " 应为 [[" + std::string(key) + "]]");
      return;
    }
    for (auto const& item : *list)
      if (auto const* table = item.as_table())
        each(*table);
      else
        fail(item, std::string(key) + " 应为表");
  }
};

void read_route(Reader& reader, toml::table const& table, Standard& out) {
  reader.only(table, {"id", "target", "article", "degrees", "title", "years", "appraisals"});
  Route route;
  route.id = reader.text(table, "id", true);
  route.target = reader.target(table);
  route.article = reader.text(table, "article", true);
  route.title = reader.word(table, "title", titles(), std::optional(Title::kNone));
  route.years = reader.number(table, "years", 0, 40, -1);
  route.appraisals = reader.number(table, "appraisals", 0, 40, -1);
  auto const* list = table["degrees"].as_array();
  if (list == nullptr || list->empty())
    reader.fail(table, "缺少 degrees");
  else
    for (auto const& item : *list)
      route.degrees.push_back(reader.known(item, item.value<std::string>().value_or(""), degrees()));
  if (std::ranges::find(out.routes, route.id, &Route::id) != out.routes.end())
    reader.fail(table, "途径 " + route.id + " 列了两次");
  out.routes.push_back(std::move(route));
}

void read_item(Reader& reader, toml::table const& table, Standard& out) {
  reader.only(table, {"target", "article", "text", "any", "judgement"});
  ExceptionalItem item;
  item.target = reader.target(table);
  item.article = reader.text(table, "article", true);
  item.text = reader.text(table, "text", true);
  item.judgement = reader.text(table, "judgement", false);
  reader.tables(table, "any", [&](toml::table const& one) {
    reader.only(one, {"kind", "level", "grade", "output_wan"});
    ExceptionalItem::Condition condition;
    condition.kind = reader.word(one, "kind", awards(), std::optional<Award>{});
    condition.level = reader.word(one, "level", award_levels(), std::optional(AwardLevel::kUnknown));
    condition.grade = reader.number(one, "grade", 0, 3, 0);
    condition.output_wan = reader.number(one, "output_wan", 0, 10'000'000, 0);
    if ((condition.kind == Award::kOutput) != (condition.output_wan > 0))
      reader.fail(one, "成果转化（且仅成果转化）应写 output_wan");
    item.conditions.push_back(condition);
  });
  if (item.conditions.empty()) reader.fail(table, "缺少 any");
  out.items.push_back(std::move(item));
}

}  // namespace

Answered<Standard> parse_standard(std::string_view text) {
  if (text.size() > kStandardBytesMax) return A::no("评价标准应不超过 256 KiB");
  toml::table root;
  try {
    root = toml::parse(text);
  } catch (toml::parse_error const& error) {
    return A::no("评价标准 第 " + std::to_string(error.source().begin.line) + " 行：不是 TOML：" +
                 std::string(error.description()));
  }
  Reader reader;
  Standard out;
  reader.only(root, {"id", "title", "valid_from", "valid_to", "rank_max", "early_years", "education_hours",
                     "for_people", "route", "note", "exceptional", "item"});
  out.id = reader.text(root, "id", true);
  out.title = reader.text(root, "title", true);
  out.valid_from = reader.day(root, "valid_from");
  out.valid_to = reader.day(root, "valid_to");
  if (out.valid_to < out.valid_from) reader.fail(root, "valid_to 早于 valid_from");
  out.rank_max = reader.number(root, "rank_max", 1, 100, 0);
  out.early_years = reader.number(root, "early_years", 0, 5, -1);
  if (root.contains("education_hours")) out.education_hours = reader.number(root, "education_hours", 1, 1000, 0);
  if (auto const* list = root["for_people"].as_array())
    for (auto const& item : *list) {
      auto const line = item.value<std::string>();
      if (!line) reader.fail(item, "for_people 应为文字");
      out.for_people.push_back(line.value_or(""));
    }
  reader.tables(root, "route", [&](toml::table const& table) { read_route(reader, table, out); });
  reader.tables(root, "item", [&](toml::table const& table) { read_item(reader, table, out); });
  reader.tables(root, "exceptional", [&](toml::table const& table) {
    reader.only(table, {"target", "title"});
    out.exceptional.push_back({reader.target(table), reader.word(table, "title", titles(), std::optional<Title>{})});
  });
  reader.tables(root, "note", [&](toml::table const& table) {
    reader.only(table, {"target", "degree", "text"});
    out.notes.push_back({reader.target(table), reader.word(table, "degree", degrees(), std::optional<Degree>{}),
                         reader.text(table, "text", true)});
  });
  for (std::string_view const target : kTargets)
    if (std::ranges::find(out.routes, target, &Route::target) == out.routes.end())
      reader.fail(root, std::string(target) + " 没有任何途径");
  for (auto const& e : out.exceptional)
    if (std::ranges::find(out.items, e.target, &ExceptionalItem::target) == out.items.end())
      reader.fail(root, e.target + " 可以破格，却没有列出条件");
  if (!reader.fault.empty()) return A::no(std::move(reader.fault));
  return A::yes(std::move(out));
}

}  // namespace piaojue::office
