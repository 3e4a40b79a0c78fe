// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What people write in rosters, as data: the headings of each column and the words of each code, in every way of
/// writing that is known. Everything that compares a cell with a word takes the word from here; what people are told is
/// in strings/ instead.
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/sentence.h"
#include "protocol/meeting/entry.h"

namespace piaojue::sheets {

/// A column and the headings by which it is known, as `heading_of` gives them.
struct Field {
  std::string_view name;  ///< the usual heading, for messages
  bool required;
  std::vector<std::string_view> headings;
};

/// One way of writing a value, as `code_of` gives it.
template <class T>
struct Word {
  std::string_view written;
  T meaning;
};
template <class Words>
auto meaning_of(Words const& words, std::string_view code) {
  std::optional<decltype(words[0].meaning)> out;
  for (auto const& word : words)
    if (word.written == code) out = out ? out : std::optional(word.meaning);
  return out;
}

// ---- Columns; each enum counts the fields of the list below it

namespace member_column {
enum : std::size_t { kName, kEmployer, kRole, kLevels };
}
std::vector<Field> member_fields();

namespace candidate_column {
enum : std::size_t { kName, kEmployer, kLevel, kChannel, kBatch, kSummary, kOpinion, kOpenedBefore };
}
std::vector<Field> candidate_fields();

// ---- Words

/// From the lowest to the highest, so that they compare.
enum class Level : std::uint8_t { kAssistant, kMiddle, kSenior, kFullSenior };
inline constexpr std::array kLevels{Level::kAssistant, Level::kMiddle, Level::kSenior, Level::kFullSenior};
/// 助理级 中级 副高级 正高级; in Chinese also what stands in a manifest.
Text const& level_word(Level level);
/// From any way of writing it; nothing for 高级, which is the name of two.
std::optional<Level> level_of(std::string_view written);
/// Whether it is 高级: one of two, and nobody can say which.
bool is_either_senior(std::string_view written);

std::optional<meeting::Channel> channel_of(std::string_view written);

struct RoleWord {
  enum class Seat : std::uint8_t { kNone, kChair, kViceChair };
  std::uint32_t roles;  ///< bits of meeting::Role
  Seat seat;
};
std::optional<RoleWord> role_of(std::string_view code);

/// "专家、副主任委员" to its words: by any of the signs that people put between them. Empty ones stay.
std::vector<std::string> split_roles(std::string code);
bool means_all_levels(std::string_view code);  ///< empty or 全部
bool means_nothing(std::string_view code);     ///< empty, 无 or -

}  // namespace piaojue::sheets
