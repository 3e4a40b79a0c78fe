// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What a page's request holds, read with a value for what is missing or of another kind: pages are not believed.
#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace piaojue::desk {

inline constexpr std::int64_t kPageNumberMax = 100'000;

/// Of everything but passphrases: they are not copied. Empty: none.
std::string text_at(boost::json::object const& in, std::string_view key);
/// 0: none, or beyond kPageNumberMax.
std::uint32_t number_at(boost::json::object const& in, std::string_view key);
std::optional<std::uint32_t> one_at(boost::json::object const& in, std::string_view key);
/// "candidates":[3,5], or "candidate":3; ascending. What is no number becomes 0, which nobody has.
std::vector<std::uint32_t> some_at(boost::json::object const& in);
bool flag_at(boost::json::object const& in, std::string_view key);
/// Pairs of texts, or of numbers: [["学历","本科"]]. Others are left out.
boost::json::array pairs_at(boost::json::object const& in, std::string_view key);

}  // namespace piaojue::desk
