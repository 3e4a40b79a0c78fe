// SPDX-License-Identifier: Apache-2.0
#include "verifier/checks.h"

#include "strings/audit.h"

namespace piaojue::verifier {
namespace {

using namespace meeting;
namespace elgamal = crypto::elgamal;

/// The table at the end of specification §13.
class Judge {
 public:
  explicit Judge(Record const& record) : record_(record) {}

  template <class E>
  CheckId of(E const&, Refusal) const {
    return CheckId::kEntries;
  }
  CheckId of(BatchKeys const& e, Refusal why) const {
    if (why == Refusal::kProof) return CheckId::kTallyKeys;
    if (why == Refusal::kKeyParam)
      return elgamal::is_valid_point(e.tally_key) ? CheckId::kTokenKeys : CheckId::kTallyKeys;
    if (why == Refusal::kWrongPhase && e.attempt != record_.attempts(e.batch) + 1) return CheckId::kAttempts;
    return CheckId::kEntries;
  }
  CheckId of(BatchOpen const& e, Refusal why) const {
    switch (why) {
      case Refusal::kWrongPhase: {
        bool const other = record_.in_progress() && record_.attempt()->open.batch != e.batch;
        return other && e.attempt == record_.attempts(e.batch) + 1 ? CheckId::kEndings : CheckId::kAttempts;
      }
      case Refusal::kConflict:
      case Refusal::kQuorum:
        return CheckId::kRoll;
      case Refusal::kKeyUnlogged:
        return CheckId::kTokenKeys;
      case Refusal::kKeyParam:  // the shares cancel each other
        return CheckId::kTallyKeys;
      case Refusal::kGateReopened:
        return CheckId::kOpenings;
      default:
        return CheckId::kEntries;
    }
  }
  CheckId of(TokenRequest const& e, Refusal why) const {
    if (why == Refusal::kRecused || why == Refusal::kAlreadyIssued) return CheckId::kRequests;
    return why == Refusal::kNotOnRoll && !record_.attempt()->present(e.person) ? CheckId::kRequests : CheckId::kEntries;
  }
  CheckId of(TokensIssued const&, Refusal why) const {
    return why == Refusal::kWrongPhase || why == Refusal::kAlreadyIssued ? CheckId::kIssuance : CheckId::kEntries;
  }
  CheckId of(IssuanceClosed const&, Refusal why) const {
    return why == Refusal::kConflict ? CheckId::kIssuance : CheckId::kEntries;
  }
  CheckId of(MixStep const&, Refusal why) const {
    bool const mixing = record_.attempt() && record_.attempt()->phase == BatchPhase::kMixing;
    if (why == Refusal::kMixSize || why == Refusal::kOutOfRange || why == Refusal::kConflict) return CheckId::kMixing;
    return why == Refusal::kWrongPhase && mixing ? CheckId::kMixing
                                                 : CheckId::kEntries;  // not the hop whose turn it is
  }
  CheckId of(BallotBox const&, Refusal why) const {
    switch (why) {
      case Refusal::kBallotEncoding:  // length, version and order were looked at before: a point it is
        return CheckId::kEncodings;
      case Refusal::kBallotContext:
        return CheckId::kBallotForm;
      case Refusal::kBallotDuplicate:
        return CheckId::kUniqueness;
      case Refusal::kGateCount:
      case Refusal::kOutOfRange:  // a code that no ballot can be refused with
        return CheckId::kBoxCounts;
      default:
        return CheckId::kEntries;
    }
  }
  CheckId of(Confirm const& e, Refusal why) const {
    if (why == Refusal::kUnknown) return of_this_attempt(e) ? CheckId::kConfirms : CheckId::kEntries;
    if (why == Refusal::kNotOnRoll)
      return record_.attempt()->counted.contains(e.person) ? CheckId::kEntries : CheckId::kConfirms;
    return why == Refusal::kConflict ? CheckId::kConfirms : CheckId::kEntries;
  }
  CheckId of(Override const& e, Refusal why) const {
    if (why == Refusal::kUnknown) return of_this_attempt(e) ? CheckId::kConfirms : CheckId::kEntries;
    return why == Refusal::kConflict || why == Refusal::kGateOverride || why == Refusal::kNotOnRoll ? CheckId::kConfirms
                                                                                                    : CheckId::kEntries;
  }
  CheckId of(TallyShare const& e, Refusal why) const {
    switch (why) {
      case Refusal::kUnknown:  // a share of the sum of another box
        return of_this_attempt(e) ? CheckId::kSums : CheckId::kEntries;
      case Refusal::kGateUnconfirmed:
      case Refusal::kGateMissing:
        return CheckId::kConfirms;
      case Refusal::kGateTooFew:
      case Refusal::kGateReopened:
        return CheckId::kOpenings;
      case Refusal::kGateCount:
        return CheckId::kBoxCounts;
      case Refusal::kConflict:
      case Refusal::kProof:
      case Refusal::kThresholdRule:
        return CheckId::kShares;
      case Refusal::kUnbalancedRow:
        return CheckId::kRows;
      default:
        return CheckId::kEntries;
    }
  }
  CheckId of(Declaration const&, Refusal why) const {
    return why == Refusal::kUnbalancedRow || why == Refusal::kThresholdRule || why == Refusal::kConflict
               ? CheckId::kRows
               : CheckId::kEntries;
  }
  CheckId of(PaperTally const&, Refusal why) const {
    return why == Refusal::kUnbalancedRow || why == Refusal::kConflict ? CheckId::kRows : CheckId::kEntries;
  }
  CheckId of(Void const& e, Refusal why) const {
    // To void what has been opened is to withhold its result.
    bool const opened = record_.attempt() && (record_.attempt()->phase == BatchPhase::kOpening ||
                                              record_.attempt()->phase == BatchPhase::kCounted);
    return opened && (why == Refusal::kConflict || (why == Refusal::kWrongPhase && of_this_attempt(e)))
               ? CheckId::kEndings
               : CheckId::kEntries;
  }
  CheckId of(MeetingClose const&, Refusal why) const {
    if (why == Refusal::kWrongPhase && record_.in_progress()) return CheckId::kEndings;
    return why == Refusal::kLogInconsistent ? CheckId::kTree : CheckId::kEntries;
  }

