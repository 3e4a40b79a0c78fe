// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The one conversation of a laptop that has no certificate yet.
#include <chrono>

#include "client/session/enrolment.h"
#include "net/tls.h"

namespace piaojue::client {

/// Connects until `patience` is over, sends the frame, gives the answer.
/// @return the server's refusal; kBusy: no server was reached, and `why` says how it failed.
[[nodiscard]] Result<Enrolled> enrol_online(std::string const& host, std::uint16_t port, net::TlsContext const& tls,
                                            Bytes const& frame, std::chrono::milliseconds patience, std::string& why);

}  // namespace piaojue::client
