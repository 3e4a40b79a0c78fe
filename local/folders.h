// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Where a program keeps what is its person's, when nobody says where.
#include <string>
#include <string_view>

namespace piaojue::local {

/// "$XDG_DATA_HOME/name", or "~/.local/share/name" where that variable is no absolute path; on Windows in the person's
/// local data of programs (%LOCALAPPDATA%), which no roaming profile copies. Empty: this person has no home either.
std::string own_folder(std::string_view name);

/// Where people look for what they have made: "~", on Windows the documents. Empty: there is none.
std::string visible_folder();

}  // namespace piaojue::local
