// SPDX-License-Identifier: Apache-2.0
// Narrow paths are UTF-8. libstdc++ makes a path of narrow characters by mbrtowc, and msvcrt's, whose only locale is
// "C", makes a wide character of each byte; the linker puts this one in its place (--wrap, cmake/windows.cmake).
#include <cerrno>
#include <cstddef>
#include <cwchar>

namespace {

constexpr auto kWrong = static_cast<std::size_t>(-1);
constexpr auto kUnfinished = static_cast<std::size_t>(-2);

// Length 2 to 4 of what begins with this byte; 0: nothing does.
std::size_t length_of(unsigned char first) {
  if (first < 0xc2 || first > 0xf4) return 0;
  return first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
}

std::size_t wrong() {
  errno = EILSEQ;
  return kWrong;
}

}  // namespace

extern "C" std::size_t __wrap_mbrtowc(wchar_t* to, char const* from, std::size_t size, std::mbstate_t* state);

extern "C" std::size_t __wrap_mbrtowc(wchar_t* to, char const* from, std::size_t size, std::mbstate_t* state) {
  static thread_local std::mbstate_t own{};
  std::mbstate_t& second = state ? *state : own;  // the second half of a character of two, when its first was given
  if (!from) {
    second = {};
    return 0;
  }
  if (size == 0) return kUnfinished;
  auto const give = [&](unsigned character) {
    if (to) *to = static_cast<wchar_t>(character);
  };
  if (second != 0) {  // one byte of four was left for it
    give(static_cast<unsigned>(second));
    second = 0;
    return 1;
  }
  auto const byte = [&](std::size_t at) { return static_cast<unsigned char>(from[at]); };
  if (byte(0) < 0x80) {
    give(byte(0));
    return byte(0) == 0 ? 0 : 1;
  }
  std::size_t const length = length_of(byte(0));
  if (length == 0) return wrong();
  unsigned point = byte(0) & (0x7fU >> length);
  for (std::size_t at = 1; at < length; ++at) {
    if (at == size) return kUnfinished;
    if ((byte(at) & 0xc0) != 0x80) return wrong();
    point = point << 6 | (byte(at) & 0x3fU);
  }
  static constexpr unsigned kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  if (point < kLeast[length] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return wrong();
  if (length < 4) {
    give(point);
    return length;
  }
  give(0xd7c0 + (point >> 10));
  second = static_cast<std::mbstate_t>(0xdc00 + (point & 0x3ff));
  return 3;
}
