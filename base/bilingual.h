// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What is written into a log before anybody says in which language he reads it.
#include "base/sentence.h"

namespace piaojue {

/// "中文 (English)"
inline std::string in_both(Text const& text) { return std::string(text.zh) + " (" + std::string(text.en) + ")"; }

}  // namespace piaojue
