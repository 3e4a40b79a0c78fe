// SPDX-License-Identifier: Apache-2.0
#include "local/folders.h"

#include <cstdlib>

namespace piaojue::local {
namespace {

std::string absolute(char const* variable) {
  char const* const value = std::getenv(variable);
  return value != nullptr && *value == '/' ? value : "";
}

}  // namespace

std::string own_folder(std::string_view name) {
  auto data = absolute("XDG_DATA_HOME");
  if (auto const home = absolute("HOME"); data.empty() && !home.empty()) data = home + "/.local/share";
  return data.empty() ? data : data + "/" + std::string(name);
}

std::string visible_folder() {
  auto const* const home = std::getenv("HOME");  // NOLINT(concurrency-mt-unsafe): before any other thread
  return home == nullptr ? "" : home;
}

}  // namespace piaojue::local
