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
  log({body.batch_open, body.person, static_cast<std::uint32_t>(Refusal::kAlreadyIssued), body.digest});
}

void Incidents::took_in(meeting::CheckResult const& result, std::uint64_t index) {
  if (muted_ || result.verdict != meeting::CheckVerdict::kDiffers) return;
  log({result.batch_open, result.person, static_cast<std::uint32_t>(Refusal::kCheckDiffers),
       record_.tree().leaf(index)});
}

void Incidents::log(meeting::Incident const& incident) {
  auto const code = static_cast<Refusal>(incident.code);
  // Refused when there is one already: once per person and code.
  if (log_.append_own(incident)) notices_.add({Event::kIncident, code, 0});
}

}  // namespace piaojue::server
