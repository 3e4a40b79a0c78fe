// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What a trustee has to do: the kind of work, and for which attempt of which batch.
#include <compare>
#include <string>

#include "protocol/meeting/entry.h"

namespace piaojue::trustee {

using meeting::BatchId;
using meeting::PersonId;

enum class DutyKind : std::uint8_t {
  kKeys,      ///< make keys, or hand out those that are there: BatchKeys
  kTokens,    ///< blind-sign one person's request: TokensIssued
  kClose,     ///< destroy the token keys: IssuanceClosed
  kMix,       ///< peel and shuffle: MixStep
  kCheckBox,  ///< check every ballot of the box, which the share waits for; signs nothing
  kShare,     ///< TallyShare
  kErase,     ///< destroy everything: Erased
};

struct Duty {
  DutyKind kind = DutyKind::kKeys;
  BatchId batch = 0;
  std::uint32_t attempt = 0;
  PersonId person = 0;     ///< whose request, for kTokens; else 0
  std::uint32_t cast = 0;  ///< of that request
  auto operator<=>(Duty const&) const = default;

  /// Keys are made ahead of need and take minutes: they must never stand before what somebody waits for.
  bool can_wait() const { return kind == DutyKind::kKeys; }
};

/// "keys/1/1", "tokens/1/1/7/0": for logs only, nothing is decided by it.
std::string to_text(Duty const& duty);

}  // namespace piaojue::trustee
