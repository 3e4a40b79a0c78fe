// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Inside net/ only: OpenSSL's objects with owners, and the strict parsers that pki.cpp and tls.cpp share.
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string_view>

#include "net/pki.h"

namespace piaojue::net::detail {

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* p) const {
    Free(p);
  }
};
using BioPtr = std::unique_ptr<BIO, Freer<&BIO_free_all>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Freer<&EVP_PKEY_free>>;
using CertificatePtr = std::unique_ptr<X509, Freer<&X509_free>>;
using RequestPtr = std::unique_ptr<X509_REQ, Freer<&X509_REQ_free>>;

/// Exactly one PEM block of a certificate. @return kMalformed.
Result<CertificatePtr> parse_certificate(std::string_view pem);
/// Exactly one PEM block of an unencrypted P-256 private key. @return kMalformed, kKeyParam.
Result<KeyPtr> parse_private_key(ByteView pem);
/// The DER SubjectPublicKeyInfo as it stands in the certificate. @return kMalformed, also for no certificate.
Result<Bytes> spki_der_of(X509 const* certificate);
/// SHA-256 of it.
Result<Hash> spki_of(X509 const* certificate);

}  // namespace piaojue::net::detail
