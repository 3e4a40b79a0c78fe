// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Reads the office's tables, which are TOML that people write: an unknown key, a wrong kind of value and a word that
/// is not known are faults with their line.
#include <toml++/toml.h>

#include <algorithm>
#include <optional>
#include <string>

#include "office/rules/eligibility.h"
#include "office/rules/toml_place.h"
#include "office/rules/vocabulary.h"
#include "strings/rules.h"

namespace piaojue::office {

template <class T>
using Known = std::optional<T> (*)(std::string_view);  ///< a word's meaning, if it has one

/// Reads one table after another and keeps the first fault.
class TableReader {
 public:
  /// @param name of the file, for people.
  explicit TableReader(Text const& name) : name_(name) {}

  std::optional<Sentence> fault;

  void fail(toml::node const& node, Sentence what) {
    if (!fault) fault = at_line(name_, node.source(), std::move(what));
  }
  void only(toml::table const& table, std::initializer_list<std::string_view> keys) {
    for (auto const& [key, value] : table)
      if (std::ranges::find(keys, key.str()) == keys.end())
        fail(value, {strings::rules::kTableUnknown, {{"word", key.str()}}});
  }
  std::string text(toml::table const& table, std::string_view key, bool required) {
    auto const* node = table.get(key);
    if (node == nullptr) {
      if (required) fail(table, {strings::rules::kStandardLacking, {{"key", key}}});
      return {};
    }
    auto const out = node->value<std::string>();
    if (!out || out->empty()) fail(*node, {strings::rules::kStandardText, {{"key", key}}});
    return out.value_or("");
  }
  int number(toml::table const& table, std::string_view key, int from, int to, int otherwise) {
    auto const* node = table.get(key);
    if (node == nullptr) {
      if (otherwise < from) fail(table, {strings::rules::kStandardLacking, {{"key", key}}});
      return otherwise;
    }
    auto const out = node->value_exact<std::int64_t>();
    if (!out || *out < from || *out > to) {
      fail(*node, {strings::rules::kStandardRange, {{"key", key}, {"from", from}, {"to", to}}});
      return from;
    }
    return static_cast<int>(*out);
  }
  template <class T>
  T word(toml::table const& table, std::string_view key, Known<T> of, std::optional<T> otherwise = {}) {
    std::string const written = text(table, key, !otherwise);
    if (written.empty()) return otherwise.value_or(T{});
    return known(*table.get(key), written, of);
  }
  template <class T>
  T known(toml::node const& node, std::string const& written, Known<T> of) {
    auto const out = of(written);
    if (!out) fail(node, {strings::rules::kTableUnknown, {{"word", written}}});
    return out.value_or(T{});
  }
  Level target(toml::table const& table) {
    auto const out = table_level_of(text(table, "target", true));
    if (!out) fail(table, strings::rules::kStandardTarget);
    return out.value_or(Level{});
  }
  Day day(toml::table const& table, std::string_view key) {
    auto const out = sheets::parse_day(text(table, key, true));
    if (!out) fail(table, {strings::rules::kStandardDate, {{"key", key}}});
    return out.value_or(Day{});
  }
  /// Calls `each` with every table of the array `key`.
  template <class Each>
  void tables(toml::table const& root, std::string_view key, Each const& each) {
    auto const* node = root.get(key);
    if (node == nullptr) return;
    auto const* list = node->as_array();
    if (list == nullptr) {
      fail(*node, {strings::rules::kStandardTables, {{"key", key}}});
      return;
    }
    for (auto const& item : *list)
      if (auto const* table = item.as_table())
        each(*table);
      else
        fail(item, {strings::rules::kStandardTable, {{"key", key}}});
  }

 private:
  Text const& name_;
};

}  // namespace piaojue::office
