// SPDX-License-Identifier: Apache-2.0
#include <toml++/toml.h>

#include <algorithm>

#include "office/rules/eligibility.h"
#include "office/rules/table_reader.h"
#include "office/rules/vocabulary.h"
#include "strings/rules.h"

namespace piaojue::office {

namespace say = strings::rules;
using sheets::level_word;

namespace {

void read_route(TableReader& reader, toml::table const& table, Standard& out) {
  reader.only(table, {"id", "name", "name_en", "target", "article", "degrees", "title", "years", "appraisals"});
  Route route;
  route.id = reader.text(table, "id", true);
  route.name = reader.text(table, "name", true);
  route.name_en = reader.text(table, "name_en", true);
  route.target = reader.target(table);
  route.article = reader.text(table, "article", true);
  route.title = reader.word(table, "title", table_title_of, std::optional(Title::kNone));
  route.years = reader.number(table, "years", 0, 40, -1);
  route.appraisals = reader.number(table, "appraisals", 0, 40, -1);
  auto const* list = table["degrees"].as_array();
  if (list == nullptr || list->empty())
    reader.fail(table, {say::kStandardLacking, {{"key", "degrees"}}});
  else
    for (auto const& item : *list)
      route.degrees.push_back(reader.known(item, item.value<std::string>().value_or(""), table_degree_of));
  if (std::ranges::find(out.routes, route.id, &Route::id) != out.routes.end())
    reader.fail(table, {say::kStandardRouteTwice, {{"route", route.id}}});
  out.routes.push_back(std::move(route));
}

void read_item(TableReader& reader, toml::table const& table, Standard& out) {
  reader.only(table, {"target", "article", "text", "any", "judgement"});
  ExceptionalItem item;
  item.target = reader.target(table);
  item.article = reader.text(table, "article", true);
  item.text = reader.text(table, "text", true);
  item.judgement = reader.text(table, "judgement", false);
  reader.tables(table, "any", [&](toml::table const& one) {
    reader.only(one, {"kind", "level", "grade", "output_wan"});
    ExceptionalItem::Condition condition;
    condition.kind = reader.word(one, "kind", table_award_of);
    condition.level = reader.word(one, "level", table_award_level_of, std::optional(AwardLevel::kUnknown));
    condition.grade = reader.number(one, "grade", 0, 3, 0);
    condition.output_wan = reader.number(one, "output_wan", 0, 10'000'000, 0);
    if ((condition.kind == Award::kOutput) != (condition.output_wan > 0)) reader.fail(one, say::kStandardOutput);
    item.conditions.push_back(condition);
  });
  if (item.conditions.empty()) reader.fail(table, {say::kStandardLacking, {{"key", "any"}}});
  out.items.push_back(std::move(item));
}

/// What concerns the table as a whole, not one of its lists.
void read_head(TableReader& reader, toml::table const& root, Standard& out) {
  reader.only(root, {"id", "title", "valid_from", "valid_to", "rank_max", "early_years", "education_hours",
                     "for_people", "route", "note", "exceptional", "item"});
  out.id = reader.text(root, "id", true);
  out.title = reader.text(root, "title", true);
  out.valid_from = reader.day(root, "valid_from");
  out.valid_to = reader.day(root, "valid_to");
  if (out.valid_to < out.valid_from) reader.fail(root, say::kStandardValid);
  out.rank_max = reader.number(root, "rank_max", 1, 100, 0);
  out.early_years = reader.number(root, "early_years", 0, 5, -1);
  if (root.contains("education_hours")) out.education_hours = reader.number(root, "education_hours", 1, 1000, 0);
  if (auto const* list = root["for_people"].as_array())
    for (auto const& item : *list) {
      auto const line = item.value<std::string>();
      if (!line) reader.fail(item, {say::kStandardText, {{"key", "for_people"}}});
      out.for_people.push_back(line.value_or(""));
    }
}

void read_exceptional(TableReader& reader, toml::table const& table, Standard& out) {
  reader.only(table, {"target", "title"});
  out.exceptional.push_back({reader.target(table), reader.word(table, "title", table_title_of)});
}

void read_note(TableReader& reader, toml::table const& table, Standard& out) {
  reader.only(table, {"target", "degree", "text"});
  out.notes.push_back(
      {reader.target(table), reader.word(table, "degree", table_degree_of), reader.text(table, "text", true)});
}

/// Whether every level can be applied for, and every one that has an exceptional channel by some ground.
void check_whole(TableReader& reader, toml::table const& root, Standard const& standard) {
  for (Level const target : sheets::kLevels)
    if (std::ranges::find(standard.routes, target, &Route::target) == standard.routes.end())
      reader.fail(root, {say::kStandardNoRoute, {{"level", level_word(target)}}});
  for (auto const& e : standard.exceptional)
    if (std::ranges::find(standard.items, e.target, &ExceptionalItem::target) == standard.items.end())
      reader.fail(root, {say::kStandardNoItem, {{"level", level_word(e.target)}}});
}

Explained<Standard> read_standard(toml::table const& root) {
  TableReader reader(say::kTableStandard);
  Standard out;
  read_head(reader, root, out);
  reader.tables(root, "route", [&](toml::table const& table) { read_route(reader, table, out); });
  reader.tables(root, "item", [&](toml::table const& table) { read_item(reader, table, out); });
  reader.tables(root, "exceptional", [&](toml::table const& table) { read_exceptional(reader, table, out); });
  reader.tables(root, "note", [&](toml::table const& table) { read_note(reader, table, out); });
  check_whole(reader, root, out);
  if (reader.fault) return std::move(*reader.fault);
  return out;
}

}  // namespace

Explained<Standard> parse_standard(std::string_view text) {
  if (text.size() > kStandardBytesMax) return Sentence(say::kStandardBytesMax);
  try {
    return read_standard(toml::parse(text));
  } catch (toml::parse_error const& error) {
    return at_line(say::kTableStandard, error.source(), {say::kTableNotToml, {{"error", error.description()}}});
  }
}

}  // namespace piaojue::office
