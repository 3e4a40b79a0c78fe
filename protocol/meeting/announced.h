// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Bounds of what a server tells for people to see, and no rule knows (specification §9).
#include <cstddef>
#include <cstdint>

namespace piaojue::meeting {

/// Of a title or a date, before there is a manifest: more is not told.
inline constexpr std::size_t kAnnouncedBytesMax = 1U << 10;
/// The longest time that a chair gives for a vote.
inline constexpr std::uint32_t kCountdownMaxS = 3600;

}  // namespace piaojue::meeting
