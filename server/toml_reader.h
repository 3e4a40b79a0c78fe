// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Inside server/ only: how the files that people write are read.
#include <toml++/toml.h>

#include <limits>
#include <set>

#include "base/explained.h"
#include "strings/server.h"

namespace piaojue::server {

/// Takes keys out of a table one by one; what is left at the end is unknown. The first fault is the one that is told.
class Reader {
 public:
  Reader(toml::table const& table, std::string where, std::optional<Explanation>& fault)
      : table_(table), where_(std::move(where)), fault_(fault) {}

  template <class T>
  void take(std::string_view key, T& out) {
    known_.emplace(key);
    auto const* node = table_.get(key);
    if (!node || fault_) return;
    if constexpr (std::is_same_v<T, bool>) {
      auto const value = node->value_exact<bool>();
      if (!value) return say(key, strings::server::kKeyNotBool);
      out = *value;
    } else if constexpr (std::is_same_v<T, std::string>) {
      auto const value = node->value_exact<std::string>();
      if (!value) return say(key, strings::server::kKeyNotText);
      out = *value;
    } else {
      auto const value = node->value_exact<std::int64_t>();
      if (!value || *value < 0 || *value > std::numeric_limits<std::int32_t>::max()) {
        return say(key, strings::server::kKeyNotNumber);
      }
      out = static_cast<T>(*value);
    }
  }
  toml::array const* array(std::string_view key) {
    known_.emplace(key);
    auto const* node = table_.get(key);
    if (!node) return nullptr;
    if (!node->is_array()) say(key, strings::server::kKeyNotList);
    return node->as_array();
  }
  toml::table const* table(std::string_view key) {
    known_.emplace(key);
    auto const* node = table_.get(key);
    if (!node) return nullptr;
    if (!node->is_table()) say(key, strings::server::kKeyNotTable);
    return node->as_table();
  }
  bool has(std::string_view key) const { return table_.contains(key); }
  /// @param what a text with {key}.
  void say(std::string_view key, Text const& what, Sentence::Values values = {}) {
    if (fault_) return;
    values.emplace("key", where_ + std::string(key));
    fault_ = Explanation(Sentence(what, std::move(values)));
  }
  /// After the last `take`.
  void done() {
    for (auto const& [key, node] : table_) {
      if (known_.contains(std::string(key.str()))) continue;
      say(key.str(), strings::server::kKeyUnknown, {{"line", std::uint32_t{node.source().begin.line}}});
    }
  }

 private:
  toml::table const& table_;
  std::string where_;
  std::optional<Explanation>& fault_;
  std::set<std::string, std::less<>> known_;
};

inline Explained<toml::table> parse_toml(std::string_view toml) {
  try {
    return toml::parse(toml);
  } catch (toml::parse_error const& failure) {
    return Explanation(Sentence(strings::server::kTomlLine, {{"line", std::uint32_t{failure.source().begin.line}},
                                                             {"reason", std::string(failure.description())}}));
  }
}

}  // namespace piaojue::server
