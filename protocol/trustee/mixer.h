// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Peels and shuffles (specification §8.3).
#include "protocol/meeting/digest.h"
#include "protocol/meeting/record.h"
#include "protocol/trustee/keys.h"

namespace piaojue::trustee {

struct MixResult {
  meeting::MixStep step;    ///< body to sign
  Bytes salt;               ///< 32 bytes
  meeting::MixItems items;  ///< for the next hop, or ballots after the last one
};

/// @param input_items for hop 0: `onions_to_items` of the counted envelopes; else items of the hop before.
/// @param input_salt of the hop before (empty for hop 0), checked with the items against the logged hash.
/// Of equal outputs of a question one is kept, the others count as lost: whoever copies an inner layer would see what
/// became of it.
/// @return kWrongPhase: not this trustee's turn. kMixSize: count or size. kConflict: input is not what the log says.
/// kMixDuplicate: equal inputs, and it is the input that the log says: `made_input` is at fault.
[[nodiscard]] Result<MixResult> mix(meeting::Record const& record, AttemptKeys const& keys, TrusteeId trustee,
                                    meeting::MixItems const& input_items, ByteView input_salt);

/// Who has put the input of a hop together: the hop before; of hop 0 the server.
inline TrusteeId made_input(TrusteeId hop) { return hop == 0 ? 0 : hop - 1; }

/// Hop 0's input from envelopes, each checked against its expert-signed digest; live questions only.
/// @return kConflict: an envelope's digest is not the counted one, or one is missing.
[[nodiscard]] Result<meeting::MixItems> onions_to_items(meeting::Record const& record,
                                                        std::map<PersonId, meeting::Onions> const& envelopes);

/// SHA-256 over the input of a mix, by which a trustee recognises "the same input again" (MIX_AGAIN otherwise).
Hash input_digest(meeting::MixItems const& input_items, ByteView input_salt);

/// The server's step after the last hop: sorts valid ballots, counts the others by code: the first of 17, 16, 13, 14,
/// 15
/// (`check_ballot`), 44 and 18. Before the box is in the log, for the live questions; while it is there, for the
/// questions that it has, as it was to be made then: the last trustee compares.
meeting::BallotBox make_ballot_box(meeting::Record const& record, meeting::MixItems const& last_items,
                                   ParallelFor const& parallel = {});

}  // namespace piaojue::trustee
