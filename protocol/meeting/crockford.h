// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Crockford's base 32: what people read aloud and type from paper. 0–9 and A–Z without I, L, O and U.
#include <optional>
#include <string>

#include "base/bytes.h"

namespace piaojue::meeting {

inline constexpr std::string_view kCrockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Five bits a character, most significant first; what is left over at the end of `bytes` is dropped.
std::string to_crockford(ByteView bytes);
/// 0 to 31. Without case; O is 0, I and L are 1. Nothing for any other character.
std::optional<std::uint8_t> crockford_value(char32_t c);
/// "0123456789AB" as "0123-4567-89AB".
std::string in_groups_of_four(std::string_view characters);

}  // namespace piaojue::meeting
