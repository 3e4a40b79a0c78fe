// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Whose a process is.
#include <cstdint>
#include <string>

namespace piaojue::local {

/// As text ("S-1-5-…"). @param process 0: this one. Empty: it is gone, or not ours to ask.
std::wstring user_of(std::uint32_t process);

}  // namespace piaojue::local
