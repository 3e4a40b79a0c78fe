// SPDX-License-Identifier: Apache-2.0
#include "local/page_door.h"

#include <algorithm>
#include <filesystem>

#include "strings/local.h"

namespace piaojue::local {

namespace text = strings::local;

using platform::Folder;

Explained<HeldFolder> hold_folder(std::string const& path) {
  std::error_code ignored;
  auto const above = std::filesystem::path(path).parent_path();
  if (!above.empty()) std::filesystem::create_directories(above, ignored);
  auto folder = Folder::open(path, Folder::Make::kIfMissing);
  if (!folder) return instance_failed(path, folder.error());
  auto lock = folder->lock("page.lock");
  if (lock) return HeldFolder{std::move(*folder), std::move(*lock)};
  if (lock.error() != std::errc::resource_unavailable_try_again) return instance_failed(path, lock.error());
  return Explanation(text::kInstanceInUse, path, Refusal::kConflict);
}

bool is_page_address(std::string_view line) {
  return line.starts_with("http://127.0.0.1:") &&
         std::ranges::all_of(line, [](char c) { return c > ' ' && c < '\x7f'; });
}

Explanation instance_failed(std::string const& folder, std::error_code const& why) {
  return {{text::kInstanceFailed, {{"reason", platform::reason(why)}}}, folder, Refusal::kStorage};
}

}  // namespace piaojue::local
