// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Enrolment without a socket: what is sent, and what comes back (specification §9).
#include "client/wallet/identity.h"

namespace piaojue::client {

/// The only request of a connection without a certificate; the same keys, CSR and code give the same bytes.
Bytes enrol_frame(Profile const& profile, Keys const& keys, std::string const& code);
struct Enrolled {
  std::string certificate_pem, authority_pem, name;
  std::uint32_t roles = 0;
};
/// @return the server's refusal, or kMalformed.
[[nodiscard]] Result<Enrolled> read_enrolled(ByteView frame);

}  // namespace piaojue::client
