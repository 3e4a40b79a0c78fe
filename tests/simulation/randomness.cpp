// SPDX-License-Identifier: Apache-2.0
#include "randomness.h"

#include <sodium.h>

#include <cstdlib>
#include <cstring>

namespace piaojue::simulation {
namespace {

Stream* installed = nullptr;

void draw(void* const to, std::size_t const size) { installed->fill(static_cast<std::uint8_t*>(to), size); }
std::uint32_t draw_word() {
  std::uint32_t out = 0;
  draw(&out, sizeof out);
  return out;
}
char const* draw_name() { return "piaojue simulation"; }
// No `uniform`: libsodium then derives it from `random`, as it does for its own generators.
randombytes_implementation implementation = {draw_name, draw_word, nullptr, nullptr, draw, nullptr};

}  // namespace

Stream::Stream(std::string_view const label, std::uint64_t const seed) {
  crypto_hash_sha256_state hash;
  crypto_hash_sha256_init(&hash);
  crypto_hash_sha256_update(&hash, reinterpret_cast<std::uint8_t const*>(label.data()), label.size());
  std::uint8_t number[8];
  for (int i = 0; i < 8; ++i) number[i] = static_cast<std::uint8_t>(seed >> (8 * i));
  crypto_hash_sha256_update(&hash, number, sizeof number);
  crypto_hash_sha256_final(&hash, key_);
}

void Stream::refill() {
  // A nonce a buffer: 1024 bytes of key stream each.
  std::uint8_t nonce[crypto_stream_chacha20_NONCEBYTES];
  std::memcpy(nonce, &block_, sizeof nonce);
  crypto_stream_chacha20(buffer_, sizeof buffer_, nonce, key_);
  ++block_;
  used_ = 0;
}

void Stream::fill(std::uint8_t* to, std::size_t size) {
  while (size > 0) {
    if (used_ == sizeof buffer_) refill();
    std::size_t const n = std::min(size, sizeof buffer_ - used_);
    std::memcpy(to, buffer_ + used_, n);
    used_ += n;
    to += n;
    size -= n;
  }
}

Randomness::Randomness(std::uint64_t const seed) : stream_("piaojue/simulation/randombytes", seed) {
  if (installed != nullptr) std::abort();  // two at a time would draw from each other's stream
  installed = &stream_;
  randombytes_set_implementation(&implementation);
}

Randomness::~Randomness() {
  randombytes_set_implementation(&randombytes_sysrandom_implementation);
  installed = nullptr;
}

std::uint64_t Dice::word() {
  std::uint64_t out = 0;
  stream_.fill(reinterpret_cast<std::uint8_t*>(&out), sizeof out);
  return out;
}

std::uint64_t Dice::below(std::uint64_t const n) {
  // Rejection: the plain remainder would favour small numbers.
  std::uint64_t const limit = ~std::uint64_t{0} - ~std::uint64_t{0} % n;
  std::uint64_t w = word();
  while (w >= limit) w = word();
  return w % n;
}

bool Dice::chance(double const probability) { return static_cast<double>(word() >> 11) * 0x1.0p-53 < probability; }

}  // namespace piaojue::simulation
