// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Token keys without waiting for prime numbers: products of a committed list of primes
/// (tests/support/primes_1024.txt), in an order given by the seed. Making one real key takes a tenth of a second, a
/// meeting needs dozens, and the primes that OpenSSL finds can not be replayed. Keys of one meeting share factors:
/// worthless outside tests.
#include "protocol/trustee/keys.h"
#include "randomness.h"

namespace piaojue::simulation {

class KeyPool {
 public:
  explicit KeyPool(std::uint64_t seed);
  /// A 2048-bit key that this pool has not given before. @return kInternal: none left (780 in all).
  [[nodiscard]] Result<crypto::blind_rsa::PrivateKey> next();
  /// Refers to this pool, which must outlive it.
  trustee::TokenKeySource source();

 private:
  std::vector<std::pair<std::size_t, std::size_t>> pairs_;
  std::size_t used_ = 0;
};

}  // namespace piaojue::simulation
