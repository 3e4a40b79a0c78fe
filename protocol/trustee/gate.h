// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The gate before a tally share (specification §10.4): the last place where one honest trustee can stop an opening.
#include "protocol/meeting/record.h"
#include "protocol/meeting/witnesses.h"
#include "protocol/trustee/keys.h"

namespace piaojue::trustee {

/// Recomputes everything that any share rests on: the box is witnessed, every ballot valid, what people said,
/// overrides, counts, at least three ballots, never opened before.
/// @return kLogSplit: not enough cosignatures (yet). A GATE or BALLOT refusal otherwise. kWrongPhase.
[[nodiscard]] Result<void> gate(meeting::Record const& record, meeting::Witnesses const& witnesses,
                                ParallelFor const& parallel = {});

/// Trustee 0 gives its share first; the others only when that one is in the log and witnessed: from there the log can
/// only go on opening, so that nobody learns the sums from shares that he holds back.
/// @return kLogSplit: not so yet. kWrongPhase: no attempt in progress.
[[nodiscard]] Result<void> is_turn_to_share(meeting::Record const& record, meeting::Witnesses const& witnesses,
                                            TrusteeId trustee);

/// The share for every live question; call only after `gate` and `is_turn_to_share` allowed it.
[[nodiscard]] Result<meeting::TallyShare> make_share(meeting::Record const& record, AttemptKeys const& keys,
                                                     TrusteeId trustee);

}  // namespace piaojue::trustee
