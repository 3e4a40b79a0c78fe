// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The keys that a server has for one meeting: its certificates, and what it signs, opens and seals with.
#include "crypto/box.h"
#include "crypto/sign.h"
#include "net/pki.h"

namespace piaojue::server {

struct Keys {
  net::Credential authority, tls;
  crypto::SigningKey server, checkpoint;
  crypto::BoxKey box;
  Secret seal;
};

}  // namespace piaojue::server
