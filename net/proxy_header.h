// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Inside net/ only: the header by which a proxy says whose connection it hands on, PROXY protocol version 2 (HAProxy's
/// proxy-protocol.txt §2.2, `send-proxy-v2`). Sans-io: sixteen bytes say how many follow.
///
///     signature (12) ‖ version 2 and command (1) ‖ family and transport (1) ‖ u16be(length) ‖ length bytes
///
/// Taken are LOCAL, the proxy's own connection (a health check), and PROXY of TCP over IPv4 or IPv6. What follows the
/// addresses (TLVs) is passed over.
#include <boost/asio/ip/address.hpp>
#include <optional>
#include <span>

#include "base/refusal.h"
#include "crypto/types.h"

namespace piaojue::net {

inline constexpr std::size_t kProxyPreambleBytes = 16;
/// After the preamble: the largest addresses that the protocol has (216 bytes) and TLVs as proxies send them.
inline constexpr std::size_t kProxyRestBytesMax = 536;

struct ProxyPreamble {
  enum class For : std::uint8_t { kItself, kTcp4, kTcp6 };
  For whom = For::kItself;
  std::uint16_t rest_bytes = 0;  ///< to be read next, exactly
};
/// @return kMalformed: another signature (version 1 too), version or command. kUnknownType: another family or
///         transport: whoever has no address can not be counted. kOutOfRange: too short for two addresses.
///         kTooLarge: over kProxyRestBytesMax.
[[nodiscard]] Result<ProxyPreamble> parse_proxy_preamble(std::span<std::uint8_t const, kProxyPreambleBytes> bytes);

struct ProxiedClient {
  boost::asio::ip::address address;
  std::uint16_t port = 0;
};
/// @param rest preamble.rest_bytes of them, otherwise kMalformed. @return nothing: the proxy itself.
[[nodiscard]] Result<std::optional<ProxiedClient>> proxied_client(ProxyPreamble const& preamble, ByteView rest);

}  // namespace piaojue::net
