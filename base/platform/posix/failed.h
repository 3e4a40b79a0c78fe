// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What errno says now.
#include <cerrno>
#include <system_error>

namespace piaojue::platform {

inline std::error_code failed() { return {errno, std::generic_category()}; }

}  // namespace piaojue::platform
