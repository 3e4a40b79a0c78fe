// SPDX-License-Identifier: Apache-2.0
#include "crypto/init.h"

#include <openssl/crypto.h>

#include <cstdlib>

namespace piaojue::crypto {

void init() {
  if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr) != 1) std::abort();
}

}  // namespace piaojue::crypto
