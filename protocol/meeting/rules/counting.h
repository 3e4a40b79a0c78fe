// SPDX-License-Identifier: Apache-2.0
#pragma once
/// From the box to the row (specification §10.4): Confirm, Override, the gate and TallyShare, Declaration; Void and
/// PaperTally; Erased.
#include "protocol/meeting/rules/rule.h"

namespace piaojue::meeting::rules {

template <>
struct Rule<Confirm> {
  static WaysToSign signers(State const& s, Confirm const& e);
  [[nodiscard]] static Result<void> check(State const& s, Confirm const& e);
  static void take(State& s, Confirm const& e, Place const& place);
};

/// Passes over who has said nothing, or MISSING; it lists each with what he has said by then.
template <>
struct Rule<Override> {
  static WaysToSign signers(State const& s, Override const& e);
  [[nodiscard]] static Result<void> check(State const& s, Override const& e);
  static void take(State& s, Override const& e, Place const& place);
};

/// The gate before the first tally share, as far as the log alone decides it. @return kGateUnconfirmed, kGateMissing,
/// kGateCount, kGateTooFew.
[[nodiscard]] Result<void> gate(Attempt const& attempt);

/// The last one opens the sums and works out the rows.
template <>
struct Rule<TallyShare> {
  struct Prepared {
    std::map<QuestionId, Row> rows;  ///< with the last share
  };
  static WaysToSign signers(State const& s, TallyShare const& e);
  [[nodiscard]] static Result<Prepared> check(State const& s, TallyShare const& e);
  static void take(State& s, TallyShare const& e, Place const& place, Prepared prepared);
};

/// Exactly the rows that were worked out.
template <>
struct Rule<Declaration> {
  static WaysToSign signers(State const& s, Declaration const& e);
  [[nodiscard]] static Result<void> check(State const& s, Declaration const& e);
  static void take(State& s, Declaration const& e, Place const& place);
};

/// Takes questions out of the attempt; with the last one it ends.
template <>
struct Rule<Void> {
  static WaysToSign signers(State const& s, Void const& e);
  [[nodiscard]] static Result<void> check(State const& s, Void const& e);
  static void take(State& s, Void const& e, Place const& place);
};

/// More papers than were given out: that question's round is void.
template <>
struct Rule<PaperTally> {
  struct Prepared {
    std::map<QuestionId, Row> rows;  ///< without the voided ones
  };
  static WaysToSign signers(State const& s, PaperTally const& e);
  [[nodiscard]] static Result<Prepared> check(State const& s, PaperTally const& e);
  static void take(State& s, PaperTally const& e, Place const& place, Prepared prepared);
};

/// A trustee has destroyed what it knew of an ended attempt.
template <>
struct Rule<Erased> {
  static WaysToSign signers(State const& s, Erased const& e);
  [[nodiscard]] static Result<void> check(State const& s, Erased const& e);
  static void take(State& s, Erased const& e, Place const& place);
};

}  // namespace piaojue::meeting::rules
