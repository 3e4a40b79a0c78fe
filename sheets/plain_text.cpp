// SPDX-License-Identifier: Apache-2.0
#include "sheets/plain_text.h"

#include <algorithm>

#include "base/utf8.h"
#include "sheets/text.h"

namespace piaojue::sheets {

namespace {

/// What takes no room on a screen: a number copied from a chat or a file's properties brings it along.
bool is_invisible(char32_t c) {
  return c == 0xAD || c == 0x61C || c == 0x180E || (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2060 && c <= 0x2069) || c == 0xFEFF || (c >= 0xFE00 && c <= 0xFE0F);
}

/// Of a number, a date or a code: everything else is a name or a text, in which nothing is taken out.
bool is_of_codes(char32_t c) {
  return (c >= 0x20 && c < 0x7F) || c == 0xA0 || (c >= 0x2000 && c <= 0x200A) || c == 0x3000 ||
         (c >= 0xFF01 && c <= 0xFF5E) || c == U'年' || c == U'月' || c == U'日' || c == U'、' || c == U'。' ||
         c == U'—' || c == U'–' || c == U'‘' || c == U'’';
}

std::u32string characters_of(std::string_view text) {
  std::u32string out;
  for (std::size_t at = 0; at < text.size();) {
    auto const c = next_character(text, at);
    if (!c) ++at;
    out += c.value_or(0xFFFD);
  }
  return out;
}

std::string utf8(std::u32string const& text) {
  std::string out;
  for (char32_t const c : text) append_character(out, c);
  return out;
}

bool is_digit(char32_t c) { return (c >= U'0' && c <= U'9') || (c >= U'０' && c <= U'９'); }
bool is_apostrophe(char32_t c) { return c == U'\'' || c == U'‘' || c == U'’' || c == U'＇' || c == U'`'; }
bool is_latin(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// Nearly every cell: no byte with which a mark or a wide form begins, and no apostrophe.
bool is_ordinary(std::string_view cell) {
  static constexpr std::string_view kOdd = "'`\xC2\xD8\xE1\xE2\xEF";
  return cell.find_first_of(kOdd) == std::string_view::npos;
}

}  // namespace

std::string plain(std::string_view cell) {
  if (is_ordinary(cell)) return trimmed(cell);
  std::u32string text = characters_of(cell);
  auto const outside = [](char32_t c) { return is_invisible(c) || c == 0x2028 || c == 0x2029; };
  for (bool again = true; again;) {
    std::size_t const before = text.size();
    while (!text.empty() && outside(text.back())) text.pop_back();
    text.erase(0, static_cast<std::size_t>(std::ranges::find_if_not(text, outside) - text.begin()));
    text = characters_of(trimmed(utf8(text)));
    again = text.size() != before;
  }
  if (std::ranges::all_of(text, [](char32_t c) { return is_of_codes(c) || is_invisible(c); })) {
    std::erase_if(text, is_invisible);
    if (text.size() > 1 && is_apostrophe(text[0]) && is_digit(text[1])) text.erase(0, 1);
  }
  return utf8(text);
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at <= text.size();) {
    std::size_t const end = std::min(text.find_first_of("\n\r", at), text.size());
    out.push_back(trimmed(text.substr(at, end - at)));
    at = end + 1;
  }
  return out;
}

std::string on_one_line(std::string_view text) {
  std::string out;
  std::string spaced(text);
  std::ranges::replace(spaced, '\t', ' ');
  for (std::string const& line : lines_of(spaced)) {
    if (!out.empty() && !line.empty() && is_latin(out.back()) && is_latin(line.front())) out += ' ';
    out += line;
  }
  return out;
}

bool has_line_break(std::string_view text) { return text.find_first_of("\n\r") != std::string_view::npos; }

std::string for_an_error(std::string_view text) {
  std::u32string out = characters_of(text);
  for (std::size_t at = 0; at < out.size(); ++at) {
    std::size_t end = at;
    while (end < out.size() && is_digit(out[end])) ++end;
    if (end - at == 17 && end < out.size() && (out[end] == U'X' || out[end] == U'x')) ++end;
    if (end - at >= 15)
      for (std::size_t i = at + 6; i + 4 < end; ++i) out[i] = U'*';
    at = std::max(at, end);
  }
  return utf8(out);
}

}  // namespace piaojue::sheets
