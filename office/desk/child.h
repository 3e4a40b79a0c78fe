// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Programs that the desk starts (base/platform/child.h), with no passphrase of ours in their environment. What can not
/// be started is said in a sentence. Knows nothing of meetings.
#include "base/explained.h"
#include "base/platform/child.h"

namespace piaojue::desk {

namespace fs = std::filesystem;
using platform::Bounds;
using platform::Companion;
using platform::lock_holder;
using platform::Process;

struct Command {
  fs::path program;
  std::vector<std::string> arguments;  ///< without the program's own name
};

struct Ran {
  int code = 0;  ///< -1: a signal ended it
  std::string out, err;
};
/// Runs it to its end. Refused: it can not be started, did not end in time, or said more than may be kept.
Explained<Ran> run_to_end(Command const& command, Bounds const& bounds = {});

/// In a session of its own, with its output and errors behind what stands in `log`: it goes on when this program ends.
Explained<Process> start_apart(Command const& command, fs::path const& log);

/// Spoken with by lines. @param line as Companion::start.
Explained<Companion> start_companion(Command const& command, std::function<void(std::string)> line);

}  // namespace piaojue::desk
