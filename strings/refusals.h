// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What a refusal says to people: one sentence each, in both languages (specification §12). Names and numbers stand in
/// base/refusal.h, where programs need them and people do not.
#include "base/refusal.h"
#include "base/sentence.h"

namespace piaojue::strings {

/// A code that a newer peer has sent is told as "unknown error".
[[nodiscard]] Text const& sentence_of(Refusal code);

}  // namespace piaojue::strings
