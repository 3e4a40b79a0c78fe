// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Puts a known sequence in place of libsodium's randomness while it lives, so that a test can replay a draw.
#include <sodium.h>

#include <cstdint>
#include <cstring>
#include <functional>

namespace piaojue::crypto::test {

class DeterministicRandomness {
 public:
  using Fill = std::function<void(std::uint8_t* to, std::size_t size)>;

  /// `fill` writes the bytes of each draw.
  explicit DeterministicRandomness(Fill fill) {
    current() = std::move(fill);
    static randombytes_implementation implementation = {
        [] { return "test"; }, [] { return draw_word(); }, nullptr, nullptr, &draw, nullptr};
    randombytes_set_implementation(&implementation);
  }
  /// Draws from a seeded stream; equal seeds give equal streams.
  explicit DeterministicRandomness(std::uint8_t seed)
      : DeterministicRandomness([seed, count = std::uint32_t{0}](std::uint8_t* to, std::size_t size) mutable {
          std::uint8_t key[randombytes_SEEDBYTES] = {seed};
          std::memcpy(key + 1, &count, sizeof count);
          ++count;
          randombytes_buf_deterministic(to, size, key);
        }) {}
  ~DeterministicRandomness() { randombytes_set_implementation(&randombytes_sysrandom_implementation); }
  DeterministicRandomness(DeterministicRandomness const&) = delete;
  DeterministicRandomness& operator=(DeterministicRandomness const&) = delete;

 private:
  static Fill& current() {
    static Fill fill;
    return fill;
  }
  static void draw(void* const to, std::size_t const size) { current()(static_cast<std::uint8_t*>(to), size); }
  static std::uint32_t draw_word() {
    std::uint32_t out = 0;
    draw(&out, sizeof out);
    return out;
  }
};

}  // namespace piaojue::crypto::test
