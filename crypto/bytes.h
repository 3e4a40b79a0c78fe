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

namespace piaojue::crypto {

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

/// SHA-256 output: leaf hashes, tree roots, contexts, digests.
using Hash = FixedBytes<struct HashTag, 32>;
/// Ed25519 public key: identity keys (IK), witness keys (WK), trustee keys, ballot keys (pk_v).
using SigningPublicKey = FixedBytes<struct SigningPublicKeyTag, 32>;
/// Ed25519 signature.
using Signature = FixedBytes<struct SignatureTag, 64>;
/// Canonical ristretto255 encoding (RFC 9496). Whether it is valid is checked where it enters.
using Point = FixedBytes<struct PointTag, 32>;
/// Public scalar modulo L, little-endian. Whether it is below L is checked where it enters.
using Scalar = FixedBytes<struct ScalarTag, 32>;
/// X25519 public key of a mix hop.
using MixPublicKey = FixedBytes<struct MixPublicKeyTag, 32>;
/// The 32-byte random prefix of RFC 9474 §4.1 (PrepareRandomize), shared by all trustees of one token.
using TokenPrefix = FixedBytes<struct TokenPrefixTag, 32>;

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
inline void append(Bytes& out, ByteView more) { out.insert(out.end(), more.begin(), more.end()); }

/// SHA-256 of the concatenation of `parts`.
Hash sha256(std::initializer_list<ByteView> parts);

template <class T>
struct FixedBytesHash {
  std::size_t operator()(T const& v) const { return std::hash<std::string_view>{}(as_text(v.view())); }
};

}  // namespace piaojue::crypto
