// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The digests that stand in the log for what is never put there (specification §6.2, §6.3, §8.2, §8.3). Every list is
/// preceded by its length as u32be; every number is u32be.
#include <map>
#include <vector>

#include "protocol/meeting/entry.h"

namespace piaojue::meeting {

/// ctx(batch, q) = SHA-256("piaojue/v2/ctx" ‖ 0x00 ‖ leaf_hash(BatchOpen) ‖ u32be(q)).
Hash context(Hash const& batch_open, QuestionId q);
/// "piaojue/v2/token" ‖ 0x00 ‖ ctx ‖ pk_v: the message under RFC 9474; prepared_msg = prefix ‖ this.
Bytes token_message(Hash const& ctx, SigningPublicKey const& pk_v);

using BlindedMsgs = std::map<QuestionId, std::vector<Bytes>>;  ///< by hop
using BlindSigs = std::map<QuestionId, Bytes>;
using Onions = std::map<QuestionId, Bytes>;
using MixItems = std::map<QuestionId, std::vector<Bytes>>;

/// SHA-256("piaojue/v2/request" ‖ 0 ‖ batch_open ‖ person ‖ cast ‖ #q ‖ for each q: q ‖ #hops ‖ z_0
/// ‖ z_1 …).
Hash token_request_digest(Hash const& batch_open, PersonId person, std::uint32_t cast, BlindedMsgs const& msgs);
/// SHA-256("piaojue/v2/issued" ‖ 0 ‖ batch_open ‖ trustee ‖ person ‖ cast ‖ #q ‖ for each q: q ‖ s).
Hash tokens_issued_digest(Hash const& batch_open, TrusteeId trustee, PersonId person, std::uint32_t cast,
                          BlindSigs const& sigs);
/// SHA-256("piaojue/v2/envelope" ‖ 0 ‖ batch_open ‖ person ‖ cast ‖ #q ‖ for each q: q ‖ #bytes ‖ onion).
Hash envelope_digest(Hash const& batch_open, PersonId person, std::uint32_t cast, Onions const& onions);
/// SHA-256("piaojue/v2/mix" ‖ 0 ‖ batch_open ‖ trustee ‖ salt ‖ #q ‖ for each q: q ‖ #items ‖ for each: #bytes ‖ item).
Hash mix_output_hash(Hash const& batch_open, TrusteeId trustee, ByteView salt, MixItems const& items);
/// Binding of the proof of knowledge of Y_t: meeting ‖ u32be(batch) ‖ u32be(attempt) ‖ u32be(trustee).
Bytes pok_binding(Hash const& meeting, BatchId batch, std::uint32_t attempt, TrusteeId trustee);
/// Binding of the DLEQ proof of a share: ctx ‖ leaf_hash(BallotBox) ‖ u32be(trustee).
Bytes dleq_binding(Hash const& ctx, Hash const& box, TrusteeId trustee);

}  // namespace piaojue::meeting
