// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The group in the tests' own words: straight on libsodium, so that a mistake in the library does not hide itself.
#include <sodium.h>

#include <initializer_list>
#include <string_view>

#include "crypto/types.h"

namespace piaojue::crypto::test {

/// RFC 9496 §A.2: not canonical, negative, off the curve, and with s = −1.
inline constexpr char const* kBadEncodings[] = {
    "00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371",
    "4eac077a713c57b4f4397629a4145982c661f48044dd3f96427d40b147d9742f",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};

inline Point point(char const* hex) { return *Point::from(*from_hex(hex)); }

inline Scalar scalar(std::uint32_t value) {
  Scalar out;
  for (std::size_t i = 0; i < 4; ++i) out.data[i] = static_cast<std::uint8_t>(value >> (8 * i));
  return out;
}

inline Scalar random_scalar() {
  Scalar out;
  crypto_core_ristretto255_scalar_random(out.data.data());
  return out;
}

inline Scalar add(Scalar const& a, Scalar const& b) {
  Scalar out;
  crypto_core_ristretto255_scalar_add(out.data.data(), a.data.data(), b.data.data());
  return out;
}

inline Scalar sub(Scalar const& a, Scalar const& b) {
  Scalar out;
  crypto_core_ristretto255_scalar_sub(out.data.data(), a.data.data(), b.data.data());
  return out;
}

inline Scalar mul(Scalar const& a, Scalar const& b) {
  Scalar out;
  crypto_core_ristretto255_scalar_mul(out.data.data(), a.data.data(), b.data.data());
  return out;
}

/// L − 1.
inline Scalar minus_one() { return sub(scalar(0), scalar(1)); }

/// x + L, which is the same number modulo L. Fits in 32 bytes for x < L.
inline Scalar plus_order(Scalar x) {
  auto const order = *from_hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  unsigned carry = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    carry += x.data[i] + order[i];
    x.data[i] = static_cast<std::uint8_t>(carry);
    carry >>= 8;
  }
  return x;
}

inline Point base(Scalar const& s) {
  Point out;
  if (crypto_scalarmult_ristretto255_base(out.data.data(), s.data.data()) != 0) return Point{};
  return out;
}

inline Point times(Scalar const& s, Point const& p) {
  Point out;
  if (crypto_scalarmult_ristretto255(out.data.data(), s.data.data(), p.data.data()) != 0) return Point{};
  return out;
}

inline Point add(Point const& a, Point const& b) {
  Point out;
  static_cast<void>(crypto_core_ristretto255_add(out.data.data(), a.data.data(), b.data.data()));
  return out;
}

inline Point sub(Point const& a, Point const& b) {
  Point out;
  static_cast<void>(crypto_core_ristretto255_sub(out.data.data(), a.data.data(), b.data.data()));
  return out;
}

/// SHA-512(domain ‖ 0x00 ‖ parts) mod L.
inline Scalar hash(std::string_view domain, std::initializer_list<ByteView> parts) {
  Bytes input = to_bytes(as_bytes(domain));
  input.push_back(0);
  for (ByteView const part : parts) append(input, part);
  std::uint8_t wide[64];
  crypto_hash_sha512(wide, input.data(), input.size());
  Scalar out;
  crypto_core_ristretto255_scalar_reduce(out.data.data(), wide);
  return out;
}

}  // namespace piaojue::crypto::test
