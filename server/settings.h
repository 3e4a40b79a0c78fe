// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The two files that people write: server.toml (how the program runs) and meeting.toml (what the meeting is). An
/// unknown key is an error that names it: a misspelt rule must not silently leave the default in force.
#include <string>
#include <string_view>

#include "base/explained.h"
#include "protocol/meeting/entry.h"
#include "sheets/roster.h"

namespace piaojue::server {

/// "192.0.2.10:7443", "[2001:db8::1]:7443".
struct Address {
  std::string host;
  std::uint16_t port = 0;
};
std::optional<Address> parse_address(std::string_view text);
std::string format_address(Address const& address);

struct Settings {
  Address listen{"127.0.0.1", 7443};
  std::string host;                  ///< what slips say; empty: as in `listen`
  std::uint32_t meeting_number = 0;  ///< what slips say of the meeting; 0: nothing, it is the only one here
  std::string log_file;              ///< empty: stderr
  unsigned threads = 0;              ///< for heavy work; 0: as many as processors
  std::size_t connections_max = 512;
  std::uint32_t handshake_ms = 10'000;
  std::uint32_t frame_ms = 15'000;
  std::uint32_t idle_ms = 45'000;
  std::uint32_t frames_per_s = 100;
  std::uint32_t frames_burst = 400;
  std::uint32_t send_queue_mib = 256;   ///< of one connection
  std::uint32_t send_queues_mib = 512;  ///< of all connections of a meeting, what they share once

  std::string const& slip_host() const { return host.empty() ? listen.host : host; }
};
[[nodiscard]] Explained<Settings> parse_settings(std::string_view toml);
/// With a comment for each key.
std::string format_settings(Settings const& settings);

/// Everything of a manifest but ids and keys.
[[nodiscard]] Explained<meeting::Manifest> parse_meeting(std::string_view toml, sheets::Members const& members,
                                                         sheets::Candidates const& candidates);

}  // namespace piaojue::server
