// SPDX-License-Identifier: Apache-2.0
#pragma once
/// `piaojue-office …`: the review office's commands, docs/office.md. Exit codes: 0 done, 1 refused, 2 wrong usage.
#include "local/page_host.h"

namespace piaojue::desk {

/// @param assets of `page`.
int run(int argc, char** argv, local::Assets const& assets);

}  // namespace piaojue::desk
