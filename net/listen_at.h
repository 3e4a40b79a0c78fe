// SPDX-License-Identifier: Apache-2.0
#pragma once
/// How every program of ours listens: nobody else does at the same address, on any system.
#include <boost/asio/ip/tcp.hpp>

namespace piaojue::net {

/// Opens and binds; `listen` is the caller's. @return what the system says.
boost::system::error_code bind_at(boost::asio::ip::tcp::acceptor& acceptor,
                                  boost::asio::ip::tcp::endpoint const& endpoint);

/// Whether somebody could listen there now. @param address literal.
bool can_listen(std::string const& address, std::uint16_t port);

}  // namespace piaojue::net
