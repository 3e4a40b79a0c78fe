// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What an instance is on every system: a folder that it holds, and a line each way. Of `instance.h` alone.
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>

#include "base/explained.h"
#include "base/platform/files.h"

namespace piaojue::local {

inline constexpr std::string_view kPageAsked = "page\n";
/// Bytes of the line that answers, with its end.
inline constexpr std::size_t kPageAddressMax = 256;

struct HeldFolder {
  platform::Folder folder;
  platform::File lock;  ///< held as long as it is open
};
/// Makes the folder where there is none, and holds `page.lock` in it. Explains: as Instance::take.
[[nodiscard]] Explained<HeldFolder> hold_folder(std::string const& path);

/// Whether a line, without its end, is an address that a page of this program can have: nothing else goes to a browser.
[[nodiscard]] bool is_page_address(std::string_view line);

/// kStorage: what the system says of this folder.
[[nodiscard]] Explanation instance_failed(std::string const& folder, std::error_code const& why);

}  // namespace piaojue::local