 private:
  template <class E>
  bool of_this_attempt(E const& e) const {
    return record_.attempt() && e.batch_open == record_.attempt()->open_hash;
  }

  Record const& record_;
};

}  // namespace

Text const& title(CheckId id) {
  static constexpr std::array<Text const*, kChecks> kTitles{
      &strings::audit::kCheck1What,  &strings::audit::kCheck2What,  &strings::audit::kCheck3What,
      &strings::audit::kCheck4What,  &strings::audit::kCheck5What,  &strings::audit::kCheck6What,
      &strings::audit::kCheck7What,  &strings::audit::kCheck8What,  &strings::audit::kCheck9What,
      &strings::audit::kCheck10What, &strings::audit::kCheck11What, &strings::audit::kCheck12What,
      &strings::audit::kCheck13What, &strings::audit::kCheck14What, &strings::audit::kCheck15What,
      &strings::audit::kCheck16What, &strings::audit::kCheck17What, &strings::audit::kCheck18What,
      &strings::audit::kCheck19What, &strings::audit::kCheck20What, &strings::audit::kCheck21What,
      &strings::audit::kCheck22What, &strings::audit::kCheck23What, &strings::audit::kCheck24What,
      &strings::audit::kCheck25What};
  return *kTitles.at(number(id) - 1);
}

CheckId check_of(Record const& record, Entry const& entry, Refusal why) {
  return std::visit([&](auto const& body) { return Judge(record).of(body, why); }, entry.body);
}

}  // namespace piaojue::verifier
