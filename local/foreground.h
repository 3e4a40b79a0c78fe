// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>

#include "base/explained.h"
#include "base/platform/console.h"

namespace piaojue::local {

/// Of a program with a page, before any other thread is started. Explains: kStorage, what the system is out of.
[[nodiscard]] Explained<std::unique_ptr<platform::Foreground>> take_foreground();

}  // namespace piaojue::local
