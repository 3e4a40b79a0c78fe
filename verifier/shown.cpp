// SPDX-License-Identifier: Apache-2.0
#include "verifier/shown.h"

#include <algorithm>

namespace piaojue::verifier {
namespace {

/// Longer texts are cut on the screen; JSON has them whole.
constexpr std::size_t kShownCharactersMax = 60;

/// Length of the UTF-8 character that begins here; texts of the record are UTF-8, others are taken byte by byte.
std::size_t character_bytes(std::string_view text, std::size_t at) {
  auto const first = static_cast<unsigned char>(text[at]);
  std::size_t const length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  return std::min(length, text.size() - at);
}

/// Controls, line and paragraph separators, and changes of writing direction.
bool is_control(std::string_view character) {
  auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(character[i]); };
  if (character.size() == 1) return byte(0) < 0x20 || byte(0) >= 0x7F;
  if (character.size() == 2) return byte(0) == 0xC2 && byte(1) < 0xA0;
  if (character.size() == 3 && byte(0) == 0xE2)
    return (byte(1) == 0x80 && (byte(2) == 0x8E || byte(2) == 0x8F || (byte(2) >= 0xA8 && byte(2) <= 0xAE))) ||
           (byte(1) == 0x81 && byte(2) >= 0xA6 && byte(2) <= 0xA9);
  return false;
}

}  // namespace

std::string shown(std::string_view text) {
  std::string out;
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size();) {
    std::string_view const character = text.substr(at, character_bytes(text, at));
    at += character.size();
    if (++count > kShownCharactersMax) return out + "…";
    if (is_control(character))
      out += "\uFFFD";
    else
      out += character;
  }
  return out;
}

}  // namespace piaojue::verifier
