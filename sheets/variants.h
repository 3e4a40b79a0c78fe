// SPDX-License-Identifier: Apache-2.0
#pragma once
/// One character for all ways of writing it. For telling who may be one person, never for writing a name: 乾 is a name
/// of its own, and here it is 干.

namespace piaojue::sheets {

/// The simplified character for a traditional one or a variant; else the character itself.
char32_t usual_character(char32_t c);

}  // namespace piaojue::sheets
