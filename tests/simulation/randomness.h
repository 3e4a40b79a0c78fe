// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Everything random in a simulated meeting comes from its seed. Two streams, so that what a program draws does not
/// shift what happens around it: `Randomness` stands in for libsodium's randombytes while it lives (keys, nonces,
/// blindings, shuffles); `Dice` decides what people do and when the network and the machines fail.
#include <cstdint>
#include <string_view>
#include <vector>

namespace piaojue::simulation {

/// A ChaCha20 key stream under SHA-256(label ‖ seed).
class Stream {
 public:
  Stream(std::string_view label, std::uint64_t seed);
  void fill(std::uint8_t* to, std::size_t size);

 private:
  void refill();
  std::uint8_t key_[32];
  std::uint64_t block_ = 0;
  std::uint8_t buffer_[1024];
  std::size_t used_ = sizeof buffer_;
};

/// One at a time in a process; the operating system's randomness is back when it goes.
class Randomness {
 public:
  explicit Randomness(std::uint64_t seed);
  ~Randomness();
  Randomness(Randomness const&) = delete;
  Randomness& operator=(Randomness const&) = delete;

 private:
  Stream stream_;
};

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : stream_("piaojue/simulation/dice", seed) {}
  std::uint64_t word();
  /// Uniform in [0, n), n > 0.
  std::uint64_t below(std::uint64_t n);
  /// Uniform in [low, high].
  std::uint64_t between(std::uint64_t low, std::uint64_t high) { return low + below(high - low + 1); }
  bool chance(double probability);
  template <class T>
  T const& pick(std::vector<T> const& from) {
    return from[below(from.size())];
  }
  template <class T>
  void shuffle(std::vector<T>& items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

 private:
  Stream stream_;
};

}  // namespace piaojue::simulation
