// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Blind-signs tokens (specification §6.2, §6.3).
#include "protocol/meeting/digest.h"
#include "protocol/meeting/record.h"
#include "protocol/trustee/keys.h"

namespace piaojue::trustee {

/// Signs one expert's blinded messages for all of the questions that she may vote on. Deterministic: the same request
/// gets the same answer.
/// @param msgs what the digest of the TokenRequest of the person's current cast covers, for all hops.
/// @return kWrongPhase: not voting, no such request in the log, or keys destroyed. kNotAuthorised: takes no part.
/// kNotOnRoll, kRecused. kConflict: `msgs` is not what the logged request's digest covers. kOutOfRange: a blinded
/// message outside (1, n−1) or sharing a factor with n.
[[nodiscard]] Result<meeting::BlindSigs> issue(meeting::Record const& record, AttemptKeys const& keys,
                                               TrusteeId trustee, PersonId person, meeting::BlindedMsgs const& msgs);

}  // namespace piaojue::trustee
