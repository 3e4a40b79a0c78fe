// SPDX-License-Identifier: Apache-2.0
#include "verifier/checks.h"

#include <algorithm>

#include "strings/audit.h"

namespace piaojue::verifier {
namespace {

using namespace meeting;
namespace elgamal = crypto::elgamal;

/// The second table of specification §13. What it does not name is kEntries: form, bounds, signatures, keys that
/// somebody has not, phase, another meeting or attempt, a missing reason or list, and who signs.
class Judge {
 public:
  Judge(Record const& record, Entry const& entry) : record_(record), entry_(entry) {}

  template <class E>
  CheckId of(E const&, Refusal) const {
    return CheckId::kEntries;
  }

  // ---- People ----

  CheckId of(SignOut const& e, Refusal why) const {
    bool const by_others = !e.reason.empty();
    switch (why) {
      case Refusal::kUnknown:
        return by_others && here(e) ? CheckId::kGuards : CheckId::kEntries;
      case Refusal::kNotAuthorised:
        return by_others ? CheckId::kGuards : CheckId::kEntries;
      case Refusal::kLogInconsistent:
        return CheckId::kTree;
      case Refusal::kMalformed:
      case Refusal::kWrongPhase:
        return CheckId::kConfirms;
      case Refusal::kNotOnRoll:
        return signers_have_keys() ? CheckId::kConfirms : CheckId::kEntries;
      case Refusal::kConflict: {
        // Not the person's turn to sign out; or an envelope speaks against what is said.
        Presence const now = record_.presence(e.person);
        return now.signed_in && now.sequence == e.sequence ? CheckId::kConfirms : CheckId::kEntries;
      }
      default:
        return CheckId::kEntries;
    }
  }
  CheckId of(Recuse const& e, Refusal why) const {
    bool const by_others = entry_.signatures.size() != 1 || entry_.signatures.front().signer != e.person;
    if (!by_others) return CheckId::kEntries;
    if (why == Refusal::kUnknown) return here(e) ? CheckId::kGuards : CheckId::kEntries;
    if (here(e) && known(e.person) && !record_.has_role(e.person, kExpert)) return CheckId::kEntries;
    return why == Refusal::kNotAuthorised ? who_signs() : CheckId::kEntries;
  }
  CheckId of(RecuseBack const& e, Refusal why) const {
    if (why == Refusal::kUnknown) return here(e) ? CheckId::kGuards : CheckId::kEntries;
    return why == Refusal::kNotAuthorised ? CheckId::kGuards : CheckId::kEntries;
  }
  CheckId of(KeyChange const& e, Refusal why) const {
    if (why == Refusal::kUnknown) return here(e) ? CheckId::kGuards : CheckId::kEntries;
    return why == Refusal::kNotAuthorised || why == Refusal::kFirstKeys ? CheckId::kGuards : CheckId::kEntries;
  }
  CheckId of(TrusteeChange const& e, Refusal why) const {
    if (why == Refusal::kUnknown) return here(e) ? CheckId::kGuards : CheckId::kEntries;
    return why == Refusal::kNotAuthorised ? who_signs() : CheckId::kEntries;
  }

  // ---- Opening ----

  CheckId of(BatchKeys const& e, Refusal why) const {
    switch (why) {
      case Refusal::kUnknown:
        return here(e) ? CheckId::kAttempts : CheckId::kEntries;
      case Refusal::kWrongPhase:  // a declared question is another matter
        return e.attempt != record_.attempts(e.batch) + 1 ? CheckId::kAttempts : CheckId::kEntries;
      case Refusal::kProof:
        return CheckId::kTallyKeys;
      case Refusal::kKeyParam:
        return elgamal::is_valid_point(e.tally_key) ? CheckId::kTokenKeys : CheckId::kTallyKeys;
      default:
        return CheckId::kEntries;
    }
  }
  CheckId of(BatchOpen const& e, Refusal why) const {
    switch (why) {
      case Refusal::kUnknown:
        return here(e) && !questions_known(e) ? CheckId::kAttempts : CheckId::kEntries;
      case Refusal::kWrongPhase: {
        bool const other = record_.in_progress() && record_.attempt()->open.batch != e.batch;
        return other && e.attempt == record_.attempts(e.batch) + 1 ? CheckId::kEndings : CheckId::kAttempts;
      }
      case Refusal::kConflict: {
        bool const named_before = !std::ranges::all_of(
            e.unwitnessed, [this](Hash const& leaf) { return record_.can_be_named_unwitnessed(leaf); });
        return named_before ? CheckId::kEntries : CheckId::kRoll;
      }
      case Refusal::kQuorum:
        return CheckId::kRoll;
      case Refusal::kKeyUnlogged:
        return CheckId::kTokenKeys;
      case Refusal::kKeyParam:  // the shares cancel each other
        return CheckId::kTallyKeys;
      case Refusal::kGateReopened:
        return CheckId::kOpenings;
      case Refusal::kWitnesses:
        return CheckId::kWitnesses;
      default:
        return CheckId::kEntries;
    }
  }

