// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Every way in which a request, an entry or a ballot can be refused: one enum, one table of names (specification §12).
/// Expected failure is a value, never an exception. What each says to people is in strings/refusals.h.
#include <boost/system/result.hpp>
#include <cstdint>
#include <string_view>

namespace piaojue {

enum class Refusal : std::uint16_t {
  // Token keys and tokens, seen by the client.
  kKeyUnlogged = 1,  ///< KEY_UNLOGGED: the key is not in a cosigned BatchKeys entry.
  kKeyParam,         ///< KEY_PARAM: size, parity, exponent, small factor, or a key used before.
  kFinalizeFailed,   ///< FINALIZE_FAILED: the blind signature does not yield a valid signature.
  // Issuing.
  kAlreadyIssued,  ///< ALREADY_ISSUED: one request per expert, batch and attempt.
  kNotOnRoll,      ///< NOT_ON_ROLL: unknown, absent, or no longer this person's key.
  kRecused,        ///< RECUSED: the expert stepped back from this question.
  kWrongPhase,     ///< WRONG_PHASE: the batch, question, attempt or meeting is not at this step.
  kOutOfRange,     ///< OUT_OF_RANGE: a value outside its domain, such as z ∉ (1, n−1).
  // Mixing.
  kMixDuplicate,  ///< MIX_DUPLICATE: two inputs are equal.
  kMixSize,       ///< MIX_SIZE: wrong count or wrong size.
  kMixOpen,       ///< MIX_OPEN: a layer does not open, or its header is of another context or hop.
  kMixAgain,      ///< MIX_AGAIN: this batch attempt was mixed already with another input.
  // Ballots.
  kBallotToken,      ///< BALLOT_TOKEN(t): trustee t's signature is missing or wrong.
  kBallotSignature,  ///< BALLOT_SIGNATURE
  kBallotProof,      ///< BALLOT_PROOF
  kBallotContext,    ///< BALLOT_CONTEXT: of another question, batch or attempt.
  kBallotEncoding,   ///< BALLOT_ENCODING: length, version, a point or a scalar that is not canonical, the identity.
  kBallotDuplicate,  ///< BALLOT_DUPLICATE
  // Log.
  kLogSplit,         ///< LOG_SPLIT: two signed checkpoints of one size with two roots.
  kLogInconsistent,  ///< LOG_INCONSISTENT: a proof or an entry does not fit the tree.
  // Gate.
  kGateCount,        ///< GATE_COUNT: more ballots than counted envelopes.
  kGateUnconfirmed,  ///< GATE_UNCONFIRMED
  kGateMissing,      ///< GATE_MISSING
  kGateTooFew,       ///< GATE_TOO_FEW: fewer than three ballots, or too small a part of those who could vote.
  kGateReopened,     ///< GATE_REOPENED: an attempt of this question was opened before.
  kGateOverride,     ///< GATE_OVERRIDE: the override is beyond its limit, or by the wrong people.
  // Rules.
  kQuorum,            ///< QUORUM
  kThresholdRule,     ///< THRESHOLD_RULE: a declared row contradicts the rule.
  kUnbalancedRow,     ///< UNBALANCED_ROW
  kInterviewMissing,  ///< INTERVIEW_MISSING
  // Form and authority, common to all messages.
  kMalformed,      ///< MALFORMED: does not parse, or a field is missing.
  kNotCanonical,   ///< NOT_CANONICAL: unknown field, trailing byte, or another spelling of the same value.
  kTooLarge,       ///< TOO_LARGE
  kUnknownType,    ///< UNKNOWN_TYPE
  kBadSignature,   ///< BAD_SIGNATURE
  kNotAuthorised,  ///< NOT_AUTHORISED: the signer's role does not allow it.
  kProof,          ///< PROOF: a proof of knowledge or DLEQ proof does not verify.
  kConflict,       ///< CONFLICT: another value was given before for the same thing.
  kUnknown,        ///< UNKNOWN: no such person, candidate, batch, question or entry.
  kBusy,           ///< BUSY: a bound is reached; try again.
  kStorage,        ///< STORAGE: the durable store failed; nothing was acknowledged.
  kInternal,       ///< INTERNAL: a library failed in a way that input can not cause.
  // Who guards.
  kWitnesses,     ///< WITNESSES: too few of those present hold first keys to witness the batch.
  kBallotSpent,   ///< BALLOT_SPENT: of an envelope that was spoiled.
  kFirstKeys,     ///< FIRST_KEYS: would leave fewer first keys than a committee needs.
  kCheckDiffers,  ///< CHECK_DIFFERS: a check found that this laptop altered a vote; it casts no more in this meeting.
};
inline constexpr Refusal kLastRefusal = Refusal::kCheckDiffers;

/// The specification's name, such as "ALREADY_ISSUED".
std::string_view name(Refusal code);

/// A value, or the refusal itself: never a code that has to be cast back.
template <class T>
using Result = boost::system::result<T, Refusal>;

/// What `Result::value()` of a refusal ends in: a programmer's error, not an input's. Found by Boost.System.
[[noreturn]] void throw_exception_from_error(Refusal code, boost::source_location const& where);

}  // namespace piaojue
