// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Byte views and fixed-size byte values. A distinct tag makes a distinct type, so that a key can not be passed for a
/// hash and a signature can not be passed for a proof. Nothing here is secret: secrets live in `secret.h`.
#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace piaojue {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<std::uint8_t const>;

inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<std::uint8_t const*>(text.data()), text.size()};
}
inline std::string_view as_text(ByteView bytes) { return {reinterpret_cast<char const*>(bytes.data()), bytes.size()}; }
inline Bytes to_bytes(ByteView bytes) { return {bytes.begin(), bytes.end()}; }

/// Exactly N bytes, compared in byte order (not in constant time: for public values only).
template <class Tag, std::size_t N>
struct FixedBytes {
  static constexpr std::size_t kSize = N;
  std::array<std::uint8_t, N> data{};

  ByteView view() const { return data; }
  auto operator<=>(FixedBytes const&) const = default;

  /// @return nothing if `bytes` is not exactly N long.
  static std::optional<FixedBytes> from(ByteView bytes) {
    if (bytes.size() != N) return std::nullopt;
    FixedBytes out;
    std::ranges::copy(bytes, out.data.begin());
    return out;
  }
};

/// Lower-case hexadecimal.
std::string to_hex(ByteView bytes);
/// @return nothing unless `text` is an even number of hexadecimal digits (either case).
std::optional<Bytes> from_hex(std::string_view text);
/// RFC 4648 §4, with padding.
std::string to_base64(ByteView bytes);
/// @return nothing for anything but canonical RFC 4648 §4 with padding.
std::optional<Bytes> from_base64(std::string_view text);

/// Big-endian, fixed width: how every integer enters a hash or a fixed layout.
void append_u32be(Bytes& out, std::uint32_t value);
void append_u64be(Bytes& out, std::uint64_t value);
/// Of the first four, or eight, bytes; 0 if there are fewer.
std::uint32_t read_u32be(ByteView bytes);
std::uint64_t read_u64be(ByteView bytes);
inline void append(Bytes& out, ByteView more) { out.insert(out.end(), more.begin(), more.end()); }

template <class T>
struct FixedBytesHash {
  std::size_t operator()(T const& v) const { return std::hash<std::string_view>{}(as_text(v.view())); }
};

}  // namespace piaojue
