// SPDX-License-Identifier: Apache-2.0
#include "net/pki.h"

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <charconv>
#include <chrono>
#include <ctime>

#include "net/openssl_types.h"

namespace piaojue::net {
namespace detail {
namespace {

/// OpenSSL's per-thread error queue must not carry our refusals into the next TLS operation of this thread.
struct ClearErrors {
  ~ClearErrors() { ERR_clear_error(); }
};

/// Never ask a person: without this OpenSSL prompts for a passphrase on the terminal of the server.
int no_passphrase(char*, int, int, void*) { return -1; }

/// A BIO over PEM text that begins with its armour.
BioPtr pem_reader(std::string_view pem) {
  if (pem.size() > kPemBytesMax || !pem.starts_with("-----BEGIN ")) return nullptr;
  return BioPtr(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

/// Nothing but line ends after the block: a second block would be silently ignored, and so mean two things to two
/// tools.
bool at_end(BIO* bio) {
  char c = 0;
  while (BIO_read(bio, &c, 1) == 1) {
    if (c != '\n' && c != '\r') return false;
  }
  return true;
}

bool is_p256(EVP_PKEY const* key) {
  char group[32] = {};
  std::size_t length = 0;
  return EVP_PKEY_is_a(key, "EC") == 1 && EVP_PKEY_get_group_name(key, group, sizeof group, &length) == 1 &&
         std::string_view(group) == "prime256v1";
}

std::string take_text(BIO* bio) {
  char* data = nullptr;
  long const length = BIO_get_mem_data(bio, &data);
  return length > 0 ? std::string(data, static_cast<std::size_t>(length)) : std::string();
}

Result<std::string> certificate_text(X509* certificate) {
  BioPtr const bio(BIO_new(BIO_s_mem()));
  if (!bio || PEM_write_bio_X509(bio.get(), certificate) != 1) return Refusal::kInternal;
  return take_text(bio.get());
}

Result<Secret> key_text(EVP_PKEY* key) {
  BioPtr const bio(BIO_new(BIO_s_secmem()));  // wiped when freed
  if (!bio || PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return Refusal::kInternal;
  }
  char* data = nullptr;
  long const length = BIO_get_mem_data(bio.get(), &data);
  if (length <= 0) return Refusal::kInternal;
  return Secret::copy_of(as_bytes({data, static_cast<std::size_t>(length)}));
}

Result<KeyPtr> make_key() {
  char curve[] = "P-256";  // OpenSSL's macro takes the const away
  KeyPtr key(EVP_EC_gen(curve));
  if (!key) return Refusal::kInternal;
  return key;
}

Result<RequestPtr> parse_request(ByteView der) {
  if (der.empty() || der.size() > kCsrBytesMax) return Refusal::kMalformed;
  unsigned char const* at = der.data();
  RequestPtr request(d2i_X509_REQ(nullptr, &at, static_cast<long>(der.size())));
  if (!request || at != der.data() + der.size()) return Refusal::kMalformed;
  return request;
}

/// Takes what an i2d_ function has made.
Result<Bytes> take_der(unsigned char* der, int length) {
  if (length <= 0) return Refusal::kMalformed;
  Bytes out(der, der + length);
  OPENSSL_free(der);
  return out;
}

Result<Bytes> spki_der(X509_PUBKEY const* spki) {
  unsigned char* der = nullptr;
  int const length = spki != nullptr ? i2d_X509_PUBKEY(spki, &der) : -1;
  return take_der(der, length);
}

Result<Hash> hash_spki(X509_PUBKEY const* spki) {
  auto const der = spki_der(spki);
  if (!der) return der.error();
  return crypto::sha256({*der});
}

struct SigningAuthority {
  CertificatePtr certificate;
  KeyPtr key;
};

Result<SigningAuthority> open_authority(Credential const& authority) {
  auto certificate = parse_certificate(authority.certificate_pem);
  if (!certificate) return certificate.error();
  auto key = parse_private_key(authority.key_pem.view());
  if (!key) return key.error();
  if (X509_check_private_key(certificate->get(), key->get()) != 1) return Refusal::kKeyParam;
  return SigningAuthority{std::move(*certificate), std::move(*key)};
}

/// What differs between our three kinds of certificate.
struct Profile {
  std::string common_name;
  char const* basic_constraints;
  char const* key_usage;
  char const* extended_key_usage;  ///< or null
  std::string_view host;           ///< subject alternative name, or empty
};

bool add_extension(X509* certificate, X509V3_CTX* context, int nid, char const* value) {
  std::unique_ptr<X509_EXTENSION, Freer<&X509_EXTENSION_free>> const extension(
      X509V3_EXT_conf_nid(nullptr, context, nid, value));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

/// Built from parts, not from OpenSSL's configuration syntax, in which a comma in a host name would begin another name.
bool add_host(X509* certificate, std::string const& host) {
  std::unique_ptr<GENERAL_NAME, Freer<&GENERAL_NAME_free>> name(GENERAL_NAME_new());
  if (!name) return false;
  if (ASN1_OCTET_STRING* const address = a2i_IPADDRESS(host.c_str()); address != nullptr) {
    GENERAL_NAME_set0_value(name.get(), GEN_IPADD, address);
  } else {
    ASN1_IA5STRING* const dns = ASN1_IA5STRING_new();
    if (dns == nullptr) return false;
    GENERAL_NAME_set0_value(name.get(), GEN_DNS, dns);
    if (ASN1_STRING_set(dns, host.data(), static_cast<int>(host.size())) != 1) return false;
  }
  GENERAL_NAMES* const names = sk_GENERAL_NAME_new_null();
  if (names == nullptr) return false;
  if (sk_GENERAL_NAME_push(names, name.get()) > 0) (void)name.release();
  bool const added =
      sk_GENERAL_NAME_num(names) == 1 && X509_add1_ext_i2d(certificate, NID_subject_alt_name, names, 0, 0) == 1;
  GENERAL_NAMES_free(names);
  return added;
}

constexpr std::uint64_t kEndOfYear9999 = 253'402'300'799;

/// One certificate for `subject_key`, signed by `issuer_key`; self-signed where `issuer` is null.
Result<CertificatePtr> build(Profile const& profile, EVP_PKEY* subject_key, X509* issuer, EVP_PKEY* issuer_key,
                             Validity validity) {
  if (validity.not_before_s >= validity.not_after_s || validity.not_after_s > kEndOfYear9999) {
    return Refusal::kOutOfRange;
  }
  if (profile.common_name.empty() || profile.common_name.size() > 64) return Refusal::kMalformed;
  CertificatePtr certificate(X509_new());
  std::unique_ptr<BIGNUM, Freer<&BN_free>> const serial(BN_new());
  if (!certificate || !serial) return Refusal::kInternal;
  X509* const cert = certificate.get();
  // The top bit is set, so that the serial is never zero and always of one length.
  if (BN_rand(serial.get(), 128, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) != 1 ||
      BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(cert)) == nullptr ||
      X509_set_version(cert, X509_VERSION_3) != 1 ||
      ASN1_TIME_set(X509_getm_notBefore(cert), static_cast<std::time_t>(validity.not_before_s)) == nullptr ||
      ASN1_TIME_set(X509_getm_notAfter(cert), static_cast<std::time_t>(validity.not_after_s)) == nullptr ||
      X509_set_pubkey(cert, subject_key) != 1) {
    return Refusal::kInternal;
  }
  auto const* const name = reinterpret_cast<unsigned char const*>(profile.common_name.data());
  if (X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_UTF8, name,
                                 static_cast<int>(profile.common_name.size()), -1, 0) != 1) {
    return Refusal::kMalformed;  // not UTF-8
  }
  X509* const signer = issuer != nullptr ? issuer : cert;
  if (X509_set_issuer_name(cert, X509_get_subject_name(signer)) != 1) return Refusal::kInternal;
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, signer, cert, nullptr, nullptr, 0);
  bool const extended = add_extension(cert, &context, NID_basic_constraints, profile.basic_constraints) &&
                        add_extension(cert, &context, NID_key_usage, profile.key_usage) &&
                        add_extension(cert, &context, NID_subject_key_identifier, "hash") &&
                        add_extension(cert, &context, NID_authority_key_identifier, "keyid:always") &&
                        (profile.extended_key_usage == nullptr ||
                         add_extension(cert, &context, NID_ext_key_usage, profile.extended_key_usage)) &&
                        (profile.host.empty() || add_host(cert, std::string(profile.host)));
  if (!extended || X509_sign(cert, issuer_key, EVP_sha256()) <= 0) return Refusal::kInternal;
  return certificate;
}

std::optional<std::uint64_t> to_posix(ASN1_TIME const* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  namespace chrono = std::chrono;
  auto const day = chrono::year(parts.tm_year + 1900) / (parts.tm_mon + 1) / parts.tm_mday;
  auto const at = chrono::sys_days(day) + chrono::hours(parts.tm_hour) + chrono::minutes(parts.tm_min) +
                  chrono::seconds(parts.tm_sec);
  auto const seconds = at.time_since_epoch().count();
  if (seconds < 0) return std::nullopt;
  return static_cast<std::uint64_t>(seconds);
}

constexpr std::string_view kPersonName = "piaojue person ";

std::optional<std::uint32_t> person_of(std::string_view common_name) {
  if (!common_name.starts_with(kPersonName)) return std::nullopt;
  std::string_view const digits = common_name.substr(kPersonName.size());
  std::uint32_t person = 0;
  auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), person);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  if (digits != std::to_string(person)) return std::nullopt;  // leading zero
  return person;
}

}  // namespace

