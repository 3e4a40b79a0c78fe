// SPDX-License-Identifier: Apache-2.0
#pragma once
/// TLS 1.3 and nothing else, both ways (specification §9). No resumption, no tickets, no early data: every connection
/// proves its keys anew, and a replayed first flight does nothing.
#include <memory>
#include <optional>
#include <string>

#include "net/pki.h"

namespace piaojue::net {

/// What a connection is made from; cheap to copy, shared by all connections, immutable.
class TlsContext {
 public:
  /// For a Listener. A client certificate is asked for and verified against the meeting's CA alone (signature,
  /// validity, clientAuth); an invalid one fails the handshake. A client that presents none gets through with no
  /// `Channel::peer_spki_sha256()`: it may enrol and nothing else, which the session layer sees to.
  /// @return kMalformed, kKeyParam as in pki.h.
  [[nodiscard]] static Result<TlsContext> server(Credential const& server,
                                                 std::string const& authority_certificate_pem);

  /// For `connect` of who has only a slip: no key of the server is refused here, because the slip names none. Whoever
  /// enrols sends nothing of his own before the server has proved that it knows the code (specification §9.1).
  [[nodiscard]] static Result<TlsContext> enrolling();

  /// For `connect`. The server is trusted if the SHA-256 of its SPKI equals the pin that enrolment kept, and for no
  /// other reason: no name, no date, no public CA.
  /// @param client the certificate of this person, or nothing in order to enrol.
  [[nodiscard]] static Result<TlsContext> client(Hash const& server_spki_sha256,
                                                 std::optional<Credential> const& client = std::nullopt);

  struct Impl;
  std::shared_ptr<Impl> const& impl() const { return impl_; }

 private:
  explicit TlsContext(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<Impl> impl_;
};

}  // namespace piaojue::net
