// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Texts of a record on a screen: a name must not be able to draw a line "VERIFIED" of its own on a terminal.
#include <string>
#include <string_view>

namespace piaojue::verifier {

/// At most 60 characters and an ellipsis; control characters, line separators and changes of writing direction as
/// U+FFFD.
std::string shown(std::string_view text);

}  // namespace piaojue::verifier
