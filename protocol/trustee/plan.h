// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Private to this room: each heavy duty split into a cheap part that reads the record and a heavy one that touches
/// only what the first took out. A job runs the second on another thread while the record goes on changing.
#include "protocol/trustee/gate.h"
#include "protocol/trustee/issuer.h"
#include "protocol/trustee/mixer.h"

namespace piaojue::trustee::detail {

// ---- Issuing ------------------------------------------------------------------------------------------------------

/// Refusals of `issue` that need no key.
[[nodiscard]] Result<void> check_request(meeting::Record const& record, TrusteeId trustee, PersonId person,
                                         meeting::BlindedMsgs const& msgs);
/// @return kWrongPhase: keys destroyed or of other questions. kOutOfRange.
[[nodiscard]] Result<meeting::BlindSigs> sign_request(AttemptKeys const& keys, TrusteeId trustee,
                                                      meeting::BlindedMsgs const& msgs);

// ---- Mixing -------------------------------------------------------------------------------------------------------

struct MixPlan {
  Hash batch_open;
  TrusteeId trustee = 0;                ///< and hop
  std::map<QuestionId, Hash> contexts;  ///< live questions
  std::map<QuestionId, std::uint32_t>
      input_counts;  ///< all that the input must hold; a voided one among them is ignored
  std::size_t item_bytes = 0;
  std::optional<meeting::MixStep> before;  ///< nothing for hop 0
};

/// @return kWrongPhase: not this trustee's turn.
[[nodiscard]] Result<MixPlan> plan_mix(meeting::Record const& record, TrusteeId trustee);
[[nodiscard]] Result<MixResult> run_mix(MixPlan const& plan, crypto::onion::MixKey const& key,
                                        meeting::MixItems const& input_items, ByteView input_salt);

/// A result for fewer questions: those that were voided after it was made fall out, the others stay as they are.
MixResult restricted(MixResult const& whole, std::vector<QuestionId> const& questions);

/// Fisher–Yates with libsodium's randombytes_uniform: every order is as likely as any other.
void shuffle(std::vector<Bytes>& items);

/// Overwrites and empties: which input became which output is told by memory that holds both.
void wipe(meeting::MixItems& items);

// ---- The box ------------------------------------------------------------------------------------------------------

/// The last output with all that the record knows of it.
struct BoxInput {
  struct Item {
    Bytes bytes;
    std::optional<Refusal> known;  ///< BALLOT_SPENT, or BALLOT_DUPLICATE of an earlier box
    bool checked = false;          ///< tokens, signature and proof are known to be right
  };
  Hash batch_open;
  std::vector<meeting::BallotContext> contexts;
  std::map<QuestionId, std::vector<Item>> items;  ///< sorted
};
BoxInput plan_ballot_box(meeting::Record const& record, meeting::MixItems const& last_items);
meeting::BallotBox run_ballot_box(BoxInput const& input, ParallelFor const& parallel);

// ---- Gate and share -----------------------------------------------------------------------------------------------

/// The gate without the ballots' tokens, signatures and proofs.
[[nodiscard]] Result<void> check_gate_by_log(meeting::Record const& record, meeting::Witnesses const& witnesses);

/// The live boxes of a record with what their ballots are checked against.
struct BoxPlan {
  Hash box_hash;
  std::shared_ptr<meeting::BallotBox const> box;
  std::vector<meeting::BallotContext> contexts;
};
BoxPlan plan_box(meeting::Record const& record);
/// Every ballot of the box was checked: what is the same to the byte is not checked again.
void mark_checked(BoxInput& input, BoxPlan const& plan);
/// Ballots and refused counts of every live question are exactly these.
bool is_box_of(BoxPlan const& plan, meeting::BallotBox const& own);
/// @return the code of the first ballot that is not valid.
[[nodiscard]] Result<void> check_ballots(BoxPlan const& plan, ParallelFor const& parallel);

/// What a share is made from.
struct SharePlan {
  meeting::TallyShare body;                    ///< without shares
  std::map<QuestionId, crypto::Point> sums_a;  ///< ΣA
  std::map<QuestionId, Hash> contexts;
};
/// @return kWrongPhase: no box, or a question without a sum.
[[nodiscard]] Result<SharePlan> plan_share(meeting::Record const& record, TrusteeId trustee);
[[nodiscard]] Result<meeting::TallyShare> run_share(SharePlan const& plan, crypto::elgamal::TallyKey const& key);

/// fn(i) for i in [0, n) by `parallel`, or one after another where there is none.
void for_each(ParallelFor const& parallel, std::size_t n, std::function<void(std::size_t)> const& fn);

}  // namespace piaojue::trustee::detail
