// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The meeting as a whole (specification §10.1): MeetingOpen, whose body is the manifest, and MeetingClose.
#include "protocol/meeting/rules/rule.h"

namespace piaojue::meeting::rules {

/// MeetingOpen: everything about a manifest that can be wrong is found here, once and for all.
template <>
struct Rule<Manifest> {
  static WaysToSign signers(State const& s, Manifest const& e);
  [[nodiscard]] static Result<void> check(State const& s, Manifest const& e);
  static void take(State& s, Manifest const& e, Place const& place);
};

/// What its signers saw is all that counts; people may still leave while they sign.
template <>
struct Rule<MeetingClose> {
  static WaysToSign signers(State const& s, MeetingClose const& e);
  [[nodiscard]] static Result<void> check(State const& s, MeetingClose const& e);
  static void take(State& s, MeetingClose const& e, Place const& place);
};

}  // namespace piaojue::meeting::rules
