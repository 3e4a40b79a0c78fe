// SPDX-License-Identifier: Apache-2.0
#include "base/platform/machine.h"

// First: it chooses what windows.h declares.
#include "base/platform/windows/system.h"
// Addresses.
#include <ws2tcpip.h>
// Interfaces; wants the one before.
#include <iphlpapi.h>

#include <vector>

namespace piaojue::platform {

std::tm local_time(std::time_t at) {
  std::tm out{};
  ::localtime_s(&out, &at);
  return out;
}

namespace {

std::string text_of(sockaddr const& address) {
  auto const& bytes = reinterpret_cast<sockaddr_in const&>(address).sin_addr.S_un.S_un_b;
  return std::to_string(bytes.s_b1) + "." + std::to_string(bytes.s_b2) + "." + std::to_string(bytes.s_b3) + "." +
         std::to_string(bytes.s_b4);
}

}  // namespace

std::vector<OwnAddress> own_addresses() {
  constexpr ULONG kFlags = GAA_FLAG_SKIP_ANYCAST | GAA_FLAG_SKIP_MULTICAST | GAA_FLAG_SKIP_DNS_SERVER;
  ULONG size = 16U << 10;
  std::vector<std::uint64_t> buffer;  // for its alignment
  ULONG error = ERROR_BUFFER_OVERFLOW;
  for (int tries = 0; tries < 3 && error == ERROR_BUFFER_OVERFLOW; ++tries) {
    buffer.assign(size / sizeof(std::uint64_t) + 1, 0);
    error =
        ::GetAdaptersAddresses(AF_INET, kFlags, nullptr, reinterpret_cast<IP_ADAPTER_ADDRESSES*>(buffer.data()), &size);
  }
  std::vector<OwnAddress> out;
  if (error != ERROR_SUCCESS) return out;
  auto const* one = reinterpret_cast<IP_ADAPTER_ADDRESSES const*>(buffer.data());
  for (; one != nullptr; one = one->Next) {
    if (one->OperStatus != IfOperStatusUp) continue;
    for (auto const* at = one->FirstUnicastAddress; at != nullptr; at = at->Next) {
      if (at->Address.lpSockaddr->sa_family != AF_INET) continue;
      out.push_back(
          {text_of(*at->Address.lpSockaddr), narrow(one->FriendlyName), one->IfType == IF_TYPE_SOFTWARE_LOOPBACK});
    }
  }
  return out;
}

// Written out: the header's macro casts as C does.
SocketOption option_of_listener() { return {SOL_SOCKET, ~SO_REUSEADDR}; }

}  // namespace piaojue::platform
