// SPDX-License-Identifier: Apache-2.0
#include "base/refusal.h"

#include <array>
#include <boost/throw_exception.hpp>
#include <stdexcept>
#include <string>

namespace piaojue {
namespace {

struct Row {
  Refusal code;
  std::string_view name;
};

// In the order of the enum; `rows_are_in_order` below holds the two together.
constexpr std::array kRows = {
    Row{Refusal::kKeyUnlogged, "KEY_UNLOGGED"},
    Row{Refusal::kKeyParam, "KEY_PARAM"},
    Row{Refusal::kFinalizeFailed, "FINALIZE_FAILED"},
    Row{Refusal::kAlreadyIssued, "ALREADY_ISSUED"},
    Row{Refusal::kNotOnRoll, "NOT_ON_ROLL"},
    Row{Refusal::kRecused, "RECUSED"},
    Row{Refusal::kWrongPhase, "WRONG_PHASE"},
    Row{Refusal::kOutOfRange, "OUT_OF_RANGE"},
    Row{Refusal::kMixDuplicate, "MIX_DUPLICATE"},
    Row{Refusal::kMixSize, "MIX_SIZE"},
    Row{Refusal::kMixOpen, "MIX_OPEN"},
    Row{Refusal::kMixAgain, "MIX_AGAIN"},
    Row{Refusal::kBallotToken, "BALLOT_TOKEN"},
    Row{Refusal::kBallotSignature, "BALLOT_SIGNATURE"},
    Row{Refusal::kBallotProof, "BALLOT_PROOF"},
    Row{Refusal::kBallotContext, "BALLOT_CONTEXT"},
    Row{Refusal::kBallotEncoding, "BALLOT_ENCODING"},
    Row{Refusal::kBallotDuplicate, "BALLOT_DUPLICATE"},
    Row{Refusal::kLogSplit, "LOG_SPLIT"},
    Row{Refusal::kLogInconsistent, "LOG_INCONSISTENT"},
    Row{Refusal::kGateCount, "GATE_COUNT"},
    Row{Refusal::kGateUnconfirmed, "GATE_UNCONFIRMED"},
    Row{Refusal::kGateMissing, "GATE_MISSING"},
    Row{Refusal::kGateTooFew, "GATE_TOO_FEW"},
    Row{Refusal::kGateReopened, "GATE_REOPENED"},
    Row{Refusal::kGateOverride, "GATE_OVERRIDE"},
    Row{Refusal::kQuorum, "QUORUM"},
    Row{Refusal::kThresholdRule, "THRESHOLD_RULE"},
    Row{Refusal::kUnbalancedRow, "UNBALANCED_ROW"},
    Row{Refusal::kInterviewMissing, "INTERVIEW_MISSING"},
    Row{Refusal::kMalformed, "MALFORMED"},
    Row{Refusal::kNotCanonical, "NOT_CANONICAL"},
    Row{Refusal::kTooLarge, "TOO_LARGE"},
    Row{Refusal::kUnknownType, "UNKNOWN_TYPE"},
    Row{Refusal::kBadSignature, "BAD_SIGNATURE"},
    Row{Refusal::kNotAuthorised, "NOT_AUTHORISED"},
    Row{Refusal::kProof, "PROOF"},
    Row{Refusal::kConflict, "CONFLICT"},
    Row{Refusal::kUnknown, "UNKNOWN"},
    Row{Refusal::kBusy, "BUSY"},
    Row{Refusal::kStorage, "STORAGE"},
    Row{Refusal::kInternal, "INTERNAL"},
    Row{Refusal::kWitnesses, "WITNESSES"},
    Row{Refusal::kBallotSpent, "BALLOT_SPENT"},
    Row{Refusal::kFirstKeys, "FIRST_KEYS"},
    Row{Refusal::kCheckDiffers, "CHECK_DIFFERS"},
};

constexpr bool rows_are_in_order() {
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    if (static_cast<std::size_t>(kRows[i].code) != i + 1) return false;
  }
  return true;
}
static_assert(rows_are_in_order());
static_assert(kRows.size() == static_cast<std::size_t>(kLastRefusal));

}  // namespace

std::string_view name(Refusal code) {
  auto const index = static_cast<std::size_t>(code);
  return index >= 1 && index <= kRows.size() ? kRows[index - 1].name : "UNLISTED";
}

void throw_exception_from_error(Refusal code, boost::source_location const& where) {
  boost::throw_with_location(std::logic_error("value() of a refused result: " + std::string(name(code))), where);
}

}  // namespace piaojue
