// SPDX-License-Identifier: Apache-2.0
#include "sheets/text.h"

#include <algorithm>

namespace piaojue::sheets {
namespace {

constexpr std::size_t kShownCharactersMax = 24;

bool is_space(char32_t c) {
  return c == ' ' || (c >= 0x09 && c <= 0x0D) || c == 0xA0 || (c >= 0x2000 && c <= 0x200B) || c == 0x202F ||
         c == 0x3000 || c == 0xFEFF;
}

/// The next character of a text that its reader has found to be UTF-8.
char32_t take(std::string_view text, std::size_t& at) {
  auto const c = next_character(text, at);
  if (!c) ++at;
  return c.value_or(0xFFFD);
}

}  // namespace

bool valid_utf8(std::string_view text) { return is_utf8(text); }

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string shortened(std::string_view text) {
  std::string out;
  std::size_t shown = 0;
  for (char const c : text) {
    if ((c & 0xC0) != 0x80 && ++shown > kShownCharactersMax) return out + "…";
    // A line break or control character in a message would take the message apart.
    out += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
  }
  return out;
}

std::string trimmed(std::string_view text) {
  std::size_t begin = text.size();
  std::size_t end = text.size();
  for (std::size_t at = 0; at < text.size();) {
    std::size_t const start = at;
    if (is_space(take(text, at))) continue;
    begin = std::min(begin, start);
    end = at;
  }
  return std::string(text.substr(begin, end - begin));
}

std::string code_of(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    char32_t c = take(text, i);
    if (is_space(c)) continue;
    if (c >= 0xFF01 && c <= 0xFF5E) c -= 0xFEE0;
    if (c >= 'a' && c <= 'z') c -= 'a' - 'A';
    append_character(out, c);
  }
  return out;
}

std::string heading_of(std::string_view text) {
  std::string out = code_of(text);
  if (auto const bracket = out.find('('); bracket != std::string::npos && bracket > 0) out.resize(bracket);
  std::erase_if(out, [](char c) { return c == '*' || c == ':'; });
  return out;
}

bool has_control(std::string_view text, bool lines_allowed) {
  for (std::size_t i = 0; i < text.size();) {
    char32_t const c = take(text, i);
    if (lines_allowed && (c == '\n' || c == '\t')) continue;
    if (c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) ||
        c == 0x2028 || c == 0x2029 || c == 0xFFFD)
      return true;
  }
  return false;
}

}  // namespace piaojue::sheets
