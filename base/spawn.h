// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Another program, started from this one without a shell. It gets nothing of ours but what it is told: no descriptor
/// beside the three standard ones, no blocked or ignored signal.
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace piaojue {

struct Spawn {
  std::vector<std::string> argv;    ///< the program, searched for in PATH unless it is a path, and its arguments
  int in = -1, out = -1, err = -1;  ///< -1: /dev/null. Others lie above the three, so that none hides another
  bool own_session = false;         ///< it goes on when this program's terminal is closed
  std::string kept_back = {};       ///< a variable of our environment that it does not get; empty: none
};

/// @return nothing: it could not be started, and errno says why.
std::optional<pid_t> spawn(Spawn what);

}  // namespace piaojue