  // ---- Voting ----

  CheckId of(TokenRequest const& e, Refusal why) const {
    switch (why) {
      case Refusal::kUnknown:
        return here(e) ? CheckId::kRequests : CheckId::kEntries;
      case Refusal::kNotOnRoll:
        return signers_have_keys() ? CheckId::kRequests : CheckId::kEntries;
      case Refusal::kRecused:
      case Refusal::kAlreadyIssued:
        return CheckId::kRequests;
      case Refusal::kConflict:
      case Refusal::kCheckDiffers:
        return CheckId::kSpoils;
      case Refusal::kWrongPhase:  // no CheckResult yet
        return voting() ? CheckId::kSpoils : CheckId::kEntries;
      default:
        return CheckId::kEntries;
    }
  }
  CheckId of(TokensIssued const& e, Refusal why) const {
    if (why == Refusal::kUnknown) return here(e) ? CheckId::kIssuance : CheckId::kEntries;
    if (why == Refusal::kConflict) return CheckId::kSpoils;
    return why == Refusal::kWrongPhase || why == Refusal::kAlreadyIssued ? CheckId::kIssuance : CheckId::kEntries;
  }
  CheckId of(EnvelopeCast const& e, Refusal why) const {
    if (why == Refusal::kUnknown) return here(e) ? CheckId::kSpoils : CheckId::kEntries;
    return why == Refusal::kConflict && e.cast != record_.attempt()->cast_of(e.person) ? CheckId::kSpoils
                                                                                       : CheckId::kEntries;
  }
  CheckId of(EnvelopeSpoil const& e, Refusal why) const { return of_a_check(e, why); }
  CheckId of(CheckResult const& e, Refusal why) const { return of_a_check(e, why); }
  CheckId of(BatchClose const&, Refusal why) const {
    return why == Refusal::kConflict ? CheckId::kSpoils : CheckId::kEntries;
  }

  // ---- From the close to the box ----

  CheckId of(IssuanceClosed const& e, Refusal why) const {
    switch (why) {
      case Refusal::kUnknown:
        return here(e) ? CheckId::kIssuance : CheckId::kEntries;
      case Refusal::kWrongPhase:
        return record_.attempt()->issuance_closed.contains(e.trustee) ? CheckId::kIssuance : CheckId::kEntries;
      case Refusal::kConflict:
        return CheckId::kIssuance;
      default:
        return CheckId::kEntries;
    }
  }
  CheckId of(MixStep const& e, Refusal why) const {
    bool const mixing = record_.attempt() && record_.attempt()->phase == BatchPhase::kMixing;
    switch (why) {
      case Refusal::kUnknown:
        return here(e) ? CheckId::kMixing : CheckId::kEntries;
      case Refusal::kMixSize:
      case Refusal::kOutOfRange:
      case Refusal::kConflict:
        return CheckId::kMixing;
      case Refusal::kWrongPhase:  // not the hop whose turn it is
        return mixing ? CheckId::kMixing : CheckId::kEntries;
      default:
        return CheckId::kEntries;
    }
  }
  CheckId of(BallotBox const&, Refusal why) const {
    switch (why) {
      case Refusal::kBallotEncoding:  // length, version and order were looked at before: a point or a key it is
        return CheckId::kEncodings;
      case Refusal::kBallotContext:
        return CheckId::kBallotForm;
      case Refusal::kBallotDuplicate:
        return CheckId::kUniqueness;
      case Refusal::kBallotSpent:
        return CheckId::kSpoils;
      case Refusal::kConflict:  // other questions
      case Refusal::kGateCount:
      case Refusal::kOutOfRange:  // a code that no ballot can be refused with
        return CheckId::kBoxCounts;
      default:
        return CheckId::kEntries;
    }
  }

  // ---- From the box to the result ----

