// SPDX-License-Identifier: Apache-2.0
#include "base/platform/machine.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <sys/socket.h>

#include <array>

namespace piaojue::platform {

std::tm local_time(std::time_t at) {
  std::tm out{};
  ::localtime_r(&at, &out);
  return out;
}

std::vector<OwnAddress> own_addresses() {
  std::vector<OwnAddress> out;
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return out;
  for (auto const* one = list; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr || one->ifa_addr->sa_family != AF_INET || (one->ifa_flags & IFF_UP) == 0) continue;
    auto const& address = *reinterpret_cast<sockaddr_in const*>(one->ifa_addr);
    std::array<char, INET_ADDRSTRLEN> text{};
    if (::inet_ntop(AF_INET, &address.sin_addr, text.data(), text.size()) == nullptr) continue;
    out.push_back({text.data(), one->ifa_name, (one->ifa_flags & IFF_LOOPBACK) != 0});
  }
  ::freeifaddrs(list);
  return out;
}

SocketOption option_of_listener() { return {SOL_SOCKET, SO_REUSEADDR}; }

}  // namespace piaojue::platform
