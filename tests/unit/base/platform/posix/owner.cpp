// SPDX-License-Identifier: Apache-2.0
#include "unit/base/platform/owner.h"

#include <sys/stat.h>
#include <unistd.h>

namespace piaojue::platform::test {

bool only_its_owner_may(std::filesystem::path const& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && info.st_uid == ::geteuid() && (info.st_mode & (S_IRWXG | S_IRWXO)) == 0;
}

void open_to_all(std::filesystem::path const& folder) { ::chmod(folder.c_str(), 0755); }

void remove(std::filesystem::path const& folder) {
  std::error_code none;
  std::filesystem::remove_all(folder, none);
}

bool is_emulated() { return false; }

}  // namespace piaojue::platform::test
