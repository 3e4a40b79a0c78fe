// SPDX-License-Identifier: Apache-2.0
#include "strings/refusals.h"

#include <cstddef>
#include <iterator>

#include "strings/refusal.h"

namespace piaojue::strings {
namespace {

struct Row {
  Refusal code;
  Text const& text;
};

// In the order of the enum; `rows_are_in_order` below holds the two together, a test the names.
constexpr Row kRows[] = {
    {Refusal::kKeyUnlogged, refusal::kKeyUnlogged},
    {Refusal::kKeyParam, refusal::kKeyParam},
    {Refusal::kFinalizeFailed, refusal::kFinalizeFailed},
    {Refusal::kAlreadyIssued, refusal::kAlreadyIssued},
    {Refusal::kNotOnRoll, refusal::kNotOnRoll},
    {Refusal::kRecused, refusal::kRecused},
    {Refusal::kWrongPhase, refusal::kWrongPhase},
    {Refusal::kOutOfRange, refusal::kOutOfRange},
    {Refusal::kMixDuplicate, refusal::kMixDuplicate},
    {Refusal::kMixSize, refusal::kMixSize},
    {Refusal::kMixOpen, refusal::kMixOpen},
    {Refusal::kMixAgain, refusal::kMixAgain},
    {Refusal::kBallotToken, refusal::kBallotToken},
    {Refusal::kBallotSignature, refusal::kBallotSignature},
    {Refusal::kBallotProof, refusal::kBallotProof},
    {Refusal::kBallotContext, refusal::kBallotContext},
    {Refusal::kBallotEncoding, refusal::kBallotEncoding},
    {Refusal::kBallotDuplicate, refusal::kBallotDuplicate},
    {Refusal::kLogSplit, refusal::kLogSplit},
    {Refusal::kLogInconsistent, refusal::kLogInconsistent},
    {Refusal::kGateCount, refusal::kGateCount},
    {Refusal::kGateUnconfirmed, refusal::kGateUnconfirmed},
    {Refusal::kGateMissing, refusal::kGateMissing},
    {Refusal::kGateTooFew, refusal::kGateTooFew},
    {Refusal::kGateReopened, refusal::kGateReopened},
    {Refusal::kGateOverride, refusal::kGateOverride},
    {Refusal::kQuorum, refusal::kQuorum},
    {Refusal::kThresholdRule, refusal::kThresholdRule},
    {Refusal::kUnbalancedRow, refusal::kUnbalancedRow},
    {Refusal::kInterviewMissing, refusal::kInterviewMissing},
    {Refusal::kMalformed, refusal::kMalformed},
    {Refusal::kNotCanonical, refusal::kNotCanonical},
    {Refusal::kTooLarge, refusal::kTooLarge},
    {Refusal::kUnknownType, refusal::kUnknownType},
    {Refusal::kBadSignature, refusal::kBadSignature},
    {Refusal::kNotAuthorised, refusal::kNotAuthorised},
    {Refusal::kProof, refusal::kProof},
    {Refusal::kConflict, refusal::kConflict},
    {Refusal::kUnknown, refusal::kUnknown},
    {Refusal::kBusy, refusal::kBusy},
    {Refusal::kStorage, refusal::kStorage},
    {Refusal::kInternal, refusal::kInternal},
    {Refusal::kWitnesses, refusal::kWitnesses},
    {Refusal::kBallotSpent, refusal::kBallotSpent},
    {Refusal::kFirstKeys, refusal::kFirstKeys},
    {Refusal::kCheckDiffers, refusal::kCheckDiffers},
};
constexpr std::size_t kRowCount = std::size(kRows);

constexpr bool rows_are_in_order() {
  for (std::size_t i = 0; i < kRowCount; ++i) {
    if (static_cast<std::size_t>(kRows[i].code) != i + 1) return false;
  }
  return true;
}
static_assert(rows_are_in_order());
static_assert(kRowCount == static_cast<std::size_t>(kLastRefusal));

}  // namespace

Text const& sentence_of(Refusal code) {
  auto const index = static_cast<std::size_t>(code);
  return index >= 1 && index <= kRowCount ? kRows[index - 1].text : refusal::kUnlisted;
}

}  // namespace piaojue::strings
