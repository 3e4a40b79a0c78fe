// SPDX-License-Identifier: Apache-2.0
#pragma once
/// TLS 1.3 and nothing else, both ways (specification §9). No resumption, no tickets, no early data: every connection
/// proves its keys anew, and a replayed first flight does nothing.
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

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

  /// For a Listener of many meetings: the name that the client asks for (RFC 6066 §3) chooses whose certificate it is
  /// shown and whose CA its own is verified against; nothing of one meeting holds for another. A name that nothing is
  /// found for, and none at all, ends the handshake with the alert unrecognized_name.
  /// @param find on any thread, on several at once, inside a handshake: from memory, without waiting. What it gives was
  ///        made by `server`, and is kept for as long as the connection needs it; anything else, and a throw, ends the
  ///        handshake with internal_error. `server_name` is what the peer chose: at most 255 bytes, none of them zero.
  using FindServer = std::function<std::optional<TlsContext>(std::string_view server_name)>;
  [[nodiscard]] static Result<TlsContext> servers(FindServer find);

  /// For `connect` of who has only a slip: no key of the server is refused here, because the slip names none. Whoever
  /// enrols sends nothing of his own before the server has proved that it knows the code (specification §9.1).
  [[nodiscard]] static Result<TlsContext> enrolling();

  /// For `connect`. The server is trusted if the SHA-256 of its SPKI equals the pin that enrolment kept, and for no
  /// other reason: no name, no date, no public CA.
  /// @param client the certificate of this person, or nothing in order to enrol.
  [[nodiscard]] static Result<TlsContext> client(Hash const& server_spki_sha256,
                                                 std::optional<Credential> const& client = std::nullopt);

  /// The same for `connect`, and it asks for this name; empty: for none. The name is sent as it stands and in the
  /// clear, proves nothing, and is not looked for in the server's certificate. Over 255 bytes nothing is connected.
  [[nodiscard]] TlsContext asking_for(std::string server_name) const;
  std::string const& server_name() const { return server_name_; }

  struct Impl;
  std::shared_ptr<Impl> const& impl() const { return impl_; }

 private:
  explicit TlsContext(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<Impl> impl_;
  std::string server_name_;  ///< that `connect` asks for
};

}  // namespace piaojue::net
