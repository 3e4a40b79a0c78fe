// SPDX-License-Identifier: Apache-2.0
#pragma once
/// RSA Blind Signatures, RFC 9474: RSABSSA-SHA384 in its four variants. The protocol uses
/// RSABSSA-SHA384-PSS-Randomized only; the others are here because the standard's vectors prove the shared steps.
///
/// Sizes: n_bytes = modulus_bits / 8; blinded_msg, inv, blind_sig and sig are exactly n_bytes, big-endian.
/// Timing: the private operation runs through OpenSSL's EVP (CRT, base blinding, constant time); whether a prime
/// divides what is asked shows by Montgomery's reduction, which does not divide. Secrets become numbers without regard
/// to zero bytes at their beginning. `blind` inverts m·r·b with a fresh uniform b that is used for nothing else: the
/// product is uniform and independent of (m, r), so that the inversion need not be constant time, not even against a
/// trustee who later learns m and could then compute m·r. This one inversion proves gcd(m, n) = gcd(r, n) = 1. Rejected
/// draws of r are thrown away. `finalize` raises a token that nobody has seen yet: each of its comparisons holds, or
/// the token is refused. `verify` and the checks of public keys touch public values only and are not constant time.
/// `tests/timing/` looks at this, jump by jump.
///
/// Randomness: r, b and the salt come from libsodium's randombytes; RSA key generation and base blinding from OpenSSL.
#include <cstdint>
#include <memory>

#include "base/refusal.h"
#include "base/secret.h"
#include "crypto/types.h"

namespace piaojue::crypto::blind_rsa {

enum class Variant : std::uint8_t { kPssRandomized, kPssZeroRandomized, kPssDeterministic, kPssZeroDeterministic };

/// 32 for Randomized, 0 for Deterministic.
std::size_t prefix_bytes(Variant v);
/// 48 for PSS, 0 for PSSZERO.
std::size_t salt_bytes(Variant v);

/// A parsed public key with its Montgomery context: made once, shared by all threads, cheap to copy.
class PublicKey {
 public:
  /// @param modulus big-endian, exactly `modulus_bits / 8` bytes, top bit set; e is always 65537.
  /// @param modulus_bits 2048, 3072 or 4096.
  /// @return kKeyParam: another size, even, or a prime factor below 2^16.
  [[nodiscard]] static Result<PublicKey> from_modulus(ByteView modulus, std::uint32_t modulus_bits);
  Bytes modulus() const;
  std::size_t bytes() const;  ///< n_bytes
  struct Impl;
  Impl const& impl() const { return *impl_; }

 private:
  explicit PublicKey(std::shared_ptr<Impl const> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<Impl const> impl_;
  friend class PrivateKey;
};

/// A parsed private key with its contexts: made once; `blind_sign` may run on many threads at the same time.
/// Move-only; destroying it wipes the primes.
class PrivateKey {
 public:
  /// Fresh key, e = 65537. @param modulus_bits 2048, 3072 or 4096.
  [[nodiscard]] static Result<PrivateKey> generate(std::uint32_t modulus_bits);
  /// From the factors (the form of the standard's vectors), big-endian, of equal length.
  /// @return kKeyParam: p·q is not a modulus as above, p = q, or e is not invertible. Primality is not tested: the
  /// factors come from a sealed store of our own, and `blind_sign` checks each result.
  [[nodiscard]] static Result<PrivateKey> from_primes(ByteView p, ByteView q);
  /// p ‖ q, each n_bytes / 2, for sealed storage. `from_primes` reads it back.
  Secret primes() const;
  PublicKey const& public_key() const;
  PrivateKey(PrivateKey&&) noexcept;
  PrivateKey& operator=(PrivateKey&&) noexcept;
  ~PrivateKey();
  struct Impl;
  Impl const& impl() const { return *impl_; }

 private:
  explicit PrivateKey(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// What `blind` yields. `inv` undoes the blinding: secret, and with it the whole link from request to token.
struct Blinding {
  Bytes blinded_msg;  ///< z, n_bytes
  Secret inv;         ///< r^−1 mod n, n_bytes
};

/// prepared_msg = prefix ‖ msg (RFC 9474 §4.1). For deterministic variants `prefix` is empty.
Bytes prepare(ByteView prefix, ByteView msg);

/// Blinds with a fresh r, uniform in [1, n), and a fresh salt, both from libsodium's randombytes. RFC 9474 §4.2.
/// @return kKeyParam: the encoded message or r shares a factor with n; the key must be replaced.
[[nodiscard]] Result<Blinding> blind(PublicKey const& pk, Variant variant, ByteView prepared_msg);

/// The same with given r (via its inverse, as the vectors give it) and salt: for known-answer tests only.
[[nodiscard]] Result<Blinding> blind_deterministic(PublicKey const& pk, Variant variant, ByteView prepared_msg,
                                                   ByteView salt, ByteView inv);

/// RFC 9474 §4.3. The result is checked (s^e = z) before it leaves: a faulty CRT would reveal the key.
/// @return kOutOfRange: z is not n_bytes long, z ≤ 1, z ≥ n − 1, or gcd(z, n) ≠ 1. kInternal: the check failed.
[[nodiscard]] Result<Bytes> blind_sign(PrivateKey const& sk, ByteView blinded_msg);

/// RFC 9474 §4.4. @return kFinalizeFailed: the unblinded value is not a valid signature, a size is wrong, or blind_sig
/// ≥ n.
[[nodiscard]] Result<Bytes> finalize(PublicKey const& pk, Variant variant, ByteView prepared_msg, ByteView blind_sig,
                                     Secret const& inv);

/// RSASSA-PSS-VERIFY with SHA-384 and MGF1-SHA-384 (RFC 8017 §8.1.2). False for another length and for sig ≥ n.
[[nodiscard]] bool verify(PublicKey const& pk, Variant variant, ByteView prepared_msg, ByteView sig);

/// s^e = z mod n with z, s < n of exactly n_bytes: what makes (z, s) a transferable proof against a trustee whose
/// signature does not finalize.
[[nodiscard]] bool raw_public_matches(PublicKey const& pk, ByteView blinded_msg, ByteView blind_sig);

/// EMSA-PSS-ENCODE with the given salt (RFC 8017 §9.1.1): for known-answer tests.
[[nodiscard]] Result<Bytes> emsa_pss_encode(Variant variant, ByteView prepared_msg, ByteView salt,
                                            std::uint32_t modulus_bits);

}  // namespace piaojue::crypto::blind_rsa
