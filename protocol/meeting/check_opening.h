// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Opening a spoiled envelope to the supervisor who countersigned (specification §8.4): what the person's program sends
/// him, sealed, and what his program makes of it. Never in the log, never stored. Pure.
#include <variant>

#include "base/secret.h"
#include "crypto/sign.h"
#include "protocol/meeting/record.h"
#include "protocol/meeting/witnesses.h"

namespace piaojue::meeting {

/// One question of the envelope, as its maker opens it.
struct OpenedQuestion {
  std::uint32_t choice = 0;  ///< v of §7.2; whether it is one is for `check_opening` to say
  Secret r;                  ///< of A = r·G, 32 bytes
  Bytes ballot;
  std::vector<Secret> secrets;  ///< esk of hop 0 … k − 1, 32 bytes each
};

struct CheckOpening {
  Hash batch_open;
  PersonId person = 0;
  std::uint32_t cast = 0;
  std::map<QuestionId, OpenedQuestion> questions;  ///< every question of the envelope
  Signature signature;                             ///< by IK over all of the above
};

/// What IK signs: "piaojue/v2/opening" ‖ 0x00 ‖ batch_open ‖ u32be(person) ‖ u32be(cast) ‖ SHA-256(questions).
Bytes check_opening_input(CheckOpening const& opening);

/// As it is sealed to the supervisor's BK, and back.
/// @return kMalformed: does not parse, a hash or signature of a wrong length, questions not strictly ascending.
Secret encode_check_opening(CheckOpening const& opening);
[[nodiscard]] Result<CheckOpening> parse_check_opening(ByteView bytes);

// ---- The person's program -----------------------------------------------------------------------------------------

/// What it keeps in memory of a ballot that it has sent, until BatchClose or until it was opened.
struct KeptVote {
  crypto::elgamal::Choice choice = crypto::elgamal::Choice::kAgree;
  Secret r;  ///< of `make_openable_ballot`
  Bytes ballot;
};

/// May the envelope of this cast be opened? Only when the log holds its Spoil, signed by the person, with exactly the
/// keys `own`, and that entry is witnessed: before that the envelope may still count.
[[nodiscard]] bool may_be_opened(Record const& record, Witnesses const& witnesses, PersonId person, std::uint32_t cast,
                                 std::map<QuestionId, SigningPublicKey> const& own);

/// @param kept every question of the envelope. @param seed of the cast's onions. @param hops trustees of the attempt.
CheckOpening make_check_opening(Hash const& batch_open, PersonId person, std::uint32_t cast,
                                std::map<QuestionId, KeptVote> const& kept, Secret const& seed, std::size_t hops,
                                crypto::SigningKey const& ik);

// ---- The supervisor's program -------------------------------------------------------------------------------------

/// What the envelope says: to be laid beside what the person's screen shows. Only the person's word decides then
/// between `agrees` and `differs`.
using OpenedChoices = std::map<QuestionId, crypto::elgamal::Choice>;

/// The verdict that stands without asking anybody.
struct OpeningFailure {
  /// kUnopened: there is no such Spoil that the person signed, or no valid signature under the IK that the attempt
  /// began with: whoever sent this has not opened anything. kDiffers: the person opened something else than was sent.
  CheckVerdict verdict = CheckVerdict::kUnopened;
  Refusal why = Refusal::kUnknown;
  QuestionId question = 0;  ///< 0: the envelope as a whole
};

/// Makes the envelope again from what was opened. All of it must hold: the questions are those of the envelope; the
/// onions have the digest of the logged EnvelopeCast; each ballot is one under the key that the Spoil names, valid as
/// in a box, and A = r·G, B = r·X + v·G.
[[nodiscard]] std::variant<OpenedChoices, OpeningFailure> check_opening(Record const& record,
                                                                        CheckOpening const& opening);

}  // namespace piaojue::meeting
