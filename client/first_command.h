// SPDX-License-Identifier: Apache-2.0
#pragma once
/// One line of the door that the host itself takes (docs/client-door.md, "The page"), as a typed command: before there
/// is a session, and `page` and `prefer` at any time.
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
/// Another slip than the one that was begun with, or than the one of somebody else.
struct Forget {};
/// It is oneself whom the server has named: the session begins.
struct Me {};
struct Unlock {
  std::string_view fields;  ///< a JSON object with "passphrase"
};

/// How the page is shown on this laptop.
struct Prefer {
  std::string_view words;  ///< as client::changed takes them
};

/// Refers to the line that it was read from.
using Command = std::variant<Help, Quit, Page, Prefill, Slip, Enrol, Found, Forget, Me, Unlock, Prefer>;

/// @param line without a tag. @return kMalformed: not UTF-8. kWrongPhase: none of these; it may be one of a session.
[[nodiscard]] Result<Command> parse(std::string_view line);

}  // namespace piaojue::client::first
