// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The one conversation of a laptop that has no certificate yet (specification §9.1).
#include <chrono>

#include "base/explained.h"
#include "client/session/enrolment.h"

namespace piaojue::client {

struct EnrolOnline {
  meeting::Slip slip;
  /// The server has proved that it knows the code: pins it, and makes the keys for this connection's EnrolKeys. What it
  /// refuses ends the conversation.
  std::function<Explained<Bytes>(meeting::MeetingId const& meeting_id, EnrolChannel const& channel)> proved;
  std::chrono::milliseconds patience;
};

/// Connects until `patience` is over, and says what the server answers. Asks for the meeting by its name, and follows a
/// server that says Moved; that it knows the code is what counts, wherever it is.
/// Explains: kProof, whoever answered does not know the code; kAlreadyIssued, another laptop has used it; kBusy, no
/// server answered, and how the last try failed; the server's other refusals.
[[nodiscard]] Explained<Enrolled> enrol_online(EnrolOnline const& what);

}  // namespace piaojue::client
