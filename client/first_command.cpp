// SPDX-License-Identifier: Apache-2.0
#include "client/first_command.h"

#include <algorithm>

#include "base/utf8.h"
#include "client/session/command.h"

namespace piaojue::client::first {

Result<Command> parse(std::string_view line) {
  auto const word = command::word_of(line);
  if (word == "help") return Help{};
  if (word == "quit") return Quit{};
  if (word == "page") return Page{};
  if (!is_utf8(line)) return Refusal::kMalformed;
  auto const begin = std::min(line.size(), line.find_first_not_of(" \t\r\n"));
  auto const rest = line.substr(std::min(line.size(), line.find_first_of(" \t\r\n", begin)));
  if (word == "prefill") return Prefill{};
  if (word == "slip") return Slip{rest};
  if (word == "enrol") return Enrol{rest};
  if (word == "found") return Found{};
  if (word == "forget") return Forget{};
  if (word == "me") return Me{};
  if (word == "unlock") return Unlock{rest};
  if (word == "prefer") return Prefer{rest};
  return Refusal::kWrongPhase;
}

}  // namespace piaojue::client::first
