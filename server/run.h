// SPDX-License-Identifier: Apache-2.0
#pragma once
/// `piaojue-server run`: Core, its host, the operator's log and signals, until the program is to end.
#include "server/directory.h"

namespace piaojue::server {

struct RunOptions {
  std::optional<std::uint16_t> port;  ///< instead of that of server.toml
  std::optional<unsigned> threads;
  bool announce = true;   ///< title and port in this network, where the system can (net/discovery.h)
  Lang lang = Lang::kEn;  ///< of what is said on stderr; the log is in English, for programs
};
/// Says "listening ADDRESS:PORT" on stdout when it is ready; returns after SIGINT, SIGTERM or SIGHUP.
/// @return false: something failed while it ran, and was told.
[[nodiscard]] Explained<bool> run(Directory const& directory, RunOptions const& options);

}  // namespace piaojue::server
