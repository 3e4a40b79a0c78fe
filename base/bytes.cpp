// SPDX-License-Identifier: Apache-2.0
#include "base/bytes.h"

#include <sodium.h>

namespace piaojue {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string to_hex(ByteView bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  out.reserve(2 * bytes.size());
  for (std::uint8_t const byte : bytes) {
    out.push_back(kDigits[byte >> 4]);
    out.push_back(kDigits[byte & 15]);
  }
  return out;
}

std::optional<Bytes> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  Bytes out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    int const high = hex_digit(text[i]);
    int const low = hex_digit(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out.push_back(static_cast<std::uint8_t>(16 * high + low));
  }
  return out;
}

std::string to_base64(ByteView bytes) {
  // The length that libsodium states includes the terminating zero, which std::string keeps for itself.
  std::string out(sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(out.data(), out.size(), bytes.data(), bytes.size(), sodium_base64_VARIANT_ORIGINAL);
  out.pop_back();
  return out;
}

std::optional<Bytes> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  Bytes out(text.size() / 4 * 3);
  std::size_t used = 0;
  if (!text.empty() && sodium_base642bin(out.data(), out.size(), text.data(), text.size(), nullptr, &used, nullptr,
                                         sodium_base64_VARIANT_ORIGINAL) != 0) {
    return std::nullopt;
  }
  out.resize(used);
  // One spelling for one value: padding bits and padding characters must be those that we would write.
  if (to_base64(out) != text) return std::nullopt;
  return out;
}

void append_u32be(Bytes& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(value >> shift));
}

void append_u64be(Bytes& out, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(value >> shift));
}

namespace {

template <class Number>
Number read_be(ByteView bytes) {
  Number value = 0;
  if (bytes.size() < sizeof(Number)) return value;
  for (auto const byte : bytes.first(sizeof(Number))) value = value << 8 | byte;
  return value;
}

}  // namespace

std::uint32_t read_u32be(ByteView bytes) { return read_be<std::uint32_t>(bytes); }
std::uint64_t read_u64be(ByteView bytes) { return read_be<std::uint64_t>(bytes); }

}  // namespace piaojue
