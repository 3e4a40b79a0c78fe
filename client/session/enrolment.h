// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Enrolment without a socket (specification §9.1): what is sent, and what comes back. Both ends prove over one TLS
/// connection that they know the slip's code; the server first, so that whoever is not it learns nothing.
///
///   → enrol_start_frame   ← read_enrol_proof: the server is pinned   → enrol_keys_frame   ← read_enrolled
#include "client/wallet/identity.h"

namespace piaojue::client {

/// The connection that the proofs are bound to.
struct EnrolChannel {
  crypto::Exporter exporter;
  Bytes server_spki;  ///< DER
};

Bytes enrol_start_frame(meeting::SlipCode const& code);
/// Instead of the proof: another node serves the meeting. @return nothing: the frame is not that.
std::optional<meeting::SlipAddress> read_moved(ByteView frame);
/// @return the meeting's id. kProof: whoever answered does not know the code. The server's refusal; kMalformed.
[[nodiscard]] Result<meeting::MeetingId> read_enrol_proof(ByteView frame, meeting::SlipCode const& code,
                                                          EnrolChannel const& channel);
/// @param profile pinned: with the id that `read_enrol_proof` gave. The same keys and CSR may be sent again.
Bytes enrol_keys_frame(Profile const& profile, Keys const& keys, meeting::SlipCode const& code,
                       EnrolChannel const& channel);
struct Enrolled {
  std::string certificate_pem, authority_pem, name;
  std::uint32_t roles = 0;
};
/// @return the server's refusal (kConflict: the code was used, with other keys), or kMalformed.
[[nodiscard]] Result<Enrolled> read_enrolled(ByteView frame);

}  // namespace piaojue::client
