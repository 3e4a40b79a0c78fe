// SPDX-License-Identifier: Apache-2.0
#include "net/proxy_header.h"

#include <algorithm>

namespace piaojue::net {
namespace {

constexpr std::array<std::uint8_t, 12> kSignature{0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D,
                                                  0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A};
constexpr std::uint8_t kLocal = 0x20, kProxy = 0x21;  // version 2
constexpr std::uint8_t kTcp4 = 0x11, kTcp6 = 0x21;
/// Source and destination, then their ports.
constexpr std::size_t kAddresses4 = 2 * 4 + 2 * 2, kAddresses6 = 2 * 16 + 2 * 2;

std::uint16_t u16be(std::uint8_t high, std::uint8_t low) { return static_cast<std::uint16_t>(high << 8 | low); }

template <class Address, std::size_t kAddressBytes = std::tuple_size_v<typename Address::bytes_type>>
ProxiedClient source(ByteView addresses) {
  typename Address::bytes_type bytes;
  std::copy_n(addresses.begin(), kAddressBytes, bytes.begin());
  return {Address(bytes), u16be(addresses[2 * kAddressBytes], addresses[2 * kAddressBytes + 1])};
}

}  // namespace

Result<ProxyPreamble> parse_proxy_preamble(std::span<std::uint8_t const, kProxyPreambleBytes> bytes) {
  using For = ProxyPreamble::For;
  if (!std::ranges::equal(bytes.first<kSignature.size()>(), kSignature)) return Refusal::kMalformed;
  if (bytes[12] != kLocal && bytes[12] != kProxy) return Refusal::kMalformed;
  ProxyPreamble out{For::kItself, u16be(bytes[14], bytes[15])};
  if (out.rest_bytes > kProxyRestBytesMax) return Refusal::kTooLarge;
  // Of its own connection a proxy may say any family, and nothing of it counts (§2.2).
  if (bytes[12] == kLocal) return out;
  if (bytes[13] != kTcp4 && bytes[13] != kTcp6) return Refusal::kUnknownType;
  out.whom = bytes[13] == kTcp4 ? For::kTcp4 : For::kTcp6;
  if (out.rest_bytes < (out.whom == For::kTcp4 ? kAddresses4 : kAddresses6)) return Refusal::kOutOfRange;
  return out;
}

Result<std::optional<ProxiedClient>> proxied_client(ProxyPreamble const& preamble, ByteView rest) {
  using For = ProxyPreamble::For;
  if (rest.size() != preamble.rest_bytes) return Refusal::kMalformed;
  switch (preamble.whom) {
    case For::kTcp4:
      if (rest.size() < kAddresses4) return Refusal::kMalformed;
      return std::optional(source<boost::asio::ip::address_v4>(rest));
    case For::kTcp6:
      if (rest.size() < kAddresses6) return Refusal::kMalformed;
      return std::optional(source<boost::asio::ip::address_v6>(rest));
    case For::kItself:
      break;
  }
  return std::optional<ProxiedClient>();
}

}  // namespace piaojue::net
