// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Inside net/ only: the Asio context behind TlsContext.
#include <boost/asio/ssl/context.hpp>

#include "net/tls.h"

namespace piaojue::net {

struct TlsContext::Impl {
  explicit Impl(boost::asio::ssl::context::method method) : context(method) {}
  boost::asio::ssl::context context;
  bool is_server = false;
  FindServer find;          ///< of `servers`: this context chooses another and serves nobody itself
  std::optional<Hash> pin;  ///< on the client's side
};

}  // namespace piaojue::net
