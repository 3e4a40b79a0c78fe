// SPDX-License-Identifier: Apache-2.0
#include "office/desk/child.h"

#include "strings/desk.h"

namespace piaojue::desk {

namespace words = strings::desk;

namespace {

/// Ours alone: what is told to this program is not told to those that it starts.
constexpr char const* kKeptBack = "PIAOJUE_PASSPHRASE";

platform::Command plain(Command const& command) { return {command.program, command.arguments, kKeptBack}; }

std::string name_of(Command const& command) { return command.program.filename().string(); }

Explanation not_started(Command const& command, std::error_code const& why) {
  std::error_code none;
  if (!fs::exists(command.program, none)) return Sentence(words::kChildNotThere, {{"program", name_of(command)}});
  return Sentence(words::kChildNotStarted, {{"program", name_of(command)}, {"why", platform::reason(why)}});
}

}  // namespace

Explained<Ran> run_to_end(Command const& command, Bounds const& bounds) {
  auto ran = platform::run_to_end(plain(command), bounds);
  if (!ran) return not_started(command, ran.error());
  if (ran->ending != platform::Ending::kItself) {
    auto const& fault = ran->ending == platform::Ending::kLate ? words::kChildLate : words::kChildTooMuch;
    return Explanation(
        Sentence(fault, {{"program", name_of(command)}, {"seconds", std::int64_t{bounds.deadline.count() / 1000}}}));
  }
  return Ran{ran->code, std::move(ran->out), std::move(ran->err)};
}

Explained<Process> start_apart(Command const& command, fs::path const& log) {
  auto process = platform::start_apart(plain(command), log);
  if (!process) return not_started(command, process.error());
  return std::move(*process);
}

Explained<Companion> start_companion(Command const& command, std::function<void(std::string)> line) {
  auto companion = Companion::start(plain(command), std::move(line));
  if (!companion) return not_started(command, companion.error());
  return std::move(*companion);
}

}  // namespace piaojue::desk
