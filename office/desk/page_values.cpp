// SPDX-License-Identifier: Apache-2.0
#include "office/desk/page_values.h"

#include <set>

#include "local/wiped_json.h"

namespace piaojue::desk {

namespace json = boost::json;
using local::WipedJson;

std::string text_at(json::object const& in, std::string_view key) { return std::string(WipedJson::text(in, key)); }

std::uint32_t number_at(json::object const& in, std::string_view key) {
  auto const* const at = in.if_contains(key);
  if (at == nullptr || !at->is_int64() || at->as_int64() < 0 || at->as_int64() > kPageNumberMax) return 0;
  return static_cast<std::uint32_t>(at->as_int64());
}
std::optional<std::uint32_t> one_at(json::object const& in, std::string_view key) {
  auto const number = number_at(in, key);
  return number == 0 ? std::nullopt : std::optional(number);
}

std::vector<std::uint32_t> some_at(json::object const& in) {
  auto const* const list = in.if_contains("candidates");
  if (list == nullptr || !list->is_array()) return {number_at(in, "candidate")};
  std::set<std::uint32_t> out;
  for (auto const& one : list->as_array())
    out.insert(one.is_int64() && one.as_int64() > 0 && one.as_int64() <= kPageNumberMax
                   ? static_cast<std::uint32_t>(one.as_int64())
                   : 0);
  return {out.begin(), out.end()};
}

bool flag_at(json::object const& in, std::string_view key) {
  auto const* const at = in.if_contains(key);
  return at != nullptr && at->is_bool() && at->as_bool();
}

json::array pairs_at(json::object const& in, std::string_view key) {
  json::array out;
  if (auto const* const list = in.if_contains(key); list != nullptr && list->is_array())
    for (auto const& one : list->as_array())
      if (one.is_array() && one.as_array().size() == 2) out.push_back(one);
  return out;
}

}  // namespace piaojue::desk
