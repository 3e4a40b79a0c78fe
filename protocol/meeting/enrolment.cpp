// SPDX-License-Identifier: Apache-2.0
#include "protocol/meeting/enrolment.h"

#include "crypto/domain.h"
#include "protocol/meeting/crockford.h"

namespace piaojue::meeting {

namespace domain = crypto::domain;

namespace {

constexpr std::size_t kEnrolKeyBytes = 32;
constexpr std::size_t kDeviceCodeChars = 16;

Bytes u32be(std::uint32_t value) {
  Bytes out;
  append_u32be(out, value);
  return out;
}

}  // namespace

Secret enrol_key(SlipBits const& bits, MeetingId const& meeting_id, PersonId person) {
  Bytes info = to_bytes(as_bytes(domain::kEnrol));
  info.push_back(0);
  append_u32be(info, person);
  return crypto::hkdf_sha256(bits, meeting_id, info, kEnrolKeyBytes);
}

Mac server_proof(Secret const& key, Exporter const& exporter, ByteView spki) {
  return crypto::hmac_sha256(key.view(), {as_bytes(domain::kEnrolServer), domain::kEnd, exporter.view(), spki});
}

Mac client_proof(Secret const& key, Exporter const& exporter, ByteView csr, DeviceKeys const& keys) {
  return crypto::hmac_sha256(key.view(), {as_bytes(domain::kEnrolClient), domain::kEnd, exporter.view(), csr,
                                          keys.identity_key.view(), keys.witness_key.view(), keys.box_key.view()});
}

std::string device_code(MeetingId const& meeting_id, PersonId person, DeviceKeys const& keys) {
  Hash const hash = crypto::sha256({as_bytes(domain::kDevice), domain::kEnd, meeting_id, u32be(person),
                                    keys.identity_key.view(), keys.witness_key.view(), keys.box_key.view()});
  return in_groups_of_four(to_crockford(hash.view()).substr(0, kDeviceCodeChars));
}

}  // namespace piaojue::meeting
