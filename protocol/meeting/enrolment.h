// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Enrolment by the code of a slip (specification §9.1): both ends prove over one TLS connection that they know the
/// code, and neither sends it. Who sits between them has another exporter, and so other proofs; who guesses codes has
/// one guess a conversation.
#include "base/secret.h"
#include "crypto/keyed_hash.h"
#include "protocol/meeting/slip.h"

namespace piaojue::meeting {

using crypto::BoxPublicKey;
using crypto::Exporter;
using crypto::Mac;
using MeetingId = std::array<std::uint8_t, 16>;

/// K = HKDF-SHA-256(ikm = bits, salt = meeting id, info = "piaojue/v2/enrol" ‖ 0x00 ‖ u32be(person), 32 bytes). What
/// the server keeps until it is used; of the code it keeps nothing.
Secret enrol_key(SlipBits const& bits, MeetingId const& meeting_id, PersonId person);

/// HMAC-SHA-256(K, "piaojue/v2/enrol/server" ‖ 0x00 ‖ exporter ‖ SPKI). Compared by `crypto::same`.
/// @param spki the server's SubjectPublicKeyInfo, DER.
Mac server_proof(Secret const& key, Exporter const& exporter, ByteView spki);

/// The public keys that a person brings with a device.
struct DeviceKeys {
  SigningPublicKey identity_key, witness_key;  ///< IK, WK
  BoxPublicKey box_key;                        ///< BK
};

/// HMAC-SHA-256(K, "piaojue/v2/enrol/client" ‖ 0x00 ‖ exporter ‖ CSR ‖ IK ‖ WK ‖ BK). @param csr DER.
Mac client_proof(Secret const& key, Exporter const& exporter, ByteView csr, DeviceKeys const& keys);

/// The first 16 Crockford characters of SHA-256("piaojue/v2/device" ‖ 0x00 ‖ meeting id ‖ u32be(person) ‖ IK ‖ WK ‖ BK)
/// as they are shown, in four groups of four: "0123-4567-89AB-CDEF". A person compares it with the sign-in sheet.
std::string device_code(MeetingId const& meeting_id, PersonId person, DeviceKeys const& keys);

}  // namespace piaojue::meeting
