// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Which file this program is.
#include <optional>
#include <string>

namespace piaojue {

/// The file that this program's own code was mapped from, as the kernel names it (proc(5), maps). /proc/self/exe is
/// another one where a loader was started and told the program, as the portable archive does: it is the loader. Neither
/// arguments nor the environment have a say in it.
/// @return nothing: /proc is not there. " (deleted)" stands behind a name that is no longer this file's.
std::optional<std::string> own_file();

}  // namespace piaojue
