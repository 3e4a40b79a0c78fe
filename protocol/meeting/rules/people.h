// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Who is there and who they are (specification §10.1): SignIn, SignOut, Recuse, RecuseBack, KeyChange, TrusteeChange,
/// Interview.
#include "protocol/meeting/rules/rule.h"

namespace piaojue::meeting::rules {

template <>
struct Rule<SignIn> {
  static WaysToSign signers(State const& s, SignIn const& e);
  [[nodiscard]] static Result<void> check(State const& s, SignIn const& e);
  static void take(State& s, SignIn const& e, Place const& place);
};

template <>
struct Rule<SignOut> {
  static WaysToSign signers(State const& s, SignOut const& e);
  [[nodiscard]] static Result<void> check(State const& s, SignOut const& e);
  static void take(State& s, SignOut const& e, Place const& place);
};

/// Before the vote.
template <>
struct Rule<Recuse> {
  static WaysToSign signers(State const& s, Recuse const& e);
  [[nodiscard]] static Result<void> check(State const& s, Recuse const& e, Signing const& signing);
  static void take(State& s, Recuse const& e, Place const& place);
};

/// The way back into a question, before anything of it is known: by everybody whose word the recusal rests on. It
/// stands, else the entry is refused before this rule is asked.
template <>
struct Rule<RecuseBack> {
  static WaysToSign signers(State const& s, RecuseBack const& e);
  [[nodiscard]] static Result<void> check(State const& s, RecuseBack const& e);
  static void take(State& s, RecuseBack const& e, Place const& place);
};

/// The old keys end here. Signed by the committee it brings first keys, signed by the office changed ones.
template <>
struct Rule<KeyChange> {
  static WaysToSign signers(State const& s, KeyChange const& e);
  [[nodiscard]] static Result<void> check(State const& s, KeyChange const& e, Signing const& signing);
  static void take(State& s, KeyChange const& e, Place const& place);
};

/// Another person takes a slot; slots never end.
template <>
struct Rule<TrusteeChange> {
  static WaysToSign signers(State const& s, TrusteeChange const& e);
  [[nodiscard]] static Result<void> check(State const& s, TrusteeChange const& e);
  static void take(State& s, TrusteeChange const& e, Place const& place);
};

/// Of an exceptional candidate, who is not voted on without it.
template <>
struct Rule<Interview> {
  static WaysToSign signers(State const& s, Interview const& e);
  [[nodiscard]] static Result<void> check(State const& s, Interview const& e);
  static void take(State& s, Interview const& e, Place const& place);
};

}  // namespace piaojue::meeting::rules
