// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Why a connection to the server ended, in words for the person at the laptop.
#include "base/sentence.h"
#include "net/channel.h"

namespace piaojue::client {

Text const& sentence_of(net::CloseReason reason);

}  // namespace piaojue::client
