// SPDX-License-Identifier: Apache-2.0
/// The review office's program: everything around a meeting, at the command line and in the browser (docs/office.md).
#include <optional>
#include <string_view>

#include "base/platform/process.h"
#include "base/secret.h"
#include "crypto/init.h"
#include "office/desk/commands.h"

namespace piaojue::local {
/// The page as it was built into this program; its table is written by cmake/assets.cmake.
std::optional<Asset> embedded_asset(std::string_view path);
}  // namespace piaojue::local

int main(int argc, char** argv) {
  piaojue::init();
  piaojue::crypto::init();
  piaojue::platform::Arguments given(argc, argv);
  return piaojue::desk::run(given.count(), given.values(), piaojue::local::embedded_asset);
}
