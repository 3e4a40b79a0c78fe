// SPDX-License-Identifier: Apache-2.0
#include "crypto/sign.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include <memory>

#include "crypto/domain.h"

namespace piaojue::crypto {
namespace {

// libsodium's multi-part interface is Ed25519ph, another scheme; plain Ed25519 needs the message in one piece.
Bytes concatenate(std::initializer_list<ByteView> parts) {
  std::size_t size = 0;
  for (ByteView const part : parts) size += part.size();
  Bytes out;
  out.reserve(size);
  for (ByteView const part : parts) append(out, part);
  return out;
}

bool libsodium_verifies(SigningPublicKey const& key, ByteView message, Signature const& sig) {
  return crypto_sign_verify_detached(sig.data.data(), message.data(), message.size(), key.data.data()) == 0;
}

/// Some releases of libsodium multiply the equation by the cofactor; 1.0.18 and 1.0.22 do not. This signature fulfils
/// no more than that: R = r·B + a point of order 8 (tests/vectors/ed25519.py, "mixed R").
bool libsodium_is_lax() {
  static bool const lax = [] {
    auto const key = from_hex("88aa55e6afeed8960a3191de78600347db8acd0a3795412f275f049b86260488");
    auto const sig = from_hex(
        "5b61c2e3b93e6c06450f327ea72cdfeb8cde6aa020d2dd827ab3f86e708c8393"
        "1d3fb9fcbb69a0836b78df922960453e7bf56b945e8b81e9bb8c970c7aab2f00");
    return libsodium_verifies(*SigningPublicKey::from(*key), as_bytes("mixed R"), *Signature::from(*sig));
  }();
  return lax;
}

/// The y of the points whose order divides 8, also those that are not below p. The sign bit of x stands apart.
using Y = std::array<std::uint8_t, 32>;
constexpr Y y_of(std::uint8_t first, std::uint8_t middle, std::uint8_t last) {
  Y out{};
  out.fill(middle);
  out.front() = first;
  out.back() = last;
  return out;
}
constexpr std::array<Y, 7> kSmallOrder{
    y_of(0, 0, 0),
    y_of(1, 0, 0),
    y_of(0xec, 0xff, 0x7f),
    y_of(0xed, 0xff, 0x7f),
    y_of(0xee, 0xff, 0x7f),
    Y{0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
      0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
    Y{0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
      0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a}};

bool is_of_small_order(ByteView point) {
  Y y;
  std::ranges::copy(point, y.begin());
  y.back() &= 0x7f;
  return std::ranges::find(kSmallOrder, y) != kSmallOrder.end();
}

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* p) const {
    Free(p);
  }
};

}  // namespace

SigningKey SigningKey::generate() {
  Secret secret(crypto_sign_SECRETKEYBYTES);
  SigningPublicKey public_key;
  crypto_sign_keypair(public_key.data.data(), secret.data());
  return {std::move(secret), public_key};
}

Result<SigningKey> SigningKey::from_seed(Secret const& seed) {
  if (seed.size() != crypto_sign_SEEDBYTES) return Refusal::kMalformed;
  Secret secret(crypto_sign_SECRETKEYBYTES);
  SigningPublicKey public_key;
  crypto_sign_seed_keypair(public_key.data.data(), secret.data(), seed.data());
  return SigningKey{std::move(secret), public_key};
}

Secret SigningKey::seed() const { return Secret::copy_of(secret_.view().first(crypto_sign_SEEDBYTES)); }

Signature SigningKey::sign(std::initializer_list<ByteView> parts) const {
  Bytes const message = concatenate(parts);
  Signature out;
  crypto_sign_detached(out.data.data(), nullptr, message.data(), message.size(), secret_.data());
  return out;
}

bool is_valid(SigningPublicKey const& key) { return !is_of_small_order(key.view()); }

bool detail::equation_holds(SigningPublicKey const& key, ByteView message, Signature const& sig) {
  std::unique_ptr<EVP_PKEY, Freer<&EVP_PKEY_free>> const public_key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.data.data(), SigningPublicKey::kSize));
  std::unique_ptr<EVP_MD_CTX, Freer<&EVP_MD_CTX_free>> const ctx(EVP_MD_CTX_new());
  bool const holds =
      public_key && ctx && EVP_DigestVerifyInit(ctx.get(), nullptr, nullptr, nullptr, public_key.get()) == 1 &&
      EVP_DigestVerify(ctx.get(), sig.data.data(), Signature::kSize, message.data(), message.size()) == 1;
  ERR_clear_error();
  return holds;
}

bool verify(SigningPublicKey const& key, std::initializer_list<ByteView> parts, Signature const& sig) {
  Bytes const message = concatenate(parts);
  if (!is_valid(key) || is_of_small_order(sig.view().first(SigningPublicKey::kSize))) return false;
  if (!libsodium_verifies(key, message, sig)) return false;
  return !libsodium_is_lax() || detail::equation_holds(key, message, sig);
}

Bytes entry_signing_input(std::string_view type, ByteView body) {
  Bytes out;
  out.reserve(domain::kSignature.size() + type.size() + 1 + body.size());
  append(out, as_bytes(domain::kSignature));
  append(out, as_bytes(type));
  out.push_back(0);
  append(out, body);
  return out;
}

}  // namespace piaojue::crypto
