// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The one conversation of a laptop that has no certificate yet.
#include <chrono>

#include "base/explained.h"
#include "client/session/enrolment.h"
#include "net/tls.h"

namespace piaojue::client {

/// Connects until `patience` is over, sends the frame, gives the answer.
/// Explains: the server's refusal; kConflict: the code was used by another laptop; kBusy: no server answered, and how
/// the last try failed.
[[nodiscard]] Explained<Enrolled> enrol_online(std::string const& host, std::uint16_t port, net::TlsContext const& tls,
                                               Bytes const& frame, std::chrono::milliseconds patience);

}  // namespace piaojue::client
