// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Which version's rows a meeting's tables hold.
#include <string_view>

namespace piaojue::store {

/// Key in kMeta, and what this version writes there. Another version's rows are refused, never converted.
inline constexpr std::string_view kFormatKey = "format", kFormat = "2";

}  // namespace piaojue::store
