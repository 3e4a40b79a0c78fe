// SPDX-License-Identifier: Apache-2.0
#pragma once
/// One line of the door that the host itself takes (docs/client-door.md, "The page"), as a typed command: before there
/// is a session, and `page` at any time.
#include <string_view>
#include <variant>

#include "base/refusal.h"

namespace piaojue::client::first {

struct Help {};
struct Quit {};
/// A new address of the page.
struct Page {};
/// The slip that the program was started with.
struct Prefill {};
struct Slip {
  std::string_view text;
};
struct Enrol {
  std::string_view fields;  ///< a JSON object with "slip", "server" and "passphrase"
};
/// The servers that announce themselves in this room.
struct Found {};
/// Another slip than the one that was begun with.
struct Forget {};
struct Unlock {
  std::string_view fields;  ///< a JSON object with "passphrase"
};

/// Refers to the line that it was read from.
using Command = std::variant<Help, Quit, Page, Prefill, Slip, Enrol, Found, Forget, Unlock>;

/// @param line without a tag. @return kMalformed: not UTF-8. kWrongPhase: none of these; it may be one of a session.
[[nodiscard]] Result<Command> parse(std::string_view line);

}  // namespace piaojue::client::first
