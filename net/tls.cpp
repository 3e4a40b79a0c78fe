// SPDX-License-Identifier: Apache-2.0
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "net/openssl_types.h"
#include "net/tls_impl.h"

namespace piaojue::net {
namespace {

bool set_common(SSL_CTX* ctx) {
  SSL_CTX_set_options(
      ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_security_level(ctx, 2);
  char groups[] = "X25519:P-256";  // OpenSSL's macro takes the const away
  return SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) == 1 &&
         SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) == 1 &&
         SSL_CTX_set_ciphersuites(ctx, "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256") ==
             1 &&
         SSL_CTX_set1_groups_list(ctx, groups) == 1 && SSL_CTX_set_num_tickets(ctx, 0) == 1 &&
         SSL_CTX_set_max_early_data(ctx, 0) == 1 && SSL_CTX_set_recv_max_early_data(ctx, 0) == 1;
}

Result<void> use(SSL_CTX* ctx, Credential const& credential) {
  auto const certificate = detail::parse_certificate(credential.certificate_pem);
  if (!certificate) return certificate.error();
  auto const key = detail::parse_private_key(credential.key_pem.view());
  if (!key) return key.error();
  bool const fits = SSL_CTX_use_certificate(ctx, certificate->get()) == 1 &&
                    SSL_CTX_use_PrivateKey(ctx, key->get()) == 1 && SSL_CTX_check_private_key(ctx) == 1;
  ERR_clear_error();
  if (!fits) return Refusal::kKeyParam;
  return {};
}

/// For an enrolment, which judges the server's key by its proof of the code.
int accept_any(X509_STORE_CTX* store, void* /*unused*/) {
  X509_STORE_CTX_set_error(store, X509_V_OK);
  return 1;
}

/// Replaces chain verification altogether: the key that enrolment kept is the whole trust.
int verify_pin(X509_STORE_CTX* store, void* pin) {
  X509 const* const certificate = X509_STORE_CTX_get0_cert(store);
  if (certificate != nullptr) {
    auto const spki = detail::spki_of(certificate);
    if (spki && *spki == *static_cast<Hash const*>(pin)) {
      X509_STORE_CTX_set_error(store, X509_V_OK);
      return 1;
    }
  }
  X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
  return 0;
}

}  // namespace

Result<TlsContext> TlsContext::server(Credential const& server, std::string const& authority_certificate_pem) {
  auto const authority = detail::parse_certificate(authority_certificate_pem);
  if (!authority) return authority.error();
  auto impl = std::make_shared<Impl>(boost::asio::ssl::context::tls_server);
  impl->is_server = true;
  SSL_CTX* const ctx = impl->context.native_handle();
  if (!set_common(ctx)) return Refusal::kInternal;
  if (auto const used = use(ctx, server); !used) return used.error();
  // The CA's extensions are read and kept here: first handshakes on several threads would do it one beside the other.
  // The store begins empty and gets this one CA; the machine's own list of CAs is never loaded.
  if (X509_check_purpose(authority->get(), -1, 0) != 1 ||
      X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), authority->get()) != 1 ||
      SSL_CTX_add_client_CA(ctx, authority->get()) != 1) {
    ERR_clear_error();
    return Refusal::kInternal;
  }
  SSL_CTX_set_verify_depth(ctx, 1);
  SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, nullptr);  // without FAIL_IF_NO_PEER_CERT: who has none may enrol
  return TlsContext(std::move(impl));
}

Result<TlsContext> TlsContext::enrolling() {
  auto impl = std::make_shared<Impl>(boost::asio::ssl::context::tls_client);
  SSL_CTX* const ctx = impl->context.native_handle();
  if (!set_common(ctx)) return Refusal::kInternal;
  SSL_CTX_set_cert_verify_callback(ctx, accept_any, nullptr);
  SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, nullptr);
  return TlsContext(std::move(impl));
}

Result<TlsContext> TlsContext::client(Hash const& server_spki_sha256, std::optional<Credential> const& client) {
  auto impl = std::make_shared<Impl>(boost::asio::ssl::context::tls_client);
  impl->pin = server_spki_sha256;
  SSL_CTX* const ctx = impl->context.native_handle();
  if (!set_common(ctx)) return Refusal::kInternal;
  if (client) {
    if (auto const used = use(ctx, *client); !used) return used.error();
  }
  SSL_CTX_set_cert_verify_callback(ctx, verify_pin, &*impl->pin);
  SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, nullptr);
  return TlsContext(std::move(impl));
}

}  // namespace piaojue::net
