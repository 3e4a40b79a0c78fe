// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Another program, started from this one. It gets nothing of ours but what it is told: no descriptor beside the three
/// standard ones, which are /dev/null, no blocked or ignored signal.
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace piaojue::net {

/// @param argv the program, searched for in PATH, and its arguments. @param output what its stdout is; -1: /dev/null.
/// @return nothing: it could not be started.
std::optional<pid_t> start_child(std::vector<std::string> argv, int output = -1);

}  // namespace piaojue::net
