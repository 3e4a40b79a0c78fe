#pragma once
/// `piaojue clerk …`: the review office's commands, docs/office.md. Exit codes: 0 done, 1 refused, 2 wrong usage.
#include "client/page_host.h"

namespace piaojue::desk {

/// @param argv the first is the command's name, "piaojue clerk". @param assets of `page`.
int clerk(int argc, char** argv, client::Assets const& assets);

}  // namespace piaojue::desk
