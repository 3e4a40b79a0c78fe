// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Passphrases at the command line, and the keys that they open.
#include "base/secret.h"
#include "office/desk/desk.h"

namespace piaojue::desk {

/// From the file, PIAOJUE_PASSPHRASE or the terminal. @param fresh a new one, asked for twice.
Explained<Secret> read_passphrase(std::string const& file, Sentence const& prompt, bool fresh, Lang lang);

/// One who signs at the command line. The key is opened once, when it is first asked for.
Hand hand_of(std::uint32_t person, std::string const& passphrase_file, Lang lang);

}  // namespace piaojue::desk
