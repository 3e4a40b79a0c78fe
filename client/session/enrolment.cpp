// SPDX-License-Identifier: Apache-2.0
#include "client/session/enrolment.h"

#include "client/session/wire.h"
#include "protocol/meeting/codec.h"

namespace piaojue::client {

Bytes enrol_frame(Profile const& profile, Keys const& keys, std::string const& code) {
  auto const input = meeting::possession_input(profile.meeting_id, profile.person, keys.identity.public_key(),
                                               keys.witness.public_key());
  return wire::enrol(1, code, keys.identity.public_key(), keys.witness.public_key(), keys.identity.sign({input}),
                     profile.csr_pem, profile.person);
}

Result<Enrolled> read_enrolled(ByteView frame) {
  auto message = wire::parse(frame);
  if (!message) return message.error();
  if (auto const* refused = std::get_if<wire::Refused>(&message->what)) return refused->code;
  auto* const in = std::get_if<wire::Enrolled>(&message->what);
  if (in == nullptr || message->id != 1) return Refusal::kMalformed;
  return Enrolled{std::move(in->certificate), std::move(in->authority), std::move(in->name), in->roles};
}

}  // namespace piaojue::client
