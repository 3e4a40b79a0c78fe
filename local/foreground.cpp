// SPDX-License-Identifier: Apache-2.0
#include "local/foreground.h"

#include "strings/local.h"

namespace piaojue::local {

Explained<std::unique_ptr<platform::Foreground>> take_foreground() {
  auto foreground = platform::Foreground::take();
  if (foreground) return std::move(*foreground);
  return Explanation({strings::local::kNotStarted, {{"reason", platform::reason(foreground.error())}}}, {},
                     Refusal::kStorage);
}

}  // namespace piaojue::local
