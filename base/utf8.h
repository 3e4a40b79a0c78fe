// SPDX-License-Identifier: Apache-2.0
#pragma once
/// UTF-8 one character at a time (Unicode 15 table 3-7): no overlong form, no surrogate, nothing beyond U+10FFFF.
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace piaojue {

/// The character at `at`, which moves behind it. Nothing (and `at` stays) if the bytes are not UTF-8.
/// @param at less than text.size().
inline std::optional<char32_t> next_character(std::string_view text, std::size_t& at) {
  auto const byte = [&](std::size_t i) -> char32_t { return static_cast<unsigned char>(text[i]); };
  char32_t const first = byte(at);
  if (first < 0x80) return ++at, first;
  std::size_t const length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() - at < length) return std::nullopt;
  char32_t out = first & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0U) != 0x80) return std::nullopt;
    out = out << 6 | (byte(at + i) & 0x3FU);
  }
  static constexpr std::array<char32_t, 5> kLeast{0, 0, 0x80, 0x800, 0x10000};
  if (out < kLeast[length] || out > 0x10FFFF || (out >= 0xD800 && out <= 0xDFFF)) return std::nullopt;
  at += length;
  return out;
}

inline bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();)
    if (!next_character(text, at)) return false;
  return true;
}

/// @param c a scalar value.
inline void append_character(std::string& out, char32_t c) {
  auto const put = [&](char32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
  auto const tail = [&](unsigned shift) { put(0x80U | (c >> shift & 0x3FU)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0U | c >> 6);
    tail(0);
  } else if (c < 0x10000) {
    put(0xE0U | c >> 12);
    tail(6);
    tail(0);
  } else {
    put(0xF0U | c >> 18);
    tail(12);
    tail(6);
    tail(0);
  }
}

}  // namespace piaojue