Result<CertificatePtr> parse_certificate(std::string_view pem) {
  ClearErrors const clear;
  BioPtr const bio = pem_reader(pem);
  if (!bio) return Refusal::kMalformed;
  CertificatePtr certificate(PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr));
  if (!certificate || !at_end(bio.get())) return Refusal::kMalformed;
  return certificate;
}

Result<KeyPtr> parse_private_key(ByteView pem) {
  ClearErrors const clear;
  BioPtr const bio = pem_reader(as_text(pem));
  if (!bio) return Refusal::kMalformed;
  KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
  if (!key || !at_end(bio.get())) return Refusal::kMalformed;
  if (!is_p256(key.get())) return Refusal::kKeyParam;
  return key;
}

Result<Bytes> spki_der_of(X509 const* certificate) {
  ClearErrors const clear;
  if (certificate == nullptr) return Refusal::kMalformed;
  return spki_der(X509_get_X509_PUBKEY(certificate));
}

Result<Hash> spki_of(X509 const* certificate) {
  ClearErrors const clear;
  return hash_spki(X509_get_X509_PUBKEY(certificate));
}

}  // namespace detail

using namespace detail;

namespace {

Result<Credential> finish(Result<CertificatePtr> certificate, EVP_PKEY* key) {
  if (!certificate) return certificate.error();
  auto key_pem = key_text(key);
  if (!key_pem) return key_pem.error();
  auto certificate_pem = certificate_text(certificate->get());
  if (!certificate_pem) return certificate_pem.error();
  return Credential{std::move(*key_pem), std::move(*certificate_pem)};
}

}  // namespace

