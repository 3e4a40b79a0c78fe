// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Texts from sheets: what was meant by a code, a heading, a number; and what may not stand in a name.
#include <cstddef>
#include <string>
#include <string_view>

#include "base/utf8.h"

namespace piaojue::sheets {

bool valid_utf8(std::string_view text);
/// Code points of valid UTF-8.
std::size_t characters(std::string_view text);
/// At most 24 characters and an ellipsis, on one line.
std::string shortened(std::string_view text);
/// Without spaces of any width at either end.
std::string trimmed(std::string_view text);
/// A code as it was meant: full-width forms as ASCII, without any space, Latin letters in upper case.
std::string code_of(std::string_view text);
/// A heading without stars, colons and remarks: "姓 名（必填）*" is 姓名.
std::string heading_of(std::string_view text);
/// A control character or a change of writing direction makes one name look like another on the wall.
bool has_control(std::string_view text, bool lines_allowed);

}  // namespace piaojue::sheets
