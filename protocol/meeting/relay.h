// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What one person's program hands to another's through the server, which keeps nothing of it (specification §9). What
/// is secret in it is sealed to the receiver's BK.
#include <cstddef>
#include <cstdint>

namespace piaojue::meeting {

enum class RelayKind : std::uint8_t {
  kSpoil = 1,  ///< expert → the supervisor whom he chose: a signed EnvelopeSpoil, sealed (§8.4)
  kOpening,    ///< expert → the supervisor who countersigned: CheckOpening, sealed
  kDeposit,    ///< owner → holder: Deposit (§9.3, halves.h), as all that follow
  kHeld,       ///< holder → owner: HalfOf
  kWithdraw,   ///< owner → holder: HalfOf
  kReturn,     ///< holder → owner: ReturnedHalf
};

/// A CheckOpening of 100 questions with ballots of seven trustees and 4096 bits, the largest lawful one, is 416 KiB.
inline constexpr std::size_t kRelayBytesMax = 512U << 10;

}  // namespace piaojue::meeting
