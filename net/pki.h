// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The meeting's own certificate authority (specification §9): one CA made for one meeting, P-256 throughout, used for
/// nothing but mutual TLS. Certificates only let a connection in; what a person may do is decided by signatures under
/// the keys of the manifest.
///
/// Forms: certificates are PEM text, requests are DER, private keys are PKCS#8 PEM in Secret memory. Times are POSIX
/// seconds and always given by the caller (no clock in here). Every function refuses with
///   kMalformed   a PEM text or a request that does not parse, or has anything after it
///   kKeyParam    a key that is not P-256, or that does not belong to the certificate
///   kOutOfRange  a validity that ends before it begins
///   kInternal    OpenSSL failed in a way that input can not cause
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/refusal.h"
#include "base/secret.h"
#include "crypto/types.h"

namespace piaojue::net {

using crypto::Hash;

inline constexpr std::size_t kPemBytesMax = 16U << 10;
inline constexpr std::size_t kCsrBytesMax = 4U << 10;

struct Validity {
  std::uint64_t not_before_s = 0;
  std::uint64_t not_after_s = 0;
};

/// A private key with the certificate that names it.
struct Credential {
  Secret key_pem;
  std::string certificate_pem;
  Credential clone() const { return {key_pem.clone(), certificate_pem}; }
};

/// Self-signed CA: path length 0, may sign certificates only.
[[nodiscard]] Result<Credential> make_authority(std::string_view common_name, Validity validity);

/// Server certificate (serverAuth). @param host DNS name or address for the subject alternative name; clients do not
/// look at it (they pin the key), other tools may.
[[nodiscard]] Result<Credential> make_server_certificate(Credential const& authority, std::string_view host,
                                                         Validity validity);

/// A fresh P-256 key for TLS.
[[nodiscard]] Result<Secret> make_tls_key();

/// PKCS#10 request, DER, signed by the key; its subject is ignored by `issue_client_certificate`.
[[nodiscard]] Result<Bytes> make_csr(Secret const& key_pem);

/// Client certificate (clientAuth) for the key of the request: CN = "piaojue person N", 128-bit random serial. Nothing
/// but the key is taken from the request.
/// @return besides the above kBadSignature: the request is not signed by its own key (its sender may not own it).
[[nodiscard]] Result<std::string> issue_client_certificate(Credential const& authority, ByteView csr,
                                                           std::uint32_t person, Validity validity);

struct CertificateInfo {
  std::string common_name;
  std::optional<std::uint32_t> person;  ///< N, if the common name is exactly "piaojue person N"
  std::string serial_hex;
  Validity validity;
  Hash spki_sha256;
};
[[nodiscard]] Result<CertificateInfo> inspect_certificate(std::string_view certificate_pem);

/// SHA-256 of the DER SubjectPublicKeyInfo: what clients pin and what names a client's TLS key.
[[nodiscard]] Result<Hash> spki_sha256(std::string_view certificate_pem);
[[nodiscard]] Result<Hash> spki_sha256_of_key(Secret const& key_pem);
[[nodiscard]] Result<Hash> spki_sha256_of_csr(ByteView csr);

/// For people and printed slips: 64 lower-case hex digits in groups of four, "3f2a 90c1 …".
std::string format_fingerprint(Hash const& spki);

}  // namespace piaojue::net
