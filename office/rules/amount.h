// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Amounts of money as forms have them: 2000, 5,000,000, 0.5 亿元. Without a unit, in the cell or in the heading, an
/// amount means nothing.
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/sentence.h"

namespace piaojue::office {

/// How many 元 one is: 元 千元 万元 百万元 千万元 亿元, with 人民币 before or 每年 behind. @return nothing: not known.
std::optional<std::int64_t> yuan_of_unit(std::string_view code);

struct Amount {
  std::int64_t yuan = -1;       ///< whole ones: what is less is left out, so that nobody reaches a bound by rounding
  Text const* fault = nullptr;  ///< no number; no unit; two units that are not one
};
/// @param code of the cell, as `sheets::code_of` gives it. @param heading_yuan one of the heading's unit; 0: it has
/// none.
Amount amount_of(std::string_view code, std::int64_t heading_yuan);

}  // namespace piaojue::office
