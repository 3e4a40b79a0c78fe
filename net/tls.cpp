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

/// A client without a certificate gets through: it may enrol.
constexpr int kVerifyMode = SSL_VERIFY_PEER;
/// The CA and what it has signed, nothing between them.
constexpr int kVerifyDepth = 1;

/// OpenSSL asks when it has read the ClientHello, and once more after a HelloRetryRequest; what counts is the last
/// answer.
int choose_server(SSL* ssl, int* alert, void* argument) noexcept {
  *alert = SSL_AD_INTERNAL_ERROR;
  try {
    auto const& find = *static_cast<TlsContext::FindServer const*>(argument);
    char const* const asked = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    std::optional<TlsContext> const found = asked == nullptr ? std::nullopt : find(asked);
    // What it left behind in OpenSSL's queue would make this handshake look as if it had failed.
    ERR_clear_error();
    if (!found) {
      *alert = SSL_AD_UNRECOGNIZED_NAME;
      return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    auto& chosen = *found->impl();
    if (!chosen.is_server || chosen.find) return SSL_TLSEXT_ERR_ALERT_FATAL;
    // Takes a reference, which the connection gives back at its end. Certificate and key are the chosen context's from
    // here on, and so are, as this connection has none of its own, the CA that the peer's certificate is verified
    // against and the list of CAs that the peer is sent. What to verify, and how far, is not: it came from the context
    // that the connection was made with.
    SSL_CTX* const ctx = chosen.context.native_handle();
    if (SSL_set_SSL_CTX(ssl, ctx) != ctx) return SSL_TLSEXT_ERR_ALERT_FATAL;
    SSL_set_verify(ssl, kVerifyMode, nullptr);
    SSL_set_verify_depth(ssl, kVerifyDepth);
    return SSL_TLSEXT_ERR_OK;
  } catch (...) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
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
  SSL_CTX_set_verify_depth(ctx, kVerifyDepth);
  SSL_CTX_set_verify(ctx, kVerifyMode, nullptr);
  return TlsContext(std::move(impl));
}

Result<TlsContext> TlsContext::servers(FindServer find) {
  auto impl = std::make_shared<Impl>(boost::asio::ssl::context::tls_server);
  impl->is_server = true;
  impl->find = std::move(find);
  SSL_CTX* const ctx = impl->context.native_handle();
  if (!impl->find || !set_common(ctx)) return Refusal::kInternal;
  // Its own store stays empty: were nothing chosen, no certificate would be valid.
  SSL_CTX_set_verify_depth(ctx, kVerifyDepth);
  SSL_CTX_set_verify(ctx, kVerifyMode, nullptr);
  // Lives as long as each connection, which holds the context that it was made from.
  // Written out: OpenSSL's macro casts as C does.
  auto* const callback = reinterpret_cast<void (*)()>(choose_server);
  if (SSL_CTX_callback_ctrl(ctx, SSL_CTRL_SET_TLSEXT_SERVERNAME_CB, callback) != 1 ||
      SSL_CTX_set_tlsext_servername_arg(ctx, &impl->find) != 1) {
    return Refusal::kInternal;
  }
  return TlsContext(std::move(impl));
}

TlsContext TlsContext::asking_for(std::string server_name) const {
  TlsContext out(*this);
  out.server_name_ = std::move(server_name);
  return out;
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
