// SPDX-License-Identifier: Apache-2.0
#include "protocol/meeting/crockford.h"

namespace piaojue::meeting {

std::string to_crockford(ByteView bytes) {
  std::string out;
  std::uint32_t held = 0;
  int have = 0;
  for (std::uint8_t const byte : bytes) {
    held = held << 8 | byte;
    for (have += 8; have >= 5; have -= 5) out.push_back(kCrockford[(held >> (have - 5)) & 31]);
  }
  return out;
}

std::optional<std::uint8_t> crockford_value(char32_t c) {
  // The locale must not decide what a slip means.
  if (c >= U'a' && c <= U'z') c = c - U'a' + U'A';
  if (c == U'I' || c == U'L') c = U'1';
  if (c == U'O') c = U'0';
  if (c > U'Z') return std::nullopt;
  auto const at = kCrockford.find(static_cast<char>(c));
  if (at == std::string_view::npos) return std::nullopt;
  return static_cast<std::uint8_t>(at);
}

std::string in_groups_of_four(std::string_view characters) {
  std::string out;
  for (std::size_t i = 0; i < characters.size(); ++i) {
    if (i != 0 && i % 4 == 0) out.push_back('-');
    out.push_back(characters[i]);
  }
  return out;
}

}  // namespace piaojue::meeting
