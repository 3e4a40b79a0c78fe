// SPDX-License-Identifier: Apache-2.0
#include "client/session/enrolment.h"

#include "client/session/wire.h"
#include "protocol/meeting/codec.h"

namespace piaojue::client {
namespace {

constexpr std::uint64_t kStartId = 1;
constexpr std::uint64_t kKeysId = 2;

/// The body of the answer to request `id`. @return the server's refusal; kMalformed: something else.
template <class Body>
Result<Body> answer_to(std::uint64_t id, ByteView frame) {
  auto message = wire::parse(frame);
  if (!message) return message.error();
  if (auto const* refused = std::get_if<wire::Refused>(&message->what)) return refused->code;
  auto* const body = std::get_if<Body>(&message->what);
  if (body == nullptr || message->id != id) return Refusal::kMalformed;
  return std::move(*body);
}

}  // namespace

Bytes enrol_start_frame(meeting::SlipCode const& code) {
  return wire::enrol_start(kStartId, code.meeting, code.person);
}

std::optional<meeting::SlipAddress> read_moved(ByteView frame) {
  auto message = wire::parse(frame);
  auto* const moved = message && message->id == 0 ? std::get_if<wire::Moved>(&message->what) : nullptr;
  return moved == nullptr ? std::nullopt : std::optional(std::move(moved->address));
}

Result<meeting::MeetingId> read_enrol_proof(ByteView frame, meeting::SlipCode const& code,
                                            EnrolChannel const& channel) {
  auto const in = answer_to<wire::EnrolProof>(kStartId, frame);
  if (!in) return in.error();
  Secret const key = meeting::enrol_key(code.bits, in->meeting_id, code.person);
  if (!crypto::same(in->proof, meeting::server_proof(key, channel.exporter, channel.server_spki))) {
    return Refusal::kProof;
  }
  return in->meeting_id;
}

Bytes enrol_keys_frame(Profile const& profile, Keys const& keys, meeting::SlipCode const& code,
                       EnrolChannel const& channel) {
  meeting::DeviceKeys const device{keys.identity.public_key(), keys.witness.public_key(), keys.box.public_key()};
  auto const possession = keys.identity.sign({meeting::possession_input(
      profile.meeting_id, code.person, device.identity_key, device.witness_key, device.box_key)});
  Secret const key = meeting::enrol_key(code.bits, profile.meeting_id, code.person);
  return wire::enrol_keys(kKeysId, profile.csr, device, possession,
                          meeting::client_proof(key, channel.exporter, profile.csr, device));
}

Result<Enrolled> read_enrolled(ByteView frame) {
  auto in = answer_to<wire::Enrolled>(kKeysId, frame);
  if (!in) return in.error();
  return Enrolled{std::move(in->certificate), std::move(in->authority), std::move(in->name), in->roles};
}

}  // namespace piaojue::client
