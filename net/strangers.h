// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Inside net/ only: the places of connections that have shown no certificate, unfinished handshakes among them
/// (specification §9.4). One address can neither hold more than its share nor, from however many addresses it is
/// helped, keep out an address that holds less. Knows no socket; its owner sees to it that one thread at a time uses
/// it.
#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <set>

namespace piaojue::net {

class Strangers {
 public:
  using Address = boost::asio::ip::address;
  using Id = std::uint64_t;  ///< ascending: a lower one is older

  /// @param places_max at least 1.
  Strangers(std::size_t places_max, std::size_t per_address_max)
      : places_max_(places_max), per_address_max_(per_address_max) {}

  struct Entered {
    Id id = 0;
    std::optional<Id> loses;  ///< whose place it takes: to be closed, holds none any more
  };
  /// @return nothing: its address holds per_address_max already.
  std::optional<Entered> enter(Address const& address);
  /// Of one that has shown a certificate, or ended. Does nothing for one that lost its place.
  void leave(Id id);

  std::size_t size() const { return address_of_.size(); }

 private:
  /// Of the address that holds most; of two that hold as many, the one whose oldest is older.
  Id oldest_of_largest() const;

  std::size_t const places_max_;
  std::size_t const per_address_max_;
  Id next_ = 1;
  std::map<Id, Address> address_of_;
  std::map<Address, std::set<Id>> by_address_;
};

/// What counts as one address: an IPv4 address, also where it is written as IPv6, or an IPv6 network of 64 bits, which
/// is what one household is given.
Strangers::Address counted_address(Strangers::Address const& address);

}  // namespace piaojue::net
