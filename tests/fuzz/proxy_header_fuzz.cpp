// SPDX-License-Identifier: Apache-2.0
// What stands where a proxy's header should: any bytes must give a refusal, or a client who is the one in the bytes,
// and never a length beyond the bound; whatever follows the addresses changes nothing.
#include <algorithm>
#include <cstdlib>

#include "net/proxy_header.h"

namespace {

using namespace piaojue;
using namespace piaojue::net;
using For = ProxyPreamble::For;

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  if (size < kProxyPreambleBytes) return 0;
  ByteView const all(data, size);
  auto const preamble = parse_proxy_preamble(all.first<kProxyPreambleBytes>());
  if (!preamble) return 0;
  require(preamble->rest_bytes <= kProxyRestBytesMax);
  ByteView const after = all.subspan(kProxyPreambleBytes);
  if (after.size() < preamble->rest_bytes) {
    require(!proxied_client(*preamble, after));
    return 0;
  }
  ByteView const rest = after.first(preamble->rest_bytes);
  auto const client = proxied_client(*preamble, rest);
  require(client.has_value() && client->has_value() == (preamble->whom != For::kItself));
  if (!*client) return 0;
  auto const& address = (*client)->address;
  require(address.is_v4() == (preamble->whom == For::kTcp4));
  if (address.is_v4()) {
    require(std::ranges::equal(address.to_v4().to_bytes(), rest.first(4)));
  } else {
    require(std::ranges::equal(address.to_v6().to_bytes(), rest.first(16)));
  }
  Bytes other = to_bytes(rest);
  std::fill(other.begin() + (address.is_v4() ? 12 : 36), other.end(), std::uint8_t{0});
  auto const again = proxied_client(*preamble, other);
  require(again && (*again)->address == address && (*again)->port == (*client)->port);
  return 0;
}
