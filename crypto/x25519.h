// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Key pairs of X25519 (RFC 7748), one type for each use: `onion::MixKey` of a mix hop, `BoxKey` of a person.
#include "base/refusal.h"
#include "base/secret.h"
#include "crypto/types.h"

namespace piaojue::crypto {

inline constexpr std::size_t kX25519SecretBytes = 32;

/// False for a key of small order, in every encoding: anybody could open what is sealed to it. Asked where a key is
/// introduced (specification §2.4).
[[nodiscard]] bool is_valid(MixPublicKey const& key);
[[nodiscard]] bool is_valid(BoxPublicKey const& key);

/// With the top bit of the last byte cleared, which RFC 7748 §5 ignores: the form in which keys are compared and
/// remembered. Without it one key could be brought twice.
[[nodiscard]] MixPublicKey canonical(MixPublicKey key);
[[nodiscard]] BoxPublicKey canonical(BoxPublicKey key);

template <class PublicKey>
class X25519Key {
 public:
  static X25519Key generate() {
    Secret secret(kX25519SecretBytes);
    PublicKey public_key;
    crypto_box_keypair(public_key.data.data(), secret.data());
    return {std::move(secret), public_key};
  }
  /// @param secret kX25519SecretBytes. @return kMalformed for another length.
  [[nodiscard]] static Result<X25519Key> from_secret(Secret secret) {
    if (secret.size() != kX25519SecretBytes) return Refusal::kMalformed;
    PublicKey public_key;
    crypto_scalarmult_base(public_key.data.data(), secret.data());
    return X25519Key{std::move(secret), public_key};
  }
  PublicKey const& public_key() const { return public_key_; }
  Secret const& secret() const { return secret_; }

 private:
  X25519Key(Secret secret, PublicKey public_key) : secret_(std::move(secret)), public_key_(public_key) {}
  Secret secret_;
  PublicKey public_key_;
};

}  // namespace piaojue::crypto
