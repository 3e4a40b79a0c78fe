// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Inside net/ only: the Asio strand behind Strand.
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>

#include "net/loop.h"

namespace piaojue::net {

struct Strand::Impl {
  explicit Impl(boost::asio::io_context& io) : executor(boost::asio::make_strand(io)) {}
  boost::asio::strand<boost::asio::io_context::executor_type> executor;
};

}  // namespace piaojue::net
