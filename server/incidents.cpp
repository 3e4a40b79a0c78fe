// SPDX-License-Identifier: Apache-2.0
#include "server/incidents.h"

namespace piaojue::server {

void Incidents::second_request(meeting::Entry const& entry, meeting::TokenRequest const& body) {
  auto const key = record_.identity_key(body.person);
  auto const input = crypto::entry_signing_input(meeting::name(entry.type()), entry.body_bytes);
  // Only what the person really signed is held against it, and only if it differs from what was answered.
  if (!key || entry.signatures.size() != 1 || entry.signatures.front().signer != body.person ||
      !crypto::verify(*key, {input}, entry.signatures.front().signature)) {
    return;
  }
  // Refused when there is one already: once per person and code.
  auto const logged = log_.append_own(meeting::Incident{
      body.batch_open, body.person, static_cast<std::uint32_t>(Refusal::kAlreadyIssued), body.digest});
  if (logged) notices_.add({Event::kIncident, Refusal::kAlreadyIssued, 0});
}

}  // namespace piaojue::server
