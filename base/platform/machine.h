// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What only the system knows of this machine.
#include <ctime>
#include <string>
#include <vector>

namespace piaojue::platform {

/// In the time zone that the system was told, by its own table of zones.
std::tm local_time(std::time_t at);

struct OwnAddress {
  std::string address;    ///< IPv4, in numbers
  std::string interface;  ///< its name, UTF-8
  bool loopback = false;
};
/// Of the interfaces that are up, in the system's order.
std::vector<OwnAddress> own_addresses();

/// For setsockopt with 1, before `bind`: nobody else listens at this address, and connections that ended there a moment
/// ago do not matter. SO_REUSEADDR, which on Windows would let any program take the port over.
struct SocketOption {
  int level, name;
};
SocketOption option_of_listener();

}  // namespace piaojue::platform
