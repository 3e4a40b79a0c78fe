// SPDX-License-Identifier: Apache-2.0
#pragma once
/// How large a frame may be, by what is in it (specification §9.4).
#include "crypto/onion.h"
#include "protocol/meeting/attempt.h"

namespace piaojue::server {

/// Of MixStep and its payload in this attempt, by a trustee behind the first.
inline std::size_t mix_bytes_max(meeting::Attempt const& attempt) {
  constexpr std::size_t kEntryBytes = 64U << 10;
  constexpr std::size_t kAroundBytes = 16;
  auto const item = attempt.shape.bytes() + attempt.holders.size() * crypto::onion::kLayerBytes + kAroundBytes;
  return kEntryBytes + attempt.open.questions.size() * (attempt.open.present.size() * item + kAroundBytes);
}

}  // namespace piaojue::server
