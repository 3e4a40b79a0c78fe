// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Ed25519 (RFC 8032). Two verifiers must never disagree about one signature, so specification §2.4 fixes what the RFC
/// leaves open: S·B = R + k·A without the cofactor, R compared as bytes, S < L, R and A not of small order.
#include "base/refusal.h"
#include "base/secret.h"
#include "crypto/types.h"

namespace piaojue::crypto {

class SigningKey {
 public:
  static SigningKey generate();
  /// @param seed 32 bytes (RFC 8032 §5.1.5 private key).
  static Result<SigningKey> from_seed(Secret const& seed);
  /// The 32-byte seed, for sealed storage.
  Secret seed() const;
  SigningPublicKey const& public_key() const { return public_key_; }
  /// Signs the concatenation of `parts`.
  Signature sign(std::initializer_list<ByteView> parts) const;

 private:
  SigningKey(Secret secret, SigningPublicKey public_key) : secret_(std::move(secret)), public_key_(public_key) {}
  Secret secret_;  ///< libsodium's 64-byte form: seed ‖ public key
  SigningPublicKey public_key_;
};

/// False for a key of small order, in every encoding: one signature under it stands for many messages. Asked where a
/// key is introduced (specification §2.4).
[[nodiscard]] bool is_valid(SigningPublicKey const& key);

/// Ed25519 over the concatenation of `parts`.
[[nodiscard]] bool verify(SigningPublicKey const& key, std::initializer_list<ByteView> parts, Signature const& sig);

/// The bytes that an entry signature covers: "piaojue/v2/" ‖ type ‖ 0x00 ‖ body (specification §2).
Bytes entry_signing_input(std::string_view type, ByteView body);

namespace detail {
/// S < L and the equation without the cofactor, by OpenSSL; says nothing about small order. For `verify` where
/// libsodium multiplies by the cofactor, and for its test.
[[nodiscard]] bool equation_holds(SigningPublicKey const& key, ByteView message, Signature const& sig);
}  // namespace detail

}  // namespace piaojue::crypto
