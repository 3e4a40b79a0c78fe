// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Tokens, envelopes and the mix (specification §10.3): TokenRequest, TokensIssued, EnvelopeCast, BatchClose,
/// IssuanceClosed, MixStep, BallotBox; and Incident.
#include "protocol/meeting/rules/rule.h"

namespace piaojue::meeting::rules {

template <>
struct Rule<TokenRequest> {
  static WaysToSign signers(State const& s, TokenRequest const& e);
  [[nodiscard]] static Result<void> check(State const& s, TokenRequest const& e);
  static void take(State& s, TokenRequest const& e, Place const& place);
};

template <>
struct Rule<TokensIssued> {
  static WaysToSign signers(State const& s, TokensIssued const& e);
  [[nodiscard]] static Result<void> check(State const& s, TokensIssued const& e);
  static void take(State& s, TokensIssued const& e, Place const& place);
};

/// One a person, attempt and cast; nothing replaces it but a Spoil (checking.h).
template <>
struct Rule<EnvelopeCast> {
  static WaysToSign signers(State const& s, EnvelopeCast const& e);
  [[nodiscard]] static Result<void> check(State const& s, EnvelopeCast const& e);
  static void take(State& s, EnvelopeCast const& e, Place const& place);
};

/// Says which envelopes count.
template <>
struct Rule<BatchClose> {
  static WaysToSign signers(State const& s, BatchClose const& e);
  [[nodiscard]] static Result<void> check(State const& s, BatchClose const& e);
  static void take(State& s, BatchClose const& e, Place const& place);
};

/// The last one of them begins the mixing.
template <>
struct Rule<IssuanceClosed> {
  static WaysToSign signers(State const& s, IssuanceClosed const& e);
  [[nodiscard]] static Result<void> check(State const& s, IssuanceClosed const& e);
  static void take(State& s, IssuanceClosed const& e, Place const& place);
};

template <>
struct Rule<MixStep> {
  static WaysToSign signers(State const& s, MixStep const& e);
  [[nodiscard]] static Result<void> check(State const& s, MixStep const& e);
  static void take(State& s, MixStep const& e, Place const& place);
};

/// Order, encodings and uniqueness; the ballots' tokens, signatures and proofs are `check_box`'s.
template <>
struct Rule<BallotBox> {
  struct Prepared {
    std::vector<Hash> seen;
    std::map<QuestionId, crypto::elgamal::Ciphertext> sums;
  };
  static WaysToSign signers(State const& s, BallotBox const& e);
  [[nodiscard]] static Result<Prepared> check(State const& s, BallotBox const& e);
  static void take(State& s, BallotBox const& e, Place const& place, Prepared prepared);
};

/// Something that was refused and should not be forgotten.
template <>
struct Rule<Incident> {
  static WaysToSign signers(State const& s, Incident const& e);
  [[nodiscard]] static Result<void> check(State const& s, Incident const& e);
  static void take(State& s, Incident const& e, Place const& place);
};

}  // namespace piaojue::meeting::rules