Result<Credential> make_authority(std::string_view common_name, Validity validity) {
  ClearErrors const clear;
  auto key = make_key();
  if (!key) return key.error();
  Profile const profile{std::string(common_name), "critical,CA:TRUE,pathlen:0", "critical,keyCertSign", nullptr, {}};
  return finish(build(profile, key->get(), nullptr, key->get(), validity), key->get());
}

Result<Credential> make_server_certificate(Credential const& authority, std::string_view host, Validity validity) {
  ClearErrors const clear;
  auto signer = open_authority(authority);
  if (!signer) return signer.error();
  bool const plain = !host.empty() && host.size() <= 253 && std::ranges::all_of(host, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == ':';
  });
  if (!plain) return Refusal::kMalformed;
  auto key = make_key();
  if (!key) return key.error();
  Profile const profile{"piaojue server", "critical,CA:FALSE", "critical,digitalSignature", "critical,serverAuth",
                        host};
  return finish(build(profile, key->get(), signer->certificate.get(), signer->key.get(), validity), key->get());
}

Result<Secret> make_tls_key() {
  ClearErrors const clear;
  auto key = make_key();
  if (!key) return key.error();
  return key_text(key->get());
}

Result<Bytes> make_csr(Secret const& key_pem) {
  ClearErrors const clear;
  auto key = parse_private_key(key_pem.view());
  if (!key) return key.error();
  RequestPtr const request(X509_REQ_new());
  if (!request || X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) != 1 ||
      X509_REQ_set_pubkey(request.get(), key->get()) != 1 ||
      X509_REQ_sign(request.get(), key->get(), EVP_sha256()) <= 0) {
    return Refusal::kInternal;
  }
  unsigned char* der = nullptr;
  int const length = i2d_X509_REQ(request.get(), &der);
  auto out = take_der(der, length);
  if (!out) return Refusal::kInternal;
  return out;
}

