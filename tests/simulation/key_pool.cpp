// SPDX-License-Identifier: Apache-2.0
#include "key_pool.h"

#include <fstream>
#include <stdexcept>

#include "support/paths.h"

namespace piaojue::simulation {
namespace {

std::vector<Bytes> const& primes() {
  static std::vector<Bytes> const list = [] {
    std::vector<Bytes> out;
    std::ifstream file(piaojue::test::source_dir() + "/tests/support/primes_1024.txt");
    for (std::string line; std::getline(file, line);) out.push_back(from_hex(line).value());
    if (out.size() != 40) throw std::runtime_error("tests/support/primes_1024.txt: 40 primes expected");
    return out;
  }();
  return list;
}

}  // namespace

KeyPool::KeyPool(std::uint64_t const seed) {
  for (std::size_t i = 0; i < primes().size(); ++i) {
    for (std::size_t j = i + 1; j < primes().size(); ++j) pairs_.emplace_back(i, j);
  }
  // A stream of its own: which keys a meeting gets does not depend on what else its seed decides.
  Dice dice(seed ^ 0x9e3779b97f4a7c15U);
  dice.shuffle(pairs_);
}

Result<crypto::blind_rsa::PrivateKey> KeyPool::next() {
  if (used_ == pairs_.size()) return Refusal::kInternal;
  auto const [i, j] = pairs_[used_++];
  return crypto::blind_rsa::PrivateKey::from_primes(primes()[i], primes()[j]);
}

trustee::TokenKeySource KeyPool::source() {
  return [this](std::uint32_t const modulus_bits) -> Result<crypto::blind_rsa::PrivateKey> {
    if (modulus_bits != 2048) return Refusal::kKeyParam;
    return next();
  };
}

}  // namespace piaojue::simulation
