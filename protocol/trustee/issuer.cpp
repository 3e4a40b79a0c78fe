// SPDX-License-Identifier: Apache-2.0
#include "protocol/trustee/issuer.h"

#include "protocol/trustee/plan.h"

namespace piaojue::trustee {

using meeting::Attempt;
using meeting::BatchPhase;

namespace detail {

Result<void> check_request(meeting::Record const& record, TrusteeId trustee, PersonId person,
                           meeting::BlindedMsgs const& msgs) {
  std::optional<Attempt> const& attempt = record.attempt();
  if (!record.in_progress() || attempt->phase != BatchPhase::kVoting) return Refusal::kWrongPhase;
  if (!attempt->takes_part(trustee)) return Refusal::kNotAuthorised;
  if (!attempt->present(person)) return Refusal::kNotOnRoll;
  std::vector<QuestionId> const questions = attempt->questions_of(person);
  if (questions.empty()) return Refusal::kRecused;
  meeting::Voter const* const voter = attempt->voter(person);
  if (voter == nullptr || !voter->request) return Refusal::kWrongPhase;
  // Before anything else is said about them: messages that are not hers must not be answered in her name.
  if (meeting::token_request_digest(attempt->open_hash, person, voter->cast, msgs) != voter->request->digest) {
    return Refusal::kConflict;
  }
  for (auto const& [q, by_hop] : msgs) {
    if (std::ranges::find(attempt->open.questions, q) == attempt->open.questions.end()) return Refusal::kConflict;
    if (attempt->recused(person, q)) return Refusal::kRecused;
    if (by_hop.size() != attempt->holders.size()) return Refusal::kConflict;
  }
  if (msgs.size() != questions.size()) return Refusal::kConflict;
  return {};
}

Result<meeting::BlindSigs> sign_request(AttemptKeys const& keys, TrusteeId trustee, meeting::BlindedMsgs const& msgs) {
  meeting::BlindSigs out;
  for (auto const& [q, by_hop] : msgs) {
    auto const key = keys.token_keys.find(q);
    if (key == keys.token_keys.end()) return Refusal::kWrongPhase;
    auto sig = crypto::blind_rsa::blind_sign(key->second, by_hop[trustee]);
    if (!sig) return sig.error();
    out.emplace(q, std::move(*sig));
  }
  return out;
}

}  // namespace detail

Result<meeting::BlindSigs> issue(meeting::Record const& record, AttemptKeys const& keys, TrusteeId trustee,
                                 PersonId person, meeting::BlindedMsgs const& msgs) {
  auto const checked = detail::check_request(record, trustee, person, msgs);
  if (!checked) return checked.error();
  Attempt const& attempt = *record.attempt();
  if (keys.batch != attempt.open.batch || keys.attempt != attempt.open.attempt) return Refusal::kWrongPhase;
  return detail::sign_request(keys, trustee, msgs);
}

}  // namespace piaojue::trustee