Result<std::string> issue_client_certificate(Credential const& authority, ByteView csr, std::uint32_t person,
                                             Validity validity) {
  ClearErrors const clear;
  auto signer = open_authority(authority);
  if (!signer) return signer.error();
  auto request = parse_request(csr);
  if (!request) return request.error();
  EVP_PKEY* const key = X509_REQ_get0_pubkey(request->get());
  if (key == nullptr || !is_p256(key)) return Refusal::kKeyParam;
  if (X509_REQ_verify(request->get(), key) != 1) return Refusal::kBadSignature;
  Profile const profile{std::string(kPersonName) + std::to_string(person),
                        "critical,CA:FALSE",
                        "critical,digitalSignature",
                        "critical,clientAuth",
                        {}};
  auto certificate = build(profile, key, signer->certificate.get(), signer->key.get(), validity);
  if (!certificate) return certificate.error();
  // A point or a curve in another encoding would come out under another hash than the one that the sender knows.
  auto const asked = hash_spki(X509_REQ_get_X509_PUBKEY(request->get()));
  auto const issued = spki_of(certificate->get());
  if (!asked || !issued || *asked != *issued) return Refusal::kKeyParam;
  return certificate_text(certificate->get());
}

Result<CertificateInfo> inspect_certificate(std::string_view certificate_pem) {
  ClearErrors const clear;
  auto certificate = parse_certificate(certificate_pem);
  if (!certificate) return certificate.error();
  X509* const cert = certificate->get();
  CertificateInfo info;
  X509_NAME const* const subject = X509_get_subject_name(cert);
  int const at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at >= 0 && X509_NAME_entry_count(subject) == 1) {
    unsigned char* text = nullptr;
    int const length = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    if (length < 0) return Refusal::kMalformed;
    info.common_name = as_text({text, static_cast<std::size_t>(length)});
    OPENSSL_free(text);
  }
  info.person = person_of(info.common_name);
  std::unique_ptr<BIGNUM, Freer<&BN_free>> const serial(ASN1_INTEGER_to_BN(X509_get0_serialNumber(cert), nullptr));
  if (!serial) return Refusal::kInternal;
  Bytes serial_bytes(static_cast<std::size_t>(BN_num_bytes(serial.get())));
  BN_bn2bin(serial.get(), serial_bytes.data());
  info.serial_hex = to_hex(serial_bytes);
  auto const not_before = to_posix(X509_get0_notBefore(cert));
  auto const not_after = to_posix(X509_get0_notAfter(cert));
  if (!not_before || !not_after) return Refusal::kMalformed;
  info.validity = {*not_before, *not_after};
  auto const spki = spki_of(cert);
  if (!spki) return spki.error();
  info.spki_sha256 = *spki;
  return info;
}

Result<Hash> spki_sha256(std::string_view certificate_pem) {
  auto const certificate = parse_certificate(certificate_pem);
  if (!certificate) return certificate.error();
  return spki_of(certificate->get());
}

Result<Hash> spki_sha256_of_key(Secret const& key_pem) {
  ClearErrors const clear;
  auto const key = parse_private_key(key_pem.view());
  if (!key) return key.error();
  unsigned char* der = nullptr;
  int const length = i2d_PUBKEY(key->get(), &der);
  auto const spki = take_der(der, length);
  if (!spki) return Refusal::kInternal;
  return crypto::sha256({*spki});
}

Result<Hash> spki_sha256_of_csr(ByteView csr) {
  ClearErrors const clear;
  auto const request = parse_request(csr);
  if (!request) return request.error();
  return hash_spki(X509_REQ_get_X509_PUBKEY(request->get()));
}

std::string format_fingerprint(Hash const& spki) {
  std::string const hex = to_hex(spki.view());
  std::string out;
  for (std::size_t i = 0; i < hex.size(); ++i) {
    if (i != 0 && i % 4 == 0) out += ' ';
    out += hex[i];
  }
  return out;
}

}  // namespace piaojue::net
