// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What the system itself says of a file or folder.
#include <filesystem>

namespace piaojue::platform::test {

/// Nobody but its owner, who is this user, has any right to it.
bool only_its_owner_may(std::filesystem::path const& path);
/// Gives everybody the right to read it, and all that lies in it later.
void open_to_all(std::filesystem::path const& folder);
/// With all that lies in it, however long its name.
void remove(std::filesystem::path const& folder);
/// Wine, which knows an open folder by the name that it had when it was opened.
bool is_emulated();

}  // namespace piaojue::platform::test
