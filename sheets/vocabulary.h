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

/// A column and the headings by which it is known, as `Heading::name` gives them.
struct Field {
  std::string_view name;  ///< the usual heading, for messages
  bool required;
  std::vector<std::string_view> headings;
  /// Headings that may mean something else as well: the field is known by them only where no column of the sheet has
  /// one of `headings`, and never below another heading that groups them (职业资格 over 取得时间).
  std::vector<std::string_view> weak = {};
  /// Of a required field: the field of which any column will do in its place.
  std::optional<std::size_t> instead = {};
  /// Of a field that has any number of columns ("2019年度考核", "2020年度考核" …): those whose name it accepts.
  bool (*takes)(std::string_view name) = nullptr;
  /// By a heading of `weak` only directly behind the column of the field of this name; empty: anywhere.
  std::string_view weak_behind = {};
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
enum : std::size_t { kName, kEmployer, kRole, kLevels, kIdentity, kIdentityType };
}
std::vector<Field> member_fields();

namespace candidate_column {
enum : std::size_t {
  kName,
  kEmployer,
  kLevel,
  kChannel,
  kIsExceptional,
  kIdentity,
  kIdentityType,
  kBatch,
  kSummary,
  kOpinion,
  kOpenedBefore
};
}
std::vector<Field> candidate_fields();

// ---- Words

/// From the lowest to the highest, so that they compare.
enum class Level : std::uint8_t { kAssistant, kMiddle, kSenior, kFullSenior };
inline constexpr std::array kLevels{Level::kAssistant, Level::kMiddle, Level::kSenior, Level::kFullSenior};
/// 助理级 中级 副高级 正高级; in Chinese also what stands in a manifest.
Text const& level_word(Level level);
/// From any way of writing it, the level's or the title's, the one in brackets behind the other (高级工程师（副高级）);
/// nothing for 高级, which is the name of two, and where the two say different things.
std::optional<Level> level_of(std::string_view written);
/// Whether it is 高级: one of two, and nobody can say which.
bool is_either_senior(std::string_view written);

std::optional<meeting::Channel> channel_of(std::string_view written);
/// From the column 是否破格: 否 is 正常.
std::optional<meeting::Channel> channel_of_exceptional(std::string_view written);

/// The document whose number stands in 证件号码.
enum class Document : std::uint8_t { kUnsaid, kCitizens, kOther };
std::optional<Document> document_of(std::string_view written);

struct RoleWord {
  enum class Seat : std::uint8_t { kNone, kChair, kViceChair };
  std::uint32_t roles;  ///< bits of meeting::Role
  Seat seat;
};
std::optional<RoleWord> role_of(std::string_view code);

/// "专家、副主任委员" to its words: by any of the signs that people put between them. Empty ones stay.
std::vector<std::string> split_roles(std::string code);
bool means_all_levels(std::string_view code);  ///< empty or 全部
/// Empty, 无, 没有, 否 … with a full stop or without, and any strokes that cross a cell out: - — / …
bool means_nothing(std::string_view code);

/// "高级工程师(副高级)" to 高级工程师 and 副高级: what stands before the brackets, and in each.
std::vector<std::string> with_brackets(std::string_view code);

}  // namespace piaojue::sheets
