// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The gate before a tally share (specification §10.4): the last place where one honest trustee can stop an opening.
#include "protocol/meeting/record.h"
#include "protocol/meeting/witnesses.h"
#include "protocol/trustee/keys.h"

namespace piaojue::trustee {

/// Recomputes everything the share rests on: the box is witnessed, every ballot valid, counts, confirms, overrides, at
/// least three ballots, never opened before.
/// @return kLogSplit: not enough cosignatures (yet). A GATE or BALLOT refusal otherwise. kWrongPhase.
[[nodiscard]] Result<void> gate(meeting::Record const& record, meeting::Witnesses const& witnesses,
                                ParallelFor const& parallel = {});

/// The share for every live question; call only after `gate` allowed it.
[[nodiscard]] Result<meeting::TallyShare> make_share(meeting::Record const& record, AttemptKeys const& keys,
                                                     TrusteeId trustee);

}  // namespace piaojue::trustee
