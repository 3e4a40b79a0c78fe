// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Checking one's own laptop (specification §8.4, §10.3): EnvelopeSpoil, CheckResult.
#include "protocol/meeting/rules/rule.h"

namespace piaojue::meeting::rules {

/// Ends an envelope and its tokens, whatever follows: what was looked at is never counted. Its person signs it with one
/// supervisor and names the spent keys; where a laptop refuses, the office signs it without them.
template <>
struct Rule<EnvelopeSpoil> {
  static WaysToSign signers(State const& s, EnvelopeSpoil const& e);
  [[nodiscard]] static Result<void> check(State const& s, EnvelopeSpoil const& e, Signing const& signing);
  static void take(State& s, EnvelopeSpoil const& e, Place const& place);
};

/// What the supervisor who countersigned saw.
template <>
struct Rule<CheckResult> {
  static WaysToSign signers(State const& s, CheckResult const& e);
  [[nodiscard]] static Result<void> check(State const& s, CheckResult const& e, Signing const& signing);
  static void take(State& s, CheckResult const& e, Place const& place);
};

/// The last one of this person in the attempt that is open or was the last one; nothing: there is none.
Spoil const* latest_spoil(State const& s, PersonId person);

}  // namespace piaojue::meeting::rules
