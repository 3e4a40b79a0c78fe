// SPDX-License-Identifier: Apache-2.0
#include "net/strangers.h"

#include <algorithm>

namespace piaojue::net {

std::optional<Strangers::Entered> Strangers::enter(Address const& address) {
  Address const counted = counted_address(address);
  if (auto const held = by_address_.find(counted);
      held != by_address_.end() && held->second.size() >= per_address_max_) {
    return std::nullopt;
  }
  Entered out;
  if (address_of_.size() >= places_max_) {
    out.loses = oldest_of_largest();
    leave(*out.loses);
  }
  out.id = next_++;
  address_of_.emplace(out.id, counted);
  by_address_[counted].insert(out.id);
  return out;
}

void Strangers::leave(Id id) {
  auto const one = address_of_.find(id);
  if (one == address_of_.end()) return;
  auto const held = by_address_.find(one->second);
  held->second.erase(id);
  if (held->second.empty()) by_address_.erase(held);
  address_of_.erase(one);
}

Strangers::Id Strangers::oldest_of_largest() const {
  auto const less = [](auto const& a, auto const& b) {
    if (a.second.size() != b.second.size()) return a.second.size() < b.second.size();
    return *a.second.begin() > *b.second.begin();
  };
  return *std::max_element(by_address_.begin(), by_address_.end(), less)->second.begin();
}

Strangers::Address counted_address(Strangers::Address const& address) {
  namespace ip = boost::asio::ip;
  if (address.is_v4()) return address;
  ip::address_v6 const v6 = address.to_v6();
  if (v6.is_v4_mapped()) return ip::make_address_v4(ip::v4_mapped, v6);
  auto bytes = v6.to_bytes();
  std::fill(bytes.begin() + 8, bytes.end(), 0);
  return ip::address_v6(bytes);
}

}  // namespace piaojue::net
