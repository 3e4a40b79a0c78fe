// SPDX-License-Identifier: Apache-2.0
#include "net/pki.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <ctime>

#include "net/tls.h"

namespace piaojue::net {
namespace {

struct Pki : testing::Test {
  static void SetUpTestSuite() { piaojue::init(); }
  std::uint64_t now_s = static_cast<std::uint64_t>(std::time(nullptr));
  Validity validity{now_s - 60, now_s + 3600};
  Credential authority = make_authority("piaojue meeting 7f3a", validity).value();
  Secret key = make_tls_key().value();
  Bytes csr = make_csr(key).value();
};

Secret secret(std::string_view text) { return Secret::copy_of(as_bytes(text)); }

TEST_F(Pki, ClientCertificateNamesThePersonAndKeepsTheKey) {
  auto const pem = issue_client_certificate(authority, csr, 42, validity).value();
  auto const info = inspect_certificate(pem).value();
  EXPECT_EQ(info.common_name, "piaojue person 42");
  EXPECT_EQ(info.person, 42U);
  EXPECT_EQ(info.validity.not_before_s, validity.not_before_s);
  EXPECT_EQ(info.validity.not_after_s, validity.not_after_s);
  EXPECT_EQ(info.spki_sha256, spki_sha256_of_key(key).value());
  EXPECT_EQ(info.spki_sha256, spki_sha256_of_csr(csr).value());
  EXPECT_EQ(info.spki_sha256, spki_sha256(pem).value());
}

TEST_F(Pki, SerialsAreRandomAndOf128Bits) {
  auto const a = inspect_certificate(issue_client_certificate(authority, csr, 1, validity).value()).value();
  auto const b = inspect_certificate(issue_client_certificate(authority, csr, 1, validity).value()).value();
  EXPECT_NE(a.serial_hex, b.serial_hex);
  EXPECT_EQ(a.serial_hex.size(), 32U);
}

TEST_F(Pki, CertificatesOfCaAndServerNameNoPerson) {
  auto const server = make_server_certificate(authority, "192.0.2.1", validity).value();
  EXPECT_FALSE(inspect_certificate(authority.certificate_pem).value().person);
  EXPECT_FALSE(inspect_certificate(server.certificate_pem).value().person);
  EXPECT_EQ(spki_sha256(server.certificate_pem).value(), spki_sha256_of_key(server.key_pem).value());
}

// A request that another key signed would bind a person to a key that the sender does not own.
TEST_F(Pki, RequestNotSignedByItsOwnKeyIsRefused) {
  auto altered = csr;
  altered.back() ^= 1;  // the last byte of the signature
  EXPECT_EQ(issue_client_certificate(authority, altered, 1, validity).error(), Refusal::kBadSignature);
}

// Harm: two requests that name one key, of which only one was proved.
TEST_F(Pki, RequestThatIsNotOneObjectIsRefused) {
  auto const refused = [&](ByteView bytes) {
    return issue_client_certificate(authority, bytes, 1, validity).error() == Refusal::kMalformed &&
           spki_sha256_of_csr(bytes).error() == Refusal::kMalformed;
  };
  auto twice = csr;
  append(twice, csr);
  auto longer = csr;
  longer.push_back(0);
  EXPECT_TRUE(refused({}));
  EXPECT_TRUE(refused(as_bytes("hello")));
  EXPECT_TRUE(refused(twice));
  EXPECT_TRUE(refused(longer));
  for (std::size_t size = 0; size < csr.size(); ++size) EXPECT_TRUE(refused(ByteView(csr).first(size))) << size;
  EXPECT_TRUE(refused(Bytes(kCsrBytesMax + 1, 0x30)));
  EXPECT_TRUE(refused(as_bytes(authority.certificate_pem)));
}

TEST_F(Pki, TextThatIsNotOneBlockIsRefused) {
  auto const refused = [](std::string const& text) { return spki_sha256(text).error() == Refusal::kMalformed; };
  std::string const& pem = authority.certificate_pem;
  EXPECT_TRUE(refused(""));
  EXPECT_TRUE(refused("hello"));
  EXPECT_TRUE(refused(pem + pem));
  EXPECT_TRUE(refused(pem + "x"));
  EXPECT_TRUE(refused("x" + pem));
  EXPECT_TRUE(refused(pem.substr(0, pem.size() / 2)));
  EXPECT_TRUE(refused(std::string(kPemBytesMax + 1, '-')));
  EXPECT_TRUE(refused(std::string(as_text(key.view()))));
  EXPECT_EQ(make_csr(secret("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")).error(),
            Refusal::kMalformed);
}

// OpenSSL asks on the terminal for a passphrase unless it is told not to: a server would hang.
TEST_F(Pki, EncryptedKeyIsRefusedWithoutAQuestion) {
  char curve[] = "P-256";
  EVP_PKEY* const raw = EVP_EC_gen(curve);
  BIO* const bio = BIO_new(BIO_s_mem());
  unsigned char passphrase[] = "secret";
  ASSERT_EQ(PEM_write_bio_PrivateKey(bio, raw, EVP_aes_128_cbc(), passphrase, 6, nullptr, nullptr), 1);
  char* data = nullptr;
  auto const length = static_cast<std::size_t>(BIO_get_mem_data(bio, &data));
  EXPECT_EQ(make_csr(secret({data, length})).error(), Refusal::kMalformed);
  BIO_free(bio);
  EVP_PKEY_free(raw);
}

TEST_F(Pki, KeysOtherThanP256AreRefused) {
  char curve[] = "P-384";
  for (EVP_PKEY* const raw : {EVP_EC_gen(curve), EVP_RSA_gen(2048)}) {
    BIO* const bio = BIO_new(BIO_s_mem());
    ASSERT_EQ(PEM_write_bio_PrivateKey(bio, raw, nullptr, nullptr, 0, nullptr, nullptr), 1);
    char* data = nullptr;
    auto const length = static_cast<std::size_t>(BIO_get_mem_data(bio, &data));
    EXPECT_EQ(make_csr(secret({data, length})).error(), Refusal::kKeyParam);
    BIO_free(bio);
    EVP_PKEY_free(raw);
  }
}

TEST_F(Pki, KeyAndCertificateThatDoNotBelongTogetherAreRefused) {
  Credential const mixed{make_tls_key().value(), authority.certificate_pem};
  EXPECT_EQ(issue_client_certificate(mixed, csr, 1, validity).error(), Refusal::kKeyParam);
  EXPECT_EQ(make_server_certificate(mixed, "host", validity).error(), Refusal::kKeyParam);
  EXPECT_EQ(TlsContext::server(mixed, authority.certificate_pem).error(), Refusal::kKeyParam);
}

TEST_F(Pki, ValidityThatEndsBeforeItBeginsIsRefused) {
  EXPECT_EQ(make_authority("ca", {100, 100}).error(), Refusal::kOutOfRange);
  EXPECT_EQ(issue_client_certificate(authority, csr, 1, {now_s, now_s - 1}).error(), Refusal::kOutOfRange);
  EXPECT_EQ(make_authority("ca", {0, 253'402'300'800}).error(), Refusal::kOutOfRange);
}

TEST_F(Pki, NamesThatDoNotFitAreRefused) {
  EXPECT_EQ(make_authority("", validity).error(), Refusal::kMalformed);
  EXPECT_EQ(make_authority(std::string(65, 'a'), validity).error(), Refusal::kMalformed);
  for (std::string host : {"", "a,DNS:b", "a b", "a\nb"}) {
    EXPECT_EQ(make_server_certificate(authority, host, validity).error(), Refusal::kMalformed) << host;
  }
  for (std::string host : {"localhost", "192.0.2.1", "2001:db8::1", "vote.example.org"}) {
    EXPECT_TRUE(make_server_certificate(authority, host, validity)) << host;
  }
}

TEST(Fingerprint, IsGroupsOfFourForPeopleToCompare) {
  Hash hash;
  for (std::size_t i = 0; i < Hash::kSize; ++i) hash.data[i] = static_cast<std::uint8_t>(7 * i);
  std::string const text = format_fingerprint(hash);
  EXPECT_EQ(text.substr(0, 14), "0007 0e15 1c23");
  EXPECT_EQ(text.size(), 64U + 15U);
}

}  // namespace
}  // namespace piaojue::net
