// SPDX-License-Identifier: Apache-2.0
#pragma once
/// SHA-256 of what is too large to be held at once.
#include <sodium.h>

#include "crypto/types.h"

namespace piaojue::crypto {

class RunningHash {
 public:
  RunningHash() { crypto_hash_sha256_init(&state_); }
  void add(ByteView bytes) { crypto_hash_sha256_update(&state_, bytes.data(), bytes.size()); }
  /// Of all that was added. Once.
  Hash finish() {
    Hash out;
    crypto_hash_sha256_final(&state_, out.data.data());
    return out;
  }

 private:
  crypto_hash_sha256_state state_{};
};

}  // namespace piaojue::crypto
