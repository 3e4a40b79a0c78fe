// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Whose program of this machine is at the other end of a connection. The system knows; a one-time address that
/// somebody read in a list of processes is worth nothing to another user.
#include <cstdint>
#include <optional>

namespace piaojue::local {

enum class Peer : std::uint8_t {
  kOwn,      ///< of the user of this program
  kOther,    ///< another user's, or its program is gone already
  kUnknown,  ///< this system does not tell
};

/// Of a TCP connection within 127.0.0.1, by its two ports.
Peer peer_of(std::uint16_t peer_port, std::uint16_t own_port);

/// Of a connected socket in the file system, by its descriptor, or on Windows of a named pipe, by its handle.
Peer peer_of_local(std::intptr_t native);

}  // namespace piaojue::local
