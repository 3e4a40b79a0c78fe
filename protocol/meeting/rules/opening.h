// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Before a batch is voted on (specification §10.2): BatchKeys, BatchOpen.
#include "protocol/meeting/rules/rule.h"

namespace piaojue::meeting::rules {

/// A later one of the same trustee, batch and attempt replaces it until BatchOpen.
template <>
struct Rule<BatchKeys> {
  struct Prepared {
    std::vector<Hash> seen;
    std::map<QuestionId, crypto::blind_rsa::PublicKey> token_keys;
  };
  static WaysToSign signers(State const& s, BatchKeys const& e);
  [[nodiscard]] static Result<Prepared> check(State const& s, BatchKeys const& e);
  static void take(State& s, BatchKeys const& e, Place const& place, Prepared prepared);
};

/// Begins an attempt.
template <>
struct Rule<BatchOpen> {
  struct Prepared {
    std::vector<PendingKeys const*> pending;  ///< in the state that was checked, by hop; none on paper
    Point election_key;
  };
  static WaysToSign signers(State const& s, BatchOpen const& e);
  [[nodiscard]] static Result<Prepared> check(State const& s, BatchOpen const& e);
  static void take(State& s, BatchOpen const& e, Place const& place, Prepared const& prepared);
  /// What the chair would sign now: see Record::draft_batch_open.
  [[nodiscard]] static Result<BatchOpen> draft(State const& s, BatchId batch, bool paper,
                                               std::vector<Hash> unwitnessed);
};

/// Results that the signers of BatchOpen or MeetingClose accept although no two thirds have witnessed them.
/// @return kUnknown: no Declaration or PaperTally of this log. kConflict: named before.
[[nodiscard]] Result<void> check_unwitnessed(State const& s, std::vector<Hash> const& leaves);
void take_unwitnessed(State& s, std::vector<Hash> const& leaves);

}  // namespace piaojue::meeting::rules
