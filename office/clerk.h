#pragma once
/// `piaojue clerk …`: the review office's commands, docs/office.md. Exit codes: 0 done, 1 refused, 2 wrong usage.

namespace piaojue::office {

/// @param argv the first is the command's name, "piaojue clerk".
int clerk(int argc, char** argv);

}  // namespace piaojue::office