  CheckId of(Confirm const& e, Refusal why) const { return of_confirming(e, why); }
  CheckId of(Override const& e, Refusal why) const { return of_confirming(e, why); }
  CheckId of(TallyShare const& e, Refusal why) const {
    switch (why) {
      case Refusal::kUnknown:  // a share of the sum of another box, or of nobody
        if (!here(e)) return CheckId::kEntries;
        return e.trustee < record_.slots().size() ? CheckId::kSums : CheckId::kShares;
      case Refusal::kWrongPhase: {  // a second one, or another first one than the server's
        Attempt const& attempt = *record_.attempt();
        bool const first = attempt.phase == BatchPhase::kConfirming;
        return first || attempt.shares.contains(e.trustee) ? CheckId::kShares : CheckId::kEntries;
      }
      case Refusal::kGateUnconfirmed:
      case Refusal::kGateMissing:
      case Refusal::kGateCount:
        return CheckId::kConfirms;
      case Refusal::kGateTooFew:
      case Refusal::kGateReopened:
        return CheckId::kOpenings;
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
    bool const named = why == Refusal::kConflict || why == Refusal::kWrongPhase || why == Refusal::kUnknown;
    return opened && here(e) && named ? CheckId::kEndings : CheckId::kEntries;
  }
  CheckId of(MeetingClose const&, Refusal why) const {
    if (why == Refusal::kWrongPhase && record_.in_progress()) return CheckId::kEndings;
    return why == Refusal::kLogInconsistent ? CheckId::kTree : CheckId::kEntries;
  }

 private:
  /// The entry is of this meeting, or of the attempt that is open or was the last one.
  template <class E>
  bool here(E const& e) const {
    if constexpr (requires { e.meeting; }) {
      return e.meeting == record_.meeting();
    } else {
      return record_.attempt() && e.batch_open == record_.attempt()->open_hash;
    }
  }
  bool known(PersonId person) const { return person != kServer && person <= record_.manifest().people.size(); }
  bool signers_have_keys() const {
    return std::ranges::all_of(entry_.signatures, [this](EntrySignature const& signature) {
      return record_.identity_key(signature.signer).has_value();
    });
  }
  /// NOT_AUTHORISED is said of the signers, and of what they may not do to this person.
  CheckId who_signs() const { return record_.signatures_complete(entry_) ? CheckId::kEntries : CheckId::kGuards; }
  bool voting() const {
    return record_.attempt() && record_.attempt()->phase == BatchPhase::kVoting && !record_.attempt()->open.paper;
  }
  bool questions_known(BatchOpen const& e) const {
    auto const& batches = record_.manifest().batches;
    if (e.batch == 0 || e.batch > batches.size()) return false;
    auto const& known = batches[e.batch - 1].candidates;
    return std::ranges::all_of(e.questions, [&](QuestionId q) { return std::ranges::find(known, q) != known.end(); });
  }
  /// Every rule of §10.3 about an EnvelopeSpoil or a CheckResult, who signs it among them.
  template <class E>
  CheckId of_a_check(E const& e, Refusal why) const {
    if (why == Refusal::kBadSignature || (why == Refusal::kNotOnRoll && !signers_have_keys())) return CheckId::kEntries;
    return why == Refusal::kUnknown && !here(e) ? CheckId::kEntries : CheckId::kSpoils;
  }
  /// Every rule of §10.4 about a Confirm or an Override, while one may come.
  template <class E>
  CheckId of_confirming(E const& e, Refusal why) const {
    switch (why) {
      case Refusal::kUnknown:
        return here(e) ? CheckId::kConfirms : CheckId::kEntries;
      case Refusal::kNotOnRoll:
        return signers_have_keys() ? CheckId::kConfirms : CheckId::kEntries;
      case Refusal::kConflict:
      case Refusal::kGateOverride:
        return CheckId::kConfirms;
      default:
        return CheckId::kEntries;
    }
  }

  Record const& record_;
  Entry const& entry_;
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
      &strings::audit::kCheck25What, &strings::audit::kCheck26What, &strings::audit::kCheck27What};
  return *kTitles.at(number(id) - 1);
}

CheckId check_of(Record const& record, Entry const& entry, Refusal why) {
  // Before the meeting begins and when it has ended it is nobody's turn.
  if (why == Refusal::kWrongPhase && record.phase() != MeetingPhase::kOpen) return CheckId::kEntries;
  return std::visit([&](auto const& body) { return Judge(record, entry).of(body, why); }, entry.body);
}

}  // namespace piaojue::verifier
