// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The service key of a PKCS#11 token: HMAC-SHA-256, by the token, of a fixed text, under a secret key that never
/// leaves it. A node without the token does not start; what it has in memory while it runs is as with a file.
///
///     service_key = "pkcs11:token=piaojue;object=service?pin-source=file:/etc/piaojue/pin"
///
/// The URI is that of RFC 7512, read by p11-kit: token, serial, manufacturer, model, object, id; module-path, or else
/// the modules that the system has for p11-kit; pin-source, a file of mode 0600. A PIN in the URI itself is refused,
/// since the URI is said in messages.
#include <string_view>

#include "base/explained.h"
#include "base/refusal.h"
#include "base/secret.h"

namespace piaojue::server {

/// What stands in place of a file's name is such a URI.
bool names_token(std::string_view key);

/// The code of an explanation that has to do with the PIN: the program ends with 3, and is not to be started again
/// before a person has looked, or a few starts lock the token.
inline constexpr Refusal kPinRefused = Refusal::kNotAuthorised;

/// Refused, each with a sentence: no module, no token, or several that fit, a PIN that it refuses, or that
/// is not tried because it has refused one since the last login (kPinRefused), no such key, one
/// that can be read out of the token.
[[nodiscard]] Explained<Secret> read_token_key(std::string const& uri);
/// Makes the key on the token. Refused likewise, and where there is one of that name.
[[nodiscard]] Explained<void> make_token_key(std::string const& uri);

}  // namespace piaojue::server
